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

const VERSION = 1;

/** The text of a lock file: sorted, one line a route, so that it reads well in a diff. */
export function toLockFile(report: SecurityReport): string {
  const lines = lockedRoutes(report).map((route) => `    ${JSON.stringify(route)}`);
  return `{\n  "version": ${String(VERSION)},\n  "routes": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/**
 * What changed since a lock file was written, one line a route; empty when nothing did.
 * @throws ConfigurationError for a text that is no lock file of this version: never "unchanged"
 */
export function compareWithLockFile(report: SecurityReport, text: string): string[] {
  const before = byKey(parse(text));
  const after = byKey(lockedRoutes(report));
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === undefined) return [`+ ${key}: ${String(now)}`];
    if (now === undefined) return [`- ${key}: ${old}`];
    return old === now ? [] : [`~ ${key}: ${old} -> ${now}`];
  });
}

function lockedRoutes({ routes }: SecurityReport): LockedRoute[] {
  return routes
    .map(({ method, path, action, access }) => ({ method, path, action, access }))
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

function byKey(routes: readonly LockedRoute[]): Map<string, string> {
  return new Map(routes.map((route) => [keyOf(route), route.access]));
}

function keyOf({ path, method, action }: LockedRoute): string {
  return `${path} ${method} (${action})`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function parse(text: string): LockedRoute[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError('The lock file is no JSON', { cause });
  }
  const { version, routes } = (file ?? {}) as { version?: unknown; routes?: unknown };
  if (version !== VERSION) throw new ConfigurationError(`The lock file is not of version ${String(VERSION)}`);
  if (Array.isArray(routes) && routes.every(isLockedRoute)) return routes;
  throw new ConfigurationError('The lock file has a route without method, path, action or access');
}

function isLockedRoute(value: unknown): value is LockedRoute {
  if (typeof value !== 'object' || value === null) return false;
  const route = value as Record<string, unknown>;
  return ['method', 'path', 'action', 'access'].every((name) => typeof route[name] === 'string');
}
