import { InvalidRequestError } from '../errors';
import { isPlainObject } from '../util/parse-options';
import { isScope } from '../util/scope-name';

/** The properties of a new key. */
export interface NewApiKey {
  /** The name that the user gives it, 1 to 100 characters. */
  name: string;
  /** The scopes that the key is limited to. @default no limit */
  scopes?: readonly string[];
  /** How many days the key lives. @default the option `defaultDays` */
  days?: number;
}

const FIELDS: readonly string[] = ['name', 'scopes', 'days'] satisfies readonly (keyof NewApiKey)[];
const MAX_NAME_LENGTH = 100;
const MAX_SCOPES = 100;
const MAX_SCOPE_LENGTH = 256;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u;

/**
 * Checks the requested properties, which may come from a client.
 * @throws InvalidRequestError for an invalid request: a misspelt field could lead to a key without a limit
 */
export function checkNewKey(wish: unknown, days: { readonly max: number; readonly default: number }) {
  if (!isPlainObject(wish)) throw refused('it is no object');
  const unknown = Reflect.ownKeys(wish).find((name) => typeof name !== 'string' || !FIELDS.includes(name));
  if (unknown !== undefined) throw refused('it has an unknown field');
  const { name, scopes, days: lasts = days.default } = wish;
  if (!isKeyName(name)) throw refused('the name must have 1 to 100 characters');
  if (!isDays(lasts, days.max)) throw refused(`days must be a whole number from 1 to ${String(days.max)}`);
  return { name, scopes: scopes === undefined ? undefined : checkedScopes(scopes), days: lasts };
}

export function refused(problem: string): InvalidRequestError {
  return new InvalidRequestError({ cause: new Error(`The API key cannot be made: ${problem}`) });
}

function isKeyName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    // A character has at most two UTF-16 units.
    name.length <= 2 * MAX_NAME_LENGTH &&
    Array.from(name).length <= MAX_NAME_LENGTH &&
    name.trim() !== '' &&
    !UNPRINTABLE.test(name)
  );
}

function isDays(days: unknown, max: number): days is number {
  return typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= max;
}

function checkedScopes(scopes: unknown): readonly string[] {
  const list: readonly unknown[] =
    Array.isArray(scopes) && scopes.length <= MAX_SCOPES ? scopes : [undefined];
  // Not every(), which skips the holes of a list.
  const names = Array.from(list).filter(
    (scope): scope is string => isScope(scope) && scope.length <= MAX_SCOPE_LENGTH,
  );
  if (names.length !== list.length) throw refused('a scope is not valid');
  return Object.freeze([...new Set(names)]);
}
