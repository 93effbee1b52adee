/** What the host does with errors and denials, and what securest makes of it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { ErrorRequestHandler } from 'express';
import type { Middleware as KoaMiddleware } from 'koa';
import { Authorized, Controller, CurrentUser, Get, JsonController } from 'routing-controllers';
import { BadCredentialsError, SecurityError, type User } from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { NameProvider, QUIET, SecuredServer } from '../support/secured-server';

for (const driver of DRIVERS) {
  describe(`The host's errors on ${driver.name}`, () => {
    beforeEach(reset);

    function guarded(policy: () => boolean = () => true) {
      @JsonController('/json')
      class Json {
        @Authorized(policy) @Get('/') list() {
          return {};
        }
      }
      @Controller('/text')
      class Text {
        @Authorized(policy) @Get('/') list() {
          return 'secret';
        }
      }
      return [Json, Text];
    }

    for (const development of [true, false]) {
      it(`a foreign error's message is sent: a fixed one, with development: ${development}`, async () => {
        const failing = () => {
          throw Object.assign(new Error('relation "users" <b>hunter2</b>'), {
            detail: 'hunter2',
            httpCode: 404,
          });
        };
        await using plain = await TestServer.start(
          driver.build({ controllers: guarded(), authorizationChecker: failing, development }, QUIET),
        );
        expect((await plain.raw('/json')).text).to.contain('hunter2');

        reset();
        await using app = await SecuredServer.start(driver, { controllers: guarded(failing), development });
        const json = await app.server.raw('/json', { headers: { 'x-user': 'user' } });
        expect(json.status).to.equal(500);
        expect(JSON.parse(json.text)).to.deep.equal({
          name: 'SecurityFaultError',
          code: 'security_error',
          message: 'Security Error',
        });
        const text = await app.server.raw('/text', { headers: { 'x-user': 'user' } });
        expect([text.status, text.text]).to.deep.equal([500, 'Security Error']);
        expect(text.response.headers['content-type']).to.match(/^text\/plain/);
      });
    }

    it('a rejection with undefined crashes the process on Express: 500, and the next request is served', async () => {
      const broken: [string, () => unknown][] = [
        ['policy', () => Promise.reject(undefined)],
        [
          'getter',
          () =>
            Promise.reject(
              Object.defineProperty({}, 'message', {
                get: () => {
                  throw new Error('no');
                },
              }),
            ),
        ],
      ];
      for (const [, fail] of broken) {
        reset();
        await using app = await SecuredServer.start(driver, { controllers: guarded(fail as () => boolean) });
        expect(await app.status('/json', 'user')).to.equal(500);
        expect(await app.status('/json')).to.equal(401);
      }
    });

    it("HttpError's constructor costs subclasses their class: an app's own keep theirs", async () => {
      class TooOldError extends BadCredentialsError {
        readonly secret = 'hunter2';
      }
      const error = new TooOldError();
      expect(error).to.be.instanceOf(TooOldError).and.to.be.instanceOf(SecurityError);
      expect(error.name).to.equal('TooOldError');

      class Refusing extends NameProvider {
        override authenticate(): never {
          throw error;
        }
      }
      await using app = await SecuredServer.start(driver, {
        controllers: guarded(),
        security: { providers: [Refusing] },
      });
      const reply = await app.server.raw('/json');
      expect(reply.status).to.equal(401);
      expect(JSON.parse(reply.text)).to.have.all.keys('name', 'code', 'message');
      expect(reply.text).not.to.contain('hunter2');
    });

    it('error.headers is ignored: challenges are header lines of the reply, beside what stood there', async () => {
      class Other extends NameProvider {
        override readonly credential = 'x-other';
        override authenticate() {
          return Promise.resolve(null);
        }
        override challenge() {
          return { scheme: 'Other', params: { realm: 'a "quoted" one' } };
        }
      }
      await using app = await SecuredServer.start(
        driver,
        { controllers: guarded(), security: { providers: [NameProvider, Other] } },
        {
          express: {
            before: (express) =>
              express.use((_request, response, next) => {
                response.setHeader('X-Earlier', 'kept');
                next();
              }),
          },
          koa: {
            before: (koa) =>
              koa.use(async (context, next) => {
                context.set('X-Earlier', 'kept');
                await next();
              }),
          },
        },
      );
      for (const path of ['/json', '/text']) {
        const { response } = await app.server.raw(path);
        const lines = response.rawHeaders.filter((_, index, all) => all[index - 1] === 'WWW-Authenticate');
        expect(lines).to.deep.equal(['Name realm="api"', 'Other realm="a \\"quoted\\" one"']);
        expect(response.headers['x-earlier']).to.equal('kept');
      }
    });

    it("@CurrentUser({ required: true }) is the host's own 401: one with the challenge", async () => {
      @JsonController('/x')
      class Required {
        @Get('/') me(@CurrentUser({ required: true }) user: User) {
          return { name: user.username };
        }
      }
      await using plain = await TestServer.start(
        driver.build({ controllers: [Required], currentUserChecker: () => undefined }, QUIET),
      );
      expect((await plain.raw('/x')).response.headers['www-authenticate']).to.equal(undefined);

      await using app = await SecuredServer.start(driver, { controllers: [Required] });
      const { status, response, text } = await app.server.raw('/x');
      expect([status, response.headers['www-authenticate']]).to.deep.equal([401, 'Name realm="api"']);
      expect(JSON.parse(text)).to.include({ code: 'authentication_required' });
      expect(await app.json('/x', 'staff')).to.deep.equal({ name: 'staff' });
    });

    it("an action's own family error is completed like any other", async () => {
      @JsonController('/x')
      class Throwing {
        @Get('/') list(): never {
          throw new BadCredentialsError();
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Throwing] });
      const { status, response } = await app.server.raw('/x');
      expect([status, response.headers['www-authenticate']]).to.deep.equal([401, 'Name realm="api"']);
    });

    for (const defaultErrorHandler of [true, false]) {
      const sees = driver.isExpress || !defaultErrorHandler;
      it(`a denial ${sees ? 'reaches' : 'cannot reach'} the app's error handling on one kept socket, nothing on stderr, with defaultErrorHandler: ${defaultErrorHandler}`, async () => {
        const seen: unknown[] = [];
        const onError: ErrorRequestHandler = (error, _request, _response, next) => {
          seen.push(error);
          next(error);
        };
        const catching: KoaMiddleware = async (context, next) => {
          try {
            await next();
          } catch (error) {
            seen.push(error);
            context.status = (error as SecurityError).httpCode;
            context.body = error;
          }
        };
        await using app = await SecuredServer.start(
          driver,
          { controllers: guarded(), defaultErrorHandler },
          {
            express: { after: (express) => express.use(onError) },
            koa: { before: (koa) => koa.use(catching) },
          },
        );
        const { port } = new URL(app.server.url);
        const { ports, printed } = await fourDenials(Number(port));
        expect(new Set(ports).size).to.equal(1);
        expect(printed).to.equal('');
        expect(seen.map((error) => error instanceof SecurityError && error.code)).to.deep.equal(
          sees ? Array.from({ length: 4 }, () => 'authentication_required') : [],
        );
      });
    }
  });
}

/** Four denied requests over one agent: the local ports they used, and what was printed meanwhile. */
async function fourDenials(port: number): Promise<{ ports: number[]; printed: string }> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports: number[] = [];
  let printed = '';
  const { write } = process.stderr;
  const { error } = console;
  process.stderr.write = (text) => (printed += String(text)) !== '';
  console.error = (text) => (printed += String(text));
  try {
    for (let count = 0; count < 4; count += 1) {
      await new Promise<void>((resolve, reject) => {
        const request = http.get({ port, path: '/json', agent, host: '127.0.0.1' }, (response) => {
          ports.push((response.socket.address() as AddressInfo).port);
          expect(response.statusCode).to.equal(401);
          response.resume().on('end', resolve);
        });
        request.on('error', reject);
      });
    }
  } finally {
    process.stderr.write = write;
    console.error = error;
    agent.destroy();
  }
  return { ports, printed };
}
