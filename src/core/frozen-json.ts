import type { Secrets } from './secrets';

/**
 * JSON that is deeply frozen: it cannot run code, change or be awaited. Code that checks the same value at every
 * request can skip the checks for objects of the app.
 */
const known = new WeakMap<object, { clearOf?: Secrets }>();

/** Notes that a value was parsed from JSON and then deeply frozen. */
export function noteFrozenJson(value: unknown): void {
  if (typeof value === 'object' && value !== null) known.set(value, {});
}

/** A list of names that needs no further check with each login. */
export function frozenNames(...names: readonly string[]): readonly string[] {
  const list = Object.freeze(names);
  noteFrozenJson(list);
  return list;
}

/** For fields that are empty in most logins: it needs no further check with each login. */
export const NOTHING: Readonly<Record<string, never>> = Object.freeze({});
export const NO_NAMES = frozenNames();
noteFrozenJson(NOTHING);

/** True for the object that was noted itself, not for objects inside it. */
export function isFrozenJson(value: object): boolean {
  return known.has(value);
}

/** True for such JSON if no string and no property name in it contains one of the secrets. */
export function isFrozenJsonWithout(json: object, secrets: Secrets): boolean {
  const entry = known.get(json);
  if (entry === undefined) return false;
  // Neither value can change.
  if (entry.clearOf === secrets) return true;
  if (hasSecret(json, secrets)) return false;
  entry.clearOf = secrets;
  return true;
}

function hasSecret(json: object, secrets: Secrets): boolean {
  // JSON may be nested deeper than the stack allows.
  const left = [json];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const name of Object.keys(next)) {
      const value = (next as Readonly<Record<string, unknown>>)[name];
      if (typeof value === 'string' && secrets.isIn(value)) return true;
      if (typeof value === 'object' && value !== null) left.push(value);
      if (!Array.isArray(next) && secrets.isInName(name)) return true;
    }
  }
  return false;
}
