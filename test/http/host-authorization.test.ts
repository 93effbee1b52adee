/** The host's own ways with guards, each first shown on a plain app where that is cheap, and what securest answers. */
import { expect } from 'chai';
import {
  type Action,
  All,
  Authorized,
  Body,
  CurrentUser,
  Get,
  JsonController,
  Param,
  Post,
  type RoutingControllersOptions,
  UploadedFile,
  UseBefore,
} from 'routing-controllers';
import type { RoleChecker, User } from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { NameProvider, QUIET, refusal, SecuredServer, USERS } from '../support/secured-server';

for (const driver of DRIVERS) {
  /** An app as the host has it, whose checker lets nobody in; `calls` has the roles of each check. */
  const plainApp = async (options: RoutingControllersOptions, answer: unknown = false) => {
    const calls: unknown[][] = [];
    const authorizationChecker = (_action: Action, roles: unknown[]) => {
      calls.push(roles);
      return answer as boolean;
    };
    const server = await TestServer.start(driver.build({ authorizationChecker, ...options }, QUIET));
    const status = async (path: string, method = 'GET') => (await server.raw(path, { method })).status;
    return { calls, status, [Symbol.asyncDispose]: () => server.close() };
  };

  describe(`The host's guards on ${driver.name}`, () => {
    beforeEach(reset);

    it('403 for an anonymous client at a role-guarded action: 401 with the challenge', async () => {
      @JsonController('/x')
      class Roles {
        @Authorized('editor') @Get('/') list() {
          return {};
        }
      }
      await using plain = await plainApp({ controllers: [Roles] });
      expect(await plain.status('/x')).to.equal(403);

      await using app = await SecuredServer.start(driver, { controllers: [Roles] });
      expect(await app.admitted('/x')).to.deep.equal(['editor', 'both']);
    });

    it("any truthy answer of a check passes: only a policy's literal true", async () => {
      class SaysFalse {
        check(): unknown {
          return 'false';
        }
      }
      @JsonController('/x')
      class Truthy {
        @Authorized(SaysFalse as unknown as RoleChecker) @Get('/') list() {
          return {};
        }
      }
      await using plain = await plainApp({ controllers: [Truthy] }, 'false');
      expect(await plain.status('/x')).to.equal(200);

      await using app = await SecuredServer.start(driver, { controllers: [Truthy] });
      expect(await app.admitted('/x')).to.deep.equal([]);
    });

    it('a guard of a base class or base method is lost: it counts', async () => {
      @Authorized('staff')
      class Base {
        @Authorized('editor') @Get('/') list() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {}
      await using plain = await plainApp({ controllers: [Sub] });
      expect(await plain.status('/sub')).to.equal(200);
      expect(plain.calls).to.deep.equal([]);

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub')).to.deep.equal(['both']);
    });

    it('inherited @Param and @UseBefore are lost: named at start', async () => {
      const trace = (_request: unknown, second: unknown, third?: () => unknown) =>
        (third ?? (second as () => unknown))();
      class Base {
        @UseBefore(trace) @Authorized() @Get('/:id') get(@Param('id') id?: string) {
          return { id: id ?? 'lost' };
        }
      }
      @JsonController('/sub')
      class Sub extends Base {}
      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(app.warnings).to.deep.equal([
        'warn securest: Sub.get is inherited and loses @UseBefore(trace) of Base, ' +
          'parameter 1 (@param) of Base: declare it in the subclass',
      ]);
      expect(await app.json('/sub/7', 'user')).to.deep.equal({ id: 'lost' });
    });

    it('a guard on the child class applies to inherited actions: it still does', async () => {
      class Base {
        @Get('/') list() {
          return {};
        }
      }
      @Authorized('staff')
      @JsonController('/sub')
      class Sub extends Base {}
      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub')).to.deep.equal(['staff', 'both']);
    });

    it('class and method roles become one array: each level holds by itself', async () => {
      @Authorized('staff')
      @JsonController('/x')
      class Levels {
        @Authorized('editor') @Get('/') list() {
          return {};
        }
      }
      await using plain = await plainApp({ controllers: [Levels] });
      await plain.status('/x');
      expect(plain.calls).to.deep.equal([['staff', 'editor']]);

      await using app = await SecuredServer.start(driver, { controllers: [Levels] });
      expect(await app.admitted('/x')).to.deep.equal(['both']);
    });

    it('one of two guards on a target counts: both do', async () => {
      @JsonController('/x')
      class Stacked {
        @Authorized('staff') @Authorized('editor') @Get('/') list() {
          return {};
        }
      }
      await using plain = await plainApp({ controllers: [Stacked] });
      await plain.status('/x');
      expect(plain.calls).to.deep.equal([['editor']]);

      await using app = await SecuredServer.start(driver, { controllers: [Stacked] });
      expect(await app.admitted('/x')).to.deep.equal(['both']);
    });

    it('@Authorized(0) drops the role: refused at start', async () => {
      enum Level {
        Admin,
      }
      @JsonController('/x')
      class Numeric {
        @Authorized(Level.Admin) @Get('/') list() {
          return {};
        }
      }
      await using plain = await plainApp({ controllers: [Numeric] });
      await plain.status('/x');
      expect(plain.calls).to.deep.equal([[]]);

      expect(refusal(driver, { controllers: [Numeric] })).to.match(
        /Numeric\.list: number 0 \(the member of a numeric enum\?.* is not a role/,
      );
    });

    it('a RoleChecker class is never called: it is', async () => {
      let calls = 0;
      class IsEditor implements RoleChecker {
        check(_action: Action, user: User): boolean {
          calls += 1;
          return user.username === 'editor';
        }
      }
      @JsonController('/x')
      class Checked {
        @Authorized(IsEditor) @Get('/') list() {
          return {};
        }
      }
      await using plain = await plainApp({ controllers: [Checked] }, true);
      expect(await plain.status('/x')).to.equal(200);
      expect(calls).to.equal(0);

      await using app = await SecuredServer.start(driver, { controllers: [Checked] });
      expect(await app.admitted('/x')).to.deep.equal(['editor']);
      expect(calls).to.equal(USERS.length);
    });

    it('the roles array is the same for every request: what was compiled at start decides', async () => {
      @JsonController('/x')
      class Compiled {
        @Authorized('editor') @Get('/') list() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Compiled] });
      expect(await app.admitted('/x')).to.deep.equal(['editor', 'both']);
      reset();
      expect(await app.admitted('/x')).to.deep.equal(['editor', 'both']);
    });

    it('@UseBefore and the body parser run before the guard, uploads after it: no action runs', async () => {
      const order: string[] = [];
      const before = (_request: unknown, second: unknown, third?: () => unknown) => {
        order.push('before');
        return (third ?? (second as () => unknown))();
      };
      const storage = {
        _handleFile(_request: unknown, file: { stream: NodeJS.ReadableStream }, done: (error: null) => void) {
          order.push('upload');
          file.stream.resume().on('end', () => done(null));
        },
        _removeFile() {},
      };
      @Authorized()
      @JsonController('/x')
      class Ordered {
        @UseBefore(before) @Post('/body') body(@Body() _body: unknown) {
          order.push('action');
          return {};
        }
        @Post('/file') file(@UploadedFile('file', { options: { storage } }) _file: unknown) {
          order.push('action');
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Ordered] }, QUIET);
      const post = async (path: string, body: string | FormData, headers = {}) =>
        (await app.server.fetch(path, { method: 'POST', body, headers })).status;
      const json = { 'content-type': 'application/json' };
      const form = () => {
        const data = new FormData();
        data.append('file', new Blob(['content']), 'a.txt');
        return data;
      };

      expect(await post('/x/body', '{}', json)).to.equal(401);
      expect(await post('/x/body', '{ broken', json)).to.equal(400);
      expect(await post('/x/file', form())).to.equal(401);
      expect(order.filter((step) => step !== 'before')).to.deep.equal([]);
      expect(order).to.include('before');
      expect(await post('/x/file', form(), { 'x-user': 'user' })).to.equal(200);
      expect(order.slice(-2)).to.deep.equal(['upload', 'action']);
    });

    it('the current user is asked for once a parameter: authenticated once a request', async () => {
      let asked = 0;
      class Counting extends NameProvider {
        override authenticate(...args: Parameters<NameProvider['authenticate']>) {
          asked += 1;
          return super.authenticate(...args);
        }
      }
      @JsonController('/x')
      class Repeated {
        @Authorized() @Authorized('staff') @Get('/guarded') guarded(
          @CurrentUser() a: User,
          @CurrentUser({ required: true }) b: User,
        ) {
          return { same: a === b };
        }
        @Get('/open') open(@CurrentUser() a?: User, @CurrentUser() b?: User) {
          return { same: a === b };
        }
      }
      await using app = await SecuredServer.start(driver, {
        controllers: [Repeated],
        security: { providers: [Counting] },
      });
      expect(await app.json('/x/guarded', 'staff')).to.deep.equal({ same: true });
      expect(asked).to.equal(1);
      expect(await app.json('/x/open', 'staff')).to.deep.equal({ same: true });
      expect(asked).to.equal(2);
    });

    it('HEAD is checked, OPTIONS is answered without the guard: Allow and no data', async () => {
      let runs = 0;
      @JsonController('/x')
      class Guarded {
        @Authorized() @Get('/') list() {
          runs += 1;
          return { secret: true };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Guarded] });
      expect(await app.admitted('/x', 'HEAD')).to.deep.equal(USERS);
      runs = 0;
      const options = await app.server.raw('/x', { method: 'OPTIONS' });
      expect(options.response.headers.allow?.split(/, ?/)).to.include.members(['GET', 'HEAD']);
      expect(options.text).not.to.contain('secret');
      expect(runs).to.equal(0);
    });

    it('@All answers OPTIONS and PROPFIND too: guarded for each', async () => {
      @JsonController('/x')
      class Everything {
        @Authorized('staff') @All('/') all() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Everything] });
      for (const method of ['OPTIONS', 'PROPFIND', 'DELETE']) {
        expect(await app.admitted('/x', method)).to.deep.equal(['staff', 'both']);
      }
    });

    it('an earlier public or @All route hides a later guarded one: named at start', async () => {
      @JsonController('/x')
      class Hiding {
        @Get('/:id') any() {
          return { any: true };
        }
        @Authorized() @Get('/me') me() {
          return { me: true };
        }
        @All('/both') all() {
          return {};
        }
        @Authorized() @Post('/both') post() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Hiding] });
      const lines = app.warnings.filter((line) => line.includes('is guarded, but'));
      expect(lines).to.deep.equal([
        'warn securest: GET /x/me (Hiding.me) is guarded, but GET /x/:id (Hiding.any), which is open, ' +
          'comes first and answers for it',
        'warn securest: POST /x/both (Hiding.post) is guarded, but ALL /x/both (Hiding.all), which is open, ' +
          'comes first and answers for it',
      ]);
      expect(await app.json('/x/me')).to.deep.equal({ any: true });
    });
  });
}
