import { types } from 'node:util';
import type { User } from './user';
import type { PasswordUpdate } from './userstore';

type Stamp = Date | null | undefined;

/** The coarsest that a store may keep times, such as `timestamptz(0)`: a new stamp must differ there too. */
const STEP_MS = 1000;

/** Stands for the epoch itself, whose milliseconds mean "no stamp". No Date reaches this far. */
export const EPOCH_STAMP = -8.64e15 - 1;

/** A user's `tokensValidFrom` in milliseconds, 0 for none: what tokens of a login are held against. */
export function stampOf(user: Pick<User, 'tokensValidFrom'>): number {
  // An app may state a login of any value; the chain refuses values that are not users.
  const { tokensValidFrom } = Object(user) as { tokensValidFrom?: unknown };
  if (tokensValidFrom === undefined || !types.isDate(tokensValidFrom)) return 0;
  const time = Date.prototype.getTime.call(tokensValidFrom);
  return time === 0 ? EPOCH_STAMP : time;
}

/** The `tokensValidFrom` that a stamp is of. */
export function dateOfStamp(stamp: number): Date | undefined {
  return stamp === 0 ? undefined : new Date(stamp === EPOCH_STAMP ? 0 : stamp);
}

/**
 * The `tokensValidFrom` that ends a user's tokens: now, and at least a second after the record's present one. Tokens
 * are held against it for equality, so it never repeats: not within a millisecond, not when a clock is set back.
 *
 * @param previous the present one of the record
 * @param now milliseconds since the epoch
 * @throws RangeError when no such date exists
 */
export function nextStamp(previous: Stamp, now: number): Date {
  const earliest = (previous?.getTime() ?? Number.NaN) + STEP_MS;
  // An invalid previous date compares as false: it is replaced.
  const stamp = new Date(earliest > now ? earliest : now);
  if (Number.isNaN(stamp.getTime())) throw new RangeError('No later date for tokensValidFrom exists');
  return stamp;
}

/**
 * The `tokensValidFrom` of a record whose hash is replaced. It moves only where the change says so, and never back,
 * whatever the caller knew of the record.
 * @throws RangeError when no such date exists
 */
export function stampAfter(previous: Stamp, changes: PasswordUpdate | undefined): Stamp {
  const given = changes?.tokensValidFrom ?? undefined;
  return given === undefined ? previous : nextStamp(previous, given.getTime());
}
