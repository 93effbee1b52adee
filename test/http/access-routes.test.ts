import path from 'node:path';
import { expect } from 'chai';
import { All, Authorized, Controller, Get, Head, JsonController, Method, Post } from 'routing-controllers';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { refusal, SecuredServer, USERS } from '../support/secured-server';

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'controllers');

for (const driver of DRIVERS) {
  describe(`Routes on ${driver.name}`, () => {
    beforeEach(reset);

    it('under a routePrefix are guarded', async () => {
      @Authorized('staff')
      @JsonController('/x')
      class Prefixed {
        @Get('/') list() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, {
        controllers: [Prefixed],
        routePrefix: '/api/v1',
      });
      expect(await app.admitted('/api/v1/x')).to.deep.equal(['staff', 'both']);
      expect(await app.status('/x', 'staff')).to.equal(404);
    });

    it('of a controller without a base route are guarded', async () => {
      @Authorized('staff')
      @JsonController()
      class Rootless {
        @Get('/rootless') list() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Rootless] });
      expect(await app.admitted('/rootless')).to.deep.equal(['staff', 'both']);
    });

    it('as regular expressions are guarded, inherited ones too', async () => {
      class Base {
        @Authorized('staff') @Get(/\/re-[0-9]+/) numbered() {
          return {};
        }
      }
      @JsonController()
      class Sub extends Base {
        @Authorized('editor') @Get(/\/own-[0-9]+/) own() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Sub] });
      expect(await app.admitted('/re-12')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/own-12')).to.deep.equal(['editor', 'both']);
    });

    it('by @All are guarded for every method', async () => {
      @JsonController('/all')
      class Everything {
        @Authorized('staff') @All('/') all() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Everything] });
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        expect(await app.admitted('/all', method)).to.deep.equal(['staff', 'both']);
      }
    });

    it('by any other method decorator are guarded', async () => {
      @Authorized('staff')
      @JsonController('/x')
      class Methods {
        @Post('/') post() {
          return {};
        }
        @Method('delete', '/') remove() {
          return {};
        }
        @Head('/head') head() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Methods] });
      expect(await app.admitted('/x', 'POST')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/x', 'DELETE')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/x/head', 'HEAD')).to.deep.equal(['staff', 'both']);
    });

    it('of several decorators on one method are all guarded', async () => {
      @JsonController('/x')
      class Several {
        @Authorized('staff') @Get('/a') @Post('/b') both() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Several] });
      expect(await app.admitted('/x/a')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/x/b', 'POST')).to.deep.equal(['staff', 'both']);
    });

    it('written in another case or with a slash at the end are guarded as the router matches them', async () => {
      @JsonController('/admin')
      class Admin {
        @Authorized('staff') @Get('/users') list() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Admin] });
      for (const variant of [
        '/admin/users',
        '/ADMIN/Users',
        '/admin/users/',
        '/admin/%75sers',
        '/admin/users?x=1',
      ]) {
        expect([401, 404]).to.include(await app.status(variant));
        expect([403, 404]).to.include(await app.status(variant, 'editor'));
      }
      expect(await app.admitted('/ADMIN/users')).to.deep.equal(['staff', 'both']);
    });

    it('take the method that was sent, whatever an override header says', async () => {
      @JsonController('/x')
      class Overridden {
        @Get('/') open() {
          return {};
        }
        @Authorized('staff') @Post('/') guarded() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Overridden] });
      for (const name of ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method']) {
        const reply = await app.server.raw('/x?_method=GET', { method: 'POST', headers: { [name]: 'GET' } });
        expect(reply.status).to.equal(401);
      }
    });

    describe('of folder patterns', () => {
      // routing-controllers requires the files; what reset() forgot has to be decorated anew.
      beforeEach(() => {
        for (const file of Object.keys(require.cache)) {
          if (file.startsWith(FIXTURES)) Reflect.deleteProperty(require.cache, file);
        }
      });

      it('are guarded like those of classes', async () => {
        await using app = await SecuredServer.start(driver, { controllers: [path.join(FIXTURES, '*.ts')] });
        expect(await app.admitted('/folder/inherited')).to.deep.equal(['staff', 'both']);
        expect(await app.admitted('/folder/own')).to.deep.equal(['both']);
        expect(app.logger.lines).to.include(
          'info securest: 2 guarded routes, 0 opened by @Public(), 0 open by default',
        );
      });

      it('are refused when nothing can authenticate', () => {
        const options = { controllers: [path.join(FIXTURES, '*.ts')], security: { providers: [] } };
        expect(refusal(driver, options)).to.match(/FolderController\.\w+ is guarded/);
      });
    });

    it('of text controllers are guarded and refused as plain text', async () => {
      @Controller('/text')
      class Text {
        @Authorized() @Get('/') text() {
          return 'secret';
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Text] });
      expect(await app.admitted('/text')).to.deep.equal(USERS);
      const denied = await app.server.raw('/text');
      expect(denied.text).to.equal('Unauthorized User');
      expect(denied.response.headers['content-type']).to.match(/^text\/plain/);
    });
  });
}
