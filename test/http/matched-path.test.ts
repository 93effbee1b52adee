import net from 'node:net';
import type http from 'node:http';
import express from 'express';
import express4 from 'express4';
import { expect } from 'chai';
import Koa from 'koa';
import mount from 'koa-mount';
import {
  Authorized,
  Get,
  JsonController,
  type RoutingControllersOptions,
  UseBefore,
  useExpressServer,
  useKoaServer,
} from 'routing-controllers';
import { createSecurity, type Security, type SecurityEvent, type SecurityRequest } from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { byHeader } from '../support/permission-file';
import { MemoryLogger, reset } from '../support/reset';

/** What rules, events and hooks are shown of a request. */
interface Seen {
  readonly paths: string[];
  readonly events: SecurityEvent[];
  readonly logger: MemoryLogger;
  readonly security: Security;
}

function setUp(skip?: (request: SecurityRequest) => boolean): Seen {
  const seen = { paths: [] as string[], events: [] as SecurityEvent[], logger: new MemoryLogger() };
  class Rules {
    authorize(request: SecurityRequest): boolean {
      seen.paths.push(request.path);
      return !request.path.includes('/admin');
    }
  }
  const security = createSecurity({
    logger: seen.logger,
    providers: [byHeader],
    authorizationProviders: [Rules],
    onEvent: (event) => void seen.events.push(event),
    ...(skip && { skip }),
  });
  return { ...seen, security };
}

/** Sends a request line as it stands, which clients of Node would put right. */
function send(url: string, target: string, headers: Record<string, string> = {}): Promise<number> {
  const lines = Object.entries({ Host: 'x', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
    });
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(Number(text.split(' ')[1]));
    });
  });
}

const ANN = { 'x-user': 'ann staff' };

function site(route = '/:language'): new () => object {
  @Authorized()
  @JsonController(route)
  class Site {
    @Get('/admin/users') users() {
      return {};
    }
    @Get('/news') news() {
      return {};
    }
  }
  return Site;
}

for (const driver of DRIVERS) {
  describe(`The path that rules see on ${driver.name}`, () => {
    beforeEach(reset);

    it('is the one that the router took from a request target in absolute form', async () => {
      const { security, paths, events } = setUp();
      await using server = await TestServer.start(driver.build(security.secure({ controllers: [site()] })));
      expect(await send(server.url, 'http://x:en/admin/users', ANN)).to.equal(403);
      expect(await send(server.url, 'http://x:en/news', ANN)).to.equal(200);
      expect(await send(server.url, 'http://x/en/news', ANN)).to.equal(200);
      expect(await send(server.url, '/en/news?x=/admin', ANN)).to.equal(200);
      expect(paths).to.deep.equal(['/:en/admin/users', '/:en/news', '/en/news', '/en/news']);
      const told = new Set(events.map((event) => ('path' in event ? event.path : '')));
      expect([...told]).to.deep.equal(['/:en/admin/users', '/:en/news', '/en/news']);
    });

    it('is the one that the skip hook sees', async () => {
      const { security } = setUp(({ path }) => path === '/news');
      await using server = await TestServer.start(driver.build(security.secure({ controllers: [site()] })));
      for (const target of ['http://x:en/news', '/en/news']) {
        expect(await send(server.url, target)).to.equal(401);
      }
    });

    it('is the matched one where a middleware of the action rewrites it afterwards', async () => {
      const rewrite = (...given: unknown[]): unknown => {
        const [first, , third] = given as [{ path: string; url: string }, unknown, unknown];
        if (third === undefined) first.path = '/elsewhere';
        else first.url = '/elsewhere';
        return ((third ?? given[1]) as () => unknown)();
      };
      @Authorized()
      @UseBefore(rewrite)
      @JsonController('/en')
      class Rewriting {
        @Get('/admin/users') @UseBefore(rewrite) users() {
          return {};
        }
      }
      const { security, paths } = setUp();
      const options = security.secure({ controllers: [Rewriting] });
      await using server = await TestServer.start(driver.build(options));
      expect(await send(server.url, '/en/admin/users', ANN)).to.equal(403);
      expect(paths).to.deep.equal(['/en/admin/users']);
    });
  });
}

