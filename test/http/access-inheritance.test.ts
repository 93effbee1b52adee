import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { SecuredServer, USERS } from '../support/secured-server';

for (const driver of DRIVERS) {
  describe(`Inherited guards on ${driver.name}`, () => {
    beforeEach(reset);

    it('hold in the subclass when they stand on the base class', async () => {
      @Authorized()
      class Base {
        @Get('/inherited') inherited() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {
        @Get('/own') own() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub/inherited')).to.deep.equal(USERS);
      expect(await app.admitted('/sub/own')).to.deep.equal(USERS);
    });

    it('hold in the subclass when they stand on the base method', async () => {
      class Base {
        @Authorized('editor') @Get('/guarded') guarded() {
          return {};
        }
        @Get('/open') open() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {}

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub/guarded')).to.deep.equal(['editor', 'both']);
      expect(await app.status('/sub/open')).to.equal(200);
    });

    it('hold over three levels, wherever the guard stands', async () => {
      class Top {
        @Authorized('editor') @Get('/method') method() {
          return {};
        }
        @Get('/plain') plain() {
          return {};
        }
      }
      @Authorized('staff')
      class Middle extends Top {}
      class Lower extends Middle {}
      @JsonController('/bottom')
      class Bottom extends Lower {}

      await using app = await SecuredServer.start(driver, { controllers: [Bottom] });
      expect(await app.admitted('/bottom/plain')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/bottom/method')).to.deep.equal(['both']);
    });

    it('must all hold where several classes on the way up have one', async () => {
      @Authorized('staff')
      class Base {
        @Get('/') list() {
          return {};
        }
      }
      @Authorized('editor')
      @JsonController('/sub')
      class Sub extends Base {}

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub')).to.deep.equal(['both']);
    });

    it("are replaced by an override's own method guard, the class guards staying", async () => {
      class Base {
        @Authorized('editor') @Get('/') list() {
          return {};
        }
      }
      @JsonController('/free')
      class Free extends Base {
        @Authorized('staff') @Get('/') override list() {
          return {};
        }
      }
      @Authorized('editor')
      @JsonController('/bound')
      class Bound extends Base {
        @Authorized('staff') @Get('/') override list() {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Free, Bound] });
      expect(await app.admitted('/free')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/bound')).to.deep.equal(['both']);
    });

    it('count for an override without a guard, with or without a route of its own', async () => {
      class Base {
        @Authorized('editor') @Get('/silent') silent() {
          return {};
        }
        @Authorized('editor') @Get('/routed') routed() {
          return {};
        }
      }
      @JsonController('/sub')
      class Sub extends Base {
        override silent() {
          return { own: true };
        }
        @Get('/routed') override routed() {
          return { own: true };
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/sub/silent')).to.deep.equal(['editor', 'both']);
      expect(await app.admitted('/sub/routed')).to.deep.equal(['editor', 'both']);
      expect(await app.json('/sub/routed', 'editor')).to.deep.equal({ own: true });
    });

    it('stay where they are: a guarded subclass guards neither its base nor its sibling', async () => {
      @JsonController('/base')
      class Base {
        @Get('/') list() {
          return {};
        }
      }
      @Authorized('staff')
      @JsonController('/guarded')
      class Guarded extends Base {}
      @JsonController('/sibling')
      class Sibling extends Base {}

      await using app = await SecuredServer.start(driver, { controllers: [Guarded, Sibling, Base] });
      expect(await app.admitted('/guarded')).to.deep.equal(['staff', 'both']);
      expect(await app.status('/sibling')).to.equal(200);
      expect(await app.status('/base')).to.equal(200);
    });
  });
}
