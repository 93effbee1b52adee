/** Clients find the issuer by what an app answers, and read what they lack: by code that is not the project's own. */
import {
  auth,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { expect } from 'chai';
import * as oauth from 'oauth4webapi';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { type Constructor, recentLogin, scope, type User } from '../../src';
import { type AccessTokenOptions, AccessTokenProvider } from '../../src/oidc';
import { DRIVERS } from '../support/drivers';
import { AUDIENCE, REDIRECT_URI, resourceOf, secretOf } from '../support/issuer-client';
import { issuerKey, OidcIssuer } from '../support/oidc-issuer';
import { reset } from '../support/reset';
import { type Api, startApi, store } from '../support/scripted';

const RESOURCE = resourceOf('ES256');
const { origin: ORIGIN } = new URL(RESOURCE);
const METADATA = `${ORIGIN}/.well-known/oauth-protected-resource/ES256`;

function tools(): Constructor<object> {
  @JsonController('/ES256')
  class Tools {
    @Authorized(scope('notes:read')) @Get() use(@CurrentUser() { username }: User) {
      return { username };
    }
    @Authorized(scope('notes:read', 'notes:write')) @Get('/write') write() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 60, acr: ['gold', 'platinum'] })) @Get('/pay') pay() {
      return 'ok';
    }
  }
  return Tools;
}

for (const driver of DRIVERS) {
  describe(`Clients that look for the issuer on ${driver.name}`, () => {
    let issuer: OidcIssuer;

    beforeEach(async () => {
      reset();
      issuer = await OidcIssuer.start([await issuerKey('ES256', 'k1')]);
    });
    afterEach(() => issuer[Symbol.asyncDispose]());

    const start = (options: Partial<AccessTokenOptions> = {}): Promise<Api> => {
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: issuer.issuer, audience: AUDIENCE, ...options });
        }
      }
      return startApi(driver, {
        security: {
          providers: [Company],
          userstores: [store((username) => ({ username }))],
          resource: { url: RESOURCE, scopes: ['notes:read', 'notes:write'] },
        },
        host: { controllers: [tools()] },
      });
    };
    /** The public origin is the app's, every other one is itself. */
    const fetchOf =
      (api: Api) =>
      (url: string | URL, init?: RequestInit): Promise<Response> => {
        const { href } = new URL(url);
        return href.startsWith(ORIGIN)
          ? api.server.fetch(href.slice(ORIGIN.length), init)
          : fetch(href, init);
      };

    it('are led from the first 401 to a token by the client of the Model Context Protocol', async () => {
      await using api = await start();
      const fetchFn = fetchOf(api);
      const refused = await fetchFn(RESOURCE);
      expect(refused.status).to.equal(401);
      const { resourceMetadataUrl, scope: asked, error } = extractWWWAuthenticateParams(refused);
      expect([resourceMetadataUrl?.href, asked, error]).to.deep.equal([METADATA, 'notes:read', undefined]);

      const client = new WebClient();
      const where = { serverUrl: RESOURCE, resourceMetadataUrl: resourceMetadataUrl!, fetchFn };
      expect(await auth(client, { ...where, scope: asked! })).to.equal('REDIRECT');
      expect(client.authorizationUrl?.origin).to.equal(issuer.issuer);
      expect(client.authorizationUrl?.searchParams.get('resource')).to.equal(RESOURCE);
      const { searchParams } = await issuer.authorize(client.authorizationUrl!);
      const authorizationCode = searchParams.get('code')!;
      expect(await auth(client, { ...where, authorizationCode })).to.equal('AUTHORIZED');

      const headers = { authorization: `Bearer ${client.tokens()?.access_token}` };
      const reply = await fetchFn(RESOURCE, { headers });
      expect([reply.status, await reply.json()]).to.deep.equal([200, { username: 'u-1' }]);
      const more = extractWWWAuthenticateParams(await fetchFn(`${RESOURCE}/write`, { headers }));
      expect([more.error, more.scope, more.resourceMetadataUrl?.href]).to.deep.equal([
        'insufficient_scope',
        'notes:write',
        METADATA,
      ]);
    });

    it('find the issuer without a 401 too', async () => {
      await using api = await start();
      const client = new WebClient();
      expect(await auth(client, { serverUrl: RESOURCE, fetchFn: fetchOf(api) })).to.equal('REDIRECT');
      expect(client.authorizationUrl?.origin).to.equal(issuer.issuer);
    });

    it('read the metadata as oauth4webapi does', async () => {
      await using api = await start({ dpop: { origin: ORIGIN, required: true }, mtls: true });
      const options = { [oauth.customFetch]: fetchOf(api) as never };
      const response = await oauth.resourceDiscoveryRequest(new URL(RESOURCE), options);
      const metadata = await oauth.processResourceDiscoveryResponse(new URL(RESOURCE), response);
      expect(metadata).to.deep.equal({
        resource: RESOURCE,
        authorization_servers: [issuer.issuer],
        scopes_supported: ['notes:read', 'notes:write'],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256'],
        dpop_bound_access_tokens_required: true,
        tls_client_certificate_bound_access_tokens: true,
      });
    });

    it('read each challenge as oauth4webapi does', async () => {
      await using api = await start({ dpop: { origin: ORIGIN } });
      const challenges = async (token: string, path = ''): Promise<unknown> => {
        const url = new URL(RESOURCE + path);
        const failed: unknown = await oauth
          .protectedResourceRequest(token, 'GET', url, undefined, undefined, {
            [oauth.customFetch]: fetchOf(api) as never,
          })
          .catch((error: unknown) => error);
        if (!(failed instanceof oauth.WWWAuthenticateChallengeError)) throw new Error('No challenge');
        return failed.cause.map(({ scheme, parameters }) => [scheme, { ...parameters }]);
      };
      const about = { realm: 'api', resource_metadata: METADATA };
      const algs = 'ES256 EdDSA PS256 RS256';
      const token = await issuer.userToken('u-1');
      expect(await challenges(`${token.slice(0, -4)}AAAA`)).to.deep.equal([
        ['bearer', { ...about, error: 'invalid_token', scope: 'notes:read' }],
        ['dpop', { ...about, algs, scope: 'notes:read' }],
      ]);
      expect(await challenges(token, '/write')).to.deep.equal([
        ['bearer', { ...about, error: 'insufficient_scope', scope: 'notes:write' }],
      ]);
      expect(await challenges(token, '/pay')).to.deep.equal([
        [
          'bearer',
          {
            ...about,
            error: 'insufficient_user_authentication',
            max_age: '60',
            acr_values: 'gold platinum',
          },
        ],
      ]);
    });
  });
}

type Tokens = Parameters<OAuthClientProvider['saveTokens']>[0];

/** The client `web`, which is registered; it keeps everything in memory. */
class WebClient implements OAuthClientProvider {
  authorizationUrl: URL | undefined;
  readonly redirectUrl = REDIRECT_URI;
  readonly clientMetadata = { redirect_uris: [REDIRECT_URI] };
  #tokens: Tokens | undefined;
  #verifier = '';

  clientInformation() {
    return { client_id: 'web', client_secret: secretOf('web') };
  }
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens: Tokens): void {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }
}
