/** An issuer of access tokens: it publishes discovery and keys, signs the tokens of a test, and rotates its keys. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CompactSign } from 'jose';
import { ScriptedIssuer } from './scripted-issuer';

const GENERATE = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  Ed25519: () => generateKeyPairSync('ed25519'),
};
export type Algorithm = keyof typeof GENERATE;

export class SigningKey {
  readonly #pair: { publicKey: KeyObject; privateKey: KeyObject };

  constructor(
    readonly kid: string | undefined,
    readonly algorithm: Algorithm = 'ES256',
  ) {
    this.#pair = GENERATE[algorithm]();
  }

  get jwk(): JsonWebKey {
    return { ...this.#pair.publicKey.export({ format: 'jwk' }), ...this.#named };
  }

  get #named(): { kid?: string } {
    return this.kid === undefined ? {} : { kid: this.kid };
  }

  /** @param header additional or changed members; undefined leaves a member out */
  async sign(payload: object | string, header: object = {}): Promise<string> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg: this.algorithm, ...this.#named, typ: 'at+jwt', ...header })
      .sign(this.#pair.privateKey);
  }
}

export const DISCOVERY = '/.well-known/openid-configuration';

export class TokenIssuer {
  keys: SigningKey[] = [new SigningKey('one')];

  private constructor(
    readonly server: ScriptedIssuer,
    readonly clock: () => number,
  ) {
    this.server
      .on(DISCOVERY, (_, response) =>
        response.end(
          JSON.stringify({
            issuer: server.origin,
            jwks_uri: `${server.origin}/keys`,
            introspection_endpoint: `${server.origin}/introspect`,
          }),
        ),
      )
      .on('/keys', (_, response) => response.end(JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) })));
  }

  static async start(clock: () => number): Promise<TokenIssuer> {
    return new TokenIssuer(await ScriptedIssuer.start(), clock);
  }

  get name(): string {
    return this.server.origin;
  }

  /** The claims of a token for `notes-api`. */
  claims(more: object = {}): Record<string, unknown> {
    const iat = Math.floor(this.clock() / 1000);
    return { iss: this.name, aud: 'notes-api', sub: 'alice', client_id: 'app', iat, exp: iat + 600, ...more };
  }

  token(claims: object = {}, header: object = {}, key = this.keys[0]!): Promise<string> {
    return key.sign(this.claims(claims), header);
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
