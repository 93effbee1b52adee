/** What the host does with the metadata of decorators, and what securest makes of it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, Middleware } from 'routing-controllers';
import {
  ConfigurationError,
  type Authentication,
  type Constructor,
  createSecurity,
  CurrentAuthentication,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
} from '../../src';
import { compiled } from '../support/compiled';
import { DRIVERS } from '../support/drivers';
import { otherCopy, type OtherCopy } from '../support/other-copy';
import { MemoryLogger, reset } from '../support/reset';
import {
  CastUserstore,
  type CastMember,
  NameProvider,
  QUIET,
  SecuredServer,
  USERS,
} from '../support/secured-server';

const FIXTURES = path.join(__dirname, '../fixtures/controllers');

type Next = () => unknown;

for (const driver of DRIVERS) {
  describe(`Metadata on ${driver.name}`, () => {
    beforeEach(reset);

    describe('@Authorized(undefined) cannot be told from @Authorized()', () => {
      it('it means any authenticated user, is counted as guarded, and takes nothing from another guard', async () => {
        const lost: string | undefined = undefined;
        @JsonController('/x')
        class Undefined {
          @Authorized(lost as unknown as string) @Get('/method') method() {
            return {};
          }
          @Authorized('staff') @Authorized(lost as unknown as string) @Get('/both') both() {
            return {};
          }
        }
        @Authorized(lost as unknown as string)
        @JsonController('/y')
        class OnClass {
          @Get('/class') class() {
            return {};
          }
        }
        const controllers = [Undefined, OnClass];
        await using app = await SecuredServer.start(driver, { controllers });
        expect(await app.admitted('/x/method')).to.deep.equal(USERS);
        expect(await app.admitted('/x/both')).to.deep.equal(['staff', 'both']);
        expect(await app.admitted('/y/class')).to.deep.equal(USERS);
        expect(app.warnings).to.deep.equal([]);
        expect(app.logger.lines).to.include(
          'info securest: 3 guarded routes, 0 opened by @Public(), 0 open by default',
        );
      });
    });

    describe('controllers that nobody lists', () => {
      beforeEach(forgetFixtures);

      it('of a folder pattern that matches only the subclass have the guard of its base', async () => {
        const pattern = path.join(FIXTURES, 'folder-*.ts');
        await using app = await SecuredServer.start(driver, { controllers: [pattern], routePrefix: '/v1' });
        expect(await app.admitted('/v1/folder/inherited')).to.deep.equal(['staff', 'both']);
        expect(await app.admitted('/v1/folder/own')).to.deep.equal(['both']);
      });

      it("of a folder pattern are guarded in every app that has them, beside a class's own", async () => {
        const pattern = path.join(FIXTURES, '*.ts');
        const hidden = { default: 'authenticated' } as const;
        await using first = await SecuredServer.start(driver, { controllers: [pattern], security: hidden });
        await using second = await SecuredServer.start(driver, { controllers: [pattern] });
        for (const app of [first, second]) {
          expect(await app.admitted('/folder/inherited')).to.deep.equal(['staff', 'both']);
          expect(await app.admitted('/folder/own')).to.deep.equal(['both']);
        }
      });

      for (const [what, controllers] of [
        ['an omitted', {}],
        ['an empty', { controllers: [] as Constructor<object>[] }],
      ] satisfies [string, { controllers?: Constructor<object>[] }][]) {
        it(`are all that are loaded with ${what} list: guarded alike, and none is the library's`, async () => {
          @Authorized('editor')
          class Base {
            @Get('/base') base(@CurrentUser() user: User) {
              return { name: user.username };
            }
          }
          @JsonController('/loaded')
          class Loaded extends Base {}
          expect(Loaded).to.be.a('function');
          await using app = await SecuredServer.start(driver, { ...controllers });
          expect(await app.admitted('/loaded/base')).to.deep.equal(['editor', 'both']);
          expect(await app.json('/loaded/base', 'both')).to.deep.equal({ name: 'both' });
          expect(app.logger.lines).to.include(
            'info securest: 1 guarded route, 0 opened by @Public(), 0 open by default',
          );
        });
      }
    });

    it("AsyncLocalStorage.run in a before-middleware is seen by all of securest's parts, for each request its own", async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen = new Map<string, string[]>();
      const see = (who: string, part: string) => {
        const found = storage.getStore() === who ? part : `${part} of ${storage.getStore() ?? 'nobody'}`;
        seen.set(who, [...(seen.get(who) ?? []), found]);
      };
      const enter = (headers: Record<string, unknown>, next: Next) =>
        storage.run(String(headers['x-user']), next);

      @Middleware({ type: 'before' })
      class Context {
        use(first: { headers: Record<string, unknown> }, second: unknown, third?: Next): unknown {
          return enter(first.headers, third ?? (second as Next));
        }
      }
      class Seeing extends NameProvider {
        override async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
          const user = await super.authenticate(request, userstore);
          see(user?.username ?? '', 'provider');
          return user;
        }
      }
      class Store implements UserstoreInterface {
        async getUser(name: string): Promise<User> {
          see(name, 'store');
          await new Promise(setImmediate);
          return { username: name };
        }
      }
      const policy = async (user: User) => {
        await Promise.resolve();
        see(user.username, 'policy');
        return true;
      };
      @JsonController('/x')
      class Controller {
        @Authorized(policy) @Get('/') async get(
          @CurrentUser() user: User,
          @CurrentAuthentication() login: Authentication,
        ) {
          await Promise.resolve();
          see(login.user.username, 'action');
          return { name: user.username };
        }
      }
      await using app = await SecuredServer.start(driver, {
        controllers: [Controller],
        middlewares: [Context],
        security: { providers: [Seeing], userstores: [Store] },
      });
      const names = Array.from({ length: 40 }, (_, index) => `user-${index}`);
      const replies = await Promise.all(names.map((name) => app.json('/x', name as CastMember)));
      expect(replies).to.deep.equal(names.map((name) => ({ name })));
      for (const name of names) {
        expect(seen.get(name)).to.deep.equal(['store', 'provider', 'policy', 'action']);
      }
    });

    describe('another copy of routing-controllers shares the metadata', () => {
      /** An app that the other copy builds, before the (empty) server of this one. */
      function build(copy: OtherCopy, logger: MemoryLogger) {
        @JsonController('/x')
        class Controller {
          @Authorized() @Get('/guarded') guarded() {
            return { in: true };
          }
          @Authorized('staff') @Get('/staff') staff() {
            return { in: true };
          }
          @Get('/user') user(@CurrentUser() user?: User) {
            return { in: user?.username ?? null };
          }
          @Get('/login') login(@CurrentAuthentication() login?: Authentication) {
            return { in: login?.user.username ?? null };
          }
        }
        const security = createSecurity({ logger, providers: [NameProvider], userstores: [CastUserstore] });
        const options = security.secure({ controllers: [Controller] });
        return driver.build(
          { controllers: [] },
          {
            koa: { before: (app) => void copy.useKoaServer(app, options) },
            express: { before: (app) => void copy.useExpressServer(app, options), ...QUIET.express },
          },
        );
      }

      it('a server that it builds is refused at start', async () => {
        const copy = otherCopy();
        expect(copy.useKoaServer).not.to.equal((await import('routing-controllers')).useKoaServer);
        const logger = new MemoryLogger();
        expect(() => build(copy, logger)).to.throw(ConfigurationError, 'another copy of routing-controllers');
      });
    });
  });
}

