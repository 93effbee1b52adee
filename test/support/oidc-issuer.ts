/** A real issuer: oidc-provider on a server of its own. */
import { X509Certificate } from 'node:crypto';
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
import {
  AUDIENCE,
  CERTIFICATE_HEADER,
  IssuerClient,
  REDIRECT_URI,
  resourceOf,
  SCOPES,
  secretOf,
  type TokenFormat,
  type UserToken,
} from './issuer-client';

/** A key of the issuer, including the private half. */
export async function issuerKey(alg: Exclude<TokenFormat, 'opaque'>, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid, use: 'sig' };
}

export class OidcIssuer extends IssuerClient {
  /** The requested paths, in order. */
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

  /** @param implementation of another version of the package */
  constructor(private readonly implementation = Provider) {
    super();
  }

  static async start(keys: readonly JWK[], implementation = Provider): Promise<OidcIssuer> {
    const issuer = new OidcIssuer(implementation);
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

  publish(keys: readonly JWK[]): void {
    this.#provider = new this.implementation(this.issuer, this.#configuration(keys));
    const handle = this.#provider.callback();
    this.#callback = (request, response) => void handle(request, response);
  }

  async down(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async up(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

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
      clients: ['web', 'api', 'job', 'bound-job', 'u-1'].map((name) => ({
        client_id: name,
        client_secret: secretOf(name),
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'client_credentials'],
        id_token_signed_response_alg: 'ES256',
        tls_client_certificate_bound_access_tokens: name === 'bound-job',
      })),
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      // The login methods of users, for tokens that come from a login.
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
        mTLS: {
          enabled: true,
          certificateBoundAccessTokens: true,
          getCertificate: (context) => {
            const shown = context.get(CERTIFICATE_HEADER);
            return shown === '' ? undefined : new X509Certificate(Buffer.from(shown, 'base64'));
          },
        },
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

function resourceServer(format: TokenFormat) {
  const audience = AUDIENCE;
  if (format === 'opaque') return { scope: SCOPES, audience, accessTokenFormat: 'opaque' as const };
  return { scope: SCOPES, audience, accessTokenFormat: 'jwt' as const, jwt: { sign: { alg: format } } };
}

/** Stores the records of an issuer, shared by its successive providers. */
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
