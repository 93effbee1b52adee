/** The time of the last password change, as the directory records it: the `tokensValidFrom` of a user. */
import type { Entry } from 'ldapts';
import { valuesOf } from './entries';

/** Attributes that the directory updates with each change of a password. */
export const PASSWORD_TIMES = ['pwdLastSet', 'pwdChangedTime'] as const;

export type PasswordTime = (typeof PASSWORD_TIMES)[number];

/** The time from 1601 to 1970, in milliseconds. */
const EPOCH_MS = 11_644_473_600_000n;

/**
 * The time of the last change.
 * @returns undefined if the entry does not have the attribute
 * @throws Error for a value that cannot be read
 */
export function passwordTimeOf(entry: Entry, attribute: PasswordTime): Date | undefined {
  const values = valuesOf(entry, attribute);
  const [value] = values;
  if (value === undefined) return undefined;
  const time = attribute === 'pwdLastSet' ? ofFileTime(value) : ofGeneralizedTime(value);
  if (values.length === 1 && time !== undefined) return time;
  throw new Error(`LdapUserstore: ${attribute} is not a time`);
}

/**
 * Units of 100 ns since 1601; 0 if the password must be changed at the next logon.
 * @see MS-ADA3 section 2.174
 */
function ofFileTime(value: string): Date | undefined {
  if (!/^\d{1,19}$/.test(value)) return undefined;
  const milliseconds = value === '0' ? 0 : Number(BigInt(value) / 10_000n - EPOCH_MS);
  return validDate(milliseconds);
}

const GENERALIZED_TIME =
  /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d|60)?)?(?:[.,](\d{1,9}))?(?:Z|([+-])(\d\d)(\d\d)?)$/;

/** @see RFC 4517 section 3.3.13 */
function ofGeneralizedTime(value: string): Date | undefined {
  const match = GENERALIZED_TIME.exec(value);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '0', sign, offsetHours, offsetMinutes] = match;
  const date = `${String(year)}-${String(month)}-${String(day)}`;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // Date.parse() turns 30 February into 2 March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  const [hours, minutes, seconds] = [Number(hour), Number(minute ?? 0), Number(second ?? 0)];
  const offset = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * (sign === '-' ? -1 : 1);
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const unit = second !== undefined ? 1000 : minute !== undefined ? 60_000 : 3_600_000;
  const ofDay = ((hours * 60 + minutes - offset) * 60 + seconds) * 1000;
  return validDate(midnight + ofDay + Math.floor(Number(`0.${fraction}`) * unit));
}

function validDate(milliseconds: number): Date | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
