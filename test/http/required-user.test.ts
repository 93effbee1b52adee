/** A parameter that requires a user guards its action as @Authorized() does. */
import { expect } from 'chai';
import {
  Authorized,
  Body,
  BodyParam,
  createParamDecorator,
  CurrentUser,
  Get,
  JsonController,
  NotFoundError,
  Param,
  Post,
  QueryParam,
} from 'routing-controllers';
import { IsInt } from 'class-validator';
import {
  type Authentication,
  AuthorizationProvider,
  type AuthorizationProviderInterface,
  createSecurity,
  CurrentAuthentication,
  Public,
  type SecurestOptions,
  type SecurityRequest,
  type User,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { as, CastUserstore, NameProvider, QUIET, SecuredServer, USERS } from '../support/secured-server';

class Amount {
  @IsInt() amount!: number;
}

for (const driver of DRIVERS) {
  describe(`A required user on ${driver.name}`, () => {
    beforeEach(reset);

    /** An app whose actions require a user beside parameters that find fault with a request. */
    function picky(ran: string[] = []) {
      const Found = () =>
        createParamDecorator({
          value: () => {
            ran.push('decorator');
            throw new NotFoundError();
          },
        });
      class Base {
        @Get('/inherited/:id') inherited(
          @CurrentUser({ required: true }) _user: User,
          @Param('id') _id: string,
        ) {
          ran.push('action');
          return {};
        }
      }
      @JsonController('/x')
      class Picky extends Base {
        @Post('/body') body(@Body() _body: Amount, @CurrentUser({ required: true }) _user: User) {
          ran.push('action');
          return {};
        }
        @Post('/part') part(
          @BodyParam('amount', { required: true }) _amount: number,
          @CurrentAuthentication({ required: true }) _login: Authentication,
        ) {
          ran.push('action');
          return {};
        }
        @Get('/query') query(
          @QueryParam('page', { required: true }) _page: number,
          @CurrentUser({ required: true }) _user: User,
          @CurrentAuthentication({ required: true }) _login: Authentication,
        ) {
          ran.push('action');
          return {};
        }
        @Get('/found/:id') found(@Found() _one: object, @CurrentUser({ required: true }) _user: User) {
          ran.push('action');
          return {};
        }
        @Public()
        @Get('/public')
        public(
          @QueryParam('page', { required: true }) _page: number,
          @CurrentUser({ required: true }) _user: User,
        ) {
          ran.push('action');
          return {};
        }
      }
      return Picky;
    }

    const ASKED: [string, string, number][] = [
      ['POST', '/x/body', 400],
      ['POST', '/x/part', 400],
      ['GET', '/x/query', 400],
      ['GET', '/x/query?page=many', 400],
      ['GET', '/x/found/1', 404],
      ['GET', '/x/public', 400],
    ];

    it('is asked for before any other parameter is read', async () => {
      const ran: string[] = [];
      await using app = await SecuredServer.start(driver, { controllers: [picky(ran)] }, QUIET);
      const ask = (method: string, path: string, who: 'nobody' | 'user') =>
        app.server.raw(
          path,
          { method, headers: { ...as(who), 'content-type': 'application/json' } },
          method === 'POST' ? '{"amount":"x"}' : undefined,
        );
      for (const [method, path] of [...ASKED, ['GET', '/x/inherited/1']] as const) {
        const { status, response, text } = await ask(method, path, 'nobody');
        expect([status, response.headers['www-authenticate']], path).to.deep.equal([401, 'Name realm="api"']);
        expect(JSON.parse(text), path).to.include({ code: 'authentication_required' });
      }
      expect(ran).to.deep.equal([]);
      for (const [method, path, status] of ASKED) {
        expect((await ask(method, path, 'user')).status, path).to.equal(status);
      }
      expect(ran).to.deep.equal(['decorator']);
    });

    it('is a guarded route for the log, never one that is open', async () => {
      await using app = await SecuredServer.start(driver, { controllers: [picky()] });
      expect(app.warnings.filter((line) => line.includes('open to anyone'))).to.deep.equal([]);
      expect(app.logger.lines.join('\n')).to.contain(
        '6 guarded routes, 0 opened by @Public(), 0 open by default',
      );
    });

    it('has authorization providers asked', async () => {
      const asked: string[] = [];
      @AuthorizationProvider()
      class Closed implements AuthorizationProviderInterface {
        authorize(_request: SecurityRequest, user: User, access: { action: string }) {
          asked.push(access.action);
          return user.username === 'staff';
        }
      }
      Closed;
      @JsonController('/x')
      class Notes {
        @Get('/user') user(@CurrentUser({ required: true }) user: User) {
          return { name: user.username };
        }
        @Get('/login') login(@CurrentAuthentication({ required: true }) login: Authentication) {
          return { name: login.user.username };
        }
        @Get('/maybe') maybe(@CurrentUser() user?: User) {
          return { name: user?.username ?? null };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      for (const path of ['/x/user', '/x/login']) {
        expect(await app.admitted(path)).to.deep.equal(['staff']);
        expect(await app.json(path, 'staff')).to.deep.equal({ name: 'staff' });
      }
      expect(await app.json('/x/maybe', 'user')).to.deep.equal({ name: 'user' });
      expect(new Set(asked)).to.deep.equal(new Set(['Notes.user', 'Notes.login']));
    });

    it('counts for an override that takes another parameter in its place', async () => {
      class Base {
        @Get('/:id') one(@CurrentUser({ required: true }) _user: unknown): object {
          return {};
        }
      }
      @JsonController('/kept')
      class Kept extends Base {
        @Get('/:id') override one(@Param('id') id: unknown) {
          return { id };
        }
      }
      @JsonController('/replaced')
      class Replaced extends Base {
        @Get('/:id') override one(@CurrentUser() user: unknown) {
          return { name: (user as User | undefined)?.username ?? null };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Kept, Replaced] });
      expect(await app.admitted('/kept/1')).to.deep.equal(USERS);
      expect(await app.json('/kept/1', 'user')).to.deep.equal({ id: '1' });
      expect(await app.json('/replaced/1')).to.deep.equal({ name: null });
    });

    it('is not asked for twice where a guard stands already', async () => {
      @JsonController('/x')
      class Notes {
        @Authorized('editor') @Get('/') list(@CurrentUser({ required: true }) user: User) {
          return { name: user.username };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      expect(await app.admitted('/x')).to.deep.equal(['editor', 'both']);
      expect(await app.json('/x', 'both')).to.deep.equal({ name: 'both' });
    });

    it('does not start where only currentUserChecker is set', () => {
      @JsonController('/x')
      class Notes {
        @Get('/') list(@CurrentUser({ required: true }) _user: User) {
          return {};
        }
      }
      const { currentUserChecker } = createSecurity({
        logger: new MemoryLogger(),
        providers: [NameProvider],
        userstores: [CastUserstore],
      });
      const options: SecurestOptions = { controllers: [Notes], currentUserChecker };
      expect(() => driver.build(options)).to.throw(
        /Notes\.list is guarded, but only currentUserChecker is set/,
      );
    });
  });
}
