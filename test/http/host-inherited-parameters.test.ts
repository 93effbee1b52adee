/** The host loses what an action inherits beside its route. */
import { expect } from 'chai';
import {
  Authorized,
  Body,
  CurrentUser,
  Get,
  HeaderParam,
  JsonController,
  Param,
  Post,
  QueryParam,
  UseAfter,
  UseBefore,
} from 'routing-controllers';
import { type Authentication, CurrentAuthentication, type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { as, SecuredServer, USERS } from '../support/secured-server';

type Next = () => unknown;

/** A middleware as both hosts take it. */
function pass(_request: unknown, second: unknown, third?: Next): unknown {
  return (third ?? (second as Next))();
}

for (const driver of DRIVERS) {
  describe(`Inherited parameters on ${driver.name}`, () => {
    beforeEach(reset);

    describe('inherited @CurrentUser and @CurrentAuthentication are lost', () => {
      it('they work, at their places, over two levels, with the user of the request', async () => {
        class Base {
          @Authorized() @Get('/who') who(
            @CurrentUser() user: User,
            @CurrentAuthentication() login: Authentication,
            @CurrentUser() again: User,
          ) {
            return { user: user.username, login: login.user.username, again: again.username };
          }
          @Get('/maybe') maybe(@CurrentUser() user?: User, @CurrentAuthentication() login?: Authentication) {
            return { user: user?.username ?? null, login: login?.user.username ?? null };
          }
        }
        class Between extends Base {}
        @JsonController('/sub')
        class Sub extends Between {}
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        for (const who of ['staff', 'editor'] as const) {
          expect(await app.json('/sub/who', who)).to.deep.equal({ user: who, login: who, again: who });
          expect(await app.json('/sub/maybe', who)).to.deep.equal({ user: who, login: who });
        }
        expect(await app.json('/sub/maybe')).to.deep.equal({ user: null, login: null });
        expect((await app.server.fetch('/sub/maybe', { headers: { 'x-user': 'x' } })).status).to.equal(401);
        expect(app.warnings.filter((line) => line.includes('loses'))).to.deep.equal([]);
      });

      it('required ones refuse anonymous clients with the challenge', async () => {
        class Base {
          @Get('/user') user(@CurrentUser({ required: true }) user: User) {
            return { name: user.username };
          }
          @Get('/login') login(@CurrentAuthentication({ required: true }) login: Authentication) {
            return { name: login.user.username };
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        for (const one of ['/sub/user', '/sub/login']) {
          expect(await app.admitted(one)).to.deep.equal(USERS);
          expect(await app.json(one, 'staff')).to.deep.equal({ name: 'staff' });
        }
      });

      it('siblings, the base itself and an override get what each of them declares', async () => {
        @JsonController('/base')
        class Base {
          @Get('/who') who(@CurrentUser() user?: User, @QueryParam('q') _q?: string): object {
            return { base: user?.username ?? null };
          }
        }
        @JsonController('/left')
        class Left extends Base {}
        @JsonController('/right')
        class Right extends Base {
          @Get('/who') override who(
            @QueryParam('q', { type: 'string' }) first?: unknown,
            @CurrentUser() second?: unknown,
          ) {
            return { right: [first ?? null, (second as User | undefined)?.username ?? null] };
          }
        }
        @JsonController('/bare')
        class Bare extends Base {
          override who(...given: unknown[]) {
            return { bare: given.map((one) => (one as User | undefined)?.username ?? null) };
          }
        }
        await using app = await SecuredServer.start(driver, { controllers: [Base, Left, Right, Bare] });
        expect(await app.json('/base/who?q=1', 'user')).to.deep.equal({ base: 'user' });
        expect(await app.json('/left/who?q=1', 'user')).to.deep.equal({ base: 'user' });
        expect(await app.json('/right/who?q=1', 'user')).to.deep.equal({ right: ['1', 'user'] });
        expect(await app.json('/bare/who?q=1', 'user')).to.deep.equal({ bare: ['user', null] });
        expect(app.warnings.filter((line) => line.includes('loses'))).to.deep.equal(
          ['Left', 'Bare'].map(
            (name) =>
              `warn securest: ${name}.who is inherited and loses parameter 2 (@query) of Base: ` +
              'declare it in the subclass',
          ),
        );
      });
    });

    describe('other inherited parameters and middlewares are lost', () => {
      it('each is named at start, and what is left arrives at its place', async () => {
        @UseBefore(pass)
        class Base {
          @UseAfter(pass) @Authorized() @Post('/:id') post(
            @Param('id') id: string | undefined,
            @CurrentUser() user: User,
            @Body() body: unknown,
            @HeaderParam('x-tag') tag: string | undefined,
          ) {
            return { given: [id ?? null, user.username, body ?? null, tag ?? null] };
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        const [line = '', ...others] = app.warnings;
        expect(others).to.deep.equal([]);
        expect(line).to.match(
          /^warn securest: Sub\.post is inherited and loses .*: declare it in the subclass$/,
        );
        const named = line.replace(/^.* loses |: declare.*$/g, '').split(', ');
        expect(named).to.have.members([
          '@UseBefore(pass) of Base',
          '@UseAfter(pass) of Base',
          'parameter 1 (@param) of Base',
          'parameter 3 (@body) of Base',
          'parameter 4 (@header) of Base',
        ]);
        const reply = await app.server.fetch('/sub/7', {
          method: 'POST',
          headers: { ...as('staff'), 'content-type': 'application/json', 'x-tag': 'a' },
          body: '{}',
        });
        expect(await reply.json()).to.deep.equal({ given: [null, 'staff', null, null] });
      });

      it('what the subclass declares itself is not named, and works', async () => {
        let passed = 0;
        const count = (...args: Parameters<typeof pass>) => {
          passed += 1;
          return pass(...args);
        };
        class Base {
          @UseBefore(pass) @Get('/:id') get(@Param('id') id?: string): object {
            return { id };
          }
        }
        @JsonController('/sub')
        class Sub extends Base {
          @UseBefore(count) @Authorized() @Get('/:id') override get(@Param('id') id?: string) {
            return { sub: id };
          }
        }
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        expect(app.warnings).to.deep.equal([]);
        expect(await app.json('/sub/7', 'user')).to.deep.equal({ sub: '7' });
        expect(passed).to.equal(1);
      });
    });
  });
}
