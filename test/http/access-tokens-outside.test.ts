/** Access tokens where no action runs: on an upgrade request, and logins with scopes in tests of an app. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  allOf,
  Authentication,
  BadCredentialsError,
  createSecurity,
  InsufficientScopeError,
  recentLogin,
  scope,
  StepUpRequiredError,
} from '../../src';
import { AccessTokenProvider } from '../../src/oidc';
import { actingAs } from '../../src/testing';
import { DRIVERS } from '../support/drivers';
import { TokenIssuer } from '../support/issued-tokens';
import { MemoryLogger, reset } from '../support/reset';
import { provider, startApi, store } from '../support/scripted';

const NOW = 1_700_000_000;
const ISSUER = 'https://id.example';
const CLAIMS = { iss: ISSUER, sub: 'alice', aud: 'notes-api', iat: NOW, exp: NOW + 600 };

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('Access tokens on an upgrade request', () => {
  beforeEach(reset);

  it('log in, and open what their scopes and their login open', async () => {
    const issuer = await TokenIssuer.create(ISSUER);
    class Company extends AccessTokenProvider {
      constructor() {
        super({ issuer: ISSUER, audience: 'notes-api', keys: { jwks: issuer.jwks } });
      }
    }
    const security = createSecurity({
      logger: new MemoryLogger(),
      providers: [Company],
      userstores: [store((username) => ({ username, roles: ['reader'] }))],
      clock: () => NOW * 1000,
    });
    // Names of roles and scopes must be known to the app.
    @JsonController()
    class Names {
      @Authorized(['reader', 'admin']) @Get('/roles') roles() {
        return 'ok';
      }
      @Authorized(scope('notes:read', 'notes:write')) @Get('/scopes') scopes() {
        return 'ok';
      }
    }
    DRIVERS[0]!.build(security.secure({ controllers: [Names] }));
    const upgrade = async (token: string, work: (request: http.IncomingMessage) => Promise<void>) => {
      const server = http.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = http.request({
        ...{ host: '127.0.0.1', port: (server.address() as AddressInfo).port },
        headers: { connection: 'Upgrade', upgrade: 'notes', authorization: `Bearer ${token}` },
      });
      client.on('error', () => undefined);
      client.end();
      try {
        const [request] = (await once(server, 'upgrade')) as [http.IncomingMessage];
        await work(request);
        request.socket.destroy();
      } finally {
        client.destroy();
        server.closeAllConnections();
        server.close();
      }
    };
    const good = await issuer.sign({ ...CLAIMS, scope: 'notes:read', auth_time: NOW - 100 });
    await upgrade(good, async (request) => {
      const login = (await security.authenticate(request))!;
      expect([login.user.username, login.scopes]).to.deep.equal(['alice', ['notes:read']]);
      const ask = (rule: Parameters<typeof security.authorize>[2]) =>
        failure(security.authorize(request, login, rule, 'notes:listen'));
      expect(await ask(scope('notes:read'))).to.equal(undefined);
      expect(await ask(allOf('reader', scope('notes:read'), recentLogin({ maxAgeSeconds: 100 })))).to.equal(
        undefined,
      );
      expect(await ask(scope('notes:read', 'notes:write'))).to.be.instanceOf(InsufficientScopeError);
      expect(await ask(recentLogin({ maxAgeSeconds: 99 }))).to.be.instanceOf(StepUpRequiredError);
      const both = await ask(allOf('admin', scope('notes:write')));
      expect(both).to.include({ code: 'access_denied' });
      expect(both).to.not.be.instanceOf(InsufficientScopeError);
    });
    const bad = await issuer.sign({ ...CLAIMS, scope: 'notes:read', aud: 'other' });
    await upgrade(bad, async (request) => {
      expect(await failure(Promise.resolve(security.authenticate(request)))).to.be.instanceOf(
        BadCredentialsError,
      );
    });
  });
});

for (const driver of DRIVERS) {
  describe(`actingAs with scopes on ${driver.name}`, () => {
    beforeEach(reset);
    afterEach(reset);

    it('opens what the scopes of the login open', async () => {
      @JsonController()
      class Notes {
        @Authorized(scope('notes:read')) @Get('/read') read() {
          return 'ok';
        }
        @Authorized(scope('notes:write')) @Get('/write') write() {
          return 'ok';
        }
      }
      const user = { username: 'alice' };
      const limited = actingAs(new Authentication(user, { scopes: ['notes:read'] }));
      const none = actingAs(new Authentication(user, { scopes: [] }));
      const unlimited = actingAs(user);
      await using api = await startApi(driver, {
        security: { providers: [provider('nobody', () => null)], userstores: [store(() => null)] },
        host: { controllers: [Notes] },
      });
      const statuses = async (headers: Record<string, string>) => [
        (await api.get('/read', headers)).status,
        (await api.get('/write', headers)).status,
      ];
      expect(await statuses(limited)).to.deep.equal([200, 403]);
      expect(await statuses(none)).to.deep.equal([403, 403]);
      expect(await statuses(unlimited)).to.deep.equal([200, 200]);
    });
  });
}
