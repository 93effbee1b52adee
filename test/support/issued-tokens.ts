/** An issuer with its keys in the options of its provider. Its tokens have any form, and jose signs them. */
import { createHash } from 'node:crypto';
import * as jose from 'jose';

export interface SignOptions {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: jose.CryptoKey;
}

export class TokenIssuer {
  private constructor(
    readonly issuer: string,
    readonly algorithm: string,
    readonly privateKey: jose.CryptoKey,
    /** The set that the issuer publishes. */
    readonly jwks: { keys: Record<string, unknown>[] },
  ) {}

  static async create(issuer: string, algorithm = 'ES256', kid = 'k1'): Promise<TokenIssuer> {
    const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await jose.exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
    return new TokenIssuer(issuer, algorithm, privateKey, { keys: [jwk] });
  }

  /** A signed token with exactly these claims. */
  sign(claims: Readonly<Record<string, unknown>>, { header = {}, key }: SignOptions = {}): Promise<string> {
    const text = new TextEncoder().encode(JSON.stringify(claims));
    return new jose.CompactSign(text)
      .setProtectedHeader({
        alg: this.algorithm,
        kid: 'k1',
        typ: 'at+jwt',
        ...header,
      })
      .sign(key ?? this.privateKey);
  }
}

/** A client's key for DPoP, and proofs by it. @see RFC 9449 section 4.2 */
export class ProofKey {
  private constructor(
    private readonly privateKey: jose.CryptoKey,
    private readonly publicJwk: jose.JWK,
    readonly thumbprint: string,
  ) {}

  static async create(): Promise<ProofKey> {
    const { privateKey, publicKey } = await jose.generateKeyPair('ES256');
    const jwk = await jose.exportJWK(publicKey);
    return new ProofKey(privateKey, jwk, await jose.calculateJwkThumbprint(jwk));
  }

  prove(token: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
    const ath = createHash('sha256').update(token).digest('base64url');
    return new jose.SignJWT({ ath, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.publicJwk })
      .sign(this.privateKey);
  }
}
