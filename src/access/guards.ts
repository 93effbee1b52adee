/**
 * Finds every guard of an action, including guards that the host would lose.
 *
 * routing-controllers looks at the controller class only, keeps one guard of several, and adds class and method roles
 * together. Here all guards of the class and its base classes and the nearest method guard count, each as a level of
 * its own.
 */
import type { AccessLevel } from '../core/access';
import { isPublic } from '../decorators/public';
import { ConfigurationError } from '../errors';
import { memberName } from '../util/member-name';
import { toRule } from '../rules/rules';
import { classChain, type ClassLike } from '../util/class-chain';

/** The protection of an action if neither it nor its classes declare any. */
export type DefaultAccess = 'public' | 'authenticated';

/** The guards that are declared on classes and on their methods, wherever the host keeps them. */
export interface GuardDeclarations {
  readonly guards: {
    /** The guards that a decorator on the class itself declared. */
    onClass(cls: object): readonly WrittenGuard[];
    /** The guards that decorators on the class's own method of that name declared, in the order of declaration. */
    onMethod(cls: ClassLike, name: unknown): readonly WrittenGuard[];
  };
}

/** The same, with the parameters of methods. */
export interface ClassDeclarations extends GuardDeclarations {
  readonly params: { onMethod(cls: ClassLike, name: unknown): readonly unknown[] };
}

interface WrittenGuard {
  /** The argument of `@Authorized`. */
  readonly value?: unknown;
}

export interface Guards {
  readonly levels: readonly AccessLevel[];
  /** The levels that are declared on classes. */
  readonly classLevels: readonly AccessLevel[];
  readonly openedBy: string | undefined;
}

/**
 * The effective guards of a controller's action.
 * @param requiredBy the parameter that requires a user, in words: it acts as a guard if no guard is declared
 * @throws ConfigurationError for malformed roles and for a `@Public()` that contradicts a guard.
 */
export function guardsOf(
  controller: object,
  method: string,
  defaultAccess: DefaultAccess,
  requiredBy: string | undefined,
  declared: GuardDeclarations,
): Guards {
  const written = writtenGuards(controller, method, declared);
  // Every guard requires a user, so the parameter adds no requirement.
  if (written.levels.length > 0) return written;
  if (requiredBy !== undefined) return anyUser(requiredBy);
  return written.openedBy === undefined && defaultAccess !== 'public' ? anyUser('default') : written;
}

function anyUser(source: string): Guards {
  return { levels: [{ rule: toRule(undefined, source), source }], classLevels: [], openedBy: undefined };
}

function writtenGuards(controller: object, method: string, declared: GuardDeclarations): Guards {
  const chain = classChain(controller);
  refuseContradictions(chain, method, declared);
  const onClasses = chain.map((cls, index) => guardsOnClass(cls, declared, index === 0 ? '' : 'base '));
  const from = chain.findIndex((cls) => isGuarded(cls, method, declared) || isPublic(cls, method));
  const owner = chain[from];
  if (owner !== undefined && isPublic(owner, method)) {
    // A base class's @Public() applies to itself and the classes above it, never to a guarded subclass.
    const levels = onClasses.slice(0, from).flat();
    const openedBy = levels.length === 0 ? `@Public() on ${memberName(owner, method)}` : undefined;
    return { levels, classLevels: levels, openedBy };
  }
  const classLevels = onClasses.flat();
  const levels = [...classLevels, ...(owner === undefined ? [] : guardsOnMethod(owner, method, declared))];
  const opener = levels.length === 0 ? publicClass(chain, method) : undefined;
  return {
    levels,
    classLevels,
    openedBy: opener === undefined ? undefined : `@Public() on class ${opener}`,
  };
}

/** A class's @Public() opens the actions that the class or a base class implements, not those that a subclass adds. */
function publicClass(chain: readonly ClassLike[], method: string): string | undefined {
  const implementer = chain.findIndex((cls) => Object.hasOwn(cls.prototype, method));
  return chain.find((cls, index) => index <= implementer && isPublic(cls))?.name;
}

function guardsOnClass(cls: ClassLike, { guards }: GuardDeclarations, prefix: string): AccessLevel[] {
  const target = `class ${cls.name}`;
  return levelsOf(guards.onClass(cls), target, `${prefix}${target}`);
}

function guardsOnMethod(cls: ClassLike, method: string, { guards }: GuardDeclarations): AccessLevel[] {
  const target = memberName(cls, method);
  return levelsOf(guards.onMethod(cls, method), target, target);
}

function levelsOf(guards: readonly WrittenGuard[], target: string, source: string): AccessLevel[] {
  return guards.map(({ value }) => ({ rule: toRule(value, `@Authorized on ${target}`), source }));
}

/** True if the class itself, or its own method, has a guard. */
function isGuarded(cls: ClassLike, method: string | undefined, { guards }: GuardDeclarations): boolean {
  return (method === undefined ? guards.onClass(cls) : guards.onMethod(cls, method)).length > 0;
}

function refuseContradictions(
  chain: readonly ClassLike[],
  method: string,
  declared: GuardDeclarations,
): void {
  chain.forEach((cls, index) => {
    if (isPublic(cls, method) && isGuarded(cls, method, declared)) {
      throw new ConfigurationError(`${memberName(cls, method)} has both @Public() and @Authorized: keep one`);
    }
    if (!isPublic(cls)) return;
    if (isGuarded(cls, undefined, declared)) {
      throw new ConfigurationError(`class ${cls.name} has both @Public() and @Authorized: keep one`);
    }
    const guarded = chain.slice(index + 1).find((base) => isGuarded(base, undefined, declared));
    if (guarded === undefined) return;
    throw new ConfigurationError(
      `class ${cls.name} has @Public() but its base ${guarded.name} has @Authorized: ` +
        'put @Public() on the methods that are to be open',
    );
  });
}
