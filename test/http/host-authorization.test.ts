import 'reflect-metadata';
import { expect } from 'chai';
import {
  type Action,
  All,
  Authorized,
  Controller,
  CurrentUser,
  Get,
  JsonController,
  Param,
  Post,
} from 'routing-controllers';
import {
  allOf,
  anyOf,
  authorizationChecker,
  ConfigurationError,
  type Constructor,
  createSecurity,
  currentUserChecker,
  Public,
  type RoleChecker,
  securest,
  type SecurityOptions,
  type SecurityRequest,
  type User,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { as, CastUserstore, NameProvider, SecuredServer } from '../support/secured-server';

/** What the host does to guards by itself, and what an app gets in its place. */
for (const driver of DRIVERS) {
  describe(`Guards that the host gets wrong, on ${driver.name}`, () => {
    beforeEach(reset);

    const secured = async (controllers: Constructor<object>[], security: SecurityOptions = {}) => {
      const server = await SecuredServer.start(driver, { controllers, security });
      return {
        status: async (path: string, who: Parameters<typeof as>[0], method = 'GET') =>
          (await server.server.raw(path, { method, headers: as(who) })).status,
        server,
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    };

    it('asks an anonymous client at a role-guarded action for credentials', async () => {
      @JsonController()
      class Roles {
        @Authorized('editor') @Get('/a') a() {
          return {};
        }
      }
      await using app = await secured([Roles]);
      expect(await app.status('/a', 'nobody')).to.equal(401);
      expect(await app.status('/a', 'user')).to.equal(403);
      expect(await app.status('/a', 'editor')).to.equal(200);
    });

    it('keeps the guard of a base class and of an inherited method', async () => {
      @Authorized('staff')
      abstract class Base {
        @Authorized('editor') @Get('/a') a() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {}
      await using plain = await TestServer.start(driver.build({ controllers: [Sub] }));
      expect((await plain.raw('/sub/a')).status).to.equal(200);
      await using app = await secured([Sub]);
      expect(await app.status('/sub/a', 'nobody')).to.equal(401);
      expect(await app.status('/sub/a', 'staff')).to.equal(403);
      expect(await app.status('/sub/a', 'editor')).to.equal(403);
      expect(await app.status('/sub/a', 'both')).to.equal(200);
    });

    it('does not let a method widen what its class forbids', async () => {
      @Authorized('staff')
      @JsonController()
      class Both {
        @Authorized('editor') @Get('/a') a() {
          return {};
        }
      }
      await using app = await secured([Both]);
      expect(await app.status('/a', 'editor')).to.equal(403);
      expect(await app.status('/a', 'both')).to.equal(200);
    });

    it('holds every one of several guards on one target', async () => {
      @JsonController()
      class Stacked {
        @Authorized('staff') @Authorized('editor') @Get('/a') a() {
          return {};
        }
      }
      await using app = await secured([Stacked]);
      expect(await app.status('/a', 'staff')).to.equal(403);
      expect(await app.status('/a', 'editor')).to.equal(403);
      expect(await app.status('/a', 'both')).to.equal(200);
    });

    it('calls a RoleChecker class, and only a literal true of it grants', async () => {
      let answer: unknown = true;
      const calls: unknown[][] = [];
      class Policy implements RoleChecker {
        check(action: Action, user: User, request: SecurityRequest): boolean {
          calls.push([action.request !== undefined, user.username, request.path]);
          return answer as boolean;
        }
      }
      @JsonController()
      class Checked {
        @Authorized(Policy) @Get('/a') a() {
          return {};
        }
      }
      const { Container } = await import('typedi');
      Container.set({ id: Policy, type: Policy });
      await using app = await secured([Checked]);
      expect(await app.status('/a', 'user')).to.equal(200);
      expect(calls).to.deep.equal([[true, 'user', '/a']]);
      for (answer of ['false', 1, {}, { ok: false }, null, undefined, Promise.resolve('yes')]) {
        expect(await app.status('/a', 'user'), String(answer)).to.equal(403);
      }
    });

    it('refuses roles that are none, in place of opening the action', () => {
      class NoPolicy {}
      const wrong = [false, 0, 1, Number.NaN, null, '', ' a', [], [undefined], [''], [['a']], {}, NoPolicy];
      for (const role of wrong) {
        reset();
        @JsonController()
        class Wrong {
          @Authorized(role) @Get('/a') a() {
            return {};
          }
        }
        expect(() => build(driver, [Wrong]), typeof role).to.throw(ConfigurationError, 'Wrong.a');
      }
    });

    it('combines roles by allOf and anyOf, and functions as policies', async () => {
      @JsonController()
      class Combined {
        @Authorized(allOf('staff', anyOf('editor', 'admin'))) @Get('/a') a() {
          return {};
        }
        @Authorized((user: User) => user.username === 'user') @Get('/b') b() {
          return {};
        }
      }
      await using app = await secured([Combined]);
      expect(await app.status('/a', 'staff')).to.equal(403);
      expect(await app.status('/a', 'both')).to.equal(200);
      expect(await app.status('/b', 'user')).to.equal(200);
      expect(await app.status('/b', 'both')).to.equal(403);
    });

    it('injects the inherited user at its place, and names what else is lost', async () => {
      abstract class Base {
        @Authorized() @Get('/:id/a') a(@Param('id') id: string, @CurrentUser() user: User) {
          return { id, user: user.username };
        }
      }
      @JsonController('/sub')
      class Sub extends Base {}
      await using app = await secured([Sub]);
      const { text } = await app.server.server.raw('/sub/7/a', { headers: as('user') });
      expect(JSON.parse(text)).to.deep.equal({ user: 'user' });
      expect(app.server.logger.lines.join('\n')).to.include('Sub.a is inherited and loses parameter 1');
    });

    it('names a guarded route that an earlier open one hides', async () => {
      @JsonController()
      class Hidden {
        @Get('/:id') any() {
          return {};
        }
        @Authorized() @Get('/me') me() {
          return {};
        }
      }
      await using app = await secured([Hidden]);
      expect(app.server.logger.lines.join('\n')).to.match(/GET \/me .* is guarded, but GET \/:id/);
    });

    it("protects everything without @Public() by default: 'authenticated'", async () => {
      @JsonController()
      class Mixed {
        @Get('/a') a() {
          return {};
        }
        @Public() @Get('/b') b() {
          return {};
        }
      }
      await using app = await secured([Mixed], { default: 'authenticated' });
      expect(await app.status('/a', 'nobody')).to.equal(401);
      expect(await app.status('/b', 'nobody')).to.equal(200);
      await using open = await secured([Mixed]);
      expect(await open.status('/a', 'nobody')).to.equal(200);
      expect(open.server.logger.lines.join('\n')).to.include('(Mixed.a) is open to anyone');
    });

    it('checks HEAD and every method of @All', async () => {
      @JsonController()
      class Methods {
        @Authorized() @Get('/a') a() {
          return {};
        }
        @Authorized() @All('/all') all() {
          return {};
        }
      }
      await using app = await secured([Methods]);
      expect(await app.status('/a', 'nobody', 'HEAD')).to.equal(401);
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        expect(await app.status('/all', 'nobody', method), method).to.equal(401);
      }
    });

    it('answers a text controller as text/plain without a stack, in development too', async () => {
      @Controller()
      class Text {
        @Authorized() @Get('/a') a() {
          return 'a';
        }
      }
      for (const development of [true, false]) {
        const logger = new MemoryLogger();
        const security = { logger, providers: [NameProvider], userstores: [CastUserstore] };
        await using server = await TestServer.start(
          driver.build(securest({ controllers: [Text], development, security })),
        );
        const { status, text, response } = await server.raw('/a');
        expect([status, text]).to.deep.equal([401, 'Unauthorized User']);
        expect(response.headers['content-type']).to.equal('text/plain; charset=utf-8');
      }
    });

    it('gives the bare pair the same compiled access, and refuses half of it', async () => {
      abstract class Base {
        @Authorized('editor') @Post('/a') a() {
          return {};
        }
      }
      @JsonController()
      class Sub extends Base {}
      expect(() => driver.build({ controllers: [Sub], currentUserChecker })).to.throw(
        ConfigurationError,
        'only currentUserChecker is set',
      );
      expect(() => driver.build({ controllers: [Sub], authorizationChecker, currentUserChecker })).to.throw(
        ConfigurationError,
        'nothing can authenticate',
      );
    });

    it('refuses a check that arrives without compiled access', async () => {
      const logger = new MemoryLogger();
      const own = createSecurity({ logger, providers: [NameProvider], userstores: [CastUserstore] });
      const action = { request: { headers: {}, rawHeaders: [] }, response: undefined } as unknown as Action;
      const outcome = await Promise.resolve(own.authorizationChecker(action, ['editor'])).catch(
        (error: unknown) => error,
      );
      expect(outcome).to.include({ httpCode: 500, code: 'security_error' });
      expect(logger.lines.join('\n')).to.include('another copy of routing-controllers');
    });
  });
}

function build(driver: (typeof DRIVERS)[number], controllers: Constructor<object>[]): unknown {
  const logger = new MemoryLogger();
  return driver.build(
    securest({ controllers, security: { logger, providers: [NameProvider], userstores: [CastUserstore] } }),
  );
}
