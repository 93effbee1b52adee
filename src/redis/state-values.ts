import { types } from 'node:util';

/** What a caller may hand to RedisState; anything else is a mistake in its code, which a TypeError tells. */

const MAX_VALUE_BYTES = 64 * 1024;
const MAX_OWNER_BYTES = 512;
const DAY_MS = 24 * 3600 * 1000;
/** A set of an owner lives so long after its last write: as long as the entry that was written. */
export const KEEP_OWNER_MS = 400 * DAY_MS;

export function isKey(key: unknown): boolean {
  return typeof key === 'string' && /^[!-~]{1,128}$/.test(key);
}

export function checkKey(key: string): void {
  must(isKey(key), 'a key', '1 to 128 printable ASCII characters without spaces');
}

/** Lone surrogates are all one and the same once they are bytes. */
export function checkValue(value: string): void {
  const isText = typeof value === 'string' && value.isWellFormed();
  must(isText && Buffer.byteLength(value) <= MAX_VALUE_BYTES, 'a value', 'well-formed text of up to 64 KiB');
}

export function checkOwner(owner: string): void {
  const isText = typeof owner === 'string' && owner !== '' && owner.isWellFormed();
  must(
    isText && Buffer.byteLength(owner) <= MAX_OWNER_BYTES,
    'an owner',
    'well-formed text of 1 to 512 bytes',
  );
}

/** @returns whole milliseconds since the epoch */
export function checkTime(expiresAt: Date): number {
  const until = types.isDate(expiresAt) ? Math.ceil(expiresAt.getTime()) : NaN;
  // A day more, for clocks apart.
  const isInBounds = until <= Date.now() + KEEP_OWNER_MS + DAY_MS;
  must(isInBounds, 'expiresAt', 'a date of up to 400 days ahead');
  return Math.max(0, until);
}

function must(isRight: boolean, what: string, form: string): void {
  if (!isRight) throw new TypeError(`RedisState: ${what} must be ${form}`);
}
