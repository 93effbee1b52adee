/** A real issuer issues, and the apps take what it issued: nothing here is made after what its documentation says. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { Authority } from '../integration/certificates';
import { DpopClient } from '../support/dpop-client';
import { type Driver, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { AUDIENCE, type IssuerClient, resourceOf, type TokenFormat } from '../support/issuer-client';
import { issuerKey } from '../support/oidc-issuer';
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

/** What holds for the tokens of an issuer, on every host. @param start an issuer of these keys */
export function describeIssuer(name: string, start: (keys: readonly JWK[]) => Promise<IssuerClient>): void {
  for (const driver of DRIVERS) describeOn(driver, name, start);
}

function describeOn(
  driver: Driver,
  name: string,
  start: (keys: readonly JWK[]) => Promise<IssuerClient>,
): void {
  describe(`Tokens of ${name} on ${driver.name}`, () => {
    let keys: JWK[];
    let issuer: IssuerClient;
    let ahead: number;
    let certificates: Record<'own' | 'other', X509Certificate>;

    before(async () => {
      keys = await Promise.all((['EdDSA', 'ES256', 'RS256'] as const).map((alg) => issuerKey(alg, alg)));
    });
    before(() => {
      const folder = mkdtempSync(join(tmpdir(), 'securest-bound-'));
      const authority = new Authority(folder);
      const issue = (name: string) =>
        new X509Certificate(readFileSync(authority.issue(name, 'DNS:job.example').cert));
      certificates = { own: issue('own'), other: issue('other') };
      rmSync(folder, { recursive: true });
    });
    beforeEach(async () => {
      reset();
      ahead = 0;
      issuer = await start(keys);
    });
    afterEach(() => issuer[Symbol.asyncDispose]());

    const introspection = { clientId: 'api', clientSecret: 'the secret of api' };
    const company = (options: Partial<AccessTokenOptions> = {}): Constructor<AccessTokenProvider> =>
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: issuer.issuer, audience: AUDIENCE, introspection, ...options });
        }
      };
    const startWith = (provider = company(), security: SecurityOptions = {}): Promise<Api> =>
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
        await using api = await startWith();
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
        await using api = await startWith();
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
        await using api = await startWith(Clients);
        const job = await api.get('/me', bearer(await issuer.clientToken('job', format)));
        expect(job.json()).to.include({ user: 'the job' });
        // A client with the name of a user.
        expect((await api.get('/me', bearer(await issuer.clientToken('u-1', format)))).status).to.equal(401);
        await using usual = await startWith();
        expect((await usual.get('/me', bearer(await issuer.clientToken('job', format)))).status).to.equal(
          401,
        );
      });

      it(`take ${format} tokens that are bound to a key with a proof, and ask for a nonce`, async () => {
        const dpop = { origin: API, nonce: { secret: 'n'.repeat(32) } };
        await using api = await startWith(company({ dpop }));
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

    for (const format of ['ES256', 'opaque'] as const) {
      it(`take ${format} tokens that are bound to a certificate on a connection of that certificate`, async () => {
        class Clients extends company({ mtls: true }) {
          override findClient({ clientId }: AccessToken): User | null {
            return clientId === 'bound-job' ? { username: 'the job' } : null;
          }
        }
        const [own, other] = [certificates.own.raw, certificates.other.raw];
        const token = await issuer.clientToken('bound-job', format, own);
        const shown = (certificate: Uint8Array): Record<string, string> => ({
          ...bearer(token),
          'client-cert': `:${Buffer.from(certificate).toString('base64')}:`,
        });
        await using api = await startWith(Clients, { clientCertificateFrom: 'proxy', trustProxy: 1 });
        const reply = await api.get('/me', shown(own));
        expect([reply.status, reply.json()['isBound']]).to.deep.equal([200, true]);
        for (const headers of [shown(other), bearer(token)]) {
          expect((await api.get('/me', headers)).json()).to.deep.equal(BODIES.bad);
        }
        await using direct = await startWith(Clients);
        expect((await direct.get('/me', shown(own))).status).to.equal(401);
        class Unchecked extends company() {
          override findClient(): User {
            return { username: 'the job' };
          }
        }
        await using unchecked = await startWith(Unchecked, { clientCertificateFrom: 'proxy', trustProxy: 1 });
        expect((await unchecked.get('/me', shown(own))).status).to.equal(401);
      });
    }

    it('refuse opaque tokens once they are revoked, and never introspect JWTs', async () => {
      await using api = await startWith();
      const token = await issuer.userToken('u-1', { format: 'opaque' });
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      await issuer.revoke(token);
      expect((await api.get('/me', bearer(token))).status).to.equal(401);
      const asked = await issuer.count('/token/introspection');
      expect(asked).to.equal(2);
      expect((await api.get('/me', bearer(await issuer.userToken('u-1')))).status).to.equal(200);
      expect(await issuer.count('/token/introspection')).to.equal(asked);
    });

    it('report once an audience that no opaque token has', async () => {
      await using api = await startWith(company({ audience: 'another-name' }));
      for (let call = 0; call < 2; call += 1) {
        const token = await issuer.userToken('u-1', { format: 'opaque' });
        expect((await api.get('/me', bearer(token))).status).to.equal(401);
      }
      const told = api.events.filter(({ type }) => type === 'misconfigured');
      expect(told).to.have.length(1);
      expect(JSON.stringify(told)).to.include('another-name').and.not.include(AUDIENCE);
    });

    it('keep answers as long as the options say, and no longer', async () => {
      await using api = await startWith(company({ introspection: { ...introspection, cacheSeconds: 30 } }));
      const token = await issuer.userToken('u-1', { format: 'opaque' });
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      await issuer.revoke(token);
      ahead = 29_000;
      expect((await api.get('/me', bearer(token))).status).to.equal(200);
      ahead = 31_000;
      expect((await api.get('/me', bearer(token))).status).to.equal(401);
    });

    it('answer 503 and report it where the issuer refuses to introspect', async () => {
      await using api = await startWith(
        company({ introspection: { clientId: 'api', clientSecret: 'wrong' } }),
      );
      const token = await issuer.userToken('u-1', { format: 'opaque' });
      const reply = await api.get('/me', bearer(token));
      expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
      expect(api.events.filter(({ type }) => type === 'misconfigured')).to.have.length(1);
      expect(JSON.stringify([api.events, api.logger.lines]))
        .to.not.include(token)
        .and.not.include('wrong');
    });

    it('refuse the ID tokens of a login, also where its client is an audience', async () => {
      await using api = await startWith(company({ audience: [AUDIENCE, 'web'] }));
      const { access, id } = await issuer.codeFlow();
      expect((await api.get('/me', bearer(access))).json()).to.include({ user: 'u-1' });
      const reply = await api.get('/me', bearer(id));
      expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
      await using strict = await startWith(company({ audience: [AUDIENCE, 'web'], type: 'at+jwt' }));
      expect((await strict.get('/me', bearer(id))).status).to.equal(401);
      expect((await strict.get('/me', bearer(access))).status).to.equal(200);
    });

    for (const format of ['ES256', 'opaque'] as const) {
      it(`ask for another login by what ${format} tokens say of the last`, async () => {
        await using api = await startWith();
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
      await using api = await startWith();
      const old = await issuer.userToken('u-1');
      expect((await api.get('/me', bearer(old))).status).to.equal(200);
      const next = await issuerKey('ES256', 'next');
      await issuer.publish([next, ...keys]);
      ahead = MINUTE;
      const renewed = await issuer.userToken('u-1');
      expect((await api.get('/me', bearer(renewed))).status).to.equal(200);
      expect((await api.get('/me', bearer(old))).status).to.equal(200);
      await issuer.publish([next]);
      // Due, and loaded behind the first request.
      ahead = 12 * MINUTE;
      await api.get('/me', bearer(renewed));
      await eventually(async () => (await api.get('/me', bearer(old))).status === 401);
      expect((await api.get('/me', bearer(renewed))).status).to.equal(200);
    });

    it('refuse what another issuer signed in its name, with keys of the same kid', async () => {
      await using api = await startWith();
      const forged = await Promise.all(
        (['EdDSA', 'ES256', 'RS256'] as const).map((alg) => issuerKey(alg, alg)),
      );
      const good = await issuer.userToken('u-1');
      await issuer.publish(forged);
      const bad = await issuer.userToken('u-1');
      await issuer.publish(keys);
      expect((await api.get('/me', bearer(bad))).status).to.equal(401);
      expect((await api.get('/me', bearer(good))).status).to.equal(200);
    });

    it('go on with known keys while the issuer is down, and answer 503 to what has to be asked', async () => {
      await using api = await startWith();
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
      await using api = await startWith();
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
