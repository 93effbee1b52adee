/** No way through the chain stays open by mistake. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  AuthProvider,
  type AuthProviderInterface,
  BadCredentialsError,
  ConfigurationError,
  type Constructor,
  securest,
  type SecurestOptions,
  type SecurityOptions,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, CrashWatch, provider, startApi } from '../support/scripted';

const FAULTS: Readonly<Record<string, () => unknown>> = {
  outage: () => Promise.reject(new ServiceUnavailableError()),
  bug: () => Promise.reject(new TypeError('x is undefined')),
  nothing: () => Promise.reject(undefined),
};
const ann = (credential: string) =>
  provider('ann', (request) => (request.header(credential) === undefined ? null : { username: 'ann' }), {
    credential,
  });

for (const driver of DRIVERS) {
  describe(`Faults in the chain on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();
    const start = (providers: SecurityOptions['providers'] & {}, more: SecurityOptions = {}) =>
      startApi(driver, { security: { providers, ...more } });

    for (const [name, fault] of Object.entries(FAULTS)) {
      it(`a provider's ${name} lets nobody in, anonymous or by the same credential`, async () => {
        await using api = await start([provider('p', fault), ann('authorization')]);
        const [status, body] = name === 'outage' ? [503, BODIES.unavailable] : [500, BODIES.fault];
        for (const path of ['/guarded', '/open', '/required', '/admin', '/many']) {
          for (const headers of [{}, { authorization: 'Basic YTpi' }]) {
            const reply = await api.get(path, headers);
            expect([reply.status, reply.json()], path).to.deep.equal([status, body]);
          }
        }
        expect(api.ran).to.deep.equal([]);
      });

      it(`a provider's ${name} leaves room for a different credential in the request`, async () => {
        await using api = await start([provider('p', fault), ann('x-api-key')]);
        expect((await api.get('/guarded', { 'x-api-key': '1' })).json()).to.deep.equal({ user: 'ann' });
        expect((await api.get('/guarded')).status).to.equal(name === 'outage' ? 503 : 500);
        expect(api.ran).to.deep.equal(['guarded']);
      });
    }

    it('a provider that never settles is 503 once its deadline passes, for many requests at once', async () => {
      using watch = new CrashWatch();
      await using api = await start([provider('p', hang)], { deadlineMs: DEADLINE_MS });
      const replies = await Promise.all(Array.from({ length: 50 }, () => api.get('/guarded')));
      for (const reply of replies)
        expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
      expect(api.ran).to.deep.equal([]);
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('wrong credentials beside right ones pass by default and are 401 with stop', async () => {
      const wrong = provider('wrong', () => Promise.reject(new BadCredentialsError()));
      const headers = { authorization: 'Basic YTpi', cookie: 'sid=1' };
      await using next = await start([wrong, ann('cookie')]);
      expect((await next.get('/guarded', headers)).json()).to.deep.equal({ user: 'ann' });
      await using stop = await start([wrong, ann('cookie')], { onBadCredentials: 'stop' });
      for (const path of ['/guarded', '/open', '/required']) {
        const reply = await stop.get(path, headers);
        expect([reply.status, reply.json()], path).to.deep.equal([401, BODIES.bad]);
      }
      expect(stop.ran).to.deep.equal([]);
    });

    it('a value that is not a user is 500, on open actions too', async () => {
      for (const result of [{}, '', [], 'ann', true, { id: 1 }, { username: null }, { username: '' }]) {
        await using api = await start([provider('p', () => result), ann('authorization')]);
        for (const path of ['/guarded', '/open', '/required']) {
          const reply = await api.get(path, { authorization: 'x y' });
          expect([reply.status, reply.json()], JSON.stringify(result)).to.deep.equal([500, BODIES.fault]);
        }
        expect(api.ran).to.deep.equal([]);
      }
    });

    it('undefined is no credentials', async () => {
      await using api = await start([provider('p', () => undefined)]);
      expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.missing);
    });

    it('a policy that says "false", 1 or {} grants nothing', async () => {
      for (const result of ['false', 'true', 1, {}, [], { ok: false }, () => true, Symbol('yes')]) {
        reset();
        @JsonController()
        class Policies {
          @Authorized((() => result) as never) @Get('/now') now() {
            return {};
          }
          @Authorized((async () => result) as never) @Get('/later') later() {
            return {};
          }
        }
        await using api = await startApi(driver, {
          host: { controllers: [Policies] },
          security: { providers: [ann('x-api-key')] },
        });
        for (const path of ['/now', '/later']) {
          const reply = await api.get(path, { 'x-api-key': '1' });
          expect([reply.status, reply.json()]).to.deep.equal([403, BODIES.denied]);
        }
      }
    });

    it('the checkers resolve with a literal true or reject', async () => {
      const returned: unknown[] = [];
      const controllers = [guardedController()];
      const secured = securest({
        controllers,
        security: { providers: [ann('x-api-key')], logger: new MemoryLogger() },
      });
      const checker = secured.authorizationChecker!;
      const spying: typeof checker = async (action, roles) => {
        const result: unknown = await checker(action, roles);
        returned.push(result);
        return result as boolean;
      };
      // The library knows its checkers by a mark on them.
      for (const key of Object.getOwnPropertySymbols(checker)) {
        Object.defineProperty(spying, key, Object.getOwnPropertyDescriptor(checker, key)!);
      }
      await using server = await TestServer.start(driver.build({ ...secured, authorizationChecker: spying }));
      expect((await server.raw('/guarded', { headers: { 'x-api-key': '1' } })).status).to.equal(200);
      expect((await server.raw('/guarded')).status).to.equal(401);
      expect(returned).to.deep.equal([true]);
    });

    it('a handler of refusals that returns normally, true, or a user ends the request all the same', async () => {
      for (const result of [undefined, true, { username: 'ann' }, 'next']) {
        await using api = await start([ann('x-api-key')], { onUnauthorized: () => result as undefined });
        for (const path of ['/guarded', '/required', '/many']) {
          expect((await api.get(path)).status).to.equal(401);
        }
        expect((await api.get('/admin', { 'x-api-key': '1' })).status).to.equal(403);
        expect(api.ran).to.deep.equal([]);
      }
    });

    it('two providers with one order, or one name, stop the app at start', () => {
      const refused = (security: SecurityOptions = {}) => startUp(driver, { security });
      @AuthProvider(1)
      class First implements AuthProviderInterface {
        authenticate(): User | null {
          return null;
        }
      }
      @AuthProvider(1)
      class Second extends First {}
      expect(refused).to.throw(ConfigurationError, /First and Second.*order/);
      expect(() => refused({ providers: [First, First] })).to.throw(ConfigurationError, /First/);
      const twin = () => provider('twin', () => null);
      expect(() => refused({ providers: [twin(), twin()] })).to.throw(ConfigurationError, /twin/);
      expect(() => refused({ providers: [Second, First] })).not.to.throw();
    });

    it('no providers stop the app at start where something is guarded', () => {
      expect(() => startUp(driver)).to.throw(ConfigurationError, /nothing can authenticate/);
      expect(() => startUp(driver, { security: { providers: [] } })).to.throw(ConfigurationError);
      expect(() => startUp(driver, { controllers: [openController()] })).not.to.throw();
      expect(() =>
        startUp(driver, { controllers: [openController()], security: { default: 'authenticated' } }),
      ).to.throw(ConfigurationError);
    });

    it('there is no option that turns guards off', () => {
      for (const more of [{ enabled: false }, { secured: false }, { disabled: true }, { skip: true }]) {
        const security = { providers: [ann('x-api-key')], ...more } as unknown as SecurityOptions;
        expect(() => startUp(driver, { security }), JSON.stringify(more)).to.throw(ConfigurationError);
      }
    });

    it('a skip hook that throws leaves the request guarded', async () => {
      await using api = await start([ann('x-api-key')], {
        skip: () => {
          throw new Error('skip');
        },
      });
      expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.missing);
      expect(api.ran).to.deep.equal([]);
    });
  });
}

function startUp(driver: (typeof DRIVERS)[number], options: SecurestOptions = {}): void {
  const security = { logger: new MemoryLogger(), ...options.security };
  driver.build(securest({ controllers: [guardedController()], ...options, security }));
}

function guardedController(): Constructor<object> {
  @JsonController()
  class Guarded {
    @Authorized() @Get('/guarded') guarded() {
      return {};
    }
  }
  return Guarded;
}

function openController(): Constructor<object> {
  @JsonController()
  class Open {
    @Get('/anyone') anyone() {
      return {};
    }
  }
  return Open;
}
