/**
 * Signed text: JSON Web Signatures in compact form, under keys whose algorithm the configuration fixes.
 *
 * A single key is applied first: a token's signature is checked before a byte of it is decoded or parsed, so that its
 * header can neither choose the algorithm nor name a key. With several keys the header names one by its `kid`, and must
 * state that key's own algorithm. Nothing here knows what a claim is.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { TokenInvalidError } from '../errors';
import { decodeBase64Url, freezeJson, parseJsonObject, type JsonObject } from './json';

/** A key with the one algorithm it is used for. Signatures are base64url text. */
export interface JwsKey {
  readonly algorithm: string;
  /** The `kid` of the tokens that it signs; undefined if they have no `kid`. */
  readonly kid?: string | undefined;
  sign(signingInput: string): string;
  /** True only for the canonical text of a right signature. Never throws. */
  verify(signingInput: string, signature: string): boolean;
}

/** Several keys, from which a token selects one by its `kid`. */
export interface JwsKeys {
  /**
   * The key with this `kid`, or undefined. The `kid` is of any type, as the header has it; undefined selects the key
   * without a `kid`.
   */
  named(kid: unknown): JwsKey | undefined;
}

export interface VerifiedJws {
  readonly key: JwsKey;
  readonly header: JsonObject;
  readonly payload: Buffer;
}

/** Longer tokens are refused unread: node limits all headers of a request to 16 KiB. */
export const MAX_TOKEN_LENGTH = 8192;

const COMPACT = /^([\w-]+\.[\w-]+)\.([\w-]+)$/;

/** Parameters that change the signed content or how the payload is read; none of them is supported. */
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

/** Signs a payload with a header, to which it adds the key's algorithm and `kid`. */
export function signCompact(key: JwsKey, header: JsonObject, payload: string): string {
  const { algorithm, kid } = key;
  const protectedHeader = JSON.stringify({
    ...header,
    alg: algorithm,
    ...(kid !== undefined && { kid }),
  });
  const signingInput = `${encode(protectedHeader)}.${encode(payload)}`;
  return `${signingInput}.${key.sign(signingInput)}`;
}

/**
 * The header and payload of a token that the key, or one of the keys, has signed. Header parameters that contain a key
 * or its location (`jwk`, `jku`, `x5c`, `x5u`) are ignored, and so is `kid` with a single key.
 * @throws TokenInvalidError for everything else.
 * @see RFC 7515 section 5.2, RFC 8725 sections 3.1 and 3.10
 */
export function verifyCompact(keys: JwsKey | JwsKeys, token: string): VerifiedJws {
  if (token.length > MAX_TOKEN_LENGTH) throw invalid('The token is too long');
  const [, signingInput, signature] = COMPACT.exec(token) ?? [];
  if (signingInput === undefined || signature === undefined) throw invalid('The token is no compact JWS');

  const dot = signingInput.indexOf('.');
  const encoded = signingInput.slice(0, dot);
  const known = HEADERS.get(keys)?.get(encoded);
  const { key, header } =
    'verify' in keys
      ? { key: verified(keys, signingInput, signature), header: known ?? readHeader(encoded) }
      : named(keys, known ?? readHeader(encoded));
  if (!Object.hasOwn(header, 'alg') || header['alg'] !== key.algorithm)
    throw invalid('alg is not that of the key');
  if (key !== keys) verified(key, signingInput, signature);
  if (known === undefined) remember(keys, encoded, header);

  const payload = decodeBase64Url(signingInput.slice(dot + 1));
  if (payload === undefined) throw invalid('The token is not encoded canonically');
  return { key, header, payload };
}

function verified(key: JwsKey, signingInput: string, signature: string): JwsKey {
  if (!key.verify(signingInput, signature)) throw invalid('The signature is wrong');
  return key;
}

function named(keys: JwsKeys, header: JsonObject): { key: JwsKey; header: JsonObject } {
  const key = keys.named(Object.hasOwn(header, 'kid') ? header['kid'] : undefined);
  if (key === undefined) throw invalid('There is no such key');
  return { key, header };
}

/** Headers of tokens with a valid signature: one key signs many tokens but few headers. */
const HEADERS = new WeakMap<JwsKey | JwsKeys, Map<string, JsonObject>>();
const MAX_HEADERS = 16;

function remember(keys: JwsKey | JwsKeys, encoded: string, header: JsonObject): void {
  const headers = HEADERS.get(keys) ?? new Map<string, JsonObject>();
  freezeJson(header);
  if (headers.size >= MAX_HEADERS) headers.clear();
  headers.set(Buffer.from(encoded).toString(), header);
  HEADERS.set(keys, headers);
}

function readHeader(encoded: string): JsonObject {
  const header = parseJsonObject(decodeBase64Url(encoded));
  if (header === undefined) throw invalid('The header is not encoded canonically');
  if (UNSUPPORTED_HEADERS.some((name) => Object.hasOwn(header, name))) {
    throw invalid('The header asks for an extension');
  }
  return header;
}

/** An error with a reason that stays in the process. */
export function invalid(reason: string): TokenInvalidError {
  return new TokenInvalidError({ cause: new Error(reason) });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
