import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import http from 'node:http';
import Koa from 'koa';
import mount from 'koa-mount';
import {
  All,
  Authorized,
  CurrentUser,
  Delete,
  Get,
  JsonController,
  Param,
  Post,
  useExpressServer,
  useKoaServer,
} from 'routing-controllers';
import { createSecurity, Public, type SecurityOptions, ServiceUnavailableError, type User } from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { eventually } from '../support/eventually';
import { byHeader, PermissionFile } from '../support/permission-file';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, startApi, store } from '../support/scripted';

const RULES = `
reader:
  allow:
    /notes/*: GET
editor:
  allow:
    '/notes/*': ['*']
  deny:
    /notes/locked: [DELETE, post]
admin:
  allow:
    '*': '*'
guest:
  allow:
    /notes/*: GET
  deny:
    '*/private': '*'
`;

function notes() {
  @JsonController('/notes')
  class Notes {
    @Authorized() @Get('/') list() {
      return { ran: 'list' };
    }
    @Authorized() @Get('/:id') one(@Param('id') id: string) {
      return { ran: 'one', id };
    }
    @Authorized() @Post('/:id') change() {
      return { ran: 'change' };
    }
    @Authorized() @Delete('/:id') remove() {
      return { ran: 'remove' };
    }
    @Authorized('admin') @Get('/:id/log') log() {
      return { ran: 'log' };
    }
    @Authorized() @All('/:id/any') any() {
      return { ran: 'any' };
    }
    @Authorized() @Get('/:id/:part/private') deep() {
      return { ran: 'deep' };
    }
    @Public() @Get('/open/to/all') open(@CurrentUser() user?: User) {
      return { ran: 'open', user: user?.username ?? null };
    }
  }
  return Notes;
}

