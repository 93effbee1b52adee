/** The stored record of a user's one-time codes. */
import { ServiceUnavailableError } from '../errors';

export interface OtpRecord {
  /** The owner: a record with another id belongs to a former user of the name. */
  readonly userId?: string | undefined;
  /** The active key, sealed. */
  readonly key?: string | undefined;
  /** The key that is being set up, sealed. It becomes active once it is confirmed. */
  readonly pending?: string | undefined;
  /** The last step whose code was used. */
  readonly lastStep: number;
  /** Digests of the unused recovery codes. */
  readonly recovery: readonly string[];
  /** Wrong codes since the last right one. */
  readonly wrong: number;
  /** True after too many wrong codes: one-time codes are no longer accepted. */
  readonly closed: boolean;
}

export const NEW_RECORD: OtpRecord = { lastStep: -1, recovery: [], wrong: 0, closed: false };

export function writeOtp(record: OtpRecord): string {
  return JSON.stringify({ v: 1, ...record });
}

/**
 * Reads a store's text and checks each member.
 * @throws ServiceUnavailableError for a record of a later version, and for a text that is not a record; it must not be
 * changed
 */
export function readOtp(text: unknown): OtpRecord {
  const value = typeof text === 'string' && text.length <= 16_384 ? parsed(text) : undefined;
  const own = (name: string): unknown =>
    value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  const isAbsentOrText = (name: string): boolean =>
    own(name) === undefined || (typeof own(name) === 'string' && own(name) !== '');
  const recovery = own('recovery');
  const isRecord =
    own('v') === 1 &&
    ['userId', 'key', 'pending'].every(isAbsentOrText) &&
    Number.isSafeInteger(own('lastStep')) &&
    Number.isSafeInteger(own('wrong')) &&
    typeof own('closed') === 'boolean' &&
    Array.isArray(recovery) &&
    recovery.every((code) => typeof code === 'string' && code.length === 43);
  if (isRecord) return value as unknown as OtpRecord;
  throw new ServiceUnavailableError({
    cause: new Error('The stored one-time-code record is invalid, or of a later version'),
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
