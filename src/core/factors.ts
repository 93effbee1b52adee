/** The factors of a login, each with its own time. */
import { types } from 'node:util';

/** One way in which a user proved their identity. */
export interface Factor {
  /** An RFC 8176 value such as `pwd`, `otp` or `swk`, or `idp` for a login at a provider. */
  readonly method: string;
  /** The time of the proof; null if it is unknown. */
  readonly at: Date | null;
}

/** The methods of a passkey: its key never leaves the device, or is shared with other devices of the user. */
const PASSKEY: readonly string[] = ['hwk', 'swk'];

/** The methods that make a one-time code a second factor. */
const FIRST: readonly string[] = ['pwd', 'kerberos', 'idp'];

function isSecond({ method }: Factor): boolean {
  return method === 'otp' || PASSKEY.includes(method);
}

/** Milliseconds since the epoch; NaN if it is unknown, and for an invalid date. */
export function timeOf({ at }: Factor): number {
  return at?.getTime() ?? NaN;
}

/** The time of the oldest factor; undefined if the time of any factor is unknown. */
export function oldestOf(factors: readonly Factor[]): Date | undefined {
  const oldest = Math.min(...factors.map(timeOf));
  return Number.isFinite(oldest) ? new Date(oldest) : undefined;
}

/**
 * The factors, plus `mfa` if they amount to it: by a passkey, at its time, or by a one-time code beside a password, a
 * ticket or a login at a provider, at the older of the two times.
 */
export function withMfa(factors: readonly Factor[]): readonly Factor[] {
  // Most logins by a password end here, before anything is allocated.
  if (!factors.some(isSecond)) return factors;
  const passkeys = factors.filter(({ method }) => PASSKEY.includes(method));
  const codes = factors.filter(({ method }) => method === 'otp');
  const firsts = factors.filter(({ method }) => FIRST.includes(method));
  const pairs = codes.flatMap((code) => firsts.map((first) => older(code, first)));
  const times = [...passkeys, ...pairs].map(timeOf);
  if (times.length === 0) return factors;
  const stated = factors.filter(({ method }) => method === 'mfa').map(timeOf);
  const known = times.filter((time) => Number.isFinite(time));
  // A user with such a login at a provider may have proved more here since.
  const isNewer = known.some((time) => stated.every((earlier) => !(earlier >= time)));
  if (stated.length > 0 && !isNewer) return factors;
  const others = factors.filter(({ method }) => method !== 'mfa');
  return [...others, { method: 'mfa', at: known.length === 0 ? null : new Date(Math.max(...known)) }];
}

/** The methods of a login by RFC 8176, which has no method for a login at a provider. */
export function methodsOf(factors: readonly Factor[]): readonly string[] {
  const methods = withMfa(factors).map(({ method }) => method);
  return Object.freeze([...new Set(methods)].filter((method) => method !== 'idp'));
}

/**
 * A frozen copy.
 * @throws TypeError for an invalid list of factors: a factor that cannot be read must not count
 */
export function fixedFactors(factors: unknown): readonly Factor[] {
  if (!Array.isArray(factors)) throw new TypeError('The `factors` of an Authentication must be a list');
  const fixed: unknown[] = [...(factors as unknown[])];
  for (let index = 0; index < fixed.length; index += 1) fixed[index] = fixedFactor(fixed[index]);
  return Object.freeze(fixed as Factor[]);
}

function fixedFactor(factor: unknown): Factor {
  const { method, at } = Object(factor) as Partial<Record<keyof Factor, unknown>>;
  if (typeof method === 'string' && method !== '') {
    if (at === null) return Object.freeze({ method, at });
    if (types.isDate(at)) return Object.freeze({ method, at: new Date(at) });
  }
  throw new TypeError('A factor of an Authentication must have a `method`, and a date or null as `at`');
}

function older(one: Factor, other: Factor): Factor {
  const time = Math.min(timeOf(one), timeOf(other));
  return { method: 'mfa', at: Number.isFinite(time) ? new Date(time) : null };
}
