/** Path permissions: which roles may call which paths, from a file that is read again when it changes. */
import type { Access } from '../../core/access';
import type {
  AuthorizationFacts,
  AuthorizationProviderInterface,
  AuthorizationWarning,
  Decision,
  UserRoles,
} from '../../core/authorization-provider';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../../core/events';
import type { SecurityRequest } from '../../core/request';
import type { User } from '../../core/user';
import { type FileOptions, fileOptions } from '../../files/file-options';
import { ProblemBoard } from '../../core/problem-board';
import type * as WatchedFileModule from '../../files/watched-file';
import { lazy } from '../../util/lazy';
import { kind, optional } from '../../util/option-kinds';
import { type Kind, parseOptions, withoutContainer } from '../../util/parse-options';
import type * as PermissionFileModule from './permission-file';
import { parseRequestPath } from './request-path';
import { concerns, type RouteShape, shapeOf } from './route-overlap';
import type { PathRule } from './rule-tree';

// Loaded with the first instance in an app, like the YAML reader.
/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
const loaded = lazy(() => ({
  ...(require('../../files/watched-file') as typeof WatchedFileModule),
  ...(require('./permission-file') as typeof PermissionFileModule),
}));
/* eslint-enable @typescript-eslint/no-require-imports */

const MAX_BYTES = 16 * 1024 * 1024;

/** The options of `PathPermissions`. */
export interface PathPermissionsOptions extends FileOptions {
  /**
   * The path at which the app is mounted in another app, for example `/api`: the report and the check at start cannot
   * see it. Requests are always matched on their whole path.
   */
  mountPath?: string;
}

const OPTIONS = {
  ...fileOptions('permissions.yaml'),
  mountPath: optional(
    kind<string>("must be like '/api'", (value) => typeof value === 'string' && /^(?:\/[^/]+)+$/.test(value)),
    '',
  ),
} satisfies Record<keyof PathPermissionsOptions, Kind<unknown>>;

/**
 * Allows and denies paths by role, from a YAML file: `role: { allow: { path: [methods] }, deny: { ... } }`.
 *
 * A path that no rule allows is refused, and a deny rule of any of the user's roles wins. Roles that the hierarchy
 * implies count for allow, not for deny. `*` stays within its segment in an allow rule, and crosses segments in a deny
 * rule. `/*` at the end matches the rest of the path, and also the path before it. A rule for GET applies to HEAD too.
 *
 * Paths are decoded once and compared without regard to ASCII case or a slash at the end, as the router does. An
 * ambiguous path is refused: a path with an empty or dot segment, a backslash, a semicolon, a control character, or an
 * encoded slash, backslash or percent sign.
 *
 * Path permissions apply to guarded actions only, after their own guard. A new version of the file is taken as a whole
 * or not at all: an invalid version is reported and the last valid one stays in force.
 */
export class PathPermissions implements AuthorizationProviderInterface, ProblemSource {
  readonly #path: string;
  readonly #mountPath: string;
  readonly #file: WatchedFileModule.WatchedFile<PermissionFileModule.PathRules>;
  readonly #problems = new ProblemBoard();

  /** Reads the file. @throws {ConfigurationError} with file and line when the file is not valid */
  constructor(options: PathPermissionsOptions) {
    const { path, pollMs, mountPath } = parseOptions('PathPermissions', withoutContainer(options), OPTIONS);
    this.#path = path;
    this.#mountPath = mountPath;
    const { WatchedFile, readPermissionFile } = loaded();
    this.#file = new WatchedFile({
      path,
      pollMs,
      maxBytes: MAX_BYTES,
      parse: readPermissionFile,
      onProblem: (problem) => {
        this.#problems.report({ component: this.constructor.name, problem });
      },
    });
  }

  async authorize(
    { path: sent, method }: SecurityRequest,
    _user: User,
    _access: Access,
    roles: () => Promise<UserRoles>,
  ): Promise<Decision> {
    const path = parseRequestPath(sent);
    if (path === undefined) return { granted: false, reason: 'the path can be read in two ways' };
    const { assigned, effective } = await roles();
    const { allow, deny } = this.#file.value;
    const denial = deny.find(path, method, assigned);
    if (denial !== undefined) return { granted: false, reason: `denied by ${this.#nameOf(denial)}` };
    if (allow.find(path, method, effective) !== undefined) return { granted: true };
    return { granted: false, reason: 'no rule allows it' };
  }

  describe(access: Access): string {
    const { method, route } = access;
    if (route === undefined) return 'path rules (of the path that comes)';
    const shape = this.#shapeOf(access);
    const rules = this.#file.value.rules.filter((rule) => concerns(rule)(shape));
    const listed = (['allow', 'deny'] as const).flatMap((effect) => {
      const texts = rules.filter((rule) => rule.effect === effect).map((rule) => describeRule(rule, method));
      return texts.length === 0 ? [] : [`${effect} ${texts.toSorted().join(', ')}`];
    });
    return `path rules (${listed.length === 0 ? 'none' : listed.join('; ')})`;
  }

  *warnings({ routes, roles }: AuthorizationFacts): Generator<AuthorizationWarning> {
    const silent = new Set<string>();
    const isOpen = ({ levels }: Access) => levels.length === 0;
    const guarded = routes.filter((access) => !isOpen(access)).map((access) => this.#shapeOf(access));
    const open = routes.filter(isOpen).map((access) => this.#shapeOf(access));
    for (const rule of this.#file.value.rules) {
      if (!guarded.some(concerns(rule))) {
        const what = open.some(concerns(rule)) ? 'only open routes, which no rule is asked for' : 'no route';
        yield { code: 'rule_without_route', message: `${this.#nameOf(rule)} matches ${what}` };
      }
      const known = rule.effect === 'allow' ? roles?.effective : roles?.assigned;
      const kind = `${rule.effect} ${rule.role}`;
      if (known === undefined || known.has(rule.role) || silent.has(kind)) continue;
      silent.add(kind);
      yield {
        code: 'unobtainable_role',
        message: `${this.#path} has ${rule.effect} rules for role ${rule.role}, which no user${
          rule.effect === 'allow' ? ', group or hierarchy' : ' or group'
        } has`,
      };
    }
  }

  /** Stops watching the file, until an app uses it again. The last valid rules stay in force. */
  close(): void {
    this.#file.close();
  }

  /** Reports the last unreported problem to the listener immediately. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    // An app that begins to use it listens.
    this.#file.resume();
    return this.#problems.listen(listener);
  }

  #shapeOf({ method, route, isPattern }: Access): RouteShape {
    // Outside of actions any path is possible.
    return shapeOf(method, this.#mountPath + (route ?? ''), isPattern || route === undefined);
  }

  #nameOf({ effect, role, pattern, line }: PathRule): string {
    return `${this.#path}:${String(line)} (${effect} ${role} ${pattern.text})`;
  }
}

/**
 * True for path rules, which decide by the request line and the roles alone; false for a subclass that overrides
 * `authorize()`.
 */
export function decidesByPath(provider: AuthorizationProviderInterface): boolean {
  return Reflect.get(provider, 'authorize') === Reflect.get(PathPermissions.prototype, 'authorize');
}

function describeRule({ role, pattern, methods }: PathRule, method: string): string {
  const which = method === 'ALL' && !methods.has('*') ? ` (${[...methods].toSorted().join(', ')})` : '';
  return `${role} ${pattern.text}${which}`;
}
