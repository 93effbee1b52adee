/**
 * The lock file: the agreed access of all routes, so that a change shows in a review.
 */
import { ConfigurationError } from '../errors';
import type { ReportedComponents, ReportedRole, SecurityReport } from './security-report';

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
  readonly components: readonly ReportedComponents[];
  readonly roles: readonly ReportedRole[];
  readonly routes: readonly LockedRoute[];
}

/** Raised whenever an unchanged app would get a different file. */
const VERSION = 4;
/** Holds the guards as they are written, and is compared in that form. */
const AS_WRITTEN = 1;
/** Earlier versions hold neither hidden routes (`hiddenBy`) nor the implied roles and permissions of each role. */
const WITH_ORDER_AND_ROLES = 3;
/** Earlier versions do not hold the components that authenticate users and decide beside the guards. */
const WITH_COMPONENTS = 4;

/** The text of a lock file: sorted, one line for each kind of component, role and route, so that a diff is easy to read. */
export function toLockFile(report: SecurityReport): string {
  const list = (name: string, entries: readonly object[]) =>
    `  "${name}": [\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`;
  const { components, roles, routes } = locked(report, VERSION);
  const lists = [
    ...(components.length === 0 ? [] : [list('components', components)]),
    ...(roles.length === 0 ? [] : [list('roles', roles)]),
    list('routes', routes),
  ];
  return `{\n  "version": ${String(VERSION)},\n${lists.join(',\n')}\n}\n`;
}

/**
 * The changes since a lock file was written, one line for each kind of component, role and route; empty without changes.
 * @throws ConfigurationError when the text is not a lock file of a known version: never "unchanged"
 */
export function compareWithLockFile(report: SecurityReport, text: string): string[] {
  const file = parse(text);
  const now = locked(report, file.version);
  return [
    ...changes(componentsByKey(file.components), componentsByKey(now.components)),
    ...changes(rolesByKey(file.roles), rolesByKey(now.roles)),
    ...changes(routesByKey(file.routes), routesByKey(now.routes)),
  ];
}

/**
 * Refuses to overwrite a lock file of a later version, which holds more. Any other text may be overwritten.
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
    `The lock file has version ${String(version)}, but this securest supports versions up to ${String(VERSION)}: update securest`,
  );
}

/** True for a lock file that an earlier version of the library wrote, which holds less than the current format. */
export function isOutdated(text: string): boolean {
  return parse(text).version !== VERSION;
}

/** The access of one line of the file. */
interface Line {
  /** Equal only for the same access: the text may be made of other parts. */
  readonly key: string;
  readonly whole: string;
  /** The text for a line that was removed. */
  readonly brief: string;
}

function changes(before: ReadonlyMap<string, Line>, after: ReadonlyMap<string, Line>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === undefined) return now === undefined ? [] : [`+ ${key}: ${now.whole}`];
    if (now === undefined) return [`- ${key}: ${old.brief}`];
    return old.key === now.key ? [] : [`~ ${key}: ${old.whole} -> ${now.whole}`];
  });
}

function locked({ routes, roles = [], components = [] }: SecurityReport, version: number): LockFile {
  const hasAll = version >= WITH_ORDER_AND_ROLES;
  return {
    version,
    components: version >= WITH_COMPONENTS ? components : [],
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

function componentsByKey(components: readonly ReportedComponents[]): Map<string, Line> {
  return numbered(
    components.map(({ kind, names }) => {
      const whole = names.map((name) => JSON.stringify(name)).join(' ');
      return [kind, { key: whole, whole, brief: whole }];
    }),
  );
}

function rolesByKey(roles: readonly ReportedRole[]): Map<string, Line> {
  return numbered(
    roles.map(({ role, implies, permissions }) => {
      const whole = [listed('implies', implies), listed('grants', permissions)].filter(Boolean).join(', ');
      return [`role ${JSON.stringify(role)}`, { key: whole, whole, brief: whole }];
    }),
  );
}

function listed(verb: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${verb} ${names.map((name) => JSON.stringify(name)).join(' ')}`;
}

function routesByKey(routes: readonly LockedRoute[]): Map<string, Line> {
  return numbered(
    routes.map((route) => {
      const { access, hiddenBy } = route;
      const whole = hiddenBy === undefined ? access : `${access} (hidden by ${hiddenBy})`;
      return [keyOf(route), { key: JSON.stringify([access, hiddenBy]), whole, brief: access }];
    }),
  );
}

/** Entries with the same name keep their order: of routes, the first answers the requests. */
function numbered(entries: readonly (readonly [name: string, line: Line])[]): Map<string, Line> {
  const map = new Map<string, Line>();
  for (const [name, line] of entries) {
    let key = name;
    for (let count = 2; map.has(key); count += 1) key = `${name} #${String(count)}`;
    map.set(key, line);
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
  refuseHiddenText(text, file);
  const {
    version,
    components = [],
    roles = [],
    routes,
  } = (file ?? {}) as Partial<Record<keyof LockFile, unknown>>;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < AS_WRITTEN) {
    throw new ConfigurationError(
      `The lock file must have a version from ${String(AS_WRITTEN)} to ${String(VERSION)}: write it again with --update`,
    );
  }
  if (!Array.isArray(components) || !components.every(isLockedComponents)) {
    throw new ConfigurationError('The lock file has components without a kind or names');
  }
  if (!Array.isArray(roles) || !roles.every(isLockedRole)) {
    throw new ConfigurationError('The lock file has a role without a name, implied roles or permissions');
  }
  if (Array.isArray(routes) && routes.every(isLockedRoute)) return { version, components, roles, routes };
  throw new ConfigurationError('The lock file has a route without a method, path, action or access');
}

/** @throws ConfigurationError if the text shows a reader more than its parser keeps, as the first of two equal keys */
function refuseHiddenText(text: string, file: unknown): void {
  const written = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
  if (written === JSON.stringify(file)) return;
  throw new ConfigurationError(
    'The lock file has a key twice, or text in another form than --update writes: write it again with --update',
  );
}

function isLockedRoute(value: unknown): value is LockedRoute {
  if (typeof value !== 'object' || value === null) return false;
  const route = value as Record<string, unknown>;
  const { hiddenBy } = route;
  if (hiddenBy !== undefined && typeof hiddenBy !== 'string') return false;
  return ['method', 'path', 'action', 'access'].every((name) => typeof route[name] === 'string');
}

function isLockedComponents(value: unknown): value is ReportedComponents {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, names } = value as Partial<Record<keyof ReportedComponents, unknown>>;
  return typeof kind === 'string' && isNames(names);
}

function isLockedRole(value: unknown): value is ReportedRole {
  if (typeof value !== 'object' || value === null) return false;
  const { role, implies, permissions } = value as Partial<Record<keyof ReportedRole, unknown>>;
  return typeof role === 'string' && isNames(implies) && isNames(permissions);
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
