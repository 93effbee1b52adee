import { expect } from 'chai';
import type { ErrorRequestHandler } from 'express';
import { Authorized, Get, InternalServerError, JsonController } from 'routing-controllers';
import { Authentication, BadCredentialsError, type User } from '../../src';
import { type Around, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type ApiOptions, provider, startApi } from '../support/scripted';

const PROOF = { 'WWW-Authenticate': 'Name proof' };
const Named = provider(
  'Named',
  (request) => {
    const username = request.header('authorization');
    return username && new Authentication<User>({ username }, { replyHeaders: PROOF });
  },
  { challenge: { scheme: 'Name' } },
);

/** An app that answers for errors itself, on each host in its way. */
const OWN_ERRORS: Around = {
  koa: {
    before: (app) => {
      app.use(async (context, next) => {
        try {
          await next();
        } catch (error) {
          context.status = (error as { httpCode: number }).httpCode;
          context.body = {};
        }
      });
    },
  },
  express: {
    after: (app) => {
      app.use(((error: { httpCode: number }, _request, response, next) => {
        if (response.headersSent) next(error);
        else response.status(error.httpCode).json({});
      }) satisfies ErrorRequestHandler);
    },
  },
};

for (const driver of DRIVERS) {
  describe(`Reply headers of a provider on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (options: Omit<ApiOptions, 'security'> = {}) =>
      startApi(driver, { security: { providers: [Named] }, ...options });
    const ann = { authorization: 'ann' };

    it('stand on the reply to a request that it authenticated, guarded or open', async () => {
      await using api = await start();
      for (const path of ['/guarded', '/open', '/required', '/many']) {
        const reply = await api.get(path, ann);
        expect([reply.status, reply.challenges], path).to.deep.equal([200, ['Name proof']]);
        expect(reply.headers['cache-control']).to.equal('private, no-store');
      }
    });

    it('stand on no other reply', async () => {
      await using api = await start();
      expect((await api.get('/guarded', ann)).challenges).to.deep.equal(['Name proof']);
      expect((await api.get('/guarded')).challenges).to.deep.equal(['Name realm="api"']);
      expect((await api.get('/open')).challenges).to.deep.equal([]);
    });

    it('stand on a denial', async () => {
      for (const defaultErrorHandler of [true, false]) {
        await using api = await start({ host: { defaultErrorHandler } });
        const reply = await api.get('/admin', ann);
        expect([reply.status, reply.challenges]).to.deep.equal([403, ['Name proof']]);
      }
    });

    class Failing {
      fault(): never {
        throw new InternalServerError('of the app');
      }
      credentials(): never {
        throw new BadCredentialsError();
      }
    }
    const failing = () => {
      JsonController()(Failing);
      Authorized()(Failing);
      for (const name of ['fault', 'credentials'] as const) Get(`/${name}`)(Failing.prototype, name);
      return [Failing];
    };

    it('stand on the reply to an action that throws', async () => {
      const controllers = failing();
      for (const host of [{ controllers }, { controllers, defaultErrorHandler: false }]) {
        await using api = await start({ host, around: OWN_ERRORS });
        const reply = await api.get('/fault', ann);
        expect([reply.status, reply.challenges]).to.deep.equal([500, ['Name proof']]);
      }
    });

    it('give way to the challenges of a 401 that an action throws', async () => {
      const controllers = failing();
      for (const host of [{ controllers }, { controllers, defaultErrorHandler: false }]) {
        await using api = await start({ host });
        const reply = await api.get('/credentials', ann);
        expect([reply.status, reply.challenges]).to.deep.equal([401, ['Name realm="api"']]);
      }
    });

    it('change nothing where they are no headers', async () => {
      const Broken = provider(
        'Broken',
        () =>
          new Authentication(
            { username: 'ann' },
            { replyHeaders: { 'X-One': 'a\r\nb', 'x y': 'c', 'X-Two': 'd' } },
          ),
      );
      await using api = await startApi(driver, { security: { providers: [Broken] } });
      const reply = await api.get('/guarded');
      expect(reply.status).to.equal(200);
      expect(reply.headers).to.not.have.property('x-one');
      expect(reply.headers['x-two']).to.equal('d');
    });

    it('are several lines for several values, and never those of the host', async () => {
      const replyHeaders = {
        'Set-Cookie': ['a=1', 'b=2'],
        'WWW-Authenticate': ['Name proof', 'Other proof'],
        'Transfer-Encoding': 'gzip',
        Trailer: 'X-Sum',
        'Content-Length': '1',
        Connection: 'upgrade',
        Upgrade: 'x',
        'Content-Type': 'none',
      };
      const Several = provider(
        'Several',
        () => new Authentication({ username: 'ann' }, { replyHeaders: replyHeaders as never }),
      );
      await using api = await startApi(driver, { security: { providers: [Several] } });
      for (const path of ['/guarded', '/admin']) {
        const reply = await api.get(path);
        expect(reply.status).to.equal(path === '/admin' ? 403 : 200);
        expect(reply.challenges).to.deep.equal(['Name proof', 'Other proof']);
        if (path === '/guarded') expect(reply.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
        expect(reply.headers['content-type']).to.match(/^application\/json/);
        for (const name of ['trailer', 'upgrade']) expect(reply.headers).to.not.have.property(name);
        expect(reply.headers['content-length']).to.equal(String(reply.text.length));
      }
    });
  });
}
