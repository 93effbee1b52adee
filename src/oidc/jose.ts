import type { KeyObject } from 'node:crypto';
import type { Jwk } from '../util/jwk';
import { loadOptional } from '../util/load-optional';
import { lazy } from '../util/lazy';

/** The part of the package `jose` that is used here. */
interface Jose {
  readonly compactVerify: (
    jws: string,
    key: KeyObject,
    options: { readonly algorithms: string[] },
  ) => Promise<unknown>;
  readonly importJWK: (jwk: Jwk, alg: string) => Promise<unknown>;
}

/** @throws ConfigurationError when it is not installed */
export const loadJose: () => Jose = lazy(() => loadOptional('jose', 'securest/oidc') as Jose);

/** The first of the keys that has signed a compact JWS with the algorithm; undefined if no key has. Never rejects. */
export async function signerOf(
  jws: string,
  keys: readonly KeyObject[],
  algorithm: string,
): Promise<KeyObject | undefined> {
  const { compactVerify } = loadJose();
  for (const key of keys) {
    // A key that jose cannot use counts as not having signed, whatever jose throws.
    const isSigner = await compactVerify(jws, key, { algorithms: [algorithm] }).then(
      () => true,
      () => false,
    );
    if (isSigner) return key;
  }
  return undefined;
}
