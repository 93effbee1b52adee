import type { Secrets } from './secrets';

/**
 * JSON that has been frozen through and through: nothing in it can run, change or be waited for. Whoever asks the same
 * of it at every request need not look at it as at objects of the app.
 */
const known = new WeakMap<object, { clearOf?: Secrets }>();

/** Notes that a value was parsed from JSON, and then frozen with all that is in it. */
export function noteFrozenJson(value: unknown): void {
  if (typeof value === 'object' && value !== null) known.set(value, {});
}

/** A list of names that need not be looked at again with each login that has it. */
export function frozenNames(...names: readonly string[]): readonly string[] {
  const list = Object.freeze(names);
  noteFrozenJson(list);
  return list;
}

/** For what most logins have none of: it need not be looked at again with each. */
export const NOTHING: Readonly<Record<string, never>> = Object.freeze({});
export const NO_NAMES = frozenNames();
noteFrozenJson(NOTHING);

/** True for the very object that was noted, not for what is in it. */
export function isFrozenJson(value: object): boolean {
  return known.has(value);
}

/** True for such JSON where neither a text nor a name holds one of the secrets. */
export function isFrozenJsonWithout(json: object, secrets: Secrets): boolean {
  const entry = known.get(json);
  if (entry === undefined) return false;
  // Neither changes any more.
  if (entry.clearOf === secrets) return true;
  if (hasSecret(json, secrets)) return false;
  entry.clearOf = secrets;
  return true;
}

function hasSecret(json: object, secrets: Secrets): boolean {
  // JSON may be nested deeper than the stack is.
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