for (const driver of DRIVERS) {
  describe(`PathPermissions on ${driver.name}`, () => {
    let file: PermissionFile;

    beforeEach(() => {
      reset();
      file = new PermissionFile(RULES);
    });
    afterEach(() => {
      file[Symbol.dispose]();
    });

    const start = (security: Partial<SecurityOptions> = {}) =>
      startApi(driver, {
        host: { controllers: [notes()] },
        security: { providers: [byHeader], authorizationProviders: [file.provider()], ...security },
      });
    type Api = Awaited<ReturnType<typeof start>>;
    const status = async (api: Api, method: string, path: string, user?: string) =>
      (await api.server.raw('/', { path, method, headers: user === undefined ? {} : { 'x-user': user } }))
        .status;

    it('lets in only the users that a rule allows', async () => {
      await using api = await start();
      expect(await status(api, 'GET', '/notes', 'ann reader')).to.equal(200);
      expect(await status(api, 'GET', '/notes/7', 'ann reader')).to.equal(200);
      expect(await status(api, 'POST', '/notes/7', 'ann reader')).to.equal(403);
      expect(await status(api, 'POST', '/notes/7', 'ann editor')).to.equal(200);
      expect(await status(api, 'GET', '/notes/7', 'ann stranger')).to.equal(403);
      expect(await status(api, 'GET', '/notes/7', 'ann')).to.equal(403);
      expect(await status(api, 'GET', '/notes/7')).to.equal(401);
      const reply = await api.get('/notes', { 'x-user': 'ann' });
      expect(reply.json()).to.deep.equal(BODIES.denied);
    });

    it('is asked beside the guard: both must grant', async () => {
      await using api = await start();
      expect(await status(api, 'GET', '/notes/7/log', 'ann admin')).to.equal(200);
      expect(await status(api, 'GET', '/notes/7/log', 'ann reader')).to.equal(403);
      expect(await status(api, 'GET', '/notes/open/to/all')).to.equal(200);
    });

    it('lets a deny of any role win over every allow', async () => {
      await using api = await start();
      expect(await status(api, 'DELETE', '/notes/locked', 'ann admin')).to.equal(200);
      expect(await status(api, 'DELETE', '/notes/locked', 'ann admin+editor')).to.equal(403);
      expect(await status(api, 'POST', '/notes/locked', 'ann editor')).to.equal(403);
      expect(await status(api, 'GET', '/notes/locked', 'ann editor')).to.equal(200);
      expect(await status(api, 'GET', '/notes/7/a/private', 'ann editor')).to.equal(200);
      expect(await status(api, 'GET', '/notes/7/a/private', 'ann editor+guest')).to.equal(403);
    });

    it('counts what the hierarchy implies for allow, not for deny', async () => {
      await using api = await start({ roleHierarchy: { chief: ['editor'], editor: ['reader'] } });
      expect(await status(api, 'POST', '/notes/7', 'ann chief')).to.equal(200);
      expect(await status(api, 'DELETE', '/notes/locked', 'ann chief')).to.equal(200);
      expect(await status(api, 'DELETE', '/notes/locked', 'ann chief+editor')).to.equal(403);
    });

    it('counts the roles of groups and of role loaders', async () => {
      const Groups = class {
        getUser = () => null;
        getGroup = (name: string) => (name === 'writers' ? { name, roles: ['editor'] } : null);
      };
      const Loader = class {
        getRoles = (user: User) => (user.username === 'loaded' ? ['guest'] : []);
      };
      const Grouped = class {
        readonly credential = 'x-user';
        authenticate(request: { header(name: string): string | undefined }): User | null {
          const username = request.header('x-user');
          return username === undefined ? null : { username, groups: ['writers'] };
        }
      };
      await using api = await start({ providers: [Grouped], userstores: [Groups], roleLoaders: [Loader] });
      expect(await status(api, 'POST', '/notes/7', 'ann')).to.equal(200);
      expect(await status(api, 'POST', '/notes/locked', 'ann')).to.equal(403);
      expect(await status(api, 'GET', '/notes/7/a/private', 'ann')).to.equal(200);
      expect(await status(api, 'GET', '/notes/7/a/private', 'loaded')).to.equal(403);
    });

    it('answers 503, not a grant, when the roles cannot be loaded', async () => {
      const Loader = class {
        getRoles(): string[] {
          throw new ServiceUnavailableError();
        }
      };
      await using api = await start({ roleLoaders: [Loader], userstores: [store(() => null)] });
      const reply = await api.get('/notes', { 'x-user': 'ann admin' });
      expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
    });

    it('says in the event which rule refused, by file and line, and nothing of it to the client', async () => {
      await using api = await start();
      const denied = await api.post('/notes/locked', { 'x-user': 'ann editor' });
      const unmatched = await api.get('/notes', { 'x-user': 'ann' });
      const ambiguous = await api.server.raw('/', { path: '/notes/%5c', headers: { 'x-user': 'ann admin' } });
      expect([denied.text, unmatched.text, ambiguous.text]).to.deep.equal([
        denied.text,
        denied.text,
        denied.text,
      ]);
      const reasons = api.events.flatMap((event) => (event.type === 'denied' ? [event.reason] : []));
      expect(reasons).to.deep.equal([
        `Paths: denied by ${file.path}:9 (deny editor /notes/locked)`,
        'Paths: no rule allows it',
        'Paths: the path can be read in two ways',
      ]);
    });

    it('takes a new version while the app runs, and keeps the last good one', async () => {
      await using api = await start();
      const told = () => api.events.filter(({ type }) => type === 'misconfigured');
      file.replace('reader:\n  allow:\n    /notes: GET\n');
      let last = 200;
      while (last === 200) last = await status(api, 'GET', '/notes/7', 'ann reader');
      expect(await status(api, 'GET', '/notes', 'ann reader')).to.equal(200);
      file.replace('reader:\n  alow:\n    /notes: GET\n');
      await eventually(() => told().length > 0);
      expect(told()[0]).to.include({
        type: 'misconfigured',
        component: 'Paths',
        problem: `${file.path}:2 a role may only have allow and deny; the last good version stays`,
      });
      expect(await status(api, 'GET', '/notes', 'ann reader')).to.equal(200);
      file.replace('reader:\n  allow:\n    /notes/*: [GET, POST]\n');
      while (last !== 200) last = await status(api, 'POST', '/notes/7', 'ann reader');
    });

    it('decides by the old or by the new version for 1,000 requests in flight, never by both', async () => {
      const hidden = 'reader:\n  allow:\n    /notes/x: GET\n  deny:\n    /notes/x: GET\n';
      const other = 'reader:\n  allow:\n    /notes/y: GET\n';
      file.replace(hidden);
      let running = 0;
      const Slow = class {
        async getRoles(): Promise<string[]> {
          running += 1;
          await new Promise((resume) => setImmediate(resume));
          return [];
        }
      };
      await using api = await start({ roleLoaders: [Slow], userstores: [store(() => null)] });
      const seen = { x: new Set<number>(), y: new Set<number>() };
      const ask = async (name: 'x' | 'y') =>
        seen[name].add(await status(api, 'GET', `/notes/${name}`, 'ann reader'));
      for (let round = 0; round < 10; round += 1) {
        const asked = Array.from({ length: 50 }, () => [ask('x'), ask('y')]).flat();
        file.replace(round % 2 === 0 ? other : hidden);
        await Promise.all(asked);
        const taken = round % 2 === 0 ? 200 : 403;
        while ((await status(api, 'GET', '/notes/y', 'ann reader')) !== taken);
        await ask('y');
      }
      expect(running).to.be.at.least(1000);
      expect([...seen.x]).to.deep.equal([403]);
      expect([...seen.y].toSorted((a, b) => a - b)).to.deep.equal([200, 403]);
    });

    it('warns at start of rules that match no route and of roles that nobody has', async () => {
      file.replace("reader:\n  allow:\n    /nots: GET\n    /notes: GET\nchef:\n  allow:\n    '*': GET\n");
      const Users = class {
        getUser = () => null;
        listRoles = () => ['reader'];
      };
      await using api = await start({ userstores: [Users] });
      await eventually(() => api.logger.lines.some((line) => line.includes('chef')));
      expect(api.logger.lines.filter((line) => line.includes('Paths: '))).to.deep.equal([
        `warn securest: Paths: ${file.path}:3 (allow reader /nots) matches no route`,
        `warn securest: Paths: ${file.path} has allow rules for role chef, which no user, group or hierarchy has`,
      ]);
    });

    it('refuses to start over a file that does not hold', async () => {
      file.replace('reader:\n  allow:\n    /notes: FETCH\n');
      let message = '';
      await start().catch((error: unknown) => (message = (error as Error).message));
      expect(message).to.contain(`${file.path}:3 a method must be an HTTP method`);
    });

    it('matches the path with the prefix that the app is mounted under', async () => {
      file.replace(
        'reader:\n  allow:\n    /api/notes/*: GET\n  deny:\n    /api/notes/secret: GET\nroot:\n  allow:\n    /notes/*: GET\n',
      );
      const security = createSecurity({
        logger: new MemoryLogger(),
        providers: [byHeader],
        authorizationProviders: [file.provider({ mountPath: '/api' })],
      });
      const options = security.secure({ controllers: [notes()] });
      await using server = await TestServer.start(mounted(driver.name, options));
      const get = async (path: string, user: string) =>
        (await server.raw('/', { path, headers: { 'x-user': user } })).status;
      expect(await get('/api/notes/7', 'ann reader')).to.equal(200);
      expect(await get('/api/notes/secret', 'ann reader')).to.equal(403);
      // koa-mount, unlike the routers, has an eye for case.
      expect(await get('/API/notes/7', 'ann reader')).to.equal(driver.isExpress ? 200 : 404);
      expect(await get('/api/notes/Secret/', 'ann reader')).to.equal(403);
      expect(await get('/api/notes/7', 'ann root')).to.equal(403);
    });
  });
}

function mounted(name: string, options: Parameters<typeof useKoaServer>[1]): http.RequestListener {
  if (name === 'Koa') {
    const outer = new Koa();
    outer.silent = true;
    outer.use(mount('/api', useKoaServer(new Koa(), options)));
    const handle = outer.callback();
    return (request, response) => void handle(request, response);
  }
  const create = name === 'Express 4' ? (express4 as unknown as typeof express) : express;
  const outer = create();
  outer.use('/api', useExpressServer(create(), options));
  return outer;
}
