/**
 * The limits that all stores of this package share. They are checked before a store is asked, so that no store
 * truncates a text, and every store accepts the same entries. A refusal here is a bug of the caller (500), never a
 * client's mistake. No message quotes a value: values hold hashes of secrets.
 */
import { isDate } from 'node:util/types';
import type { Revocation } from './revocation-log';

const MAX_KEY = 128;
const MAX_OWNER_BYTES = 512;
const MAX_VALUE_BYTES = 65_536;
const MAX_DAYS = 400;
const MAX_ID_BYTES = 1024;
const DAY_MS = 86_400_000;
/** The end may have been computed by the clock of another process. */
const CLOCKS_APART_MS = 3_600_000;

const KEY = new RegExp(`^[!-~]{1,${String(MAX_KEY)}}$`);
const TOKEN_ID = /^[0-9a-f]{16}$/;

/** @throws TypeError */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && KEY.test(key)) return;
  throw new TypeError(`A key must be 1 to ${String(MAX_KEY)} printable ASCII characters without spaces`);
}

/** @throws TypeError */
export function checkOwner(owner: unknown): asserts owner is string {
  if (isTextWithin(owner, MAX_OWNER_BYTES)) return;
  throw new TypeError(
    `An owner must be a non-empty string of at most ${String(MAX_OWNER_BYTES)} bytes, without NUL and lone surrogates`,
  );
}

/**
 * Checks the arguments of a store's `set()`, in the same order.
 * @param now the store's time, in milliseconds since the epoch
 * @throws TypeError for a key, a value, an end or an owner that is out of bounds, and for a value that does not change
 */
export function checkEntry(
  key: unknown,
  value: unknown,
  previous: unknown,
  expiresAt: unknown,
  owner: unknown,
  now: number,
): void {
  checkKey(key);
  for (const text of previous === undefined ? [value] : [value, previous]) {
    if (isTextWithin(text, MAX_VALUE_BYTES)) continue;
    throw new TypeError(
      `A value must be a non-empty string of at most ${String(MAX_VALUE_BYTES)} bytes, without NUL and lone surrogates`,
    );
  }
  // MySQL counts no row if nothing changes, which would look like a lost race.
  if (value === previous) throw new TypeError('A value must differ from the previous one');
  if (!isDate(expiresAt)) throw new TypeError('The end of an entry must be a Date');
  // Written so that NaN, from an invalid Date or clock, is refused too.
  if (!(expiresAt.getTime() <= now + MAX_DAYS * DAY_MS + CLOCKS_APART_MS)) {
    throw new TypeError(`An entry must end within ${String(MAX_DAYS)} days`);
  }
  if (owner !== undefined) checkOwner(owner);
}

/**
 * Checks the argument of a log's `append()`.
 * @throws TypeError if it is not a list of revocations
 */
export function checkRevocations(list: unknown): asserts list is readonly Revocation[] {
  if (!Array.isArray(list)) throw new TypeError('Revocations must be a list');
  // Not every(), which skips the holes of a sparse array.
  for (const entry of list as readonly unknown[]) {
    if (!isRevocation(entry)) {
      throw new TypeError(
        'A revocation needs an id and times in whole milliseconds; the id of a user has a colon',
      );
    }
  }
}

/** Also for entries read from a log: other processes write to it. */
export function isRevocation(entry: unknown): entry is Revocation {
  if (typeof entry !== 'object' || entry === null) return false;
  const { id, until, before } = entry as Partial<Record<keyof Revocation, unknown>>;
  if (!isTime(until)) return false;
  if (before === undefined) return typeof id === 'string' && TOKEN_ID.test(id);
  return isTime(before) && isTextWithin(id, MAX_ID_BYTES) && id.includes(':');
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether every store keeps the text unchanged: PostgreSQL has no NUL, and UTF-8 has no lone surrogates. */
function isTextWithin(value: unknown, maxBytes: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxBytes) return false;
  const isShort = value.length * 3 <= maxBytes || Buffer.byteLength(value) <= maxBytes;
  return isShort && !value.includes('\0') && value.isWellFormed();
}
