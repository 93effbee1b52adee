/**
 * A real issuer: oidc-provider behind a server of its own. Its users log in without a browser, and whoever may log in is
 * said by the test.
 */
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, {
  type AccessToken,
  type Adapter,
  type AdapterPayload,
  type Configuration,
  type JWK,
  type KoaContextWithOIDC,
} from 'oidc-provider';

export const AUDIENCE = 'notes-api';
export const REDIRECT_URI = 'https://app.example/callback';
const SCOPES = 'notes:read notes:write';

export type TokenFormat = 'EdDSA' | 'ES256' | 'RS256' | 'opaque';

/** What the issuer is asked to put into a user's token. */
export interface UserToken {
  readonly format?: TokenFormat;
  readonly scope?: string;
  readonly audience?: string;
  readonly jkt?: string;
  readonly x5t?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** How a user logged in. */
export interface LoginFacts {
  readonly accountId: string;
  readonly acr?: string;
  readonly secondsAgo?: number;
}

/** A key of the issuer, the private half too. */
export async function issuerKey(alg: Exclude<TokenFormat, 'opaque'>, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid, use: 'sig' };
}

/** Where a client gets a token of a format: the resource that it names. @see RFC 8707 */
export function resourceOf(format: TokenFormat): string {
  return `https://api.example/${format}`;
}

export class OidcIssuer implements AsyncDisposable {
  login: LoginFacts = { accountId: 'u-1' };
  /** The paths that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #records = new Map<string, AdapterPayload>();
  readonly #server = http.createServer((request, response) => {
    const path = request.url!.split('?', 1)[0]!;
    this.asked.push(path);
    if (path.startsWith('/interaction/')) void this.#interact(request, response);
    else this.#callback(request, response);
  });
  #provider!: Provider;
  #callback!: http.RequestListener;
  #port = 0;

  static async start(keys: readonly JWK[]): Promise<OidcIssuer> {
    const issuer = new OidcIssuer();
    await issuer.up();
    issuer.publish(keys);
    return issuer;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  count(path: string): number {
    return this.asked.filter((asked) => asked === path).length;
  }

  /** From now on these are the keys; the first of an algorithm signs. */
  publish(keys: readonly JWK[]): void {
    this.#provider = new Provider(this.issuer, this.#configuration(keys));
    const handle = this.#provider.callback();
    this.#callback = (request, response) => void handle(request, response);
  }

  /** Closes the server. */
  async down(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Listens again, at the same address. */
  async up(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** A token of a user, by the issuer's own models. */
  async userToken(
    accountId: string,
    { format = 'ES256', scope = 'notes:read', audience = AUDIENCE, jkt, x5t, claims }: UserToken = {},
  ): Promise<string> {
    const client = await this.#provider.Client.find('web');
    const token = new this.#provider.AccessToken({
      client: client!,
      accountId,
      scope,
      grantId: undefined as unknown as string,
      gty: 'authorization_code',
      ...(jkt !== undefined && { jkt }),
      ...(x5t !== undefined && { 'x5t#S256': x5t }),
      ...(claims !== undefined && { extra: claims }),
    });
    const server = { ...resourceServer(format), audience, identifier: () => resourceOf(format) };
    Object.assign(token, { resourceServer: server });
    return token.save();
  }

