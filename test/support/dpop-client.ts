/** A client with a key, which makes proofs as RFC 9449 section 4.2 specifies, or as a test wants them. */
import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, CompactSign } from 'jose';

const PAIRS = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

export interface Changes {
  readonly header?: object;
  readonly claims?: object;
  /** Signs in place of the client's own key. */
  readonly signer?: KeyObject;
}

export class DpopClient {
  readonly privateKey: KeyObject;
  readonly jwk: JsonWebKey;

  constructor(readonly algorithm: keyof typeof PAIRS = 'ES256') {
    const { publicKey, privateKey } = PAIRS[algorithm]();
    this.privateKey = privateKey;
    this.jwk = publicKey.export({ format: 'jwk' });
  }

  get jkt(): Promise<string> {
    return calculateJwkThumbprint(this.jwk);
  }

  async proof(
    claims: object,
    token: string,
    { header, claims: more, signer }: Changes = {},
  ): Promise<string> {
    const ath = createHash('sha256').update(token).digest('base64url');
    const payload = { jti: crypto.randomUUID(), ath, ...claims, ...more };
    return new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ typ: 'dpop+jwt', alg: this.algorithm, jwk: this.jwk, ...header })
      .sign(signer ?? this.privateKey);
  }
}
