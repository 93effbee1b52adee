/** A scripted OpenID provider: correct by default, with one deviation at a time. */
import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { type Answer, ScriptedIssuer, sendJson } from './scripted-issuer';

export const ACCESS_TOKEN = 'an access token of the provider';
export const BACKCHANNEL_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** An authorization request, as the provider sees it. */
export interface Authorization {
  readonly url: URL;
  readonly state: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

export class ScriptedProvider {
  readonly #server: ScriptedIssuer;
  readonly key: KeyObject;
  readonly #publicKey: KeyObject;
  jwks: object = {};
  /** The clock of its tokens, in milliseconds. */
  now: () => number = Date.now;

  private constructor(server: ScriptedIssuer) {
    this.#server = server;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.key = privateKey;
    this.#publicKey = publicKey;
  }

  /** @param metadata additional or changed metadata of discovery */
  static async start(metadata: Readonly<Record<string, unknown>> = {}): Promise<ScriptedProvider> {
    const provider = new ScriptedProvider(await ScriptedIssuer.start());
    provider.discover(metadata);
    const jwk = { ...(await exportJWK(provider.#publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    provider.jwks = { keys: [jwk] };
    provider.on('/jwks', provider.jwks);
    return provider;
  }

  get issuer(): string {
    return this.#server.origin;
  }

  get server(): ScriptedIssuer {
    return this.#server;
  }

  discover(metadata: Readonly<Record<string, unknown>> = {}): void {
    this.#server.on('/.well-known/openid-configuration', {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/auth?tenant=1`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      end_session_endpoint: `${this.issuer}/logout`,
      authorization_response_iss_parameter_supported: true,
      ...metadata,
    });
  }

  static authorization(location: unknown): Authorization {
    const url = new URL(String(location));
    const of = (name: string) => String(url.searchParams.get(name));
    return {
      url,
      state: of('state'),
      nonce: of('nonce'),
      challenge: of('code_challenge'),
      redirectUri: of('redirect_uri'),
    };
  }

  /** Sets the answer to the app's next code. */
  on(path: string, answer: Answer | object): void {
    this.#server.on(path, answer);
  }

  /** Answers every code with an ID token for the nonce. */
  async grant(
    nonce: string,
    claims: Readonly<Record<string, unknown>> = {},
    signing: { readonly header?: Readonly<Record<string, unknown>>; readonly key?: KeyObject } = {},
  ): Promise<string> {
    const idToken = await this.idToken({ nonce, ...claims }, signing);
    this.on('/token', { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: idToken });
    return idToken;
  }

  idToken(
    claims: Readonly<Record<string, unknown>>,
    { header = {}, key = this.key }: { header?: Readonly<Record<string, unknown>>; key?: KeyObject } = {},
  ): Promise<string> {
    const iat = Math.floor(this.now() / 1000);
    const all = {
      iss: this.issuer,
      aud: 'notes',
      sub: 'u-1',
      iat,
      exp: iat + 300,
      at_hash: atHash(ACCESS_TOKEN),
      ...claims,
    };
    return this.sign(all, header, key);
  }

  logoutToken(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    key = this.key,
  ): Promise<string> {
    const iat = Math.floor(this.now() / 1000);
    const all = {
      iss: this.issuer,
      aud: 'notes',
      sub: 'u-1',
      iat,
      exp: iat + 120,
      jti: 'logout-1',
      events: { [BACKCHANNEL_EVENT]: {} },
      ...claims,
    };
    return this.sign(all, { typ: 'logout+jwt', ...header }, key);
  }

  sign(
    claims: Readonly<Record<string, unknown>>,
    header: Readonly<Record<string, unknown>>,
    key: KeyObject,
  ): Promise<string> {
    const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
    return new SignJWT(present).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(key);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

export function atHash(token: string): string {
  return createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');
}

export { sendJson };
