/**
 * The form of refresh tokens, `srt_<24 hex family id>_<22 family secret><43 secret>`, and the parts that are stored:
 * hashes, and a pad that yields the present token together with the previous token.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeBase64Url } from '../json';

/** A parsed refresh token. Its secrets must never be stored or printed. */
export interface RefreshToken {
  readonly familyId: string;
  /** The same in all tokens of a family: it distinguishes an old token from a guess. */
  readonly familySecret: string;
  readonly secret: string;
}

const FORM = /^srt_([0-9a-f]{24})_([\w-]{22})([\w-]{43})$/;
const LENGTH = 94;
const SECRET_BYTES = 32;

/** True for the id of a family. */
export function isFamilyId(value: unknown): value is string {
  return typeof value === 'string' && value.length === 24 && /^[0-9a-f]{24}$/.test(value);
}

export function newFamilyToken(): RefreshToken {
  return {
    familyId: randomBytes(12).toString('hex'),
    familySecret: randomBytes(16).toString('base64url'),
    secret: newSecret(),
  };
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function formatRefreshToken({ familyId, familySecret, secret }: RefreshToken): string {
  return `srt_${familyId}_${familySecret}${secret}`;
}

/** Undefined if the text is not a refresh token. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  if (text.length !== LENGTH) return undefined;
  const [, familyId, familySecret, secret] = FORM.exec(text) ?? [];
  if (familyId === undefined || familySecret === undefined || secret === undefined) return undefined;
  // A token must have only one valid encoding.
  if (decodeBase64Url(familySecret) === undefined || decodeBase64Url(secret) === undefined) return undefined;
  return { familyId, familySecret, secret };
}

/** A slow hash is not needed: the secrets are random. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Compares a secret with a digest in constant time. */
export function hasDigest(secret: string, digest: string): boolean {
  const expected = Buffer.from(digest);
  const actual = Buffer.from(digestOf(secret));
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** The successor of a secret, encrypted with that secret. */
export function padOf(previous: string, successor: string): string {
  return xor(Buffer.from(successor, 'base64url'), mask(previous)).toString('base64url');
}

/** The successor that a pad contains. */
export function successorIn(pad: string, previous: string): string {
  return xor(Buffer.from(pad, 'base64url'), mask(previous)).toString('base64url');
}

/**
 * The digest that binds a family to a client. A reader of the entry cannot use it, however easy the value is to guess.
 */
export function bindingOf(familySecret: string, client: string): string {
  return createHmac('sha256', familySecret).update('client\0').update(client).digest('base64url');
}

function mask(secret: string): Buffer {
  return createHmac('sha256', secret).update('successor').digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  const result = Buffer.alloc(SECRET_BYTES);
  for (let at = 0; at < SECRET_BYTES; at += 1) result[at] = (one[at] ?? 0) ^ (other[at] ?? 0);
  return result;
}
