/**
 * The lock file: the agreed access of all routes, so that a change shows in a review.
 */
import { ConfigurationError } from '../errors';
import type { ReportedRole, SecurityReport } from './security-report';

/** One route's effective access. */
interface LockedRoute {
  readonly method: string;
  readonly path: string;
  readonly action: string;
  readonly access: string;
  readonly hiddenBy?: string;
}

interface LockFile {
  readonly version: number;
  readonly roles: readonly ReportedRole[];
  readonly routes: readonly LockedRoute[];
}

/** Raised whenever an app that has not changed would get another file. */
const VERSION = 3;
/** Holds the guards as they are written; still compared so. */
const AS_WRITTEN = 1;
/** Versions before this hold neither which route answers in another's place nor what roles imply and grant. */
const WITH_ORDER_AND_ROLES = 3;

/** The text of a lock file: sorted, one line for each role and route, so that it reads well in a diff. */
export function toLockFile(report: SecurityReport): string {
  const list = (name: string, entries: readonly object[]) =>
    `  "${name}": [\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`;
  const { roles, routes } = locked(report, VERSION);
  const lists = [...(roles.length === 0 ? [] : [list('roles', roles)]), list('routes', routes)];
  return `{\n  "version": ${String(VERSION)},\n${lists.join(',\n')}\n}\n`;
}

/**
 * What changed since a lock file was written, one line for each role and route; empty when nothing did.
 * @throws ConfigurationError when the text is not a lock file of a known version: never "unchanged"
 */
export function compareWithLockFile(report: SecurityReport, text: string): string[] {
  const file = parse(text);
  const now = locked(report, file.version);
  return [
    ...changes(rolesByKey(file.roles), rolesByKey(now.roles)),
    ...changes(routesByKey(file.routes), routesByKey(now.routes)),
  ];
}

/**
 * Lets no lock file of a later version be written over, which tells more; any other text passes.
 * @throws ConfigurationError when a later version of the library wrote the text
 */
export function refuseLaterVersion(text: string): void {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return;
  }
  const { version } = (file ?? {}) as { version?: unknown };
  if (typeof version !== 'number' || version <= VERSION) return;
  throw new ConfigurationError(
    `The lock file is of version ${String(version)}, this securest knows those up to ${String(VERSION)}: update securest`,
  );
}

/** True for a lock file that an earlier version of the library wrote, which tells less than today's. */
export function isOutdated(text: string): boolean {
  return parse(text).version !== VERSION;
}

/** A line of the file, and what is said of it once it is gone. */
interface Line {
  readonly whole: string;
  readonly brief: string;
}

function changes(before: ReadonlyMap<string, Line>, after: ReadonlyMap<string, Line>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === undefined) return now === undefined ? [] : [`+ ${key}: ${now.whole}`];
    if (now === undefined) return [`- ${key}: ${old.brief}`];
    return old.whole === now.whole ? [] : [`~ ${key}: ${old.whole} -> ${now.whole}`];
  });
}

function locked({ routes, roles = [] }: SecurityReport, version: number): LockFile {
  const hasAll = version >= WITH_ORDER_AND_ROLES;
  return {
    version,
    roles: hasAll ? roles : [],
    routes: routes
      .map(({ method, path, action, access, normalised, hiddenBy }): LockedRoute => {
        return {
          method,
          path,
          action,
          access: version === AS_WRITTEN ? access : (normalised ?? access),
          ...(hasAll && hiddenBy !== undefined ? { hiddenBy } : {}),
        };
      })
      .toSorted((a, b) => compare(keyOf(a), keyOf(b))),
  };
}

function rolesByKey(roles: readonly ReportedRole[]): Map<string, Line> {
  return new Map(
    roles.map(({ role, implies, permissions }) => {
      const whole = [listed('implies', implies), listed('grants', permissions)].filter(Boolean).join(', ');
      return [`role ${JSON.stringify(role)}`, { whole, brief: whole }];
    }),
  );
}

function listed(verb: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${verb} ${names.map((name) => JSON.stringify(name)).join(' ')}`;
}

/** Two routes of one key keep their order: the first of them answers. */
function routesByKey(routes: readonly LockedRoute[]): Map<string, Line> {
  const map = new Map<string, Line>();
  for (const route of routes) {
    let key = keyOf(route);
    for (let count = 2; map.has(key); count += 1) key = `${keyOf(route)} #${String(count)}`;
    const { access, hiddenBy } = route;
    map.set(key, {
      whole: hiddenBy === undefined ? access : `${access} (hidden by ${hiddenBy})`,
      brief: access,
    });
  }
  return map;
}

function keyOf({ path, method, action }: LockedRoute): string {
  return `${path} ${method} (${action})`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function parse(text: string): LockFile {
  refuseLaterVersion(text);
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError('The lock file is not JSON', { cause });
  }
  const { version, roles = [], routes } = (file ?? {}) as Partial<Record<keyof LockFile, unknown>>;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < AS_WRITTEN) {
    throw new ConfigurationError(
      `The lock file must be of version ${String(AS_WRITTEN)} to ${String(VERSION)}: write it again with --update`,
    );
  }
  if (!Array.isArray(roles) || !roles.every(isLockedRole)) {
    throw new ConfigurationError('The lock file has a role without name, implied roles or permissions');
  }
  if (Array.isArray(routes) && routes.every(isLockedRoute)) return { version, roles, routes };
  throw new ConfigurationError('The lock file has a route without method, path, action or access');
}

function isLockedRoute(value: unknown): value is LockedRoute {
  if (typeof value !== 'object' || value === null) return false;
  const route = value as Record<string, unknown>;
  const { hiddenBy } = route;
  if (hiddenBy !== undefined && typeof hiddenBy !== 'string') return false;
  return ['method', 'path', 'action', 'access'].every((name) => typeof route[name] === 'string');
}

function isLockedRole(value: unknown): value is ReportedRole {
  if (typeof value !== 'object' || value === null) return false;
  const { role, implies, permissions } = value as Partial<Record<keyof ReportedRole, unknown>>;
  return typeof role === 'string' && isNames(implies) && isNames(permissions);
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
