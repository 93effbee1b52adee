import { types } from 'node:util';
import type { User } from './user';
import type { PasswordUpdate } from './userstore';

type Stamp = Date | null | undefined;

/**
 * The coarsest resolution in which a store may keep times, such as `timestamptz(0)`: a new stamp must differ even then.
 */
const STEP_MS = 1000;

/** The stamp for the epoch itself, because zero milliseconds mean "no stamp". No Date has this value. */
export const EPOCH_STAMP = -8.64e15 - 1;

/** A user's `tokensValidFrom` in milliseconds, 0 for none. The tokens of a login are compared with it. */
export function stampOf(user: Pick<User, 'tokensValidFrom'>): number {
  // An app may state a login with any value as the user; the chain refuses values that are not users.
  const { tokensValidFrom } = Object(user) as { tokensValidFrom?: unknown };
  if (tokensValidFrom === undefined || !types.isDate(tokensValidFrom)) return 0;
  const time = Date.prototype.getTime.call(tokensValidFrom);
  return time === 0 ? EPOCH_STAMP : time;
}

/** The `tokensValidFrom` that a stamp was made from. */
export function dateOfStamp(stamp: number): Date | undefined {
  return stamp === 0 ? undefined : new Date(stamp === EPOCH_STAMP ? 0 : stamp);
}

/**
 * The `tokensValidFrom` that ends a user's tokens: now, and at least a second after the present value of the record.
 * Tokens must equal it, so it never repeats: not within the same millisecond, and not after a clock was set back.
 *
 * @param previous the present value of the record
 * @param now milliseconds since the epoch
 * @throws RangeError if no such date exists
 */
export function nextStamp(previous: Stamp, now: number): Date {
  const earliest = (previous?.getTime() ?? Number.NaN) + STEP_MS;
  // The comparison with an invalid previous date is false: the date is replaced.
  const stamp = new Date(earliest > now ? earliest : now);
  if (Number.isNaN(stamp.getTime())) throw new RangeError('No later date for tokensValidFrom exists');
  return stamp;
}

/**
 * The `tokensValidFrom` of a record whose hash is replaced. It moves only if the change requests it, and never
 * backwards, however stale the caller's record is.
 * @throws RangeError if no such date exists
 */
export function stampAfter(previous: Stamp, changes: PasswordUpdate | undefined): Stamp {
  const given = changes?.tokensValidFrom ?? undefined;
  return given === undefined ? previous : nextStamp(previous, given.getTime());
}
