/** What explain() says of one request, and that it runs no more than it may. */
import { expect } from 'chai';
import {
  Authorized,
  Body,
  CurrentUser,
  Delete,
  Get,
  JsonController,
  Post,
  type RoutingControllersOptions,
  UseBefore,
} from 'routing-controllers';
import {
  ConfigurationError,
  createSecurity,
  explain,
  type ExplainRequest,
  jwksController,
  MemoryUserstore,
  ownerOf,
  Public,
  recentLogin,
  scope,
  type SecurityEvent,
  securityOf,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  TokenService,
  type User,
} from '../../src';
import { MemoryLogger, reset } from '../support/reset';
import { provider } from '../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({
      users: [
        { username: 'eve', roles: ['editor'] },
        { username: 'gus', groups: ['admins'] },
        { username: 'gone', roles: ['admin'], active: false },
      ],
      groups: [{ name: 'admins', roles: ['admin'] }],
    });
  }
}

class Notes {
  get(id: string): { author: string } | null {
    return id === '7' ? { author: 'eve' } : null;
  }
}

class Token extends TokenService {
  constructor() {
    super({ secret: 'x'.repeat(48), issuer: 'i', audience: 'a', ttlSeconds: 60 });
  }
}

const DRIVERS = ['koa', 'express'] as const;

