import 'reflect-metadata';
import { expect } from 'chai';
import http from 'node:http';
import type { Next } from 'koa';
import { type Constructor, type SecurityEvent, securest, SecurityError } from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider, startApi, store } from '../support/scripted';
import { BadCredentialsError } from '../../src/errors';
import { Authorized, ContentType, Get, Header, JsonController } from 'routing-controllers';

const ANN = { username: 'ann', roles: ['editor'] };
const basicProvider = (script: (authorization: string) => unknown) =>
  provider(
    'p',
    (request) => {
      const authorization = request.header('authorization');
      return authorization === undefined ? null : script(authorization);
    },
    { challenge: { scheme: 'Basic', params: { charset: 'UTF-8' } } },
  );

for (const driver of DRIVERS) {
  describe(`Refusals on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    if (driver.isExpress) {
      it('keeps one socket over many 401s, prints nothing, and the app still sees each error', async () => {
        const seen: unknown[] = [];
        const printed: unknown[][] = [];
        const { error: print } = console;
        console.error = (...line: unknown[]) => void printed.push(line);
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        try {
          await using api = await startApi(driver, {
            security: { providers: [basicProvider(() => ANN)] },
            around: {
              express: {
                after: (app) => {
                  app.use(((
                    error: unknown,
                    _request: unknown,
                    _response: unknown,
                    next: (e: unknown) => void,
                  ) => {
                    seen.push(error);
                    next(error);
                  }) as never);
                },
              },
            },
          });
          let sockets = 0;
          api.server.server.on('connection', () => (sockets += 1));
          for (let count = 0; count < 4; count += 1) {
            expect((await api.server.raw('/guarded', { agent })).status).to.equal(401);
          }
          expect(sockets).to.equal(1);
          expect(printed).to.deep.equal([]);
          expect(seen).to.have.length(4);
          for (const error of seen) expect(error).to.be.instanceOf(SecurityError);
        } finally {
          console.error = print;
          agent.destroy();
        }
      });
    }

    it('hands the error to the app where the default error handler is off', async () => {
      const seen: unknown[] = [];
      await using api = await startApi(driver, {
        host: { defaultErrorHandler: false },
        security: { providers: [basicProvider(() => ANN)] },
        around: {
          koa: {
            before: (app) =>
              app.use(async (_context, next: Next) => {
                try {
                  await next();
                } catch (error) {
                  seen.push(error);
                  throw error;
                }
              }),
          },
          express: {
            after: (app) => {
              app.use(((error: unknown, _q: unknown, _r: unknown, next: (e: unknown) => void) => {
                seen.push(error);
                next(error);
              }) as never);
            },
          },
        },
      });
      const { status, challenges } = await api.get('/guarded');
      expect(status).to.equal(401);
      expect(challenges).to.deep.equal(['Basic realm="api", charset="UTF-8"']);
      expect(seen).to.have.length(1);
      expect(seen[0]).to.include({ httpCode: 401, status: 401, code: 'authentication_required' });
    });

    it("keeps the action's own headers off a refusal", async () => {
      @JsonController()
      class Cached {
        @Authorized()
        @Get('/a')
        @Header('Cache-Control', 'public, max-age=60')
        @ContentType('text/html')
        a() {
          return 'a';
        }
      }
      const security = { logger: new MemoryLogger(), providers: [basicProvider(() => ANN)] };
      await using server = await TestServer.start(
        driver.build(securest({ controllers: [Cached], security })),
      );
      const refused = await server.raw('/a');
      expect(refused.response.headers['cache-control']).to.equal('private, no-store');
      expect(refused.response.headers['content-type']).to.match(/^text\/plain/);
      const allowed = await server.raw('/a', { headers: { authorization: 'x y' } });
      expect(allowed.response.headers['cache-control']).to.equal('public, max-age=60');
    });

    it('quotes and escapes the realm (RFC 9110 section 5.6.4)', async () => {
      await using api = await startApi(driver, {
        security: { realm: 'a "b" \\c', providers: [basicProvider(() => ANN)] },
      });
      expect((await api.get('/guarded')).challenges).to.deep.equal([
        'Basic realm="a \\"b\\" \\\\c", charset="UTF-8"',
      ]);
    });

    it('refuses two Authorization lines with 400, whatever the provider', async () => {
      await using api = await startApi(driver, { security: { providers: [basicProvider(() => ANN)] } });
      const headers = ['Authorization', 'Basic YTpi', 'Authorization', 'Basic Yzpk', 'Host', 'x'];
      const { status, text } = await api.server.raw('/guarded', { headers: headers as never });
      expect(status).to.equal(400);
      expect(JSON.parse(text)).to.include({ code: 'invalid_request', message: 'Malformed Credentials' });
      expect(api.ran).to.deep.equal([]);
    });

    it('refuses ambient credentials from foreign pages, and nothing else', async () => {
      await using api = await startApi(driver, {
        security: { providers: [basicProvider(() => ANN)], trustedOrigins: ['https://app.example'] },
      });
      const host = new URL(api.server.url).host;
      const post = async (headers: Record<string, string>, scheme = 'Basic') =>
        (await api.post('/guarded', { authorization: `${scheme} x`, ...headers })).status;
      expect(await post({})).to.equal(200);
      expect(await post({ 'sec-fetch-site': 'same-origin' })).to.equal(200);
      expect(await post({ 'sec-fetch-site': 'none' })).to.equal(200);
      expect(await post({ origin: `http://${host}` })).to.equal(200);
      expect(await post({ origin: 'https://app.example', 'sec-fetch-site': 'cross-site' })).to.equal(200);
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': '' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
      ] as Record<string, string>[]) {
        expect(await post(headers), JSON.stringify(headers)).to.equal(403);
        expect(await post(headers, 'Bearer'), 'Bearer').to.equal(200);
        expect((await api.get('/guarded', { authorization: 'Basic x', ...headers })).status).to.equal(200);
      }
      const body = (await api.post('/guarded', { authorization: 'Basic x', origin: 'null' })).json();
      expect(body).to.deep.equal({ name: 'CrossSiteError', code: 'cross_site', message: 'Access Denied' });
    });

    it('runs no action whatever onUnauthorized does, and sends what it shapes', async () => {
      const hooks: [() => unknown, number, string][] = [
        [() => undefined, 401, 'Unauthorized User'],
        [() => true, 401, 'Unauthorized User'],
        [() => ({ status: 200 }), 401, 'Unauthorized User'],
        [() => ({ status: 302, headers: { Location: '/login' }, body: { go: 'login' } }), 302, 'login'],
        [() => ({ headers: { 'X-Bad': 'a\r\nb' } }), 401, 'Unauthorized User'],
        [() => Promise.reject(new Error('secret')), 401, 'Unauthorized User'],
        [hang, 401, 'Unauthorized User'],
      ];
      for (const [hook, status, text] of hooks) {
        await using api = await startApi(driver, {
          security: {
            providers: [basicProvider(() => ANN)],
            deadlineMs: DEADLINE_MS,
            onUnauthorized: hook as () => undefined,
          },
        });
        const reply = await api.get('/guarded');
        expect([reply.status, reply.text.includes(text)], String(hook)).to.deep.equal([status, true]);
        expect(reply.text).not.to.include('secret');
        expect(api.ran).to.deep.equal([]);
      }
    });

    it('skips a guard only for a literal true, and says so in the event', async () => {
      const answers: [() => unknown, number][] = [
        [() => true, 200],
        [() => 1, 401],
        [() => Promise.resolve(true), 401],
        [
          () => {
            throw new Error('no');
          },
          401,
        ],
      ];
      for (const [skip, status] of answers) {
        await using api = await startApi(driver, {
          security: { providers: [basicProvider(() => ANN)], skip: skip as () => boolean },
        });
        expect((await api.get('/admin')).status, String(skip)).to.equal(status);
        const skipped = api.events.filter((event) => event.type === 'allowed' && event.skipped);
        expect(skipped).to.have.length(status === 200 ? 1 : 0);
      }
    });

    it('reports every decision in safe words, never with a secret', async () => {
      const secret = 'canary-7f3a';
      await using api = await startApi(driver, {
        security: {
          providers: [
            basicProvider((authorization) => {
              if (authorization.includes('bad')) throw new BadCredentialsError({ cause: new Error(secret) });
              return { username: 'a\r\n\u001b[31m\u2028b', password: secret, roles: [] };
            }),
          ],
        },
      });
      await api.get('/guarded');
      await api.get('/guarded', { authorization: `Basic bad-${secret}` });
      const { text } = await api.get('/guarded', { authorization: `Basic ${secret}` });
      expect(text).not.to.include(secret);
      await api.get('/admin', { authorization: `Basic ${secret}` });
      const types = api.events.map(({ type }: SecurityEvent) => type);
      expect(types).to.deep.equal([
        'failed',
        'failed',
        'authenticated',
        'allowed',
        'authenticated',
        'denied',
      ]);
      const told = JSON.stringify(api.events) + api.logger.lines.join('\n');
      expect(told).not.to.include(secret);
      const user = api.events.flatMap((event) => (event.type === 'denied' ? [event.user] : []));
      expect(user).to.deep.equal(['a\\u000d\\u000a\\u001b[31m\\u2028b']);
    });

    it('changes no decision when a listener or the logger fails', async () => {
      const logger = { info: fail, warn: fail, error: fail };
      await using api = await startApi(driver, {
        security: {
          logger,
          providers: [basicProvider(() => ANN)],
          onEvent: () => Promise.reject(new Error('listener')),
        },
      });
      expect((await api.get('/guarded', { authorization: 'x y' })).status).to.equal(200);
      expect((await api.get('/guarded')).status).to.equal(401);
    });

    it('asks several userstores in order, and never a weaker one for one that is down', async () => {
      const asked: string[] = [];
      const named = (name: string, answer: () => unknown): Constructor<{ getUser(): never }> =>
        store(() => {
          asked.push(name);
          return answer();
        }) as never;
      const reads = provider('p', async (request, userstore) => {
        const name = request.header('x-name');
        return name === undefined ? null : userstore.getUser(name);
      });
      await using api = await startApi(driver, {
        security: {
          providers: [reads],
          userstores: [named('first', () => null), named('second', () => ANN), named('third', () => ANN)],
        },
      });
      expect((await api.get('/guarded', { 'x-name': 'ann' })).status).to.equal(200);
      expect(asked).to.deep.equal(['first', 'second']);
    });
  });
}

function fail(): never {
  throw new Error('the log is full');
}
