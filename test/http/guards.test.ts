import http from 'node:http';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import mount from 'koa-mount';
import { Authorized, Get, JsonController, useExpressServer, useKoaServer } from 'routing-controllers';
import {
  type Access,
  allOf,
  ConfigurationError,
  createSecurity,
  type GuardRule,
  type Middleware,
  ownerOf,
  permission,
  type Security,
  type SecurityEvent,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { as, ANYONE, CastUserstore, type CastMember, NameProvider } from '../support/secured-server';

/** What is guarded: it answers who asked and what it was asked for. */
type Answer = (request: http.IncomingMessage, security: Security) => string;

interface Host {
  readonly name: string;
  /** A server with something at `/inside` and below it, behind a guard. */
  mounted(security: Security, rule: GuardRule | undefined, answer: Answer): http.RequestListener;
  /** The same with the guard in front of whatever follows. */
  bare(security: Security, rule: GuardRule | undefined, answer: Answer): http.RequestListener;
}

const onExpress = (name: string, create: () => express.Express): Host => ({
  name,
  mounted(security, rule, answer) {
    const app = create();
    const handler: express.RequestHandler = (request, response) =>
      void response.end(answer(request, security));
    app.use('/inside', security.guard(rule, handler));
    app.use((_request, response) => void response.end('outside'));
    return app;
  },
  bare(security, rule, answer) {
    const app = create();
    app.get('/inside/x', security.guard(rule), (request, response) => {
      response.end(answer(request, security));
    });
    return app;
  },
});

const HOSTS: readonly Host[] = [
  {
    name: 'Koa',
    mounted(security, rule, answer) {
      const app = new Koa();
      app.silent = true;
      app.use(
        mount(
          '/inside',
          security.guard(rule, (context: Koa.Context) => {
            context.body = answer(context.req, security);
          }),
        ),
      );
      app.use((context) => {
        context.body = 'outside';
      });
      return listener(app);
    },
    bare(security, rule, answer) {
      const app = new Koa();
      app.silent = true;
      app.use(security.guard(rule)).use((context) => {
        context.body = answer(context.req, security);
      });
      return listener(app);
    },
  },
  onExpress('Express 4', () => express4() as unknown as express.Express),
  onExpress('Express 5', () => express()),
  {
    name: 'node:http',
    mounted: (security, rule, answer) =>
      security.guard(rule, (request: http.IncomingMessage, response: http.ServerResponse) => {
        response.end(answer(request, security));
      }),
    bare(security, rule, answer) {
      const guard = security.guard(rule);
      return (request, response) =>
        void guard(request, response).then((mayGoOn) => {
          if (mayGoOn) response.end(answer(request, security));
        });
    },
  },
];

function listener(app: Koa): http.RequestListener {
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

function scene(options: SecurityOptions = {}) {
  const events: SecurityEvent[] = [];
  const logger = new MemoryLogger();
  const security = createSecurity({
    logger,
    onEvent: (event) => void events.push(event),
    userstores: [CastUserstore],
    providers: [NameProvider],
    ...options,
  });
  return { security, events, logger };
}

const user: Answer = (request, security) => security.loginOf(request)?.user.username ?? 'nobody';

describe('guard()', () => {
  beforeEach(reset);

  for (const host of HOSTS) {
    for (const form of ['mounted', 'bare'] as const) {
      describe(`${form} on ${host.name}`, () => {
        const rules: [name: string, rule: GuardRule | undefined, inside: readonly CastMember[]][] = [
          ['any login', undefined, ['user', 'staff', 'editor', 'both']],
          ['a role', 'editor', ['editor', 'both']],
          ['any of several', ['editor', 'staff'], ['staff', 'editor', 'both']],
          ['all of several', allOf('editor', 'staff'), ['both']],
          ['a policy', ({ username }: User) => username === 'user', ['user']],
        ];
        for (const [name, rule, inside] of rules) {
          it(`lets in by ${name} whom an action would let in`, async () => {
            const { security, events } = scene();
            await using server = await TestServer.start(host[form](security, rule, user));
            for (const who of ANYONE) {
              events.length = 0;
              const { status, text, response } = await server.raw('/inside/x', { headers: as(who) });
              expect(status, who).to.equal(inside.includes(who) ? 200 : who === 'nobody' ? 401 : 403);
              if (status === 200) expect(text).to.equal(who);
              else expect(JSON.parse(text)).to.include.keys('name', 'code', 'message');
              const challenge = status === 401 ? 'Name realm="api"' : undefined;
              expect(response.headers['www-authenticate']).to.equal(challenge);
              expect(response.headers['cache-control']).to.equal('private, no-store');
              expect(response.headers.vary?.toLowerCase()).to.contain('x-user');
              const last = events.at(-1);
              expect(last).to.include({
                type: status === 200 ? 'allowed' : status === 403 ? 'denied' : 'failed',
                path: '/inside/x',
                route: undefined,
              });
              if (last?.type === 'denied') expect(last.reason).to.contain('(guard ');
            }
          });
        }

        it('answers HEAD without a body', async () => {
          const { security } = scene();
          await using server = await TestServer.start(host[form](security, 'editor', user));
          const refused = await server.raw('/inside/x', { method: 'HEAD' });
          expect([refused.status, refused.text]).to.deep.equal([401, '']);
        });

        it('answers a failing policy, store and provider as an action does', async () => {
          const down = () => {
            throw new ServiceUnavailableError({ retryAfterSeconds: 7 });
          };
          const bug = () => {
            throw new Error('bug');
          };
          for (const [rule, expected] of [
            [down, 503],
            [bug, 500],
            [(() => 1) as never, 403],
            [(() => Promise.reject(new Error('late'))) as never, 500],
          ] as const) {
            const { security } = scene();
            await using server = await TestServer.start(host[form](security, rule, user));
            const { status, response } = await server.raw('/inside/x', { headers: as('user') });
            expect(status).to.equal(expected);
            expect(response.headers['retry-after']).to.equal(status === 503 ? '7' : undefined);
          }
        });

        it('asks authorization providers, which see no route', async () => {
          const seen: Access[] = [];
          class Rules {
            authorize(_request: SecurityRequest, { username }: User, access: Access) {
              seen.push(access);
              return username === 'editor';
            }
          }
          const { security } = scene({ authorizationProviders: [Rules] });
          await using server = await TestServer.start(host[form](security, undefined, user));
          expect((await server.raw('/inside/x', { headers: as('editor') })).status).to.equal(200);
          expect((await server.raw('/inside/x', { headers: as('both') })).status).to.equal(403);
          expect(seen[0]).to.include({ method: 'GET', route: undefined });
          expect(seen[0]?.action).to.match(/^guard any authenticated user$/);
        });

        it('lets no request in that the app has not skipped literally', async () => {
          const answers: [answer: unknown, status: number][] = [
            [true, 200],
            [1, 401],
            [Promise.resolve(true), 401],
          ];
          for (const [answer, status] of answers) {
            const { security } = scene({ skip: () => answer as boolean });
            await using server = await TestServer.start(host[form](security, 'editor', user));
            expect((await server.raw('/inside/x')).status).to.equal(status);
          }
        });

        it('shapes refusals by the hook', async () => {
          const { security } = scene({
            onUnauthorized: (_request, { httpCode }) => ({
              status: httpCode + 1,
              headers: { 'X-A': 'b' },
              body: 'no',
            }),
          });
          await using server = await TestServer.start(host[form](security, 'editor', user));
          const { status, text, response } = await server.raw('/inside/x');
          expect([status, text, response.headers['x-a']]).to.deep.equal([402, '"no"', 'b']);
        });
      });
    }
  }

  type Around = (app: { use(middleware: Middleware): unknown }) => unknown;
  type Build = (security: Security, around?: Around) => http.RequestListener;
  const secureExpress =
    (create: () => express.Express): Build =>
    (security, around) => {
      const app = create();
      around?.(app);
      const inside = security.guard('editor', () => undefined);
      app.use('/inside', inside);
      return useExpressServer(app, security.secure({ controllers: [notes()] })) as http.RequestListener;
    };
  const APPS: [name: string, build: Build][] = [
    [
      'Koa',
      (security, around) => {
        const app = new Koa();
        app.silent = true;
        around?.(app);
        const inside = security.guard('editor', () => undefined);
        app.use(mount('/inside', inside));
        useKoaServer(app, security.secure({ controllers: [notes()] }));
        return listener(app);
      },
    ],
    ['Express 4', secureExpress(() => express4() as unknown as express.Express)],
    ['Express 5', secureExpress(() => express())],
  ];

  function notes() {
    @JsonController()
    class Notes {
      @Authorized('editor')
      @Get('/action')
      list() {
        return 'notes';
      }
    }
    return Notes;
  }

  for (const [name, build] of APPS) {
    it(`refuses on ${name} in the words of an action`, async () => {
      const refusing: SecurityOptions[] = [
        {},
        { loginPage: '/login' },
        { onUnauthorized: () => ({ status: 418, headers: { 'X-Why': 'x' }, body: { a: 1 } }) },
        { onUnauthorized: () => ({ status: 304 }) },
        { deadlineMs: 20, authorizationProviders: [Never] },
      ];
      for (const options of refusing) {
        reset();
        const { security } = scene(options);
        await using server = await TestServer.start(build(security));
        for (const who of ['nobody', 'user', 'editor', 'stranger'] as const) {
          const headers = { 'x-user': who, accept: 'text/html' };
          if (who === 'nobody') delete (headers as Partial<typeof headers>)['x-user'];
          for (const method of ['GET', 'HEAD']) {
            if (who === 'editor' && options.deadlineMs === undefined) continue;
            const [guarded, action] = await Promise.all(
              ['/inside/x', '/action'].map(async (path) => {
                const { status, text, response } = await server.raw(path, { method, headers });
                const ofHost = ['date', 'etag', 'keep-alive', 'connection', 'content-length'];
                const sent = Object.entries(response.headers).filter(([header]) => !ofHost.includes(header));
                const told = JSON.stringify([status, text, sent.toSorted()]);
                return told.replace(encodeURIComponent(path), 'PATH');
              }),
            );
            expect(guarded, `${who} ${method}`).to.deep.equal(action);
          }
        }
      }
    });
  }

  for (const [name, build] of APPS) {
    it(`asks the chain once on ${name} for a guard and an action, and each for what it guards`, async () => {
      let asked = 0;
      class Counting extends NameProvider {
        override authenticate(...args: Parameters<NameProvider['authenticate']>) {
          asked += 1;
          return super.authenticate(...args);
        }
      }
      const { security, events } = scene({ providers: [Counting] });
      const guard = security.guard('staff');
      const around = (app: { use(middleware: Middleware): unknown }) => app.use(guard);
      await using server = await TestServer.start(build(security, around));
      for (const [who, status, told] of [
        ['both', 200, ['authenticated', 'allowed', 'allowed']],
        ['staff', 403, ['authenticated', 'allowed', 'denied']],
        ['editor', 403, ['authenticated', 'denied']],
      ] as const) {
        asked = 0;
        events.length = 0;
        expect((await server.raw('/action', { headers: as(who) })).status, who).to.equal(status);
        expect(asked).to.equal(1);
        expect(events.map(({ type }) => type)).to.deep.equal(told);
      }
    });

    it(`answers on ${name} before a body that never ends has come`, async () => {
      const { security } = scene();
      await using server = await TestServer.start(build(security, (app) => app.use(security.guard('staff'))));
      const status = await new Promise((resolve, reject) => {
        const request = http.request(`${server.url}/action`, {
          method: 'POST',
          headers: { 'content-length': 50_000_000, 'content-type': 'application/json' },
        });
        request.on('response', (response) => {
          resolve(response.statusCode);
          request.destroy();
        });
        request.on('error', reject);
        request.write('{');
      });
      expect(status).to.equal(401);
    });
  }

  describe('with a handler that fails', () => {
    const failures: [name: string, fail: () => unknown][] = [
      ['throws', () => thrown(new Error('bug'))],
      ['throws nothing', () => thrown(undefined)],
      ['rejects', () => Promise.reject(new Error('bug'))],
      ['rejects with nothing', () => Promise.reject(undefined)],
    ];
    for (const [what, fail] of failures) {
      it(`that ${what}, the client hears of it and the process goes on`, async () => {
        for (const [create, isExpress4] of [
          [express4 as unknown as typeof express, true],
          [express, false],
        ] as const) {
          const { security } = scene();
          const heard: unknown[] = [];
          const app = create();
          // With and without having to wait for the decision.
          app.use('/now', scene({ skip: () => true }).security.guard('editor', fail));
          app.use(security.guard('editor', fail));
          app.use((_request, response) => void response.end('went on'));
          app.use(((error, _request, response, _next) => {
            heard.push(error);
            response.status(500).end('failed');
          }) as express.ErrorRequestHandler);
          await using server = await TestServer.start(app);
          for (const path of ['/', '/now']) {
            const { status, text } = await server.raw(path, { headers: as('editor') });
            expect([status, text], `${path} ${isExpress4}`).to.deep.equal([500, 'failed']);
          }
          expect(heard.every((error) => error instanceof Error)).to.equal(true);
        }
        // Koa itself takes an error that is none for no error, and never answers.
        for (const onKoa of what.includes('nothing') ? [false] : [false, true]) {
          const { security, logger } = scene();
          const guard = security.guard('editor', fail);
          const app = new Koa();
          app.silent = true;
          app.use(guard);
          const server = await TestServer.start(onKoa ? listener(app) : guard);
          const { status, text } = await server.raw('/', { headers: as('editor') });
          await server.close();
          expect(status).to.equal(500);
          if (onKoa) continue;
          expect(JSON.parse(text).code).to.equal('security_error');
          expect(logger.lines.join()).to.contain('guard role editor: its handler failed');
        }
      });
    }
  });

  it('cuts off what is half sent already', async () => {
    const { security } = scene();
    const guard = security.guard('editor');
    await using server = await TestServer.start((request, response) => {
      response.writeHead(200);
      response.write('half');
      void guard(request, response);
    });
    const cut = await server.raw('/').catch((error: unknown) => error);
    expect(cut).to.be.instanceOf(Error);
  });

  it('hands policies what the host hands to a middleware', async () => {
    const seen: string[][] = [];
    const rule = (_user: User, { action }: SecurityRequest) => {
      seen.push(Object.entries(action).flatMap(([key, value]) => (value === undefined ? [] : [key])));
      return true;
    };
    for (const host of HOSTS) {
      const { security } = scene();
      await using server = await TestServer.start(host.bare(security, rule, user));
      expect((await server.raw('/inside/x', { headers: as('user') })).status).to.equal(200);
    }
    expect(seen.map((keys) => keys.toSorted().join())).to.deep.equal([
      'context,next,request,response',
      'next,request,response',
      'next,request,response',
      'request,response',
    ]);
  });

  it('refuses rules that are none, names that the app does not have, and owners, when it is made', () => {
    const { security } = scene({ roles: ['editor'] });
    class Notes {
      get() {
        return null;
      }
    }
    for (const rule of [null, '', [], 0, true, {}, 'owner', permission('x'), ownerOf(Notes, 'id'), Notes]) {
      expect(() => security.guard(rule as never), JSON.stringify(rule)).to.throw(ConfigurationError);
    }
    for (const options of [
      { nam: 'x' },
      { name: '' },
      { name: 'x'.repeat(201) },
      { name: 1 },
      { name: 'a\nb' },
      null,
      'x',
    ]) {
      expect(() => security.guard('editor', options as never), JSON.stringify(options)).to.throw(
        ConfigurationError,
      );
    }
    expect(() => security.guard('editor', () => undefined, { name: '' })).to.throw(
      ConfigurationError,
      'name',
    );
  });

  it('takes a bounded number of guards, so that guards made for each request do not fill the memory', () => {
    const security = createSecurity({
      logger: new MemoryLogger(),
      userstores: [CastUserstore],
      providers: [NameProvider],
    });
    for (let made = 0; made < 10_000; made += 1) security.guard(`tenant:${made}`);
    expect(() => security.guard('tenant:more')).to.throw(ConfigurationError, '10000 guards already');
    security.guard('tenant:0');
  });

  it('takes one name for one rule only', () => {
    const { security } = scene();
    const one = () => true;
    const other = () => true;
    security.guard('editor', { name: 'x'.repeat(200) });
    security.guard('editor', { name: 'docs' });
    security.guard(['editor'], { name: 'docs' });
    security.guard(one, { name: 'one' });
    security.guard(one, { name: 'one' });
    expect(() => security.guard('staff', { name: 'docs' })).to.throw(ConfigurationError, 'docs');
    expect(() => security.guard(other, { name: 'one' })).to.throw(ConfigurationError, 'one');
    expect(() => security.guard(undefined, { name: 'one' })).to.throw(ConfigurationError, 'one');
  });
});

function thrown(error: unknown): never {
  throw error;
}

/** Never answers. */
class Never {
  authorize(): Promise<boolean> {
    return new Promise(() => undefined);
  }
}
