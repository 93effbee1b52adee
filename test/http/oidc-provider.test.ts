/** oidc-provider issues, and the apps take what it issued: nothing here is made after what its documentation says. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import * as oauth from 'oauth4webapi';
import type { JWK } from 'oidc-provider';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  recentLogin,
  scope,
  type SecurityOptions,
  type User,
} from '../../src';
import { type AccessToken, type AccessTokenOptions, AccessTokenProvider } from '../../src/oidc';
import { DpopClient } from '../support/dpop-client';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { AUDIENCE, issuerKey, OidcIssuer, resourceOf, type TokenFormat } from '../support/oidc-issuer';
import { reset } from '../support/reset';
import { type Api, BODIES, startApi, store } from '../support/scripted';

const FORMATS = ['EdDSA', 'ES256', 'RS256', 'opaque'] as const satisfies readonly TokenFormat[];
const MINUTE = 60_000;
const API = 'https://api.example';

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

function notes(): Constructor<object> {
  @JsonController()
  class Notes {
    @Authorized() @Get('/me') me(@CurrentAuthentication() login: Authentication) {
      const { user, scopes, isBound, authenticatedAt } = login;
      return { user: user.username, scopes, isBound, authenticatedAt: authenticatedAt?.getTime() ?? null };
    }
    @Authorized(scope('notes:write')) @Get('/write') write() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300, acr: 'gold' })) @Get('/pay') pay() {
      return 'ok';
    }
  }
  return Notes;
}

for (const driver of DRIVERS) {
  describe(`Tokens of oidc-provider on ${driver.name}`, () => {
    let keys: JWK[];
    let issuer: OidcIssuer;
    let ahead: number;

    before(async () => {
      keys = await Promise.all((['EdDSA', 'ES256', 'RS256'] as const).map((alg) => issuerKey(alg, alg)));
    });
    beforeEach(async () => {
      reset();
      ahead = 0;
      issuer = await OidcIssuer.start(keys);
    });
    afterEach(() => issuer[Symbol.asyncDispose]());

    const introspection = { clientId: 'api', clientSecret: 'the secret of api' };
    const company = (options: Partial<AccessTokenOptions> = {}): Constructor<AccessTokenProvider> =>
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: issuer.issuer, audience: AUDIENCE, introspection, ...options });
        }
      };
    const start = (provider = company(), security: SecurityOptions = {}): Promise<Api> =>
      startApi(driver, {
        security: {
          providers: [provider],
          userstores: [store((name): User | null => (name.startsWith('u-') ? { username: name } : null))],
          clock: () => Date.now() + ahead,
          ...security,
        },
        host: { controllers: [notes()] },
      });

    for (const format of FORMATS) {
      it(`log users in by ${format} tokens`, async () => {
        await using api = await start();
        const token = await issuer.userToken('u-1', { format, scope: 'notes:read notes:write' });
        const reply = await api.get('/me', bearer(token));
        expect(reply.json()).to.deep.equal({
          user: 'u-1',
          scopes: ['notes:read', 'notes:write'],
          isBound: false,
          authenticatedAt: null,
        });
        expect((await api.get('/write', bearer(token))).status).to.equal(200);
      });

      it(`refuse ${format} tokens for another API, for an unknown user and with too few scopes`, async () => {
        await using api = await start();
        for (const bad of [
          await issuer.userToken('u-1', { format, audience: 'other-api' }),
          await issuer.userToken('nobody', { format }),
        ]) {
          const reply = await api.get('/me', bearer(bad));
          expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
          expect(reply.challenges).to.deep.equal(['Bearer realm="api", error="invalid_token"']);
        }
        const few = await api.get('/write', bearer(await issuer.userToken('u-1', { format })));
        expect(few.status).to.equal(403);
        expect(few.challenges).to.deep.equal([
          'Bearer realm="api", error="insufficient_scope", scope="notes:write"',
        ]);
      });

      it(`let clients in by ${format} tokens only where the app says who they are`, async () => {
        class Clients extends company() {
          override findClient({ clientId, isClient }: AccessToken): User | null {
            return isClient && clientId === 'job' ? { username: 'the job' } : null;
          }
        }
        await using api = await start(Clients);
        const job = await api.get('/me', bearer(await issuer.clientToken('job', format)));
        expect(job.json()).to.include({ user: 'the job' });
        // A client with the name of a user.
        expect((await api.get('/me', bearer(await issuer.clientToken('u-1', format)))).status).to.equal(401);
        await using usual = await start();
        expect((await usual.get('/me', bearer(await issuer.clientToken('job', format)))).status).to.equal(
          401,
        );
      });

      it(`take ${format} tokens that are bound to a key with a proof, and ask for a nonce`, async () => {
        const dpop = { origin: API, nonce: { secret: 'n'.repeat(32) } };
        await using api = await start(company({ dpop }));
        const pair = await oauth.generateKeyPair('ES256');
        const handle = oauth.DPoP({}, pair);
        const server = { issuer: issuer.issuer, token_endpoint: `${issuer.issuer}/token` };
        const granted = await oauth.processClientCredentialsResponse(
          server,
          { client_id: 'job' },
          await oauth.clientCredentialsGrantRequest(
            server,
            { client_id: 'job' },
            oauth.ClientSecretBasic('the secret of job'),
            { resource: resourceOf(format), scope: 'notes:read' },
            // eslint-disable-next-line @typescript-eslint/no-deprecated -- the issuer is on this machine
            { DPoP: handle, [oauth.allowInsecureRequests]: true },
          ),
        );
        expect(granted.token_type).to.equal('dpop');
        const jkt = await handle.calculateThumbprint();
        const token = await issuer.userToken('u-2', { format, jkt });
        const sent: Headers[] = [];
        const ask = (accessToken: string, path = '/me') =>
          oauth.protectedResourceRequest(accessToken, 'GET', new URL(API + path), undefined, undefined, {
            DPoP: handle,
            [oauth.customFetch]: (url, init) => {
              sent.push(new Headers(init.headers));
              return api.server.fetch(url.slice(API.length), init as RequestInit);
            },
          });
        const first = await ask(token).catch((error: unknown) => error);
        expect(oauth.isDPoPNonceError(first)).to.equal(true);
        expect(await (await ask(token)).json()).to.include({ user: 'u-2', isBound: true });
        // The token that a client has for itself is right as well, but it is nobody's.
        const refused = await ask(granted.access_token).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(oauth.WWWAuthenticateChallengeError);
        expect(oauth.isDPoPNonceError(refused)).to.equal(false);
        const again = Object.fromEntries(sent[1]!);
        expect((await api.get('/me', again)).status).to.equal(401);
        expect((await api.get('/me', bearer(token))).status).to.equal(401);
        const stranger = new DpopClient();
        const claims = { htm: 'GET', htu: `${API}/me`, iat: Math.floor(Date.now() / 1000) };
        const [, nonce] = /"nonce":"([^"]+)"/.exec(
          Buffer.from(again['dpop']!.split('.')[1]!, 'base64url').toString(),
        )!;
        const stolen = await stranger.proof({ ...claims, nonce }, token);
        const reply = await api.get('/me', { authorization: `DPoP ${token}`, dpop: stolen });
        expect([reply.status, reply.challenges[1]]).to.deep.equal([
          401,
          'DPoP realm="api", algs="ES256 EdDSA PS256 RS256", error="invalid_token"',
        ]);
      });
    }

    it('refuse opaque tokens once they are revoked, and never introspect JWTs', async () => {
      await using api = await start();
      const token = await issuer.userToken('u-1', { format: 'opaque' });
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      await issuer.revoke(token);
      expect((await api.get('/me', bearer(token))).status).to.equal(401);
      const asked = issuer.count('/token/introspection');
      expect(asked).to.equal(2);
      expect((await api.get('/me', bearer(await issuer.userToken('u-1')))).status).to.equal(200);
      expect(issuer.count('/token/introspection')).to.equal(asked);
    });

    it('report once an audience that no opaque token has', async () => {
      await using api = await start(company({ audience: 'another-name' }));
      for (let call = 0; call < 2; call += 1) {
        const token = await issuer.userToken('u-1', { format: 'opaque' });
        expect((await api.get('/me', bearer(token))).status).to.equal(401);
      }
      const told = api.events.filter(({ type }) => type === 'misconfigured');
      expect(told).to.have.length(1);
      expect(JSON.stringify(told)).to.include('another-name').and.not.include(AUDIENCE);
    });

    it('keep answers as long as the options say, and no longer', async () => {
      await using api = await start(company({ introspection: { ...introspection, cacheSeconds: 30 } }));
      const token = await issuer.userToken('u-1', { format: 'opaque' });
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      await issuer.revoke(token);
      ahead = 29_000;
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      ahead = 31_000;
      expect((await api.get('/me', bearer(token))).status).to.equal(401);
    });

    it('answer 503 and report it where the issuer refuses to introspect', async () => {
      await using api = await start(company({ introspection: { clientId: 'api', clientSecret: 'wrong' } }));
      const token = await issuer.userToken('u-1', { format: 'opaque' });
      const reply = await api.get('/me', bearer(token));
      expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
      expect(api.events.filter(({ type }) => type === 'misconfigured')).to.have.length(1);
      expect(JSON.stringify([api.events, api.logger.lines]))
        .to.not.include(token)
        .and.not.include('wrong');
    });

    it('refuse the ID tokens of a login, also where its client is an audience', async () => {
      await using api = await start(company({ audience: [AUDIENCE, 'web'] }));
      const { access, id } = await issuer.codeFlow();
      expect((await api.get('/me', bearer(access))).json()).to.include({ user: 'u-1' });
      const reply = await api.get('/me', bearer(id));
      expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
      await using strict = await start(company({ audience: [AUDIENCE, 'web'], type: 'at+jwt' }));
      expect((await strict.get('/me', bearer(id))).status).to.equal(401);
      expect((await strict.get('/me', bearer(access))).status).to.equal(200);
    });

    for (const format of ['ES256', 'opaque'] as const) {
      it(`ask for another login by what ${format} tokens say of the last`, async () => {
        await using api = await start();
        issuer.login = { accountId: 'u-1', acr: 'gold', secondsAgo: 10 };
        const recent = await issuer.codeFlow(format);
        expect((await api.get('/pay', bearer(recent.access))).status).to.equal(200);
        const told = (await api.get('/me', bearer(recent.access))).json()['authenticatedAt'] as number;
        expect(told % 1000).to.equal(0);
        ahead = 400_000;
        const old = await api.get('/pay', bearer(recent.access));
        expect(old.status).to.equal(401);
        expect(old.challenges).to.deep.equal([
          'Bearer realm="api", error="insufficient_user_authentication", max_age="300", acr_values="gold"',
        ]);
        ahead = 0;
        issuer.login = { accountId: 'u-1', acr: 'silver' };
        const weak = await issuer.codeFlow(format);
        expect((await api.get('/pay', bearer(weak.access))).challenges[0]).to.include('acr_values="gold"');
        const unknown = await issuer.userToken('u-1', { format });
        expect((await api.get('/pay', bearer(unknown))).challenges[0]).to.include('max_age="300"');
      });
    }

    it('follow a rotation, and end the tokens of a key that was withdrawn', async () => {
      await using api = await start();
      const old = await issuer.userToken('u-1');
      expect((await api.get('/me', bearer(old))).status).to.equal(200);
      const next = await issuerKey('ES256', 'next');
      issuer.publish([next, ...keys]);
      ahead = MINUTE;
      const renewed = await issuer.userToken('u-1');
      expect((await api.get('/me', bearer(renewed))).status).to.equal(200);
      expect((await api.get('/me', bearer(old))).status).to.equal(200);
      issuer.publish([next]);
      // Due, and loaded behind the first request.
      ahead = 12 * MINUTE;
      await api.get('/me', bearer(renewed));
      await eventually(async () => (await api.get('/me', bearer(old))).status === 401);
      expect((await api.get('/me', bearer(renewed))).status).to.equal(200);
    });

    it('refuse what another issuer signed in its name, with keys of the same kid', async () => {
      await using api = await start();
      const forged = await Promise.all(
        (['EdDSA', 'ES256', 'RS256'] as const).map((alg) => issuerKey(alg, alg)),
      );
      const good = await issuer.userToken('u-1');
      issuer.publish(forged);
      const bad = await issuer.userToken('u-1');
      issuer.publish(keys);
      expect((await api.get('/me', bearer(bad))).status).to.equal(401);
      expect((await api.get('/me', bearer(good))).status).to.equal(200);
    });

    it('go on with known keys while the issuer is down, and answer 503 to what has to be asked', async () => {
      await using api = await start();
      const [jwt, opaque] = [
        await issuer.userToken('u-1'),
        await issuer.userToken('u-1', { format: 'opaque' }),
      ];
      const other = await issuer.userToken('u-2', { format: 'RS256' });
      expect((await api.get('/me', bearer(jwt))).status).to.equal(200);
      await issuer.down();
      for (const token of [jwt, other]) expect((await api.get('/me', bearer(token))).status).to.equal(200);
      const reply = await api.get('/me', bearer(opaque));
      expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
      expect(reply.headers).to.have.property('retry-after');
      ahead = 30 * MINUTE;
      expect((await api.get('/me', bearer(other))).status).to.equal(200);
      ahead = 75 * MINUTE;
      for (const token of [jwt, other]) expect((await api.get('/me', bearer(token))).status).to.equal(503);
      await issuer.up();
      ahead = 80 * MINUTE;
      for (const token of [jwt, opaque]) expect((await api.get('/me', bearer(token))).status).to.equal(200);
    });

    it('start while the issuer is down, and recover with it', async () => {
      const token = await issuer.userToken('u-1');
      await issuer.down();
      await using api = await start();
      expect((await api.get('/me', bearer(token))).status).to.equal(503);
      expect((await api.get('/me')).status).to.equal(401);
      await issuer.up();
      ahead = MINUTE;
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      const changes = api.events.filter(({ type }) => type === 'degraded' || type === 'recovered');
      expect(changes.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
    });
  });
}