/** routing-controllers requires the files; what reset() forgot has to be decorated anew. */
function forgetFixtures(): void {
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(FIXTURES)) Reflect.deleteProperty(require.cache, file);
  }
}

describe('Importing the library', () => {
  it('decorates nothing: no controllers, middlewares, handlers or services', async () => {
    const script = `
      const { getMetadataArgsStorage } = require('routing-controllers');
      const { Container } = require('typedi');
      const before = Container.of().services.length;
      const library = process.argv.slice(1).map((path) => require(path));
      const lists = Object.entries(getMetadataArgsStorage()).map(([name, list]) => [name, list.length]);
      const services = Container.of().services.length - before;
      console.log(JSON.stringify({ lists, services, exports: library.map((one) => Object.keys(one).length) }));
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['-r', 'reflect-metadata', '-e', script, compiled('src/index.ts'), compiled('src/testing/index.ts')],
      { cwd: path.join(__dirname, '../..') },
    );
    const found = JSON.parse(stdout) as { lists: [string, number][]; services: number; exports: number[] };
    expect(found.lists.map(([name]) => name)).to.include.members([
      'controllers',
      'middlewares',
      'interceptors',
      'actions',
      'params',
      'responseHandlers',
      'uses',
    ]);
    expect(found.lists.filter(([, length]) => length !== 0)).to.deep.equal([]);
    expect(found.services).to.equal(0);
    expect(Math.min(...found.exports)).to.be.greaterThan(0);
  });
});
