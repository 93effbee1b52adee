/** The stored form of a family of refresh tokens: one entry for each login that started a family. */
import { isIP } from 'node:net';
import { SecurityFaultError, ServiceUnavailableError } from '../../errors';
import { isScope } from '../../util/scope-name';
import { decodeBase64Url, parseJsonObject, type JsonObject } from '../json';

/** Times in milliseconds since the epoch, digests and the pad in base64url. */
export interface FamilyRecord {
  readonly user: string;
  /** The name of the user's store, in an app with several stores. */
  readonly userstore?: string | undefined;
  readonly userId?: string | undefined;
  /** Digest of the issuer and audience of the tokens. It separates services that share a store. */
  readonly service?: string | undefined;
  /** Digest of the family secret, which all tokens of the family contain. */
  readonly family: string;
  /** Digest of the present secret. */
  readonly current: string;
  /** Digest of the previous secret. */
  readonly previous?: string | undefined;
  /** Yields the present secret together with the previous secret. */
  readonly pad?: string | undefined;
  /** The number of rotations. */
  readonly n: number;
  readonly started: number;
  /** The time of the last rotation. */
  readonly at: number;
  /** When the login took place. */
  readonly login: number;
  readonly amr: readonly string[];
  readonly scope?: readonly string[] | undefined;
  readonly stamp: number;
  /** Digest of the client that the family is bound to. */
  readonly client?: string | undefined;
  /** The address of the last use. */
  readonly ip?: string | undefined;
  readonly end: number;
  /** The time at which the family was ended. */
  readonly dead?: number | undefined;
}

const VERSION = 1;
const KEY = /^rt:([0-9a-f]{24})$/;

/** State stores accept no larger values. */
const MAX_VALUE_BYTES = 65_536;
const MAX_OWNER_BYTES = 512;
const MAX_TIME = 8.64e15;

export function keyOf(familyId: string): string {
  return `rt:${familyId}`;
}

/** Undefined if the key is not that of a family. */
export function familyIdIn(key: unknown): string | undefined {
  return typeof key === 'string' ? KEY.exec(key)?.[1] : undefined;
}

/** @throws TypeError for a login that is too large for a state store */
export function writeRecord(record: FamilyRecord): string {
  const text = JSON.stringify({ ...record, v: VERSION });
  if (Buffer.byteLength(text) > MAX_VALUE_BYTES || Buffer.byteLength(record.user) > MAX_OWNER_BYTES) {
    throw new TypeError('The login does not fit into the state store');
  }
  return text;
}

/**
 * Reads an entry. It comes from outside this process, so each member is checked.
 * @throws ServiceUnavailableError for the entry of a later version, and for an invalid entry, which must not be changed
 */
export function readRecord(text: unknown): FamilyRecord {
  if (typeof text !== 'string') {
    throw new SecurityFaultError({ cause: new TypeError('The state store: a value must be text') });
  }
  const value = text.length > MAX_VALUE_BYTES ? undefined : parseJsonObject(Buffer.from(text));
  if (value === undefined) throw unreadable('is no JSON object');
  if (value['v'] !== VERSION) throw unreadable('is of another version');
  const fault = faultIn(value);
  if (fault !== undefined) throw unreadable(`has no valid ${fault}`);
  return value as unknown as FamilyRecord;
}

/** Quotes nothing: an entry is as secret as its family. */
function unreadable(fault: string): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(`An entry of a token family ${fault}`) });
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime: Check = (value) => Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_TIME;
const isDigest: Check = (value) =>
  typeof value === 'string' && value.length === 43 && decodeBase64Url(value)?.length === 32;
const isTexts = (accepts: Check): Check => {
  // Not every(), which skips holes.
  return (value) => Array.isArray(value) && !Array.from(value as unknown[]).some((entry) => !accepts(entry));
};
const isAbsentOr = (accepts: Check): Check => {
  return (value) => value === undefined || accepts(value);
};

const MEMBERS: Readonly<Record<keyof FamilyRecord, Check>> = {
  user: isText,
  userstore: isAbsentOr(isText),
  userId: isAbsentOr(isText),
  service: isAbsentOr(isDigest),
  family: isDigest,
  current: isDigest,
  previous: isAbsentOr(isDigest),
  pad: isAbsentOr(isDigest),
  n: isCount,
  started: isTime,
  at: isTime,
  login: isTime,
  amr: isTexts((entry) => typeof entry === 'string'),
  // A limit that cannot be understood must not count as no limit.
  scope: isAbsentOr(isTexts((entry) => typeof entry === 'string' && isScope(entry))),
  // The stamp of the epoch is outside the range of times.
  stamp: (value) => Number.isSafeInteger(value),
  client: isAbsentOr(isDigest),
  ip: isAbsentOr((value) => typeof value === 'string' && isIP(value) !== 0),
  end: isTime,
  dead: isAbsentOr(isTime),
};

/** The first invalid member. */
function faultIn(value: JsonObject): string | undefined {
  const names = Object.keys(MEMBERS) as (keyof FamilyRecord)[];
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const fault = names.find((name) => !MEMBERS[name](own(name)));
  if (fault !== undefined) return fault;
  // With only one of the two, a repeated token could not be answered.
  return (own('previous') === undefined) === (own('pad') === undefined) ? undefined : 'pad';
}
