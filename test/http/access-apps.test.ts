import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  AuthProvider,
  authorizationChecker,
  createSecurity,
  currentUserChecker,
  Public,
  securest,
  type User,
  Userstore,
} from '../../src';
import { CREATORS, DRIVERS, type Driver, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import {
  ANYONE,
  as,
  CastUserstore,
  NameProvider,
  SecuredServer,
  secured,
  USERS,
} from '../support/secured-server';

/** Starts an app whose options are ready. */
function start(driver: Driver, ...args: Parameters<Driver['build']>): Promise<TestServer> {
  return TestServer.start(driver.build(...args));
}

/** Decorates the cast, for apps that use what is decorated, and silences the console they log to. */
function decorateCast() {
  @AuthProvider(1)
  class Names extends NameProvider {}
  @Userstore()
  class Cast extends CastUserstore {}
  return [Names, Cast];
}

function controllers() {
  class Base {
    @Authorized('staff') @Get('/inherited') inherited() {
      return {};
    }
    @Get('/me') me(@CurrentUser() user?: User) {
      return { name: user?.username ?? 'nobody' };
    }
  }
  @JsonController('/shared')
  class Shared extends Base {
    @Public() @Get('/public') public() {
      return {};
    }
  }
  return [Shared];
}

for (const driver of [...DRIVERS, ...CREATORS]) {
  describe(`Apps on ${driver.name}`, () => {
    beforeEach(reset);

    it('share controller classes under different defaults', async () => {
      const shared = controllers();
      await using open = await SecuredServer.start(driver, { controllers: shared });
      await using closed = await SecuredServer.start(driver, {
        controllers: shared,
        security: { default: 'authenticated' },
      });
      await using last = await SecuredServer.start(driver, { controllers: shared });

      for (const app of [open, last]) {
        expect(await app.admitted('/shared/me')).to.deep.equal(ANYONE);
        expect(await app.admitted('/shared/inherited')).to.deep.equal(['staff', 'both']);
      }
      expect(await closed.admitted('/shared/me')).to.deep.equal(USERS);
      expect(await closed.admitted('/shared/public')).to.deep.equal(ANYONE);
    });

    it('that are plain routing-controllers stay untouched beside a secured one, before and after it', async () => {
      const shared = controllers();
      const asked: unknown[] = [];
      const plain = {
        controllers: shared,
        authorizationChecker: (_action: unknown, roles: unknown[]) => asked.push(roles) > 0,
        currentUserChecker: () => ({ username: 'plain' }),
      };
      await using before = await start(driver, plain);
      await using app = await SecuredServer.start(driver, {
        controllers: shared,
        security: { default: 'authenticated' },
      });
      await using after = await start(driver, plain);

      for (const server of [before, after]) {
        // The host's own ways, lost guard and lost parameter included.
        expect((await server.fetch('/shared/inherited')).status).to.equal(200);
        expect(await (await server.fetch('/shared/me')).json()).to.deep.equal({ name: 'nobody' });
        expect((await server.fetch('/shared/me')).headers.get('vary')).not.to.match(/x-user/i);
      }
      expect(asked).to.deep.equal([]);
      expect(await app.admitted('/shared/inherited')).to.deep.equal(['staff', 'both']);
      expect(await app.json('/shared/me', 'editor')).to.deep.equal({ name: 'editor' });
    });

    it('that set the bare pair by hand get the same compiled access', async () => {
      decorateCast();
      const written: string[] = [];
      const { info, warn } = console;
      console.info = console.warn = (line: string) => written.push(line);
      try {
        await using server = await start(driver, {
          controllers: controllers(),
          authorizationChecker,
          currentUserChecker,
        });
        const status = async (path: string, who: (typeof ANYONE)[number]) =>
          (await server.fetch(path, { headers: as(who) })).status;
        expect(await Promise.all(ANYONE.map((who) => status('/shared/inherited', who)))).to.deep.equal([
          401, 403, 200, 403, 200,
        ]);
        const me = await server.fetch('/shared/me', { headers: as('both') });
        expect(await me.json()).to.deep.equal({ name: 'both' });
      } finally {
        Object.assign(console, { info, warn });
      }
      expect(written.join('\n')).to.contain('1 guarded route');
    });

    it('keep their meaning when securest() is applied twice', async () => {
      const once = secured({ controllers: controllers(), security: { default: 'authenticated' } });
      await using server = await start(driver, securest(securest(once)));
      expect((await server.fetch('/shared/me')).status).to.equal(401);
      expect((await server.fetch('/shared/me', { headers: as('user') })).status).to.equal(200);
      expect((await server.fetch('/shared/inherited', { headers: as('user') })).status).to.equal(403);
    });

    it('keep their meaning when secured options are spread with another routePrefix', async () => {
      const options = secured({
        controllers: controllers(),
        routePrefix: '/v1',
        security: { default: 'authenticated' },
      });
      await using first = await start(driver, options);
      await using second = await start(driver, { ...options, routePrefix: '/v2' });
      for (const [server, prefix] of [
        [first, '/v1'],
        [second, '/v2'],
      ] as const) {
        expect((await server.fetch(`${prefix}/shared/me`)).status).to.equal(401);
        expect((await server.fetch(`${prefix}/shared/me`, { headers: as('user') })).status).to.equal(200);
        expect((await server.fetch(`${prefix}/shared/inherited`, { headers: as('user') })).status).to.equal(
          403,
        );
      }
      expect((await second.fetch('/v1/shared/me')).status).to.equal(404);
    });

    it('take new security over secured options', async () => {
      const logger = new MemoryLogger();
      const open = secured({ controllers: controllers() });
      const security = {
        logger,
        providers: [NameProvider],
        userstores: [CastUserstore],
        default: 'authenticated',
      } as const;
      await using server = await start(driver, securest({ ...open, security }));
      expect((await server.fetch('/shared/me')).status).to.equal(401);
    });

    it('of one instance share its stores, those of another have their own', async () => {
      class Nobody extends CastUserstore {
        override getUser(): null {
          return null;
        }
      }
      const logger = new MemoryLogger();
      const full = createSecurity({ logger, providers: [NameProvider], userstores: [CastUserstore] });
      const empty = createSecurity({ logger, providers: [NameProvider], userstores: [Nobody] });
      const shared = controllers();
      await using first = await start(driver, full.secure({ controllers: shared }));
      await using second = await start(driver, full.secure({ controllers: shared, routePrefix: '/two' }));
      await using third = await start(driver, empty.secure({ controllers: shared }));
      const headers = as('staff');
      expect((await first.fetch('/shared/inherited', { headers })).status).to.equal(200);
      expect((await second.fetch('/two/shared/inherited', { headers })).status).to.equal(200);
      expect((await third.fetch('/shared/inherited', { headers })).status).to.equal(401);
    });
  });
}
