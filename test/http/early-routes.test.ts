import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import mount from 'koa-mount';
import {
  All,
  Authorized,
  Body,
  createExecutor,
  Get,
  JsonController,
  KoaDriver,
  Middleware,
  Param,
  Post,
  type RoutingControllersOptions,
  UseBefore,
  useExpressServer,
  useKoaServer,
} from 'routing-controllers';
import {
  ConfigurationError,
  type Constructor,
  createSecurity,
  Public,
  type Security,
  type SecurityOptions,
  type SecurityRequest,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { eventually } from '../support/eventually';
import { PermissionFile } from '../support/permission-file';
import { MemoryLogger, reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';
import { as, CastUserstore, NameProvider, QUIET } from '../support/secured-server';

interface WithParams {
  readonly params?: Readonly<Record<string, string>>;
}

type Handler = (context: Koa.Context, next: () => Promise<unknown>) => unknown;

/** The host's own. */
const Router = createRequire(require.resolve('routing-controllers'))('@koa/router') as new (
  options?: object,
) => {
  post(path: string, handler: Handler): void;
  use(handler: Handler): void;
  match(path: string, method: string): unknown;
};

const security = (more: SecurityOptions = {}): Security =>
  createSecurity({
    early: true,
    logger: new MemoryLogger(),
    userstores: [CastUserstore],
    providers: [NameProvider],
    ...more,
  });

/** The status for a body that is no JSON: 400 where the host has read it. */
async function statusOf(server: TestServer, path: string, method = 'POST', headers = {}): Promise<number> {
  const sent = { ...headers, 'content-type': 'application/json' };
  return (await server.raw(path, { method, headers: sent }, '{ broken')).status;
}

/** A guarded and an open action under a path. */
function pages(path = ''): Constructor<object> {
  @JsonController(path)
  class Pages {
    @Authorized('editor') @Post('/closed') closed(@Body() _body: object) {
      return { closed: true };
    }
    @Public() @Post('/open') open(@Body() _body: object) {
      return { open: true };
    }
  }
  return Pages;
}

for (const driver of DRIVERS) {
  describe(`The action that early refuses for on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (
      controllers: readonly Constructor<object>[],
      host: RoutingControllersOptions = {},
      more: SecurityOptions = {},
    ): Promise<TestServer> =>
      TestServer.start(
        driver.build(security(more).secure({ ...host, controllers: [...controllers] }), QUIET),
      );

    it('is found below a prefix, in whatever case and with a slash at its end', async () => {
      await using server = await start([pages('/pages')], { routePrefix: '/api' });
      for (const path of ['/api/pages/closed', '/api/pages/closed/', '/api/PAGES/closed?x=1']) {
        expect([path, await statusOf(server, path)]).to.deep.equal([path, 401]);
      }
      expect(await statusOf(server, '/api/pages/open')).to.equal(400);
      expect(await statusOf(server, '/api/pages/closed', 'POST', as('editor'))).to.equal(400);
      expect(await statusOf(server, '/api/pages/none')).to.equal(driver.isExpress ? 404 : 400);
    });

    it('is the first that matches', async () => {
      @JsonController()
      class Things {
        @Public() @Post('/things/first') first(@Body() _body: object) {
          return {};
        }
        @Authorized() @Post('/things/:id') one(@Param('id') _id: string, @Body() _body: object) {
          return {};
        }
        @Public() @Post('/things/last') last(@Body() _body: object) {
          return {};
        }
        @Authorized() @All('/all') all(@Body() _body: object) {
          return {};
        }
        @Public() @Post('/all') hidden(@Body() _body: object) {
          return {};
        }
        @Authorized() @Post(/^\/n\/(\d+)$/) pattern(@Body() _body: object) {
          return {};
        }
        @Public() @Post('/n/x') named(@Body() _body: object) {
          return {};
        }
      }
      await using server = await start([Things]);
      const statuses = { first: 400, last: 401, '7': 401 };
      for (const [id, status] of Object.entries(statuses)) {
        expect([id, await statusOf(server, `/things/${id}`)]).to.deep.equal([id, status]);
      }
      expect([await statusOf(server, '/all'), await statusOf(server, '/all', 'PUT')]).to.deep.equal([
        401, 401,
      ]);
      expect([await statusOf(server, '/n/7'), await statusOf(server, '/n/x')]).to.deep.equal([401, 400]);
    });

    it('is known to role loaders with its parameters', async () => {
      const seen: unknown[] = [];
      class Roles {
        getRoles(_user: unknown, { action }: SecurityRequest) {
          const { request, context } = action as { request: WithParams; context?: WithParams };
          const params = (context ?? request).params;
          seen.push({ ...params });
          return params?.['org'] === 'a b' ? ['boss'] : [];
        }
      }
      @JsonController()
      class Orgs {
        @Authorized('boss') @Post('/orgs/:org') org(@Param('org') org: string, @Body() _body: object) {
          return { org };
        }
      }
      await using server = await start([Orgs], {}, { roleLoaders: [Roles] });
      const headers = as('user');
      expect(await statusOf(server, '/orgs/a%20b', 'POST', headers)).to.equal(400);
      expect(await statusOf(server, '/orgs/b', 'POST', headers)).to.equal(403);
      expect(seen).to.deep.equal([{ org: 'a b' }, { org: 'b' }]);
    });

    it('lets nobody in by a header that a middleware of the action takes away', async () => {
      const strip = (...[first, second, third]: readonly unknown[]): unknown => {
        const { req = first } = first as { req?: unknown };
        const { headers } = req as http.IncomingMessage;
        delete headers['x-user'];
        delete headers['x-inside'];
        return ((third ?? second) as () => unknown)();
      };
      @JsonController()
      class Things {
        @UseBefore(strip) @Authorized() @Get('/login') login() {
          return {};
        }
        @UseBefore(strip) @Authorized() @Get('/skipped') skipped() {
          return {};
        }
        @Authorized() @Get('/kept') kept() {
          return {};
        }
      }
      const skip = (request: SecurityRequest) => request.header('x-inside') === '1';
      await using server = await start([Things], {}, { skip });
      const statusAt = async (path: string, headers: Record<string, string>) =>
        (await server.raw(path, { headers })).status;
      expect(await statusAt('/login', as('user'))).to.equal(401);
      expect(await statusAt('/kept', as('user'))).to.equal(200);
      expect(await statusAt('/skipped', { 'x-inside': '1' })).to.equal(401);
      expect(await statusAt('/kept', { 'x-inside': '1' })).to.equal(200);
    });

    it('is that of GET for HEAD, and none for the preflight of CORS', async () => {
      @JsonController()
      class Things {
        @Authorized() @Get('/x') x() {
          return {};
        }
      }
      const origin = 'https://app.example';
      await using server = await start([Things], { cors: { origin } });
      for (const method of ['GET', 'HEAD']) {
        const { status, text, response } = await server.raw('/x', { method, headers: { origin } });
        expect([status, text === '']).to.deep.equal([401, method === 'HEAD']);
        expect(response.headers['access-control-allow-origin']).to.equal(origin);
      }
      const headers = { origin, 'access-control-request-method': 'GET' };
      expect((await server.raw('/x', { method: 'OPTIONS', headers })).status).to.equal(204);
      expect((await server.raw('/x', { method: 'HEAD', headers: as('user') })).status).to.equal(200);
    });

    it('is asked of each of two instances by itself', async () => {
      @JsonController()
      class Late {
        @Authorized() @Post('/late') late(@Body() _body: object) {
          return {};
        }
      }
      const [early, late] = [security(), security({ early: false })];
      const first = driver.build(early.secure({ controllers: [pages()] }), QUIET);
      const second = driver.build(late.secure({ controllers: [Late] }), QUIET);
      await using server = await TestServer.start(first);
      await using other = await TestServer.start(second);
      expect([await statusOf(server, '/closed'), await statusOf(other, '/late')]).to.deep.equal([401, 400]);
      expect(await statusOf(server, '/late')).to.equal(driver.isExpress ? 404 : 400);
    });

    it('does not hide what securest itself answers at the root', async () => {
      @JsonController()
      class Known {
        @Authorized() @Get('/.well-known/:name') known(@Param('name') name: string) {
          return { name };
        }
      }
      await using server = await start([Known], {}, { resource: { url: 'https://api.example' } });
      expect((await server.raw('/.well-known/other')).status).to.equal(401);
      const { status, text } = await server.raw('/.well-known/oauth-protected-resource');
      expect([status, text]).to.deep.equal([200, text]);
      expect(JSON.parse(text)).to.include({ resource: 'https://api.example' });
    });

    it('does not run, and nothing waits, where the client has gone meanwhile', async () => {
      const ran: string[] = [];
      let release: (user: object) => void = () => undefined;
      let isAsked = false;
      const slow = provider(
        'slow',
        () =>
          new Promise((resolve) => {
            isAsked = true;
            release = resolve;
          }),
        { credential: 'x-user' },
      );
      @JsonController()
      class Things {
        @Authorized() @Post('/x') x(@Body() _body: object) {
          ran.push('action');
          return {};
        }
      }
      let isOver = false;
      const over = () => {
        isOver = true;
      };
      await using api = await startApi(driver, {
        security: { early: true, providers: [slow] },
        host: { controllers: [Things] },
        around: {
          ...QUIET,
          koa: { before: (app) => app.use((_context, next) => next().finally(over)) },
        },
      });
      const arrived = once(api.server.server, 'request') as Promise<[http.IncomingMessage]>;
      const headers = { 'content-type': 'application/json', 'content-length': '100' };
      const request = http.request(`${api.server.url}/x`, { method: 'POST', headers });
      request.on('error', () => undefined);
      request.write('{"a":');
      const [seen] = await arrived;
      await eventually(() => isAsked);
      request.destroy();
      await eventually(() => seen.destroyed);
      release({ username: 'ann' });
      if (!driver.isExpress) await eventually(() => isOver);
      expect(ran).to.deep.equal([]);
    });
  });
}

describe('The router that early asks on Koa', () => {
  beforeEach(reset);

  const serve = (app: Koa): Promise<TestServer> => {
    app.silent = true;
    const handle = app.callback();
    return TestServer.start((request, response) => void handle(request, response));
  };
  const appOf = (options: RoutingControllersOptions, app = new Koa()): Koa => useKoaServer(app, options);

  it('finds the action in a mounted app', async () => {
    const outer = new Koa();
    outer.use(mount('/api', appOf(security().secure({ controllers: [pages()] }))));
    await using server = await serve(outer);
    expect([await statusOf(server, '/api/closed'), await statusOf(server, '/api/open')]).to.deep.equal([
      401, 400,
    ]);
    expect(await statusOf(server, '/closed')).to.equal(404);
  });

  /** An app in which a client may say what its path becomes, behind the place where early looks at it. */
  function rewriting(more: SecurityOptions): Promise<TestServer> {
    @Middleware({ type: 'before' })
    class Rewrite {
      use(context: Koa.Context, next: () => Promise<unknown>) {
        const to = context.get('x-path');
        if (to !== '') context.path = to;
        return next();
      }
    }
    @JsonController()
    class Files {
      @Authorized() @Get('/files/:name') file(@Param('name') name: string) {
        return { name };
      }
      @Authorized('boss') @Get('/orgs/:org') org(@Param('org') org: string) {
        return { org };
      }
    }
    return serve(appOf(security(more).secure({ controllers: [Files], middlewares: [Rewrite] })));
  }

  const get = async (server: TestServer, path: string, to = '', user: Parameters<typeof as>[0] = 'user') =>
    (await server.raw(path, { headers: { ...as(user), 'x-path': to } })).status;

  it('leaves a path that is rewritten within one route to the hook that skips guards', async () => {
    await using server = await rewriting({ skip: ({ path }) => path === '/files/public' });
    expect(await get(server, '/files/public', '', 'nobody')).to.equal(200);
    expect(await get(server, '/files/public', '/files/secret', 'nobody')).to.equal(401);
  });

  it('leaves a path that is rewritten within one route to path permissions', async () => {
    using file = new PermissionFile('editor:\n  allow:\n    /files/public: [GET]\n');
    await using server = await rewriting({ authorizationProviders: [file.provider()] });
    expect(await get(server, '/files/public', '', 'editor')).to.equal(200);
    expect(await get(server, '/files/public', '/files/secret', 'editor')).to.equal(403);
  });

  it('has roles loaded again for a path that is rewritten', async () => {
    class Roles {
      getRoles(_user: unknown, { path }: SecurityRequest) {
        return path === '/orgs/own' ? ['boss'] : [];
      }
    }
    await using server = await rewriting({ roleLoaders: [Roles] });
    expect(await get(server, '/orgs/own')).to.equal(200);
    expect(await get(server, '/orgs/own', '/orgs/other')).to.equal(403);
  });

  it('lets nobody in by headers that a middleware takes away, and has roles loaded again by those that it sets', async () => {
    @Middleware({ type: 'before' })
    class Gateway {
      use(context: Koa.Context, next: () => Promise<unknown>) {
        const { headers } = context.req;
        if (context.get('x-inside') === '') delete headers['x-user'];
        headers['x-tenant'] = 'own';
        return next();
      }
    }
    let asked = 0;
    class Roles {
      getRoles(_user: unknown, request: SecurityRequest) {
        asked += 1;
        return request.header('x-tenant') === 'other' ? ['boss', 'early'] : ['early'];
      }
    }
    @JsonController()
    class Things {
      @Authorized() @Get('/login') login() {
        return {};
      }
      @Authorized('early') @Get('/role') role() {
        return {};
      }
      @Authorized('boss') @Get('/boss') boss() {
        return {};
      }
    }
    const options = { controllers: [Things], middlewares: [Gateway] };
    const secured = security({ roleLoaders: [Roles], context: true });
    await using server = await serve(appOf(secured.secure(options)));
    const statusAt = async (path: string, headers: Record<string, string> = {}) =>
      (await server.raw(path, { headers: { ...as('user'), ...headers } })).status;
    const inside = { 'x-inside': '1' };
    expect([await statusAt('/login'), await statusAt('/login', inside)]).to.deep.equal([401, 200]);
    expect([await statusAt('/role'), await statusAt('/role', inside)]).to.deep.equal([401, 200]);
    expect(await statusAt('/boss', { ...inside, 'x-tenant': 'other' })).to.equal(403);
    asked = 0;
    expect(await statusAt('/role', { ...inside, 'x-tenant': 'own' })).to.equal(200);
    expect(asked).to.equal(1);
  });

  it('is asked before a middleware may rewrite the path, and what it becomes is guarded all the same', async () => {
    @Middleware({ type: 'before' })
    class Rewrite {
      use(context: Koa.Context, next: () => Promise<unknown>) {
        const to = context.get('x-path');
        if (to !== '') context.path = to;
        return next();
      }
    }
    const secured = security();
    await using server = await serve(
      appOf(secured.secure({ controllers: [pages()], middlewares: [Rewrite] })),
    );
    const send = async (path: string, to: string, user: Parameters<typeof as>[0]) => {
      const headers = { ...as(user), 'x-path': to, 'content-type': 'application/json' };
      return (await server.raw(path, { method: 'POST', headers }, '{}')).status;
    };
    expect(await send('/open', '/closed', 'nobody')).to.equal(401);
    expect(await send('/open', '/closed', 'user')).to.equal(403);
    expect(await send('/open', '/closed', 'editor')).to.equal(200);
    expect(await send('/closed', '/open', 'nobody')).to.equal(401);
    expect(await send('/closed', '/open', 'user')).to.equal(403);
    expect(await send('/closed', '/open', 'editor')).to.equal(200);
  });

  it('matches the path that it is told to', async () => {
    const app = new Koa();
    app.use((context, next) => {
      const to = context.get('x-path');
      if (to !== '') (context as { newRouterPath?: string }).newRouterPath = to;
      return next();
    });
    await using server = await serve(appOf(security().secure({ controllers: [pages()] }), app));
    const to = (path: string) => ({ 'x-path': path });
    expect(await statusOf(server, '/open', 'POST', to('/closed'))).to.equal(401);
    expect(await statusOf(server, '/closed', 'POST', to('/open'))).to.equal(400);
  });

  it('leaves the guard an action behind a route of the app', async () => {
    const app = new Koa();
    const router = new Router();
    router.post('/closed', async (context, next) => {
      if (context.get('x-own') === '') await next();
      else context.body = 'own';
    });
    router.use((_context, next) => next());
    const secured = security().secure({ controllers: [pages()] });
    createExecutor(new KoaDriver(app, router), secured);
    await using server = await serve(app);
    const headers = { 'x-own': '1' };
    expect((await server.raw('/closed', { method: 'POST', headers })).text).to.equal('own');
    expect((await server.raw('/closed', { method: 'POST' })).status).to.equal(401);
    expect(await statusOf(server, '/closed')).to.equal(400);
  });

  it('may serve one host, and the last match alone', async () => {
    @JsonController()
    class Things {
      @Authorized() @Post('/things/:id') one(@Body() _body: object) {
        return {};
      }
      @Public() @Post('/things/open') open(@Body() _body: object) {
        return {};
      }
    }
    const app = new Koa();
    const secured = security().secure({ controllers: [Things] });
    createExecutor(new KoaDriver(app, new Router({ host: 'api.example', exclusive: true })), secured);
    await using server = await serve(app);
    const host = { host: 'api.example' };
    expect(await statusOf(server, '/things/7', 'POST', host)).to.equal(401);
    expect(await statusOf(server, '/things/open', 'POST', host)).to.equal(400);
    expect((await server.raw('/things/7', { method: 'POST' })).status).to.equal(404);
  });

  it("is each server's own where an app has several", async () => {
    @JsonController()
    class Others {
      @Authorized() @Post('/other') other() {
        return {};
      }
      @Authorized() @Post('/open') hidden() {
        return {};
      }
    }
    const app = new Koa();
    appOf(security().secure({ controllers: [pages()] }), app);
    appOf(security().secure({ controllers: [Others] }), app);
    await using server = await serve(app);
    for (const [path, status] of [
      ['/closed', 401],
      ['/other', 401],
      ['/open', 200],
    ] as const) {
      expect([path, (await server.raw(path, { method: 'POST' })).status]).to.deep.equal([path, status]);
    }
  });

  it('matches a request once more than it would without early', async () => {
    for (const early of [false, true]) {
      reset();
      let matches = 0;
      class Counting extends Router {
        override match(path: string, method: string): unknown {
          matches += 1;
          return super.match(path, method);
        }
      }
      const app = new Koa();
      createExecutor(
        new KoaDriver(app, new Counting()),
        security({ early }).secure({ controllers: [pages()] }),
      );
      await using server = await serve(app);
      await statusOf(server, '/closed');
      expect(matches).to.equal(early ? 1 : 0);
      const headers = { ...as('editor'), 'content-type': 'application/json' };
      expect((await server.raw('/closed', { method: 'POST', headers }, '{}')).status).to.equal(200);
      expect(matches).to.equal(early ? 3 : 1);
    }
  });

  it('must be one that can be asked', () => {
    const router = {
      post: () => undefined,
      routes: () => () => undefined,
      allowedMethods: () => () => undefined,
    };
    const build = (early: boolean) => () => {
      createExecutor(
        new KoaDriver(new Koa(), router),
        security({ early }).secure({ controllers: [pages()] }),
      );
    };
    expect(build(true)).to.throw(ConfigurationError, 'security.early');
    expect(build(false)).not.to.throw();
  });
});

describe('The route that early knows on Express', () => {
  beforeEach(reset);

  for (const [name, create] of [
    ['Express 4', express4 as unknown as typeof express],
    ['Express 5', express],
  ] as const) {
    it(`is found in a mounted app, and where the app has rewritten the URL, on ${name}`, async () => {
      const [outer, inner] = [create(), create()];
      inner.use((request, _response, next) => {
        const to = request.get('x-path');
        if (to !== undefined) request.url = to;
        next();
      });
      useExpressServer(inner, security().secure({ controllers: [pages()] }));
      outer.use('/api', inner);
      QUIET.express?.after?.(inner);
      await using server = await TestServer.start(outer);
      const to = (path: string) => ({ 'x-path': path });
      expect(await statusOf(server, '/api/closed')).to.equal(401);
      expect(await statusOf(server, '/api/open')).to.equal(400);
      expect(await statusOf(server, '/api/open', 'POST', to('/closed'))).to.equal(401);
      expect(await statusOf(server, '/api/closed', 'POST', to('/open'))).to.equal(400);
    });
  }
});