describe('The path that rules see in an app mounted on Koa', () => {
  beforeEach(reset);

  type Build = (options: RoutingControllersOptions) => Koa;
  const inner: Build = (options) => {
    const app = new Koa();
    app.use((ctx, next) => {
      ctx.path = ctx.path.replace(/\/v\d+(?=\/)/, '');
      return next();
    });
    return useKoaServer(app, options);
  };
  const start = (app: Koa): Promise<TestServer> => {
    app.silent = true;
    const handle = app.callback();
    return TestServer.start((request, response) => void handle(request, response));
  };

  it('has the prefix of the mount', async () => {
    const { security, paths } = setUp();
    const outer = new Koa();
    outer.use(mount('/api', inner(security.secure({ controllers: [site('')] }))));
    await using server = await start(outer);
    expect(await send(server.url, '/api/admin/users', ANN)).to.equal(403);
    expect(await send(server.url, '/api/news', ANN)).to.equal(200);
    expect(paths).to.deep.equal(['/api/admin/users', '/api/news']);
  });

  it('is unknown where a middleware inside rewrites it: who asks for it refuses', async () => {
    const { security, paths } = setUp();
    const outer = new Koa();
    outer.use(mount('/api', inner(security.secure({ controllers: [site('')] }))));
    await using server = await start(outer);
    for (const target of ['/api/v2/admin/users', '/api/v2/news']) {
      expect(await send(server.url, target, ANN)).to.equal(500);
    }
    expect(paths).to.deep.equal([]);
  });

  it('is unknown where it is rewritten after the request has left a mounted app: who asks for it refuses', async () => {
    const { security, paths } = setUp();
    const outer = new Koa();
    outer.use(mount('/legacy', (_ctx, next) => next()));
    outer.use((ctx, next) => {
      if (ctx.path === '/legacy/people') ctx.path = '/en/admin/users';
      return next();
    });
    useKoaServer(outer, security.secure({ controllers: [site()] }));
    await using server = await start(outer);
    expect(await send(server.url, '/en/admin/users', ANN)).to.equal(403);
    expect(await send(server.url, '/legacy/people', ANN)).to.equal(500);
    expect(await send(server.url, '/legacy/news', ANN)).to.equal(200);
    expect(paths).to.deep.equal(['/en/admin/users', '/legacy/news']);
  });

  it('is whole behind another mounted app that let the request pass', async () => {
    const { security, paths } = setUp();
    const outer = new Koa();
    outer.use(
      mount(
        '/en',
        new Koa().use((_ctx, next) => next()),
      ),
    );
    useKoaServer(outer, security.secure({ controllers: [site()] }));
    await using server = await start(outer);
    expect(await send(server.url, '/en/news', ANN)).to.equal(200);
    expect(paths).to.deep.equal(['/en/news']);
  });

  it('is unknown where two readings are possible: who asks for it refuses, and the others are guarded', async () => {
    const { security, paths, events, logger } = setUp();
    const plain = createSecurity({ providers: [byHeader], logger: new MemoryLogger() });
    const outer = new Koa();
    const middle = new Koa();
    middle.use(mount('/v1', inner(security.secure({ controllers: [site('')] }))));
    middle.use(mount('/v2', inner(plain.secure({ controllers: [site('')] }))));
    outer.use(mount('/api', middle));
    await using server = await start(outer);
    expect(await send(server.url, '/api/v1/news', ANN)).to.equal(500);
    expect(paths).to.deep.equal([]);
    expect(events.map((event) => 'path' in event && event.path)).to.deep.equal(['(unknown)', '(unknown)']);
    expect(logger.lines.join('\n')).to.include('mount the app once, under its whole prefix');
    expect(await send(server.url, '/api/v2/news', ANN)).to.equal(200);
    expect(await send(server.url, '/api/v2/news')).to.equal(401);
  });
});

describe('The path that rules see in an app mounted on Express', () => {
  beforeEach(reset);
  for (const [name, create] of [
    ['Express 4', express4 as unknown as typeof express],
    ['Express 5', express],
  ] as const) {
    const nested = (options: RoutingControllersOptions): http.RequestListener => {
      const [outer, middle, inner] = [create(), create(), create()];
      inner.use((request, _response, next) => {
        request.url = request.url.replace(/\/v\d+(?=\/)/, '');
        next();
      });
      useExpressServer(inner, options);
      middle.use('/b', inner);
      outer.use('/a', middle);
      return outer;
    };

    it(`has all prefixes and what a middleware inside made of the rest on ${name}`, async () => {
      const { security, paths } = setUp();
      await using server = await TestServer.start(nested(security.secure({ controllers: [site('')] })));
      expect(await send(server.url, '/a/b/v2/admin/users', ANN)).to.equal(403);
      expect(await send(server.url, '/a/b/news', ANN)).to.equal(200);
      expect(paths).to.deep.equal(['/a/b/admin/users', '/a/b/news']);
    });

    it(`is unknown to a mounted guard where the rest of an absolute form has no path, on ${name}`, async () => {
      const { security, paths } = setUp();
      const skipping = setUp(({ path }) => path === '/').security;
      const app = create();
      app.set('env', 'test');
      app.use('/staff', security.guard(), (_request, response) => response.json({}));
      app.use('/skipping', skipping.guard(), (_request, response) => response.json({}));
      await using server = await TestServer.start(app);
      expect(await send(server.url, '/staff', ANN)).to.equal(200);
      expect(await send(server.url, 'x://y/staff', ANN)).to.equal(500);
      expect(paths).to.deep.equal(['/staff/']);
      for (const target of ['/skipping', 'x://y/skipping']) {
        expect(await send(server.url, target)).to.equal(401);
      }
    });
  }
});
