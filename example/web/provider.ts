/**
 * The company's OpenID provider on this machine, made with the package `oidc-provider`. It stands in for Keycloak,
 * Entra ID or Google: the app knows only its URL.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { logInPage } from '../issuer/log-in-page';
import { loadOidcProvider, type OidcContext, type OidcProvider } from '../issuer/oidc-provider';
import type { WebSettings } from './settings';

export const CLIENT_ID = 'notes';
/** The user of the provider. @property id the `sub` of her tokens */
export const ALICE = { name: 'alice', id: 'u-1001' };

export interface CompanyProvider {
  readonly handle: RequestListener;
  /** Alice's password, which is new at each start. */
  readonly password: string;
}

export async function createProvider({
  issuer,
  secrets,
  url,
}: Pick<WebSettings, 'issuer' | 'secrets' | 'url'>): Promise<CompanyProvider> {
  const password = randomBytes(18).toString('base64url');
  const Provider = await loadOidcProvider();
  const provider: OidcProvider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: secrets.client,
        redirect_uris: [`${url}/oidc/callback`],
        post_logout_redirect_uris: [`${url}/login`],
        backchannel_logout_uri: `${url}/oidc/backchannel`,
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    pkce: { required: () => true },
    ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // No consent page, because the client is the company's own.
    loadExistingGrant: async ({ oidc: { client, session } }: OidcContext) => {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/log-in/${uid}` },
  });
  const page = logInPage(provider, new Map([[ALICE.name, { id: ALICE.id, password }]]));
  const answer = provider.callback();
  return {
    password,
    handle: (request, response) => {
      if (request.url?.startsWith('/log-in/') === true) void page(request, response);
      else answer(request, response);
    },
  };
}

function signingKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomBytes(8).toString('hex');
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid };
}
