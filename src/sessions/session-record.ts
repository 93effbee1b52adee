/** What is kept of a session, and of a login that still needs a second factor. */
import { SecurityFaultError, ServiceUnavailableError } from '../errors';
import { isDigest } from './session-cookie';

/** A factor as it is kept; its time in milliseconds since the epoch, null where nobody knows. */
export interface StoredFactor {
  readonly method: string;
  readonly at: number | null;
}

/** Whose login it is. */
interface OwnerRecord {
  /** The name of the cookie, without its prefix, where it is not the usual one: the service that takes it. */
  readonly service?: string | undefined;
  readonly user: string;
  /** The name of the user's store, in an app with several. */
  readonly userstore?: string | undefined;
  readonly userId?: string | undefined;
  /** The `tokensValidFrom` that the login saw. */
  readonly stamp: number;
  readonly factors: readonly StoredFactor[];
  /** Digest of the secret that is good now. */
  readonly secret: string;
  /** What a provider said of the login there. */
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
  /** The secret before, with the factors of then, for requests that were under way when it changed. */
  readonly former?:
    | { readonly secret: string; readonly factors: readonly StoredFactor[]; readonly until: number }
    | undefined;
  readonly ip: string;
  readonly userAgent: string;
}

export interface HalfRecord extends OwnerRecord {
  /** The kinds of factors that complete it. */
  readonly next: readonly string[];
  readonly until: number;
}

const VERSION = 1;
const MAX_VALUE_BYTES = 65_536;
const MAX_TIME = 8.64e15;

/** @throws TypeError for a login that no store can keep */
export function writeRecord(record: SessionRecord | HalfRecord): string {
  const text = JSON.stringify({ v: VERSION, ...record });
  if (Buffer.byteLength(text) > MAX_VALUE_BYTES || Buffer.byteLength(record.user) > 512) {
    throw new TypeError('The login does not fit into the state store');
  }
  return text;
}

/**
 * Reads an entry. It came from outside of this process, so each member is looked at.
 * @throws ServiceUnavailableError for the entry of a later version, and for what is none; it must not be changed
 */
export function readSession(text: unknown): SessionRecord {
  return read(text, SESSION) as unknown as SessionRecord;
}

/** The same. */
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
// A session that nothing has proved is none.
const areFactors: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isFactor);

const OWNER = {
  service: isAbsentOr(isText),
  user: isText,
  userstore: isAbsentOr(isText),
  userId: isAbsentOr(isText),
  // Also the stamp of the epoch, which is no time.
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

/** Quotes nothing: an entry is as secret as what it is of. */
function unreadable(fault: string): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(`An entry of a session ${fault}`) });
}
