/** What is kept of a user's one-time codes. */
import { ServiceUnavailableError } from '../errors';

export interface OtpRecord {
  /** Whose they are: those of another id are of a former user of the name. */
  readonly userId?: string | undefined;
  /** The key that counts, sealed. */
  readonly key?: string | undefined;
  /** One that is set up, and counts once it is confirmed. */
  readonly pending?: string | undefined;
  /** The last step whose code was used. */
  readonly lastStep: number;
  /** Digests of the recovery codes that are left. */
  readonly recovery: readonly string[];
  /** Wrong codes since the last right one. */
  readonly wrong: number;
  /** True after too many: one-time codes no longer count. */
  readonly closed: boolean;
}

export const NEW_RECORD: OtpRecord = { lastStep: -1, recovery: [], wrong: 0, closed: false };

export function writeOtp(record: OtpRecord): string {
  return JSON.stringify({ v: 1, ...record });
}

/**
 * Reads what a store gave, so each member is looked at.
 * @throws ServiceUnavailableError for that of a later version, and for what is none; it must not be changed
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
