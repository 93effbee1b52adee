/** No guard is lost on the way from a base class to the route. */
import { expect } from 'chai';
import { All, Authorized, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import type { Constructor, User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { SecuredServer, USERS } from '../support/secured-server';

const STAFF = ['staff', 'both'];
const EDITORS = ['editor', 'both'];

for (const driver of DRIVERS) {
  describe(`Inherited guards on ${driver.name}`, () => {
    beforeEach(reset);
    const start = (...controllers: Constructor<object>[]) => SecuredServer.start(driver, { controllers });

    it('@Authorized methods that a controller inherits stay guarded, for every method', async () => {
      abstract class Crud {
        @Authorized() @Get('/') list(@CurrentUser() user: User) {
          return { user: user.username };
        }
        @Authorized('editor') @Post('/') add(@CurrentUser() user: User) {
          return { user: user.username };
        }
        @Authorized('staff') @All('/all') all() {
          return {};
        }
      }
      class Between extends Crud {}
      @JsonController('/notes')
      class Notes extends Between {}
      @JsonController('/files')
      class Files extends Crud {}

      await using app = await start(Notes, Files);
      for (const path of ['/notes', '/files']) {
        for (const method of ['GET', 'HEAD']) {
          expect(await app.admitted(path, method), `${method} ${path}`).to.deep.equal(USERS);
        }
        expect(await app.admitted(path, 'POST')).to.deep.equal(EDITORS);
        for (const method of ['GET', 'DELETE', 'OPTIONS']) {
          expect(await app.admitted(`${path}/all`, method), `${method} ${path}/all`).to.deep.equal(STAFF);
        }
        expect(await app.json(path, 'staff')).to.deep.equal({ user: 'staff' });
      }
    });

    it('methods inherited from a mixin stay guarded, each by the guard of its own', async () => {
      const listing = (role: string) => {
        class Listing {
          @Authorized(role) @Get('/') list() {
            return { role };
          }
        }
        return Listing;
      };
      @JsonController('/staff')
      class Staff extends listing('staff') {}
      @JsonController('/editors')
      class Editors extends listing('editor') {}

      await using app = await start(Staff, Editors);
      expect(await app.admitted('/staff')).to.deep.equal(STAFF);
      expect(await app.admitted('/editors')).to.deep.equal(EDITORS);
    });

    it("a base class's guard holds for what derived classes inherit, override and add", async () => {
      @Authorized('staff')
      class Base {
        @Get('/inherited') inherited() {
          return {};
        }
        @Get('/overridden') overridden() {
          return {};
        }
      }
      class Between extends Base {}
      @JsonController('/derived')
      class Derived extends Between {
        @Get('/overridden') override overridden() {
          return { own: true };
        }
        @Get('/added') added() {
          return {};
        }
      }

      await using app = await start(Derived);
      for (const action of ['inherited', 'overridden', 'added']) {
        expect(await app.admitted(`/derived/${action}`), action).to.deep.equal(STAFF);
      }
      expect(await app.json('/derived/overridden', 'staff')).to.deep.equal({ own: true });
    });

    it('an override without a guard keeps the one it overrides, also at a path of its own', async () => {
      class Base {
        @Authorized('staff') @Get('/silent') silent() {
          return {};
        }
        @Authorized('staff') @Get('/routed') routed() {
          return {};
        }
        @Authorized('staff') @Get('/moved') moved() {
          return {};
        }
      }
      @JsonController('/derived')
      class Derived extends Base {
        override silent() {
          return { own: true };
        }
        @Get('/routed') override routed() {
          return { own: true };
        }
        @Get('/elsewhere') override moved() {
          return { own: true };
        }
      }

      await using app = await start(Derived);
      for (const path of ['/derived/silent', '/derived/routed', '/derived/elsewhere']) {
        expect(await app.admitted(path), path).to.deep.equal(STAFF);
        expect(await app.json(path, 'staff'), path).to.deep.equal({ own: true });
      }
      expect(await app.status('/derived/moved')).to.be.oneOf([401, 404]);
    });

    it("an override's own guard replaces the method's it overrides, never the classes'", async () => {
      class Plain {
        @Authorized('staff') @Get('/') list() {
          return {};
        }
      }
      @JsonController('/plain')
      class FromPlain extends Plain {
        @Authorized('editor') @Get('/') override list() {
          return {};
        }
      }
      @Authorized('staff')
      class Guarded {
        @Get('/') list() {
          return {};
        }
      }
      @JsonController('/guarded')
      class FromGuarded extends Guarded {
        @Authorized('editor') @Get('/') override list() {
          return {};
        }
      }

      await using app = await start(FromPlain, FromGuarded);
      expect(await app.admitted('/plain')).to.deep.equal(EDITORS);
      expect(await app.admitted('/guarded')).to.deep.equal(['both']);
    });
  });
}
