import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { KeyRing } from './key-ring';
import type { FileKey } from './key-file-text';
import type { TokenAlgorithm } from './token-key';

const RSA_BITS = 3072;
const SECRET_BYTES = 48;

const GENERATORS: Readonly<Record<TokenAlgorithm, () => KeyObject>> = {
  HS256: () => createSecretKey(randomBytes(SECRET_BYTES)),
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey,
};

/** A new key in the form of a key file. */
export function newKey(algorithm: TokenAlgorithm, signFrom: Date): FileKey & { readonly kid: string } {
  const key = GENERATORS[algorithm]().export({ format: 'jwk' });
  const ring = new KeyRing([{ algorithm, key }], { component: 'newKey', clock: Date.now });
  // A key without `kid: null` always has a kid.
  const kid = String(ring.signing().kid);
  return { algorithm, kid, signFrom: signFrom.toISOString(), key };
}
