/** The guards of one instance, by their names, since a guard outside of actions has no other identification. */
import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { accessOfRule, type GuardRule } from '../rules/guard-rule';
import { requirementsOf } from '../rules/normal-form';
import { describeRule, toRule } from '../rules/rules';
import { kind, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';

/** The options of `security.guard()`. */
export interface GuardOptions {
  /** For events, logs, the report and the lock file. @default the rule in words */
  name?: string;
}

const OPTIONS = {
  name: optional(
    kind<string>(
      'must be a text of 1 to 200 printable characters',
      (value) => typeof value === 'string' && /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(value),
    ),
  ),
} satisfies Record<keyof GuardOptions, Kind<unknown>>;

/** A guard that is made for each request, with a rule or name from the request, would fill the memory. */
const MAX_GUARDS = 10_000;

export class Guards {
  private readonly byName = new Map<string, { readonly access: Access; readonly rule: string }>();

  constructor(private readonly grants: Grants) {}

  /** Each guard once, in the order of creation, and the open routes; their method is `ALL`. */
  get all(): readonly Access[] {
    return [...this.byName.values()].map(({ access }) => access);
  }

  /**
   * Returns a function that gives the access of the guard for a request method.
   * @throws ConfigurationError for an invalid rule, for names that the app does not have, for another rule under the
   * name of an earlier guard, and for too many guards
   */
  add<U extends User, R extends string>(
    rule: GuardRule<U, R> | undefined,
    options: GuardOptions = {},
  ): (method: string) => Access {
    const name =
      parseOptions('guard()', options, OPTIONS).name ?? describeRule(toRule(rule, 'guard()')).slice(0, 200);
    const access = this.keep(name, accessOfRule(rule, `guard ${name}`, 'ALL', this.grants));
    return (method) => forMethod(access, method);
  }

  /**
   * Adds a route that is open to everyone, so that the report and the lock file list it.
   * @param by the function that opens it
   * @throws ConfigurationError if an earlier guard has this name
   */
  open(name: string, by: string): Access {
    const { name: checked = name } = parseOptions(by, { name }, OPTIONS);
    return this.keep(
      checked,
      Object.freeze({
        action: `guard ${checked}`,
        method: 'ALL',
        route: undefined,
        isPattern: false,
        numericParameters: [],
        levels: Object.freeze([]),
        openedBy: by,
      }),
    );
  }

  private keep(name: string, access: Access): Access {
    const rule = ruleOf(access);
    const same = this.byName.get(name);
    if (same !== undefined && same.rule !== rule) {
      throw new ConfigurationError(
        `guard(): two guards are named ${name} and ask for something else: give one of them another name`,
      );
    }
    if (same === undefined && this.byName.size >= MAX_GUARDS) {
      throw new ConfigurationError(
        `guard(): there are ${String(MAX_GUARDS)} guards already: make each guard once, when the app starts, and ` +
          'not for each request; security.authorize() decides about rules that depend on the request',
      );
    }
    this.byName.set(name, { access, rule });
    return access;
  }
}

/** The access of a guard for a request method. */
export function forMethod(access: Access, method: string): Access {
  return Object.freeze({ ...access, method: method.toUpperCase() });
}

/** The requirement of a guard as a key: equal for the same roles, functions and classes. */
function ruleOf({ levels }: Access): string {
  return JSON.stringify(
    requirementsOf(levels)
      .map(({ key }) => key)
      .toSorted(),
  );
}
