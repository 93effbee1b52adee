/** Reads the accepted forms of a key into node's own form, and checks it against its algorithm. */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto';
import { types } from 'node:util';
import type { Jwk } from '../util/jwk';
import { isPlainObject } from '../util/parse-options';
import { decodeBase64Url } from './json';
import { readSecret } from './secret';
import type { TokenAlgorithm } from './token-key';

/** A secret, or a public key with or without its private key. */
export interface KeyMaterial {
  /** The secret, the private key, or else the public key. Two keys are equal if this part is equal. */
  readonly key: KeyObject;
  /** Undefined for a secret. */
  readonly publicKey: KeyObject | undefined;
  /** The `kid` of a JWK. */
  readonly kid: unknown;
}

/** Refuses a key. The reason contains nothing of the key. */
export type Fail = (problem: string) => never;

type Asymmetric = Exclude<TokenAlgorithm, 'HS256'>;

/** The members of the JWK of each algorithm. @see RFC 7518 section 6, RFC 8037 section 2 */
const JWKS: Readonly<
  Record<Asymmetric, { kty: string; crv?: string; members: string[]; secrets: string[] }>
> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x'], secrets: ['d'] },
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y'], secrets: ['d'] },
  RS256: { kty: 'RSA', members: ['n', 'e'], secrets: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
};

const MIN_RSA_BITS = 2048;
/** Signing and verifying with a longer key takes too long. */
const MAX_RSA_BITS = 8192;

export function readMaterial(algorithm: TokenAlgorithm, given: unknown, fail: Fail): KeyMaterial {
  const jwk = isPlainObject(given) ? given : undefined;
  if (jwk !== undefined) checkUse(algorithm, jwk, fail);
  const kid = jwk === undefined ? undefined : own(jwk, 'kid');
  if (algorithm === 'HS256') return { key: secretOf(jwk ?? given, fail), publicKey: undefined, kid };
  const key = jwk === undefined ? keyOf(given, fail) : fromJwk(algorithm, jwk, fail);
  const fault = faultOf(algorithm, key);
  if (fault !== undefined) fail(fault);
  return { key, publicKey: key.type === 'public' ? key : createPublicKey(key), kid };
}

/** @see RFC 7517 section 4 */
function checkUse(algorithm: TokenAlgorithm, jwk: Record<string, unknown>, fail: Fail): void {
  const [alg, use, operations] = [own(jwk, 'alg'), own(jwk, 'use'), own(jwk, 'key_ops')];
  if (alg !== undefined && alg !== algorithm) fail(`is a JWK whose alg is not ${algorithm}`);
  if (use !== undefined && use !== 'sig') fail('is a JWK that is not for signatures');
  if (operations === undefined) return;
  const needed = own(jwk, 'd') === undefined && own(jwk, 'k') === undefined ? 'verify' : 'sign';
  if (!Array.isArray(operations) || !operations.includes(needed)) fail('is a JWK that is not for signatures');
}

function secretOf(given: unknown, fail: Fail): KeyObject {
  const bytes = readSecret(bytesOf(given, fail));
  return typeof bytes === 'string' ? fail(bytes) : createSecretKey(bytes);
}

function bytesOf(given: unknown, fail: Fail): unknown {
  if (types.isKeyObject(given)) return given.type === 'secret' ? given.export() : fail('is no secret');
  if (!isPlainObject(given)) return given;
  const k = own(given, 'k');
  if (own(given, 'kty') !== 'oct' || typeof k !== 'string') fail('is no JWK of a secret');
  return decodeBase64Url(k) ?? fail('is no JWK of a secret');
}

function keyOf(given: unknown, fail: Fail): KeyObject {
  if (types.isKeyObject(given)) return given.type === 'secret' ? fail('is a secret') : given;
  const text = typeof given === 'string' ? given : undefined;
  const bytes = types.isUint8Array(given) ? Buffer.from(given) : Buffer.from(text ?? '');
  if (bytes.length === 0) fail('must be PEM, DER, a KeyObject or a JWK');
  try {
    if (!bytes.includes('-----BEGIN ')) return fromDer(bytes);
    return bytes.includes('PRIVATE KEY-----') ? createPrivateKey(bytes) : createPublicKey(bytes);
  } catch {
    return fail('cannot be read: it must be PEM, DER, a KeyObject or a JWK, and not encrypted');
  }
}

function fromDer(key: Buffer): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    return createPublicKey({ key, format: 'der', type: 'spki' });
  }
}

function fromJwk(algorithm: Asymmetric, jwk: Record<string, unknown>, fail: Fail): KeyObject {
  const { kty, crv, members, secrets } = JWKS[algorithm];
  if (own(jwk, 'kty') !== kty || (crv !== undefined && own(jwk, 'crv') !== crv)) {
    fail(`is no JWK for ${algorithm}`);
  }
  const isPrivate = [...secrets, 'oth'].some((name) => own(jwk, name) !== undefined);
  const names = [...members, ...(isPrivate ? secrets : [])];
  const values = Object.fromEntries(names.map((name) => [name, own(jwk, name)]));
  const isWhole = Object.values(values).every((value) => typeof value === 'string');
  if (!isWhole || own(jwk, 'oth') !== undefined) fail('is a JWK that lacks a member, or has too many primes');
  const input = {
    key: { kty, ...(crv !== undefined && { crv }), ...values },
    format: 'jwk',
  } as JsonWebKeyInput;
  try {
    const read = isPrivate ? createPrivateKey(input) : createPublicKey(input);
    const published = publicJwk(read) as Record<string, unknown>;
    if (members.every((name) => published[name] === values[name])) return read;
  } catch {
    // Below.
  }
  return fail('is a JWK that cannot be read, or whose halves do not belong together');
}

/** The members of the public key, from either half. */
export function publicJwk(key: KeyObject): Jwk {
  return (key.type === 'public' ? key : createPublicKey(key)).export({ format: 'jwk' });
}

function faultOf(algorithm: Asymmetric, key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  if (algorithm === 'EdDSA') return type === 'ed25519' ? undefined : 'is no Ed25519 key';
  if (algorithm === 'ES256') {
    return type === 'ec' && details.namedCurve === 'prime256v1' ? undefined : 'is no P-256 key';
  }
  if (type !== 'rsa') return 'is no RSA key';
  const { modulusLength = 0, publicExponent } = details;
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    return `must have ${String(MIN_RSA_BITS)} to ${String(MAX_RSA_BITS)} bits`;
  }
  return publicExponent === 65_537n ? undefined : 'must have the exponent 65537';
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}
