import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Access,
  AccessDeniedError,
  AuthorizationProvider,
  AuthProvider,
  type AuthorizationProviderInterface,
  type Constructor,
  Public,
  RoleLoader,
  type SecurityRequest,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, startApi } from '../support/scripted';

type Asked = (request: SecurityRequest, user: User, access: Access) => unknown;

/** An authorization provider that does what a test tells it. */
function rule(name: string, authorize: Asked): Constructor<AuthorizationProviderInterface> {
  return class {
    readonly name = name;
    authorize(request: SecurityRequest, user: User, access: Access): boolean {
      return authorize(request, user, access) as boolean;
    }
  };
}

const byName = provider(
  'p',
  (request) => {
    const username = request.header('x-user');
    return username === undefined ? null : { username, password: 'hash', roles: [username] };
  },
  { credential: 'x-user' },
);

for (const driver of DRIVERS) {
  describe(`Authorization providers on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    const start = (...authorizationProviders: Constructor<AuthorizationProviderInterface>[]) => {
      @JsonController()
      class Things {
        @Authorized() @Get('/guarded/:id') guarded() {
          return {};
        }
        @Authorized('admin') @Get('/admin') admin() {
          return {};
        }
        @Public() @Get('/open') open() {
          return {};
        }
      }
      const security = { providers: [byName], authorizationProviders, deadlineMs: DEADLINE_MS };
      return startApi(driver, { host: { controllers: [Things] }, security });
    };
    const ANN = { 'x-user': 'ann' };

    it('are asked in order, after the guard, with the request, the user and its access', async () => {
      const asked: unknown[] = [];
      const tell = (name: string) =>
        rule(name, ({ method, path }, user, access) => {
          asked.push([name, method, path, user, access.action, access.levels.length]);
          return true;
        });
      await using api = await start(tell('first'), tell('second'));
      expect((await api.get('/guarded/7', ANN)).status).to.equal(200);
      const user = { username: 'ann', roles: ['ann'] };
      expect(asked).to.deep.equal([
        ['first', 'GET', '/guarded/7', user, 'Things.guarded', 1],
        ['second', 'GET', '/guarded/7', user, 'Things.guarded', 1],
      ]);
      asked.length = 0;
      expect((await api.get('/guarded/7')).status).to.equal(401);
      expect((await api.get('/admin', ANN)).status).to.equal(403);
      expect((await api.get('/open', ANN)).status).to.equal(200);
      expect(asked).to.deep.equal([]);
    });

    it('must all grant: the first that does not ends it, and its reason is told to listeners only', async () => {
      const asked: string[] = [];
      const no = rule('office-hours', () => ({ granted: false, reason: 'closed\r\nsince 5' }));
      const never = rule('never', () => void asked.push('never'));
      await using api = await start(
        rule('yes', () => true),
        no,
        never,
      );
      const reply = await api.get('/guarded/7', ANN);
      expect([reply.status, reply.json()]).to.deep.equal([403, BODIES.denied]);
      expect(asked).to.deep.equal([]);
      const denied = api.events.find(({ type }) => type === 'denied');
      expect(denied).to.include({ user: 'ann', reason: 'office-hours: closed\\u000d\\u000asince 5' });
    });

    for (const grant of [
      true,
      Promise.resolve(true),
      { granted: true },
      Promise.resolve({ granted: true }),
    ]) {
      it(`let through for ${grant instanceof Promise ? 'a promise of a grant' : JSON.stringify(grant)}`, async () => {
        await using api = await start(rule('r', () => grant));
        expect((await api.get('/guarded/7', ANN)).status).to.equal(200);
      });
    }

    for (const [name, leftover] of Object.entries({
      nothing: undefined,
      null: null,
      false: false,
      1: 1,
      "'true'": 'true',
      '{}': {},
      'granted: 1': { granted: 1 },
      "granted: 'true'": { granted: 'true' },
      'an array': [true],
      'a function': () => true,
      'a promise of false': Promise.resolve(false),
    })) {
      it(`refuse with 403 for ${name}`, async () => {
        await using api = await start(rule('r', () => leftover));
        const reply = await api.get('/guarded/7', ANN);
        expect([reply.status, reply.json()]).to.deep.equal([403, BODIES.denied]);
      });
    }

    for (const [name, fault, status, reason] of [
      [
        'a backend that is down',
        () => {
          throw new ServiceUnavailableError();
        },
        503,
        'unavailable',
      ],
      [
        'a rejection of one that is down',
        () => Promise.reject(new ServiceUnavailableError()),
        503,
        'unavailable',
      ],
      ['no answer in time', hang, 503, 'deadline_passed'],
      [
        'a bug',
        () => {
          throw new Error('canary');
        },
        500,
        'bug',
      ],
      [
        'a throw of undefined',
        () => {
          throw undefined;
        },
        500,
        'bug',
      ],
      [
        'a denial that is thrown',
        () => {
          throw new AccessDeniedError();
        },
        403,
        undefined,
      ],
    ] as const) {
      // prettier-ignore
      it(`answer ${status} for ${name}`, async () => {
        await using api = await start(rule('broken', fault));
        const reply = await api.get('/guarded/7', ANN);
        expect(reply.status).to.equal(status);
        expect(reply.text).not.to.include('canary');
        const unavailable = api.events.filter(({ type }) => type === 'unavailable');
        if (reason === undefined) expect(unavailable).to.deep.equal([]);
        else expect(unavailable[0]).to.include({ component: 'broken', reason });
      });
    }

    it('are found by their decorator, in their order, and honour the container', async () => {
      const asked: string[] = [];
      const decorate = (name: string, order?: number) => {
        const cls = rule(name, () => asked.push(name) > 0);
        AuthorizationProvider(order)(cls);
      };
      decorate('last', 5);
      decorate('first', -1);
      decorate('default');
      @JsonController()
      class Things {
        @Authorized() @Get('/guarded') guarded() {
          return {};
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [Things] },
        security: { providers: [byName] },
      });
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(asked).to.deep.equal(['first', 'default', 'last']);
      expect(api.logger.lines.filter((line) => line.includes('authorization provider'))).to.have.length(3);
    });

    it('are asked too when their module is imported after the start, and so are role loaders', async () => {
      @JsonController()
      class Things {
        @Authorized() @Get('/guarded') guarded() {
          return {};
        }
        @Authorized('owner') @Get('/owner') owner() {
          return {};
        }
      }
      const host = { controllers: [Things] };
      await using api = await startApi(driver, { host, security: { providers: [byName] } });
      AuthProvider(1)(byName);
      const own = { authorizationProviders: [], roleLoaders: [] };
      await using other = await startApi(driver, { host, security: own });
      // An app with lists of its own is not searched again: two providers with one order would be refused.
      AuthProvider(1)(provider('q', () => null));
      const get = async (path: string, of = api) => (await of.get(path, ANN)).status;
      expect([await get('/guarded'), await get('/owner')]).to.deep.equal([200, 403]);

      class Owners {
        readonly name = 'owners';
        getRoles() {
          return ['owner'];
        }
      }
      RoleLoader()(Owners);
      expect([await get('/owner'), await get('/owner', other)]).to.deep.equal([200, 403]);
      AuthorizationProvider()(rule('late', () => false));
      expect([await get('/guarded'), await get('/guarded', other)]).to.deep.equal([403, 200]);
      const late = api.events.filter(({ type }) => type === 'misconfigured');
      expect(late.map((event) => 'component' in event && event.component)).to.deep.equal(['owners', 'late']);

      class Empty {}
      AuthorizationProvider()(Empty as never);
      for (let turn = 0; turn < 2; turn += 1) {
        expect((await api.get('/guarded', ANN)).json()).to.deep.equal(BODIES.fault);
      }
    });

    it('without the method stop the app at start', async () => {
      class Empty {}
      const outcome = await start(Empty as never).then(
        () => 'started',
        (error: unknown) => (error as { code?: string }).code,
      );
      expect(outcome).to.equal('invalid_configuration');
    });
  });
}
