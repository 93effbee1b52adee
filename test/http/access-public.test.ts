import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { Public } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { ANYONE, refusal, SecuredServer, USERS } from '../support/secured-server';

for (const driver of DRIVERS) {
  describe(`@Public() on ${driver.name}`, () => {
    beforeEach(reset);

    it('on a method opens the guards of its own class and of those above', async () => {
      @Authorized('staff')
      class Base {
        @Get('/guarded') guarded() {
          return {};
        }
      }
      @Authorized('editor')
      @JsonController('/sub')
      class Sub extends Base {
        @Public() @Get('/health') health() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub/health')).to.deep.equal(ANYONE);
      expect(await app.admitted('/sub/guarded')).to.deep.equal(['both']);
    });

    it("on an inherited method never opens a subclass's guard", async () => {
      @Authorized('staff')
      class Base {
        @Public() @Get('/health') health() {
          return {};
        }
      }
      @Authorized('editor')
      @JsonController('/guarded')
      class Guarded extends Base {}
      @JsonController('/plain')
      class Plain extends Base {}

      await using app = await SecuredServer.start(driver, { controllers: [Guarded, Plain] });
      expect(await app.admitted('/guarded/health')).to.deep.equal(['editor', 'both']);
      expect(await app.admitted('/plain/health')).to.deep.equal(ANYONE);
    });

    it("on an override opens the overridden method's guard; a guard on an override closes it", async () => {
      class Base {
        @Authorized('staff') @Get('/opened') opened() {
          return {};
        }
        @Public() @Get('/closed') closed() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {
        @Public() @Get('/opened') override opened() {
          return {};
        }
        @Authorized('staff') @Get('/closed') override closed() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub/opened')).to.deep.equal(ANYONE);
      expect(await app.admitted('/sub/closed')).to.deep.equal(['staff', 'both']);
    });

    it("on a class opens its actions, but a method's guard beats it", async () => {
      @Public()
      @JsonController('/open')
      class Open {
        @Get('/') list() {
          return {};
        }
        @Authorized('editor') @Get('/guarded') guarded() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, {
        controllers: [Open],
        security: { default: 'authenticated' },
      });
      expect(await app.admitted('/open')).to.deep.equal(ANYONE);
      expect(await app.admitted('/open/guarded')).to.deep.equal(['editor', 'both']);
    });

    it("on a base class opens what the base has, not a subclass's additions or its guards", async () => {
      @Public()
      class Base {
        @Get('/inherited') inherited() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {
        @Get('/added') added() {
          return {};
        }
      }
      @Authorized('staff')
      @JsonController('/guarded')
      class Guarded extends Base {}

      await using app = await SecuredServer.start(driver, {
        controllers: [Sub, Guarded],
        security: { default: 'authenticated' },
      });
      expect(await app.admitted('/sub/inherited')).to.deep.equal(ANYONE);
      expect(await app.admitted('/sub/added')).to.deep.equal(USERS);
      expect(await app.admitted('/guarded/inherited')).to.deep.equal(['staff', 'both']);
    });

    it('is refused at start beside @Authorized on one method', () => {
      @JsonController('/x')
      class Contradicted {
        @Public() @Authorized() @Get('/') list() {
          return {};
        }
      }
      expect(refusal(driver, { controllers: [Contradicted] })).to.match(/Contradicted\.list/);
    });

    it('is refused at start beside @Authorized on one class, the base of a controller too', () => {
      @Public()
      @Authorized('staff')
      class Contradicted {
        @Get('/') list() {
          return {};
        }
      }
      @JsonController('/x')
      class Sub extends Contradicted {}
      expect(refusal(driver, { controllers: [Sub] })).to.match(/class Contradicted/);
    });

    it('is refused at start on a class whose base is guarded, at any distance', () => {
      @Authorized()
      class Guarded {
        @Get('/') list() {
          return {};
        }
      }
      class Between extends Guarded {}
      @Public()
      @JsonController('/x')
      class Opened extends Between {}
      expect(refusal(driver, { controllers: [Opened] })).to.match(/class Opened .* base Guarded/);
    });
  });
}
