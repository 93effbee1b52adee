import { createPublicKey, hash, type KeyObject } from 'node:crypto';

/** A public key, and the algorithms that it may be used with. */
export interface VerifyKey {
  readonly key: KeyObject;
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
}

/** A key, or a description of its fault; undefined if the key is not meant for the signatures supported here. */
export type ReadKey = VerifyKey | { readonly fault: string } | undefined;

/** The algorithms of each kind of key, and the members of such a key. */
const RSA = { algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'], members: ['n', 'e'] };
const KINDS: ReadonlyMap<string, { algorithms: readonly string[]; members: readonly string[] }> = new Map([
  ['RSA', RSA],
  ['EC P-256', { algorithms: ['ES256'], members: ['crv', 'x', 'y'] }],
  ['EC P-384', { algorithms: ['ES384'], members: ['crv', 'x', 'y'] }],
  ['EC P-521', { algorithms: ['ES512'], members: ['crv', 'x', 'y'] }],
  ['OKP Ed25519', { algorithms: ['EdDSA', 'Ed25519'], members: ['crv', 'x'] }],
]);

/** Every algorithm that a token may be signed with: the algorithms with a public key. */
export const ALGORITHMS: readonly string[] = [
  ...new Set([...KINDS.values()].flatMap(({ algorithms }) => algorithms)),
];

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'];
const MIN_RSA_BITS = 2048;

/**
 * Reads a JSON Web Key. Only the members of a public key are used.
 * @param maxRsaBits a longer key takes too long to verify with
 * @see RFC 7517 section 4, RFC 8037 section 2
 */
export function readVerifyKey(jwk: unknown, maxRsaBits = 16_384): ReadKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return { fault: 'it is no object' };
  const own = (name: string): unknown =>
    Object.hasOwn(jwk, name) ? (jwk as Record<string, unknown>)[name] : undefined;
  const [kty, kid, alg, crv] = [own('kty'), own('kid'), own('alg'), own('crv')];
  if (typeof kty !== 'string') return { fault: 'it has no kty' };
  if (kty === 'oct' || own('k') !== undefined) return { fault: 'it is a symmetric key' };
  if (PRIVATE_MEMBERS.some((name) => own(name) !== undefined)) return { fault: 'it is a private key' };
  if (kid !== undefined && typeof kid !== 'string') return { fault: 'its kid is no text' };
  if (!mayVerify(own('use'), own('key_ops'))) return undefined;
  const kind = KINDS.get(typeof crv === 'string' && kty !== 'RSA' ? `${kty} ${crv}` : kty);
  const algorithms = kind?.algorithms.filter((name) => alg === undefined || alg === name) ?? [];
  if (kind === undefined || algorithms.length === 0) return undefined;
  try {
    const members = Object.fromEntries(kind.members.map((name) => [name, own(name)]));
    const key = createPublicKey({ key: { kty, ...members }, format: 'jwk' });
    const fault = kty === 'RSA' ? rsaFault(key, maxRsaBits) : undefined;
    return fault === undefined ? { key, kid, algorithms } : { fault };
  } catch {
    return { fault: 'it cannot be read' };
  }
}

function mayVerify(use: unknown, operations: unknown): boolean {
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

function rsaFault(key: KeyObject, maxBits: number): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) return `it has fewer than ${String(MIN_RSA_BITS)} bits`;
  if (modulusLength > maxBits) return `it has more than ${String(maxBits)} bits`;
  // With exponent 1 every text is its own signature; with a long exponent, verifying takes as long as signing.
  const isCommon = publicExponent >= 3n && publicExponent < 2n ** 32n && publicExponent % 2n === 1n;
  return isCommon ? undefined : 'its exponent is not a common one';
}

/** @see RFC 7638 section 3, RFC 8037 section 2 */
export function thumbprintOf(key: KeyObject): string {
  // Node exports exactly the members that the thumbprint requires.
  const members = Object.entries(key.export({ format: 'jwk' })).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'base64url');
}
