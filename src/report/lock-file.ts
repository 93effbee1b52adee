/**
 * The lock file: who may call what, as it was agreed on, so that a change shows in a review.
 */
import { ConfigurationError } from '../errors';
import type { SecurityReport } from './security-report';

/** One route's effective access. */
interface LockedRoute {
  readonly method: string;
  readonly path: string;
  readonly action: string;
  readonly access: string;
}

interface LockFile {
  readonly version: number;
  readonly routes: readonly LockedRoute[];
}

const VERSION = 2;
/** Holds the guards as they are written; still compared so. */
const AS_WRITTEN = 1;

/** The text of a lock file: sorted, one line a route, so that it reads well in a diff. */
export function toLockFile(report: SecurityReport): string {
  const lines = lockedRoutes(report, VERSION).map((route) => `    ${JSON.stringify(route)}`);
  return `{\n  "version": ${String(VERSION)},\n  "routes": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/**
 * What changed since a lock file was written, one line a route; empty when nothing did.
 * @throws ConfigurationError for a text that is no lock file of a known version: never "unchanged"
 */
export function compareWithLockFile(report: SecurityReport, text: string): string[] {
  const { version, routes } = parse(text);
  const before = byKey(routes);
  const after = byKey(lockedRoutes(report, version));
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === undefined) return [`+ ${key}: ${String(now)}`];
    if (now === undefined) return [`- ${key}: ${old}`];
    return old === now ? [] : [`~ ${key}: ${old} -> ${now}`];
  });
}

/** True for a lock file that an earlier version of the library wrote, which tells less than today's. */
export function isOutdated(text: string): boolean {
  return parse(text).version !== VERSION;
}

function lockedRoutes({ routes }: SecurityReport, version: number): LockedRoute[] {
  return routes
    .map(({ method, path, action, access, normalised }) => {
      return { method, path, action, access: version === AS_WRITTEN ? access : (normalised ?? access) };
    })
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

/** Two routes of one key keep their order: the first of them answers. */
function byKey(routes: readonly LockedRoute[]): Map<string, string> {
  const map = new Map<string, string>();
  for (const route of routes) {
    let key = keyOf(route);
    for (let count = 2; map.has(key); count += 1) key = `${keyOf(route)} #${String(count)}`;
    map.set(key, route.access);
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
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError('The lock file is no JSON', { cause });
  }
  const { version, routes } = (file ?? {}) as { version?: unknown; routes?: unknown };
  if (version !== VERSION && version !== AS_WRITTEN) {
    throw new ConfigurationError(
      `The lock file is not of version ${String(AS_WRITTEN)} or ${String(VERSION)}: write it again with --update`,
    );
  }
  if (Array.isArray(routes) && routes.every(isLockedRoute)) return { version, routes };
  throw new ConfigurationError('The lock file has a route without method, path, action or access');
}

function isLockedRoute(value: unknown): value is LockedRoute {
  if (typeof value !== 'object' || value === null) return false;
  const route = value as Record<string, unknown>;
  return ['method', 'path', 'action', 'access'].every((name) => typeof route[name] === 'string');
}
