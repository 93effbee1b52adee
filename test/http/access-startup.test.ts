import { expect } from 'chai';
import { All, Authorized, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import { ConfigurationError, createSecurity, currentUserChecker, Public, type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import {
  ANYONE,
  CastUserstore,
  NameProvider,
  refusal,
  SecuredServer,
  USERS,
} from '../support/secured-server';

for (const driver of DRIVERS) {
  describe(`Start-up on ${driver.name}`, () => {
    beforeEach(reset);

    function mixed() {
      @JsonController('/mixed')
      class Mixed {
        @Get('/plain') plain() {
          return {};
        }
        @All('/all') all() {
          return {};
        }
        @Public() @Get('/public') public() {
          return {};
        }
        @Authorized('staff') @Get('/staff') staff() {
          return {};
        }
      }
      return Mixed;
    }

    it("protects every action without @Public() with default: 'authenticated'", async () => {
      await using app = await SecuredServer.start(driver, {
        controllers: [mixed()],
        security: { default: 'authenticated' },
      });
      expect(await app.admitted('/mixed/plain')).to.deep.equal(USERS);
      expect(await app.admitted('/mixed/all', 'PUT')).to.deep.equal(USERS);
      expect(await app.admitted('/mixed/public')).to.deep.equal(ANYONE);
      expect(await app.admitted('/mixed/staff')).to.deep.equal(['staff', 'both']);
      expect(app.logger.lines).to.include(
        'info securest: 3 guarded routes, 1 opened by @Public(), 0 open by default',
      );
      expect(app.warnings).to.deep.equal([]);
    });

    it('is open by default without it, and one line names the open actions that have no @Public()', async () => {
      await using app = await SecuredServer.start(driver, { controllers: [mixed()], routePrefix: '/api' });
      expect(await app.admitted('/api/mixed/plain')).to.deep.equal(ANYONE);
      expect(app.logger.lines).to.include(
        'info securest: 1 guarded route, 1 opened by @Public(), 2 open by default',
      );
      expect(app.warnings).to.deep.equal([
        'warn securest: 2 routes are open to anyone: GET /api/mixed/plain (Mixed.plain); ALL /api/mixed/all (Mixed.all). ' +
          'Guard what is not meant so with @Authorized(), state the rest with @Public(), or set ' +
          "default: 'authenticated'. npx securest report <module> --only open lists them",
      ]);
    });

    it('counts inherited actions once for each controller that has them', async () => {
      class Base {
        @Authorized() @Get('/a') a() {
          return {};
        }
        @Public() @Get('/b') b() {
          return {};
        }
        @Post('/c') c() {
          return {};
        }
      }
      @JsonController('/one')
      class One extends Base {}
      @JsonController('/two')
      class Two extends Base {}

      await using app = await SecuredServer.start(driver, { controllers: [One, Two] });
      expect(app.logger.lines).to.include(
        'info securest: 2 guarded routes, 2 opened by @Public(), 2 open by default',
      );
    });

    it('refuses a default that is no default', () => {
      for (const value of ['Authenticated', 'deny', true, false, '', null]) {
        const security = { default: value as unknown as 'public' };
        expect(refusal(driver, { controllers: [mixed()], security })).to.match(/default/);
      }
    });

    it('refuses a guarded app in which nothing can authenticate', () => {
      const message = refusal(driver, { controllers: [mixed()], security: { providers: [] } });
      expect(message)
        .to.match(/Mixed\.staff is guarded/)
        .and.to.match(/@AuthProvider/);
    });

    it("refuses an app without any provider when it is only guarded by default: 'authenticated'", () => {
      @JsonController('/x')
      class Bare {
        @Get('/') list() {
          return {};
        }
      }
      const security = { providers: [], default: 'authenticated' } as const;
      expect(refusal(driver, { controllers: [Bare], security })).to.match(/Bare\.list is guarded/);
    });

    it('refuses a guarded app that sets only currentUserChecker, inherited guards counting', () => {
      class Base {
        @Authorized() @Get('/') list() {
          return {};
        }
      }
      @JsonController('/x')
      class Sub extends Base {}
      expect(() => driver.build({ controllers: [Sub], currentUserChecker }))
        .to.throw(/Sub\.list is guarded, but only currentUserChecker is set/)
        .with.property('code', 'invalid_configuration');
      const own = createSecurity({ providers: [NameProvider], userstores: [CastUserstore] });
      expect(() => driver.build({ controllers: [Sub], currentUserChecker: own.currentUserChecker })).to.throw(
        /authorizationChecker/,
      );
    });

    it('takes an open app that sets only currentUserChecker', async () => {
      @JsonController('/x')
      class Open {
        @Public() @Get('/') me(@CurrentUser() user?: User) {
          return { name: user?.username ?? 'nobody' };
        }
      }
      const { currentUserChecker: checker } = createSecurity({
        providers: [NameProvider],
        userstores: [CastUserstore],
        logger: new MemoryLogger(),
      });
      await using app = await SecuredServer.start(
        { ...driver, build: () => driver.build({ controllers: [Open], currentUserChecker: checker }) },
        {},
      );
      expect(await app.json('/x')).to.deep.equal({ name: 'nobody' });
      expect(await app.json('/x', 'staff')).to.deep.equal({ name: 'staff' });
    });

    it("refuses an app's own checker beside securest's", () => {
      for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
        expect(refusal(driver, { controllers: [mixed()], [name]: () => true })).to.contain(name);
      }
    });

    it('refuses checkers of different instances', () => {
      const make = () =>
        createSecurity({
          logger: new MemoryLogger(),
          providers: [NameProvider],
          userstores: [CastUserstore],
        });
      const [one, other] = [make(), make()];
      @JsonController('/x')
      class Crossed {
        @Authorized() @Get('/') me(@CurrentUser() user: User) {
          return { user };
        }
      }
      const crossed = {
        controllers: [Crossed],
        authorizationChecker: one.authorizationChecker,
        currentUserChecker: other.currentUserChecker,
      };
      expect(() => driver.build(crossed)).to.throw(ConfigurationError, 'must be the pair of one instance');
    });
  });
}
