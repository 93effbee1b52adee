/** Every guard that stands in the source holds at the route. */
import { expect } from 'chai';
import { type Action, Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import type { Constructor, RoleChecker, User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { ANYONE, refusal, SecuredServer, USERS } from '../support/secured-server';

const STAFF = ['staff', 'both'];
const EDITORS = ['editor', 'both'];

for (const driver of DRIVERS) {
  describe(`Guards in the source on ${driver.name}`, () => {
    beforeEach(reset);
    const start = (...controllers: Constructor<object>[]) => SecuredServer.start(driver, { controllers });

    it('class AND method must hold, and an array within one of them means any of', async () => {
      @Authorized('staff')
      @JsonController('/levels')
      class Levels {
        @Get('/class') ofClass() {
          return {};
        }
        @Authorized('editor') @Get('/both') both() {
          return {};
        }
        @Authorized(['editor', 'staff']) @Get('/wide') wide() {
          return {};
        }
        @Authorized() @Get('/anyone') anyone() {
          return {};
        }
      }
      @Authorized(['staff', 'editor'])
      @JsonController('/any')
      class AnyOf {
        @Authorized('editor') @Get('/') list() {
          return {};
        }
      }

      await using app = await start(Levels, AnyOf);
      expect(await app.admitted('/levels/class')).to.deep.equal(STAFF);
      expect(await app.admitted('/levels/both')).to.deep.equal(['both']);
      expect(await app.admitted('/levels/wide')).to.deep.equal(STAFF);
      expect(await app.admitted('/levels/anyone')).to.deep.equal(STAFF);
      expect(await app.admitted('/any')).to.deep.equal(EDITORS);
    });

    it('of stacked guards each one holds, on methods and on classes, in either order', async () => {
      @JsonController('/methods')
      class Methods {
        @Authorized('staff') @Authorized('editor') @Get('/roles') roles() {
          return {};
        }
        @Authorized() @Authorized('editor') @Get('/last') last() {
          return {};
        }
        @Authorized('editor') @Authorized() @Get('/first') first() {
          return {};
        }
      }
      @Authorized('staff')
      @Authorized('editor')
      @JsonController('/classes')
      class Classes {
        @Get('/') list() {
          return {};
        }
      }

      await using app = await start(Methods, Classes);
      expect(await app.admitted('/methods/roles')).to.deep.equal(['both']);
      expect(await app.admitted('/methods/last')).to.deep.equal(EDITORS);
      expect(await app.admitted('/methods/first')).to.deep.equal(EDITORS);
      expect(await app.admitted('/classes')).to.deep.equal(['both']);
    });

    for (const roles of ['', ' ', [''], ['editor', ''], []]) {
      it(`@Authorized(${JSON.stringify(roles)}) stops the app at start, naming the place`, () => {
        const guard = Authorized as unknown as (roles: unknown) => MethodDecorator & ClassDecorator;
        @JsonController('/method')
        class OnMethod {
          @guard(roles) @Get('/') list() {
            return {};
          }
        }
        @guard(roles)
        @JsonController('/class')
        class OnClass {
          @Get('/') list() {
            return {};
          }
        }
        expect(refusal(driver, { controllers: [OnMethod] })).to.match(/@Authorized on OnMethod\.list: /);
        expect(refusal(driver, { controllers: [OnClass] })).to.match(/@Authorized on class OnClass: /);
      });
    }

    it('a RoleChecker class is called, on methods and classes, and only its literal true grants', async () => {
      const asked: string[] = [];
      class IsEditor implements RoleChecker {
        check(_action: Action, user: User): boolean {
          asked.push(user.username);
          return user.roles?.includes('editor') ?? false;
        }
      }
      class SaysYes {
        check(): unknown {
          return 'yes';
        }
      }
      @Authorized(IsEditor)
      @JsonController('/checked')
      class Checked {
        @Get('/class') ofClass() {
          return {};
        }
        @Authorized('staff') @Get('/both') both() {
          return {};
        }
      }
      @JsonController('/method')
      class OnMethod {
        @Authorized(IsEditor) @Get('/') list() {
          return {};
        }
        @Authorized(SaysYes as unknown as RoleChecker) @Get('/truthy') truthy() {
          return {};
        }
      }

      await using app = await start(Checked, OnMethod);
      expect(await app.admitted('/checked/class')).to.deep.equal(EDITORS);
      expect(asked).to.deep.equal(USERS);
      expect(await app.admitted('/checked/both')).to.deep.equal(['both']);
      expect(await app.admitted('/method')).to.deep.equal(EDITORS);
      expect(await app.admitted('/method/truthy')).to.deep.equal([]);
    });

    it('a guarded route behind an open one is named at start, and never runs unguarded', async () => {
      const ran: string[] = [];
      @JsonController('/users')
      class Users {
        @Get('/:id') one() {
          ran.push('open');
          return { open: true };
        }
        @Authorized() @Get('/me') me(@CurrentUser() user: User) {
          ran.push('me');
          return { secret: user.username };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Users], routePrefix: '/api' });
      expect(app.warnings).to.include(
        'warn securest: GET /api/users/me (Users.me) is guarded, but GET /api/users/:id (Users.one), ' +
          'which is open, comes first and answers for it',
      );
      for (const path of ['/me', '/ME', '/me/', '/me?a=1', '/%6de', '/me%2f']) {
        const { status, text } = await app.server.raw(`/api/users${path}`);
        expect([status, text], path).to.deep.equal([200, '{"open":true}']);
      }
      expect(await app.admitted('/api/users/me', 'HEAD')).to.deep.equal(ANYONE);
      expect(new Set(ran)).to.deep.equal(new Set(['open']));
    });

    it('the guarded route first, there is no warning and the guard stands, however the path is cased', async () => {
      @JsonController('/users')
      class Users {
        @Authorized('staff') @Get('/me') me() {
          return {};
        }
        @Get('/:id') one() {
          return {};
        }
      }
      await using app = await start(Users);
      expect(app.warnings.filter((line) => line.includes('comes first'))).to.deep.equal([]);
      for (const path of ['/me', '/ME', '/me/', '/me?a=1']) {
        expect(await app.admitted(`/users${path}`), path).to.deep.equal(STAFF);
      }
      expect(await app.admitted('/users/you')).to.deep.equal(ANYONE);
    });
  });
}
