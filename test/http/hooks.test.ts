import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Authorized, Controller, CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  BadCredentialsError,
  CurrentAuthentication,
  type RefusalReply,
  type SecurityError,
  type SecurityOptions,
  type SecurityRequest,
  type User,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { type Driver, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, BODIES, CrashWatch, provider, startApi } from '../support/scripted';

const providers = [
  provider(
    'p',
    (request) => {
      const user = request.header('x-user');
      if (user === 'bad') throw new BadCredentialsError();
      return user === undefined ? null : { username: user };
    },
    { credential: 'x-user', challenge: { scheme: 'Basic', params: { charset: 'UTF-8' } } },
  ),
];
const CHALLENGE = 'Basic realm="api", charset="UTF-8"';

for (const driver of DRIVERS) {
  describe(`The skip hook on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();
    const start = (skip: (request: SecurityRequest) => unknown) =>
      startApi(driver, { security: { providers, skip: skip as SecurityOptions['skip'] & {} } });

    it('lets a request pass its guard and its roles for a literal true, and the event says so', async () => {
      await using api = await start(({ path }) => path === '/admin');
      const reply = await api.get('/admin');
      expect([reply.status, reply.json()]).to.deep.equal([200, { user: null }]);
      expect(api.events).to.deep.equal([
        {
          type: 'allowed',
          user: undefined,
          skipped: true,
          method: 'GET',
          path: '/admin',
          route: '/admin',
          ip: '127.0.0.1',
        },
      ]);
      expect((await api.get('/guarded')).status).to.equal(401);
    });

    it('keeps the user of an authenticated request', async () => {
      await using api = await start(() => true);
      expect((await api.get('/admin', { 'x-user': 'ann' })).json()).to.deep.equal({ user: 'ann' });
    });

    it('opens no more than the guard: bad credentials still answer 401 to @CurrentUser', async () => {
      await using api = await start(() => true);
      expect((await api.get('/guarded', { 'x-user': 'bad' })).json()).to.deep.equal(BODIES.bad);
      expect((await api.get('/required')).json()).to.deep.equal(BODIES.missing);
      expect(api.ran).to.deep.equal([]);
    });

    const NOT_SKIPPED: Record<string, () => unknown> = {
      false: () => false,
      undefined: () => undefined,
      '1': () => 1,
      "'true'": () => 'true',
      'an object': () => ({}),
      'a Boolean object': () => new Boolean(true),
      'a promise of true': () => Promise.resolve(true),
      'a promise that rejects': () => Promise.reject(new Error('skip')),
      'a promise that never settles': () => new Promise(() => {}),
      'a throw': () => {
        throw new Error('skip');
      },
      'a throw of undefined': () => {
        throw undefined;
      },
    };
    for (const [name, skip] of Object.entries(NOT_SKIPPED)) {
      it(`does not skip for ${name}`, async () => {
        using watch = new CrashWatch();
        await using api = await start(skip);
        expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.missing);
        expect((await api.get('/admin', { 'x-user': 'ann' })).json()).to.deep.equal(BODIES.denied);
        expect((await api.get('/guarded', { 'x-user': 'ann' })).status).to.equal(200);
        expect(api.ran).to.deep.equal(['guarded']);
        expect(api.events.some((event) => 'skipped' in event && event.skipped)).to.equal(false);
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    it('is announced at start', async () => {
      await using api = await start(() => false);
      expect(api.logger.lines.some((line) => /^warn .*skip hook/.test(line))).to.equal(true);
    });
  });

  describe(`The onUnauthorized hook on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    type Hook = (request: SecurityRequest, error: SecurityError) => unknown;
    const start = (hook: Hook, host = {}) =>
      startApi(driver, {
        host,
        security: {
          providers,
          deadlineMs: DEADLINE_MS,
          onUnauthorized: hook as SecurityOptions['onUnauthorized'] & {},
        },
      });
    const expectRefused = async (api: Api) => {
      for (const [path, headers, status, body] of [
        ['/guarded', {}, 401, BODIES.missing],
        ['/guarded', { 'x-user': 'bad' }, 401, BODIES.bad],
        ['/open', { 'x-user': 'bad' }, 401, BODIES.bad],
        ['/required', {}, 401, BODIES.missing],
        ['/admin', { 'x-user': 'ann' }, 403, BODIES.denied],
      ] as const) {
        const reply = await api.get(path, headers);
        expect([reply.status, reply.json()], path).to.deep.equal([status, body]);
        expect(reply.challenges, path).to.deep.equal(status === 401 ? [CHALLENGE] : []);
      }
      expect(api.ran).to.deep.equal([]);
    };

    const NO_REPLIES: Record<string, Hook> = {
      nothing: () => undefined,
      null: () => null,
      true: () => true,
      "'allow'": () => 'allow',
      'a promise of true': () => Promise.resolve(true),
      'a user': () => ({ username: 'ann' }),
      'status 200': () => ({ status: 200 }),
      'status 204 as text': () => ({ status: '204' }),
      'an unknown status': () => ({ status: 999 }),
      'a status that is NaN': () => ({ status: NaN }),
      'a header that is none': () => ({ headers: { 'X-Bad': 'a\r\nSet-Cookie: x=1', 'b ad': 'x' } }),
      'a body that JSON cannot write': () => {
        const body: Record<string, unknown> = {};
        body['self'] = body;
        return { status: 302, body };
      },
      'a bigint as body': () => ({ body: 1n }),
      'a throw': () => {
        throw new Error('canary');
      },
      'a throw of undefined': () => {
        throw undefined;
      },
      'a rejection': () => Promise.reject(new Error('canary')),
      'no end': hang,
    };
    for (const [name, hook] of Object.entries(NO_REPLIES)) {
      it(`runs no action and changes nothing for ${name}`, async () => {
        using watch = new CrashWatch();
        await using api = await start(hook);
        await expectRefused(api);
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    it('shapes status, headers and body', async () => {
      const seen: [string, string, string][] = [];
      await using api = await start(({ path }, error): RefusalReply => {
        seen.push([path, error.code, error.name]);
        return { status: 418, headers: { 'X-Mine': 'yes', 'Retry-After': '5' }, body: { mine: [1, null] } };
      });
      const reply = await api.get('/guarded');
      expect([reply.status, reply.json()]).to.deep.equal([418, { mine: [1, null] }]);
      expect(reply.headers).to.include({ 'x-mine': 'yes', 'retry-after': '5' });
      expect(reply.headers['cache-control']).to.equal('private, no-store');
      expect(reply.challenges).to.deep.equal([CHALLENGE]);
      expect(seen).to.deep.equal([['/guarded', 'authentication_required', 'AuthenticationRequiredError']]);
      expect(api.ran).to.deep.equal([]);
    });

    const OF_THE_HOST: Record<string, string | string[]> = {
      'Transfer-Encoding': 'chunked',
      Trailer: 'X-Sum',
      'content-length': '5000',
      Connection: 'upgrade',
      'Keep-Alive': 'timeout=900',
      Upgrade: 'websocket',
      TE: 'trailers',
      Expect: '100-continue',
      'Content-Encoding': 'gzip',
    };
    const NO_TYPES = ['', 'text', 'text/plain; charset', 'text/plain, text/html', ';'];
    const bad: [string, RefusalReply['headers'] & {}][] = [
      ...Object.entries(OF_THE_HOST).map(([name, value]): [string, RefusalReply['headers'] & {}] => [
        name,
        { [name]: value },
      ]),
      ['all of them', OF_THE_HOST],
      ...NO_TYPES.map((type): [string, RefusalReply['headers'] & {}] => [
        `Content-Type '${type}'`,
        { 'Content-Type': type },
      ]),
    ];
    for (const [what, headers] of bad) {
      for (const defaultErrorHandler of [true, false]) {
        it(`sends no ${what}, but the rest of the reply, defaultErrorHandler: ${defaultErrorHandler}`, async () => {
          using watch = new CrashWatch();
          @Controller()
          class Text {
            @Authorized() @Get('/text') text() {
              return 'text';
            }
          }
          @JsonController()
          class Json {
            @Authorized() @Get('/json') json() {
              return {};
            }
            @Get('/thrown') thrown() {
              throw Object.assign(new BadCredentialsError(), { headers: { ...headers, 'X-Mine': 'yes' } });
            }
          }
          const controllers = [Text, Json];
          await using api = await start(
            () => ({ status: 418, headers: { ...headers, 'X-Mine': 'yes', 'Set-Cookie': ['a=1', 'b=2'] } }),
            { controllers, defaultErrorHandler },
          );
          for (const path of ['/text', '/json', '/thrown']) {
            const reply = await api.get(path);
            const isThrown = path === '/thrown';
            expect([reply.status, reply.headers['x-mine']], path).to.deep.equal([
              isThrown ? 401 : 418,
              'yes',
            ]);
            expect(reply.headers['set-cookie'], path).to.deep.equal(isThrown ? undefined : ['a=1', 'b=2']);
            for (const name of ['trailer', 'upgrade', 'te', 'expect', 'content-encoding']) {
              expect(reply.headers, path).to.not.have.property(name);
            }
            expect(reply.text, path).to.have.length(Number(reply.headers['content-length']));
          }
          expect(await watch.settled()).to.deep.equal([]);
        });
      }
    }

    it('is asked for the JSON of its body once', async () => {
      using watch = new CrashWatch();
      for (const defaultErrorHandler of [true, false]) {
        await using api = await start(
          () => {
            let asked = 0;
            return {
              body: {
                toJSON() {
                  asked += 1;
                  if (asked > 1) throw new Error('once');
                  return { asked };
                },
              },
            };
          },
          { defaultErrorHandler },
        );
        const reply = await api.get('/guarded');
        expect([reply.status, JSON.parse(reply.text)]).to.deep.equal([401, { asked: 1 }]);
      }
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('shapes a redirect, later too', async () => {
      await using api = await start(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return { status: 303, headers: { Location: '/login' } };
      });
      const reply = await api.get('/guarded');
      expect([reply.status, reply.headers.location]).to.deep.equal([303, '/login']);
      expect(api.ran).to.deep.equal([]);
    });

    it('is asked once for an open action with several parameters for the user', async () => {
      @JsonController()
      class Open {
        @Get('/both') both(@CurrentUser() _user?: User, @CurrentAuthentication() _login?: Authentication) {
          return {};
        }
      }
      const paths: string[] = [];
      await using api = await start(({ path }) => void paths.push(path), { controllers: [Open] });
      expect((await api.get('/both', { 'x-user': 'bad' })).status).to.equal(401);
      expect(paths).to.deep.equal(['/both']);
    });

    it('is asked anew for each request and leaves no trace on the next', async () => {
      let first = true;
      await using api = await start(() => {
        const reply = first ? { status: 418, headers: { 'X-Mine': 'yes' }, body: 'mine' } : undefined;
        first = false;
        return reply;
      });
      expect((await api.get('/guarded')).status).to.equal(418);
      const next = await api.get('/guarded');
      expect([next.status, next.json(), next.headers['x-mine']]).to.deep.equal([
        401,
        BODIES.missing,
        undefined,
      ]);
    });

    it('shapes the text of a text controller', async () => {
      @Controller()
      class Text {
        @Authorized() @Get('/text') text() {
          return 'text';
        }
      }
      await using api = await start(() => ({ body: 'Please log in' }), { controllers: [Text] });
      const reply = await api.get('/text');
      expect([reply.status, reply.text]).to.deep.equal([401, 'Please log in']);
      expect(reply.headers['content-type']).to.match(/^text\/plain/);
    });

    it('shapes what it is given with defaultErrorHandler: false too', async () => {
      await using api = await start(() => ({ status: 418, headers: { 'X-Mine': 'yes' }, body: 'mine' }), {
        defaultErrorHandler: false,
      });
      const reply = await api.get('/guarded');
      expect([reply.status, reply.headers['x-mine']]).to.deep.equal([418, 'yes']);
      expect(reply.text).to.contain('mine');
    });

    it('may write the whole reply itself, and no action runs', async () => {
      using watch = new CrashWatch();
      await using api = await start((request) => {
        const response = responseOf(request, driver);
        response.statusCode = 403;
        response.setHeader('Content-Type', 'text/plain');
        response.end('written by the hook');
      });
      for (const path of ['/guarded', '/required']) {
        const reply = await api.get(path);
        expect([reply.status, reply.text]).to.deep.equal([403, 'written by the hook']);
      }
      expect(api.ran).to.deep.equal([]);
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('cannot leave a reply half written so that it looks whole, and no action runs', async () => {
      using watch = new CrashWatch();
      await using api = await start((request) => {
        responseOf(request, driver).write('half');
      });
      const outcome = await api.get('/guarded').then(
        () => 'a whole reply',
        () => 'cut off',
      );
      expect(outcome).to.equal('cut off');
      expect(api.ran).to.deep.equal([]);
      expect(await watch.settled()).to.deep.equal([]);
    });
  });
}

function responseOf(request: SecurityRequest, driver: Driver): ServerResponse {
  const { response, context } = request.action as {
    response: ServerResponse;
    context?: { res: ServerResponse };
  };
  return driver.isExpress ? response : context!.res;
}
