/**
 * Signed text: JSON Web Signatures in compact form, under one key whose algorithm the configuration fixes.
 *
 * The key comes first: a token's signature is checked before a byte of it is decoded or parsed, so that its
 * header can neither choose the algorithm nor name a key. Nothing here knows what a claim is.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { TokenInvalidError } from '../errors';
import { decodeBase64Url, freezeJson, parseJsonObject, type JsonObject } from './json';

/** A key with the one algorithm it is used for. Signatures are base64url text. */
export interface JwsKey {
  readonly algorithm: string;
  sign(signingInput: string): string;
  /** True only for the one canonical text of the right signature. Never throws. */
  verify(signingInput: string, signature: string): boolean;
}

export interface VerifiedJws {
  readonly header: JsonObject;
  readonly payload: Buffer;
}

/** Longer tokens are refused unread: node takes 16 KiB of headers in all. */
export const MAX_TOKEN_LENGTH = 8192;

const COMPACT = /^([\w-]+\.[\w-]+)\.([\w-]+)$/;

/** Changes what the signature covers or how the payload is read; none of it is supported. */
const UNSUPPORTED_HEADERS = ['crit', 'b64', 'zip', 'enc'];

/** HMAC with SHA-256, compared in constant time. @see RFC 7518 section 3.2 */
export function hs256Key(secret: Uint8Array): JwsKey {
  const key = createSecretKey(secret);
  const sign = (signingInput: string): string =>
    createHmac('sha256', key).update(signingInput).digest('base64url');
  return {
    algorithm: 'HS256',
    sign,
    verify: (signingInput, signature) => {
      const expected = Buffer.from(sign(signingInput));
      const actual = Buffer.from(signature);
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}

/** Signs a payload under a header that gets the key's algorithm. */
export function signCompact(key: JwsKey, header: JsonObject, payload: string): string {
  const protectedHeader = JSON.stringify({ ...header, alg: key.algorithm });
  const signingInput = `${encode(protectedHeader)}.${encode(payload)}`;
  return `${signingInput}.${key.sign(signingInput)}`;
}

/**
 * The header and payload of a token that the key has signed. Header parameters that name or carry a key
 * (`kid`, `jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 * @throws TokenInvalidError for everything else.
 * @see RFC 7515 section 5.2, RFC 8725 sections 3.1 and 3.10
 */
export function verifyCompact(key: JwsKey, token: string): VerifiedJws {
  if (token.length > MAX_TOKEN_LENGTH) throw invalid('The token is too long');
  const [, signingInput, signature] = COMPACT.exec(token) ?? [];
  if (signingInput === undefined || signature === undefined) throw invalid('The token is no compact JWS');
  if (!key.verify(signingInput, signature)) throw invalid('The signature is wrong');

  const dot = signingInput.indexOf('.');
  const header = headerOf(key, signingInput.slice(0, dot));
  const payload = decodeBase64Url(signingInput.slice(dot + 1));
  if (payload === undefined) throw invalid('The token is not encoded canonically');
  return { header, payload };
}

/** Headers that tokens of a key had: one key signs many tokens and few headers. */
const HEADERS = new WeakMap<JwsKey, Map<string, JsonObject>>();
const MAX_HEADERS = 16;

/** The header of a token that the key has signed, frozen. */
function headerOf(key: JwsKey, encoded: string): JsonObject {
  const headers = HEADERS.get(key) ?? new Map<string, JsonObject>();
  const known = headers.get(encoded);
  if (known !== undefined) return known;
  const header = readHeader(key, encoded);
  freezeJson(header);
  if (headers.size >= MAX_HEADERS) headers.clear();
  headers.set(Buffer.from(encoded).toString(), header);
  HEADERS.set(key, headers);
  return header;
}

function readHeader(key: JwsKey, encoded: string): JsonObject {
  const header = parseJsonObject(decodeBase64Url(encoded));
  if (header === undefined) throw invalid('The header is not encoded canonically');
  if (!Object.hasOwn(header, 'alg') || header['alg'] !== key.algorithm)
    throw invalid('alg is not that of the key');
  if (UNSUPPORTED_HEADERS.some((name) => Object.hasOwn(header, name))) {
    throw invalid('The header asks for an extension');
  }
  return header;
}

/** A refusal whose reason stays in the process. */
export function invalid(reason: string): TokenInvalidError {
  return new TokenInvalidError({ cause: new Error(reason) });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
