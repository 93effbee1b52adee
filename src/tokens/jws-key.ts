import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64Url } from './json';
import { hs256Key, type JwsKey } from './jws';
import type { TokenAlgorithm } from './token-key';

/** The digest of each algorithm; Ed25519 hashes by itself. */
const DIGESTS = { EdDSA: null, ES256: 'sha256', RS256: 'sha256' } as const;

/**
 * A key that signs and verifies by its algorithm. The caller has checked that the key fits the algorithm.
 * @param key a secret, a private key, or a public key, which can only verify
 * @see RFC 7518 sections 3.2 to 3.4, RFC 8037 section 3.1
 */
export function jwsKey(algorithm: TokenAlgorithm, key: KeyObject, kid: string | undefined): JwsKey {
  if (algorithm === 'HS256') return { ...hs256Key(key.export()), kid };
  const digest = DIGESTS[algorithm];
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  // Signatures of ES256 are two numbers of 32 bytes; other algorithms ignore this (RFC 7518 section 3.4).
  const dsaEncoding = 'ieee-p1363';
  return {
    algorithm,
    kid,
    sign: (signingInput) =>
      sign(digest, Buffer.from(signingInput), { key, dsaEncoding }).toString('base64url'),
    verify: (signingInput, signature) => {
      const bytes = decodeBase64Url(signature);
      if (bytes === undefined) return false;
      try {
        return verify(digest, Buffer.from(signingInput), { key: publicKey, dsaEncoding }, bytes);
      } catch {
        return false;
      }
    },
  };
}