  /** Asks the token endpoint as the client `name`, and with its secret. */
  async tokens(form: Record<string, string>, name = 'web'): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${name}:${secretOf(name)}`).toString('base64')}` },
      body: new URLSearchParams(form),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  /** A token that the client gets for itself. */
  async clientToken(name: string, format: TokenFormat = 'ES256'): Promise<string> {
    const resource = resourceOf(format);
    const form = { grant_type: 'client_credentials', scope: 'notes:read', resource };
    return String((await this.tokens(form, name))['access_token']);
  }

  /** Ends a token that is kept by the issuer. @see RFC 7009 */
  async revoke(token: string): Promise<void> {
    await fetch(`${this.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`web:${secretOf('web')}`).toString('base64')}` },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    });
  }

  /** Goes through an authorization request as a browser would, up to where the client gets its code. */
  async authorize(url: URL): Promise<URL> {
    const cookies = new Map<string, string>();
    let next = url;
    for (let step = 0; step < 10; step += 1) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
        if (value === '') cookies.delete(name!);
        else cookies.set(name!, value!);
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`No redirect: ${response.status} ${await response.text()}`);
      next = new URL(location, next);
      if (next.href.startsWith(REDIRECT_URI)) return next;
    }
    throw new Error('The issuer redirects for ever');
  }

  /** Everything that the code flow gives to the client `web`, the ID token too. */
  async codeFlow(format: TokenFormat = 'ES256'): Promise<{ access: string; id: string }> {
    const verifier = 'v'.repeat(43);
    const url = new URL(`${this.issuer}/auth`);
    url.search = new URLSearchParams({
      client_id: 'web',
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid notes:read',
      resource: resourceOf(format),
      code_challenge: await challengeOf(verifier),
      code_challenge_method: 'S256',
    }).toString();
    const code = (await this.authorize(url)).searchParams.get('code')!;
    const reply = await this.tokens({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    });
    return { access: String(reply['access_token']), id: String(reply['id_token']) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.down();
  }

  async #interact(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { params } = await this.#provider.interactionDetails(request, response);
    const { accountId, acr, secondsAgo = 0 } = this.login;
    const grant = new this.#provider.Grant({ accountId, clientId: String(params['client_id']) });
    grant.addOIDCScope(`openid ${SCOPES}`);
    grant.addResourceScope(String(params['resource']), SCOPES);
    const ts = Math.floor(Date.now() / 1000) - secondsAgo;
    await this.#provider.interactionFinished(request, response, {
      login: { accountId, ts, ...(acr !== undefined && { acr }) },
      consent: { grantId: await grant.save() },
    });
  }

  #configuration(keys: readonly JWK[]): Configuration {
    return {
      adapter: (model: string) => adapterOf(model, this.#records),
      jwks: { keys: [...keys] },
      cookies: { keys: ['k'.repeat(32)] },
      scopes: ['openid', ...SCOPES.split(' ')],
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      clients: ['web', 'api', 'job', 'u-1'].map((name) => ({
        client_id: name,
        client_secret: secretOf(name),
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'client_credentials'],
        id_token_signed_response_alg: 'ES256',
      })),
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      // What its users did to log in, for those tokens that come from a login.
      extraTokenClaims: (context, token) => {
        const { authTime, acr } =
          (context as KoaContextWithOIDC | undefined)?.oidc.entities.AuthorizationCode ?? {};
        return {
          ...(token as AccessToken).extra,
          ...(authTime !== undefined && { auth_time: authTime }),
          ...(acr !== undefined && { acr }),
        };
      },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      ttl: {
        AccessToken: 36_000,
        ClientCredentials: 36_000,
        IdToken: 36_000,
        Grant: 36_000,
        Session: 36_000,
        Interaction: 36_000,
      },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        introspection: { enabled: true },
        revocation: { enabled: true },
        registration: { enabled: true },
        dPoP: { enabled: true },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => true,
          getResourceServerInfo: (_, indicator) => ({
            ...resourceServer(new URL(indicator).pathname.slice(1) as TokenFormat),
          }),
        },
      },
    };
  }
}

export function secretOf(client: string): string {
  return `the secret of ${client}`;
}

async function challengeOf(verifier: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url');
}

function resourceServer(format: TokenFormat) {
  const audience = AUDIENCE;
  if (format === 'opaque') return { scope: SCOPES, audience, accessTokenFormat: 'opaque' as const };
  return { scope: SCOPES, audience, accessTokenFormat: 'jwt' as const, jwt: { sign: { alg: format } } };
}

/** Keeps what the providers of one issuer store, whichever of them is the present one. */
function adapterOf(model: string, records: Map<string, AdapterPayload>): Adapter {
  const key = (id: string): string => `${model}:${id}`;
  const by = (name: 'uid' | 'userCode', value: string) =>
    Promise.resolve(
      [...records].find(([id, record]) => id.startsWith(`${model}:`) && record[name] === value)?.[1],
    );
  return {
    upsert: async (id, payload) => void records.set(key(id), payload),
    find: (id) => Promise.resolve(records.get(key(id))),
    findByUid: (uid) => by('uid', uid),
    findByUserCode: (code) => by('userCode', code),
    destroy: async (id) => void records.delete(key(id)),
    consume: async (id) => void (records.get(key(id))!.consumed = true),
    revokeByGrantId: async (grantId) => {
      for (const [id, record] of records) if (record.grantId === grantId) records.delete(id);
    },
  };
}
