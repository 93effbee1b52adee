/** The stored form of a session, and of a login that still needs a second factor. */
import { SecurityFaultError, ServiceUnavailableError } from '../errors';
import { isDigest } from './session-cookie';

/** The stored form of a factor. Its time is in milliseconds since the epoch, null if unknown. */
export interface StoredFactor {
  readonly method: string;
  readonly at: number | null;
}

/** The owner of the login, and how it was proved. */
interface OwnerRecord {
  /** The session service: the name of its cookie without the prefix, absent for the default name. */
  readonly service?: string | undefined;
  readonly user: string;
  /** The name of the user's userstore, in an app with several. */
  readonly userstore?: string | undefined;
  readonly userId?: string | undefined;
  /** The `tokensValidFrom` that the login saw. */
  readonly stamp: number;
  readonly factors: readonly StoredFactor[];
  /** Digest of the current secret. */
  readonly secret: string;
  /** The login at an OpenID provider, as the provider described it. */
  readonly idp?: IdpRecord | undefined;
}

/** A login at an OpenID provider. */
export interface IdpRecord {
  readonly issuer: string;
  readonly subject: string;
  readonly sid?: string | undefined;
  readonly acr?: string | undefined;
  /** The ID token, for the logout at the provider. */
  readonly idToken?: string | undefined;
}

/** Times in milliseconds since the epoch. */
export interface SessionRecord extends OwnerRecord {
  readonly started: number;
  readonly seen: number;
  readonly ends: number;
  /** The former secret, with its factors, for requests that were under way when it changed. */
  readonly former?:
    | { readonly secret: string; readonly factors: readonly StoredFactor[]; readonly until: number }
    | undefined;
  readonly ip: string;
  readonly userAgent: string;
}

export interface HalfRecord extends OwnerRecord {
  /** The kinds of factors that complete the login. */
  readonly next: readonly string[];
  readonly until: number;
}

const VERSION = 1;
const MAX_VALUE_BYTES = 65_536;
const MAX_TIME = 8.64e15;

/** @throws TypeError for a login that is too large for a state store */
export function writeRecord(record: SessionRecord | HalfRecord): string {
  const text = JSON.stringify({ v: VERSION, ...record });
  if (Buffer.byteLength(text) > MAX_VALUE_BYTES || Buffer.byteLength(record.user) > 512) {
    throw new TypeError('The login does not fit into the state store');
  }
  return text;
}

/**
 * Reads an entry. It comes from outside this process, so each member is checked.
 * @throws ServiceUnavailableError for an entry of a later version or an invalid entry; it must not be changed
 */
export function readSession(text: unknown): SessionRecord {
  return read(text, SESSION) as unknown as SessionRecord;
}

/** The same for a half login. @throws as {@link readSession} */
export function readHalf(text: unknown): HalfRecord {
  return read(text, HALF) as unknown as HalfRecord;
}

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const isString: Check = (value) => typeof value === 'string';
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isTime: Check = (value) => Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_TIME;
const isAbsentOr = (accepts: Check): Check => {
  return (value) => value === undefined || accepts(value);
};
const has = (shape: Shape): Check => {
  const names = Object.keys(shape);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return names.every((name) =>
      shape[name]?.(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined),
    );
  };
};
const isFactor = has({ method: isText, at: (value) => value === null || isTime(value) });
const areKinds: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
// A session without a proved factor is not valid.
const areFactors: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isFactor);

const OWNER = {
  service: isAbsentOr(isText),
  user: isText,
  userstore: isAbsentOr(isText),
  userId: isAbsentOr(isText),
  // `isTime` would refuse EPOCH_STAMP, which lies outside the range of Date.
  stamp: (value) => Number.isSafeInteger(value),
  factors: areFactors,
  secret: isDigest,
  idp: isAbsentOr(
    has({
      issuer: isText,
      subject: isText,
      sid: isAbsentOr(isText),
      acr: isAbsentOr(isString),
      idToken: isAbsentOr(isText),
    }),
  ),
} satisfies Record<keyof OwnerRecord, Check>;

const SESSION: Shape = {
  ...OWNER,
  started: isTime,
  seen: isTime,
  ends: isTime,
  former: isAbsentOr(has({ secret: isDigest, factors: areFactors, until: isTime })),
  ip: isString,
  userAgent: isString,
} satisfies Record<keyof SessionRecord, Check>;

const HALF: Shape = { ...OWNER, next: areKinds, until: isTime } satisfies Record<keyof HalfRecord, Check>;

function read(text: unknown, shape: Shape): Readonly<Record<string, unknown>> {
  if (typeof text !== 'string') {
    throw new SecurityFaultError({ cause: new TypeError('The state store: a value must be text') });
  }
  const value = text.length > MAX_VALUE_BYTES ? undefined : parsed(text);
  if (value?.['v'] !== VERSION) throw unreadable('is no JSON, or of another version');
  const fault = Object.keys(shape).find((name) => {
    return shape[name]?.(Object.hasOwn(value, name) ? value[name] : undefined) !== true;
  });
  if (fault !== undefined) throw unreadable(`has no valid ${fault}`);
  return value;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && Object.hasOwn(value, 'v') ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The message quotes no part of the entry, since entries are secret. */
function unreadable(fault: string): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(`An entry of a session ${fault}`) });
}
