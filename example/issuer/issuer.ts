/**
 * An issuer on this machine, made with the package `oidc-provider`. It stands in for Keycloak, Entra ID, Auth0 or
 * another issuer of a company's tokens: the app knows only its URL.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { logInPage } from './log-in-page';
import { loadOidcProvider, type OidcContext, type OidcProvider } from './oidc-provider';

export const SCOPES = 'notes:read notes:write';
/** No server listens at this address: the example reads the code from the redirect. */
export const REDIRECT_URI = 'http://127.0.0.1/logged-in';

export interface Account {
  /** The `sub` of the tokens. */
  readonly id: string;
  readonly password: string;
}

export interface Issuer {
  readonly handle: RequestListener;
  /** The accounts by login name. */
  readonly accounts: ReadonlyMap<string, Account>;
  readonly machine: { readonly id: string; readonly secret: string };
}

/**
 * @param url the URL of the issuer, exactly as in its tokens
 * @param api the name of the app in tokens: here its URL
 */
export async function createIssuer(url: string, api: string): Promise<Issuer> {
  const accounts = new Map([
    ['alice', { id: 'u-1001', password: secret() }],
    ['bob', { id: 'u-1002', password: secret() }],
  ]);
  const machine = { id: 'nightly-report', secret: secret() };
  const Provider = await loadOidcProvider();
  const provider: OidcProvider = new Provider(url, {
    clients: [
      {
        // A public client, such as an app in a browser: it has no secret and uses PKCE.
        client_id: 'notes-web',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [REDIRECT_URI],
        id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: machine.id,
        client_secret: machine.secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [secret()] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience: api,
          scope: SCOPES,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      Grant: 3600,
      Interaction: 600,
      Session: 3600,
      IdToken: 600,
    },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // No consent page, because the client is the company's own.
    loadExistingGrant: async ({ oidc: { client, params, session } }: OidcContext) => {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid');
      grant.addResourceScope(api, params['scope'] ?? '');
      await grant.save();
      return grant;
    },
    // Without this claim an app does not know the age of a login, and recentLogin() refuses every token.
    extraTokenClaims: ({ oidc }: OidcContext) => {
      const authTime = oidc.entities.AuthorizationCode?.authTime;
      return authTime === undefined ? {} : { auth_time: authTime };
    },
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/log-in/${uid}` },
  });
  const page = logInPage(provider, accounts);
  const answer = provider.callback();
  return {
    accounts,
    machine,
    handle: (request, response) => {
      if (request.url?.startsWith('/log-in/') === true) void page(request, response);
      else answer(request, response);
    },
  };
}

/** A new key at each start. A real issuer keeps its keys in a safe place, and publishes a new key before it signs. */
function signingKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ...privateKey.export({ format: 'jwk' }),
    alg: 'ES256',
    use: 'sig',
    kid: randomBytes(8).toString('hex'),
  };
}

function secret(): string {
  return randomBytes(18).toString('base64url');
}
