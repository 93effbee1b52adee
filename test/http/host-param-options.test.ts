/** The host writes one app's `defaults.paramOptions` into the parameters of all. */
import { expect } from 'chai';
import { CurrentUser, Get, JsonController, QueryParam } from 'routing-controllers';
import { type Authentication, createSecurity, CurrentAuthentication, type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { ANYONE, QUIET, SecuredServer, USERS } from '../support/secured-server';

/** Controllers whose actions ask for the user in every way. */
function asking() {
  @JsonController('/x')
  class Asking {
    @Get('/maybe') maybe(@CurrentUser() user?: User, @CurrentAuthentication() login?: Authentication) {
      return { user: user?.username ?? null, login: login?.user.username ?? null };
    }
    @Get('/never') never(@CurrentUser({ required: false }) user?: User) {
      return { user: user?.username ?? null };
    }
    @Get('/always') always(@CurrentUser({ required: true }) user: User) {
      return { user: user.username };
    }
    @Get('/query') query(@QueryParam('q') q?: string) {
      return { q: q ?? null };
    }
  }
  return [Asking];
}

for (const driver of DRIVERS) {
  describe(`Defaults of parameters on ${driver.name}`, () => {
    beforeEach(reset);

    describe('defaults.paramOptions are written into the parameters of all apps', () => {
      /** What an anonymous client gets of each action. */
      async function answers(app: SecuredServer): Promise<number[]> {
        const paths = ['/x/maybe', '/x/never', '/x/always', '/x/query'];
        return Promise.all(paths.map((one) => app.status(one)));
      }

      it("required: true is one app's own, and its 401 has the challenge", async () => {
        const controllers = asking();
        const defaults = { paramOptions: { required: true } };
        await using before = await SecuredServer.start(driver, { controllers }, QUIET);
        await using strict = await SecuredServer.start(driver, { controllers, defaults }, QUIET);
        await using after = await SecuredServer.start(driver, { controllers }, QUIET);

        for (const app of [before, after]) {
          expect(await answers(app)).to.deep.equal([200, 200, 401, 200]);
          expect(await app.json('/x/maybe')).to.deep.equal({ user: null, login: null });
        }
        expect(await answers(strict)).to.deep.equal([401, 200, 401, 400]);
        expect(await strict.admitted('/x/maybe')).to.deep.equal(USERS);
        expect(await strict.json('/x/maybe', 'user')).to.deep.equal({ user: 'user', login: 'user' });
      });

      it('required: false takes no requirement away, neither here nor in the next app', async () => {
        const controllers = asking();
        const defaults = { paramOptions: { required: false } };
        await using lax = await SecuredServer.start(driver, { controllers, defaults });
        const strict = { controllers, defaults: { paramOptions: { required: true } } };
        await using after = await SecuredServer.start(driver, strict, QUIET);
        expect(await answers(lax)).to.deep.equal([200, 200, 401, 200]);
        expect(await answers(after)).to.deep.equal([401, 200, 401, 400]);
      });

      it('of an app that is refused at start reach no other', async () => {
        const controllers = asking();
        const refused = { controllers, defaults: { paramOptions: { required: true } } };
        expect(() =>
          driver.build(createSecurity({ logger: new MemoryLogger(), providers: [] }).secure(refused)),
        ).to.throw(/is guarded but nothing can authenticate/);
        await using after = await SecuredServer.start(driver, { controllers });
        expect(await answers(after)).to.deep.equal([200, 200, 401, 200]);
      });

      it('hold for an inherited @CurrentUser as for an own one', async () => {
        class Base {
          @Get('/maybe') maybe(@CurrentUser() user?: User) {
            return { user: user?.username ?? null };
          }
        }
        @JsonController('/own')
        class Own {
          @Get('/maybe') maybe(@CurrentUser() user?: User) {
            return { user: user?.username ?? null };
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        const controllers = [Own, Sub];
        const defaults = { paramOptions: { required: true } };
        await using strict = await SecuredServer.start(driver, { controllers, defaults });
        await using after = await SecuredServer.start(driver, { controllers });
        for (const one of ['/own/maybe', '/sub/maybe']) {
          expect(await strict.admitted(one)).to.deep.equal(USERS);
          expect(await after.admitted(one)).to.deep.equal(ANYONE);
        }
      });
    });
  });
}