for (const driver of DRIVERS) {
  describe(`explain() on ${driver}`, () => {
    let ran: string[];
    let events: SecurityEvent[];
    let logger: MemoryLogger;
    let options: RoutingControllersOptions;

    const secure = (more: SecurityOptions = {}, host: RoutingControllersOptions = {}) => {
      class Recording {
        use(...args: unknown[]): unknown {
          ran.push('middleware');
          return (args.at(-1) as () => unknown)();
        }
      }
      const isOpen = (_user: User, request: SecurityRequest): boolean => {
        ran.push(`policy ${request.path}`);
        return request.header('x-day') === undefined;
      };
      const failing = (): boolean => {
        throw new Error('no calendar');
      };
      @UseBefore(Recording)
      @JsonController('/notes')
      class NotesController {
        @Get('/:id') one() {
          ran.push('action');
        }
        @Get('/mine') mine() {}
        @Authorized('admin') @Delete('/:id') remove() {}
        @Authorized(['admin', ownerOf(Notes, 'id', { owner: (note) => note.author })])
        @Post('/:id')
        change(@Body() _body: object) {}
        @Authorized('admin') @Authorized([isOpen]) @Get('/of/today') today() {}
        @Authorized(failing) @Get('/of/never') never() {}
        @Authorized(scope('notes')) @Get('/with/scope') scoped() {}
        @Authorized(recentLogin({ maxAgeSeconds: 60 })) @Get('/after/login') recent() {}
        @Authorized() @Get('/of/any') any() {}
        @Public() @Get('/of/all') all(@CurrentUser() _user?: User) {}
      }
      return createSecurity({
        logger,
        onEvent: (event) => void events.push(event),
        providers: [provider('Password', () => null)],
        userstores: [Users],
        ...more,
      }).secure({
        controllers: [NotesController, jwksController({ tokens: Token })],
        middlewares: [],
        routePrefix: '/api',
        ...host,
      });
    };
    const ask = (method: string, path: string, more: Partial<ExplainRequest> = {}) =>
      explain(options, { method, path, driver, ...more });

    beforeEach(() => {
      reset();
      [ran, events, logger] = [[], [], new MemoryLogger()];
      options = secure();
    });

    it('finds the route by the host, names those that it hides, and is frozen', async () => {
      const told = await ask('get', '/api/notes/mine?x=1');
      expect(told).to.deep.equal({
        route: { method: 'GET', path: '/api/notes/:id', action: 'NotesController.one' },
        later: ['GET /api/notes/mine (NotesController.mine)'],
        levels: [],
        outcomes: [],
        refusedBy: undefined,
        verdict: 'allowed',
        status: undefined,
        code: undefined,
        skip: undefined,
      });
      for (const part of [told, told.route, told.later, told.levels, told.outcomes])
        expect(part).to.satisfy(Object.isFrozen);
      expect((await ask('HEAD', '/api/notes/1')).route?.action).to.equal('NotesController.one');
      expect((await ask('GET', '/.well-known/jwks.json')).route?.path).to.equal('/.well-known/jwks.json');
    });

    it('says who is refused, by which level, and with which reply', async () => {
      const remove = async (as?: ExplainRequest['as']) => {
        const told = await ask('DELETE', '/api/notes/7', as === undefined ? {} : { as });
        return [told.verdict, told.status, told.code, told.refusedBy];
      };
      const by = 'role admin (NotesController.remove)';
      expect(await remove()).to.deep.equal(['refused', 401, 'authentication_required', by]);
      expect(await remove({ roles: [] })).to.deep.equal(['refused', 403, 'access_denied', by]);
      expect(await remove({ roles: ['editor'] })).to.deep.equal(['refused', 403, 'access_denied', by]);
      expect(await remove({ user: 'eve' })).to.deep.equal(['refused', 403, 'access_denied', by]);
      expect(await remove({ user: 'gone' })).to.deep.equal([
        'refused',
        401,
        'invalid_credentials',
        'stated login',
      ]);
      const allowed = ['allowed', undefined, undefined, undefined];
      expect(await remove({ roles: ['admin'] })).to.deep.equal(allowed);
      expect(await remove({ user: 'gus' })).to.deep.equal(allowed);
      const open = await ask('GET', '/api/notes/of/all', { as: { user: 'gone' } });
      expect([open.verdict, open.status]).to.deep.equal(['refused', 401]);
      expect((await ask('GET', '/api/notes/1', { as: { user: 'gone' } })).verdict).to.equal('allowed');
    });

    it('runs nothing of the app, and says that it depends', async () => {
      const verdicts = async (as: ExplainRequest['as'], ...paths: string[]) =>
        Promise.all(paths.map(async (path) => (await ask('GET', `/api/notes/${path}`, { as: as! })).verdict));
      const paths = ['of/today', 'of/never', 'with/scope', 'after/login'];
      expect(await verdicts({ roles: ['admin'] }, ...paths)).to.deep.equal(paths.map(() => 'depends'));
      const refused = await ask('GET', '/api/notes/of/today', { as: { roles: ['editor'] } });
      // The policy might fail before the role is asked for, so that the reply is another one.
      expect([refused.verdict, refused.status]).to.deep.equal(['refused', undefined]);
      expect(refused.levels.map(({ holds }) => holds)).to.have.members(['depends', 'no']);
      const owner = await ask('POST', '/api/notes/7', { as: { user: 'eve' } });
      expect([owner.verdict, owner.levels[0]?.holds]).to.deep.equal(['depends', 'depends']);
      expect(ran).to.deep.equal([]);
      expect(events).to.deep.equal([]);
    });

    it('asks the app with run, without an action, a middleware or an event', async () => {
      const run = async (method: string, path: string, as: ExplainRequest['as'] = 'anonymous') => {
        const told = await ask(method, `/api/notes/${path}`, { as, run: true });
        return [told.verdict, told.status, told.levels.map(({ holds }) => holds).join(' ')];
      };
      expect(await run('GET', 'of/today', { roles: ['admin'] })).to.deep.equal([
        'allowed',
        undefined,
        'yes yes',
      ]);
      expect(ran).to.deep.equal(['policy /api/notes/of/today']);
      expect(await run('POST', '7', { user: 'eve' })).to.deep.equal(['allowed', undefined, 'yes']);
      expect(await run('POST', '7', { user: 'gone' })).to.deep.equal(['refused', 401, 'no']);
      expect(await run('POST', '7', { roles: ['editor'] })).to.deep.equal(['refused', 403, 'no']);
      expect(await run('POST', '8', { user: 'eve' })).to.deep.equal(['refused', 403, 'no']);
      expect(await run('POST', '8')).to.deep.equal(['refused', 401, 'no']);
      expect(await run('GET', 'of/never', { roles: [] })).to.deep.equal(['refused', 500, 'depends']);
      expect(await run('GET', 'with/scope', { roles: [] })).to.deep.equal(['allowed', undefined, 'yes']);
      expect(await run('GET', 'after/login', { user: 'eve' })).to.deep.equal(['allowed', undefined, 'yes']);
      expect(await run('GET', 'of/all')).to.deep.equal(['allowed', undefined, '']);
      const { outcomes } = await ask('GET', '/api/notes/of/any', { run: true });
      expect(outcomes).to.deep.equal([{ provider: 'Password', verdict: 'no_credentials' }]);
      expect(ran.filter((name) => !name.startsWith('policy'))).to.deep.equal([]);
      expect(events.filter(({ type }) => type !== 'unavailable')).to.deep.equal([]);
    });

    it('takes no part of a middleware or a body for the answer', async () => {
      class Broken {
        use(): never {
          throw new Error('not for explain()');
        }
      }
      options = secure({}, { middlewares: [Broken] });
      const told = await ask('POST', '/api/notes/7', { as: { roles: ['admin'] } });
      expect(told.verdict).to.equal('allowed');
    });

    it('names the guards where no action serves the request', async () => {
      securityOf(options).guard('admin', { name: 'files' });
      const told = await ask('GET', '/files/x', { as: { roles: ['admin'] } });
      expect(told).to.include({ route: undefined, verdict: 'depends', status: undefined });
      expect(told.levels).to.deep.equal([{ rule: 'role admin', source: 'guard files', holds: 'yes' }]);
      for (const path of ['/', '//', '/api/notes/%E0%A4%A', '/api/notes/1/2/3']) {
        expect((await ask('GET', path)).verdict, path).to.be.oneOf(['depends', 'allowed']);
      }
      expect((await ask('OPTIONS', '/api/notes/1')).route).to.equal(undefined);
    });

    it('counts the skip hook, the role loaders and the authorization providers', async () => {
      class Loader {
        getRoles() {
          ran.push('loader');
          return ['admin'];
        }
      }
      class Closed {
        authorize() {
          return { granted: false, reason: 'closed' };
        }
      }
      options = secure({ roleLoaders: [Loader] });
      const editor = { as: { roles: ['editor'] } };
      expect((await ask('DELETE', '/api/notes/7', editor)).verdict).to.equal('depends');
      expect((await ask('DELETE', '/api/notes/7', { ...editor, run: true })).verdict).to.equal('allowed');
      expect(ran).to.deep.equal(['loader']);
      options = secure({ authorizationProviders: [Closed] });
      const before = await ask('GET', '/api/notes/of/any', editor);
      expect(before.levels.at(-1)).to.deep.equal({
        rule: 'rules of its own',
        source: 'Closed',
        holds: 'depends',
      });
      const closed = await ask('GET', '/api/notes/of/any', { ...editor, run: true });
      expect([closed.verdict, closed.refusedBy]).to.deep.equal(['refused', 'Closed: closed']);
      expect(closed.levels.map(({ holds }) => holds)).to.deep.equal(['yes', 'no']);
      options = secure({ skip: ({ url }) => url.endsWith('?skip') });
      const asked = async (path: string, run: boolean) => {
        const { verdict, skip } = await ask('DELETE', path, { ...editor, run });
        return [verdict, skip];
      };
      expect(await asked('/api/notes/7', false)).to.deep.equal(['depends', 'not called']);
      expect(await asked('/api/notes/7?skip', true)).to.deep.equal(['allowed', 'skipped']);
      expect(await asked('/api/notes/7', true)).to.deep.equal(['refused', undefined]);
      const admin = await ask('DELETE', '/api/notes/7', { as: { roles: ['admin'] } });
      expect([admin.verdict, admin.skip]).to.deep.equal(['allowed', undefined]);
    });

    it('says the outage of a provider or a store, and no cause', async () => {
      class Down {
        getUser(): never {
          throw new ServiceUnavailableError({ cause: new Error('canary-secret') });
        }
      }
      const failing = provider('Failing', () => {
        throw new TypeError('canary-secret');
      });
      options = secure({ providers: [failing] });
      const told = await ask('GET', '/api/notes/of/any', { run: true });
      expect([told.status, told.code, told.refusedBy]).to.deep.equal([500, 'security_error', 'Failing']);
      expect(JSON.stringify(told)).not.to.include('canary');
      options = secure({ userstores: [Down] });
      const failure: unknown = await ask('GET', '/api/notes/1', { as: { user: 'eve' } }).catch(
        (e: unknown) => e,
      );
      expect(failure).to.be.instanceOf(ServiceUnavailableError);
    });

    const refusal = async (given: unknown, of: unknown = options): Promise<string> => {
      const error: unknown = await explain(of as RoutingControllersOptions, given as ExplainRequest).catch(
        (thrown: unknown) => thrown,
      );
      expect(error, JSON.stringify(given)).to.be.instanceOf(ConfigurationError);
      return (error as Error).message;
    };

    it('refuses what it cannot explain', async () => {
      const good = { method: 'GET', path: '/api/notes/1', driver };
      for (const [member, values] of Object.entries({
        method: [undefined, null, '', 'FETCH', 'CONNECT', 'GET ', 7],
        path: [undefined, '', 'notes', '/a b', '/\u00e4', '/a\r\nb', `/${'x'.repeat(8000)}`, 7],
        as: [
          null,
          'admin',
          {},
          { roles: 'admin' },
          { roles: [''] },
          { user: '' },
          { user: 'a', roles: [] },
          [],
        ],
        run: ['true', null],
        driver: ['fastify', null],
        other: [1],
      })) {
        for (const value of values) expect(await refusal({ ...good, [member]: value })).to.include(member);
      }
      expect(await refusal({ ...good, as: { user: 'nobody' } })).to.include('nobody');
      options = secure({ roles: ['admin', 'editor'] });
      expect(await refusal({ ...good, as: { roles: ['editer'] } })).to.include('editer');
      for (const plain of [{}, { controllers: [] }, null, 'options'])
        expect(await refusal(good, plain)).to.include('not secured');
    });
  });
}

describe('securityOf()', () => {
  beforeEach(reset);

  it('is the instance behind options', () => {
    const security = createSecurity({ logger: new MemoryLogger() });
    const options = security.secure({ controllers: [] });
    expect(securityOf(options)).to.equal(security);
    expect(securityOf({ ...options, routePrefix: '/v2' })).to.equal(security);
    const { authorizationChecker, currentUserChecker } = security;
    expect(securityOf({ authorizationChecker, currentUserChecker })).to.equal(security);
  });

  it('refuses options without one, and those of two', () => {
    const [one, other] = [createSecurity(), createSecurity()];
    const { authorizationChecker } = one.secure<RoutingControllersOptions>({});
    const { currentUserChecker } = other.secure<RoutingControllersOptions>({});
    for (const options of [
      {},
      { authorizationChecker: () => true },
      null,
      { authorizationChecker, currentUserChecker },
    ])
      expect(() => securityOf(options as RoutingControllersOptions)).to.throw(ConfigurationError);
  });
});
