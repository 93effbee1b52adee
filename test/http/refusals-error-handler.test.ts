import { expect } from 'chai';
import type express from 'express';
import type Koa from 'koa';
import { BadCredentialsError, SecurityError, ServiceUnavailableError } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, type Reply, startApi } from '../support/scripted';

const CHALLENGE = { scheme: 'Basic', params: { charset: 'UTF-8' } };
const LINES = ['Bearer realm="api"', 'Basic realm="api", charset="UTF-8"'];
const providers = [
  provider(
    'password',
    (request) => {
      if (request.header('authorization') === 'down')
        throw new ServiceUnavailableError({ retryAfterSeconds: 3 });
      if (request.header('authorization') === 'bad') throw new BadCredentialsError();
      return null;
    },
    { challenge: CHALLENGE },
  ),
  provider('token', () => null, { challenge: { scheme: 'Bearer' } }),
];
/** The app's own error handling is on its own. */
const host = { defaultErrorHandler: false };

type ErrorMiddleware = (
  e: unknown,
  req: express.Request,
  res: express.Response,
  next: express.NextFunction,
) => void;

for (const driver of DRIVERS.filter(({ isExpress }) => !isExpress)) {
  describe(`An app's own error handling on ${driver.name}`, () => {
    beforeEach(reset);

    const catching = (seen: unknown[], answer: (context: Koa.Context, error: SecurityError) => void) => ({
      koa: {
        before: (app: Koa) => {
          app.use(async (context, next) => {
            try {
              await next();
            } catch (error) {
              seen.push(error);
              answer(context, error as SecurityError);
            }
          });
        },
      },
    });

    it('sees the error with its status, and the challenges stay on what it answers', async () => {
      const seen: unknown[] = [];
      await using api = await startApi(driver, {
        host,
        security: { providers },
        around: catching(seen, (context, error) => {
          context.status = error.status;
          context.body = { mine: error.code };
        }),
      });
      const reply = await api.get('/guarded', { authorization: 'bad' });
      expect([reply.status, reply.json()]).to.deep.equal([401, { mine: 'invalid_credentials' }]);
      expect(reply.challenges).to.deep.equal(LINES);
      expect(seen).to.have.length(1);
      expect(seen[0]).to.be.instanceOf(SecurityError);
      expect(seen[0]).to.include({ httpCode: 401, status: 401, expose: true });
      expect(api.ran).to.deep.equal([]);
    });

    it('sees nothing where the host answers by itself', async () => {
      const seen: unknown[] = [];
      await using api = await startApi(driver, {
        security: { providers },
        around: catching(seen, () => {}),
      });
      expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.missing);
      expect(seen).to.deep.equal([]);
    });

    it('may be missing: Koa answers with the status, the challenges and the fixed message', async () => {
      await using api = await startApi(driver, { host, security: { providers } });
      const missing = await api.get('/guarded');
      expect([missing.status, missing.text]).to.deep.equal([401, 'Unauthorized User']);
      expect(missing.challenges).to.deep.equal(LINES);
      expect(missing.headers['cache-control']).to.equal('private, no-store');
      const down = await api.get('/guarded', { authorization: 'down' });
      expect([down.status, down.text, down.headers['retry-after']]).to.deep.equal([
        503,
        'Authentication Unavailable',
        '3',
      ]);
      expect(down.challenges).to.deep.equal([]);
      expect(api.ran).to.deep.equal([]);
    });
  });
}

for (const driver of DRIVERS.filter(({ isExpress }) => isExpress)) {
  describe(`An app's own error handling on ${driver.name}`, () => {
    beforeEach(reset);

    const after = (handler: ErrorMiddleware) => ({
      express: { after: (app: express.Express) => void app.use(handler) },
    });

    it('sees the error with its status, and the challenges stay on what it answers', async () => {
      const seen: unknown[] = [];
      await using api = await startApi(driver, {
        host,
        security: { providers },
        around: after((error, _request, response, _next) => {
          seen.push(error);
          response.status((error as SecurityError).httpCode).json({ mine: (error as SecurityError).code });
        }),
      });
      const reply = await api.get('/guarded', { authorization: 'bad' });
      expect([reply.status, reply.json()]).to.deep.equal([401, { mine: 'invalid_credentials' }]);
      expect(reply.challenges).to.deep.equal(LINES);
      expect(seen).to.have.length(1);
      expect(seen[0]).to.be.instanceOf(SecurityError);
      expect(seen[0]).to.include({ httpCode: 401, status: 401, expose: true });
      expect(api.ran).to.deep.equal([]);
    });

    it('sees the error also where the host has answered by itself', async () => {
      const seen: unknown[] = [];
      await using api = await startApi(driver, {
        security: { providers },
        around: after((error, _request, response, next) => {
          seen.push([(error as SecurityError).code, response.headersSent]);
          next(error);
        }),
      });
      expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.missing);
      expect(seen).to.deep.equal([['authentication_required', true]]);
    });

    it('may be missing or pass the error on: the reply is the same JSON', async () => {
      const expectJson = (reply: Reply) => {
        expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.missing]);
        expect(reply.headers['content-type']).to.equal('application/json; charset=utf-8');
        expect(reply.challenges).to.deep.equal(LINES);
      };
      await using without = await startApi(driver, { host, security: { providers } });
      expectJson(await without.get('/guarded'));
      const down = await without.get('/guarded', { authorization: 'down' });
      expect([down.status, down.headers['retry-after']]).to.deep.equal([503, '3']);
      await using passing = await startApi(driver, {
        host,
        security: { providers },
        around: after((error, _request, _response, next) => {
          next(error);
        }),
      });
      expectJson(await passing.get('/guarded'));
    });
  });
}
