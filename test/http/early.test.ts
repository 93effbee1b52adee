import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Strategy as LocalStrategy } from 'passport-local';
import { mock } from 'node:test';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import {
  Authorized,
  Body,
  CurrentUser,
  Get,
  JsonController,
  Middleware,
  Post,
  UploadedFile,
  UseBefore,
} from 'routing-controllers';
import {
  allOf,
  anyOf,
  Authentication,
  type AuthorizationProviderInterface,
  BadCredentialsError,
  type Constructor,
  ownerOf,
  PasswordProvider,
  permission,
  Public,
  recentLogin,
  scope,
  type SecurityOptions,
  type SecurityRequest,
  type User,
} from '../../src';
import { PassportProvider } from '../../src/passport';
import { basic, type Driver, DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { PermissionFile } from '../support/permission-file';
import { reset } from '../support/reset';
import { type Api, fingerprint, provider, type Reply, startApi, toReply } from '../support/scripted';
import { QUIET, refusal } from '../support/secured-server';

/** `X-User: NAME ROLES SCOPES`, each list joined by `+`; the user `bad` has the wrong credentials. */
const byHeader = provider(
  'by-header',
  (request) => {
    const [username, roles = '', scopes = ''] = request.header('x-user')?.split(' ') ?? [];
    if (username === undefined) return null;
    if (username === 'bad') throw new BadCredentialsError();
    const user = { username, roles: roles.split('+').filter((role) => role !== '') };
    return new Authentication(user, { scopes: scopes.split('+'), authenticatedAt: new Date(0) });
  },
  { credential: 'x-user', challenge: { scheme: 'Name' } },
);

class Notes {
  get(id: string) {
    return { id, owner: 'ann' };
  }
}

class Denying {
  check() {
    return false;
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** What runs beside the actions, by name. */
let ran: string[];

const trace = (_request: unknown, second: unknown, third?: () => unknown): unknown => {
  ran.push('before');
  return (third ?? (second as () => unknown))();
};

function controller(): Constructor<object> {
  @UseBefore(trace)
  @JsonController('/notes')
  class NotesController {
    @Authorized() @Post('/any') any(@Body() body: object) {
      return body;
    }
    @Authorized('editor') @Post('/role') role(@Body() body: object) {
      return body;
    }
    @Authorized(permission('note:write')) @Post('/permission') permission(@Body() body: object) {
      return body;
    }
    @Authorized(scope('write')) @Post('/scope') scope(@Body() body: object) {
      return body;
    }
    @Authorized(recentLogin({ maxAgeSeconds: 60 })) @Post('/recent') recent(@Body() body: object) {
      return body;
    }
    @Authorized(allOf('editor', Denying)) @Post('/role-first') roleFirst(@Body() body: object) {
      return body;
    }
    @Authorized(allOf(Denying, 'editor')) @Post('/policy-first') policyFirst(@Body() body: object) {
      return body;
    }
    @Authorized(anyOf('editor', Denying)) @Post('/either') either(@Body() body: object) {
      return body;
    }
    @Authorized(allOf(scope('write'), Denying)) @Post('/scope-and-policy') scopeAndPolicy(
      @Body() body: object,
    ) {
      return body;
    }
    @Authorized(Denying) @Post('/policy') policy(@Body() body: object) {
      return body;
    }
    @Authorized(() => false) @Post('/predicate') predicate(@Body() body: object) {
      return body;
    }
    @Authorized(ownerOf(Notes, 'id')) @Post('/owned/:id') owned(@Body() body: object) {
      return body;
    }
    @Post('/required') required(@CurrentUser({ required: true }) _user: User, @Body() body: object) {
      return body;
    }
    @Public() @Post('/open') open(@Body() body: object, @CurrentUser() user?: User) {
      return { ...body, user: user?.username };
    }
    @Authorized('editor') @Get('/role') read() {
      return { read: true };
    }
  }
  return NotesController;
}

const EDITOR = 'ann editor write';
const USER = 'eve reader read';

/** Path, credentials, and the statuses for a body that is no JSON: without early, and with it. */
const BROKEN: readonly [path: string, user: string | undefined, late: number, early: number][] = [
  ['any', undefined, 400, 401],
  ['any', 'bad', 400, 401],
  ['any', USER, 400, 400],
  ['required', undefined, 400, 401],
  ['required', 'bad', 400, 401],
  ['required', USER, 400, 400],
  ['role', USER, 400, 403],
  ['role', EDITOR, 400, 400],
  ['permission', USER, 400, 403],
  ['permission', EDITOR, 400, 400],
  ['scope', USER, 400, 403],
  ['scope', EDITOR, 400, 400],
  ['recent', EDITOR, 400, 403],
  ['role-first', USER, 400, 403],
  ['role-first', EDITOR, 400, 400],
  // What the app's own code decides waits for the body, and so does what stands behind it.
  ['policy-first', USER, 400, 400],
  ['either', USER, 400, 400],
  ['either', EDITOR, 400, 400],
  ['scope-and-policy', USER, 400, 400],
  ['policy', USER, 400, 400],
  ['predicate', USER, 400, 400],
  ['owned/1', USER, 400, 400],
  ['policy', undefined, 400, 401],
  ['owned/1', 'bad', 400, 401],
  ['open', undefined, 400, 400],
  ['open', 'bad', 400, 400],
];

for (const driver of DRIVERS) {
  describe(`Early refusals on ${driver.name}`, () => {
    beforeEach(() => {
      reset();
      ran = [];
    });

    const start = (security: SecurityOptions = {}, on: Driver = driver): Promise<Api> =>
      startApi(on, {
        security: {
          early: true,
          providers: [byHeader],
          permissions: { editor: ['note:write'] },
          ...security,
        },
        host: { controllers: [controller()] },
        around: QUIET,
      });

    const post = async (
      api: Api,
      path: string,
      user: string | undefined,
      body: string,
      more = {},
    ): Promise<Reply> => {
      const headers = { ...JSON_TYPE, ...(user === undefined ? {} : { 'x-user': user }), ...more };
      return toReply(await api.server.raw(`/notes/${path}`, { method: 'POST', headers }, body));
    };

    for (const [user, path, status] of [
      [undefined, 'any', 401],
      ['bad', 'any', 401],
      [undefined, 'required', 401],
      [USER, 'role', 403],
    ] as const) {
      it(`answer ${String(status)} at ${path} with nothing read of a body of 50 MB`, async () => {
        await using api = await start();
        const arrived = once(api.server.server, 'request') as Promise<[http.IncomingMessage]>;
        await using client = await Client.connect(api);
        client.head(path, user, 50 * 1024 * 1024);
        const [{ socket }] = await arrived;
        expect((await client.reply()).startsWith(`HTTP/1.1 ${String(status)} `)).to.equal(true);
        expect(socket.bytesRead).to.equal(client.sent);
        expect(ran).to.deep.equal([]);
      });
    }

    it('discard the body, and go on with the connection', async () => {
      await using api = await start();
      await using client = await Client.connect(api);
      client.head('any', undefined, 300_000);
      expect(await client.reply()).to.match(/^HTTP\/1\.1 401 /);
      client.send('x'.repeat(300_000));
      client.head('any', USER, 7);
      client.send('{"a":1}');
      expect(await client.reply()).to.match(/^HTTP\/1\.1 200 [^]*\{"a":1\}/);
    });

    it('come before a body that cannot be read, where no code of the app decides', async () => {
      for (const early of [false, true]) {
        reset();
        await using api = await start({ early });
        for (const [path, user, late, expected] of BROKEN) {
          const { status } = await post(api, path, user, '{ broken');
          expect(`${path} ${String(user)} ${String(status)}`).to.equal(
            `${path} ${String(user)} ${String(early ? expected : late)}`,
          );
        }
      }
    });

    it('come before a body that is too large', async () => {
      await using api = await start();
      const large = JSON.stringify({ text: 'x'.repeat(2 * 1024 * 1024) });
      expect((await post(api, 'any', undefined, large)).status).to.equal(401);
      expect((await post(api, 'role', USER, large)).status).to.equal(403);
      expect((await post(api, 'any', USER, large)).status).to.equal(413);
    });

    it('are the replies and the events that there are without', async () => {
      const seen: Record<string, unknown[]> = {};
      for (const early of [false, true]) {
        reset();
        const told: unknown[] = (seen[String(early)] = []);
        await using api = await start({ early, clock: () => 1_700_000_000_000 });
        for (const [path, user] of BROKEN)
          told.push([path, user, fingerprint(await post(api, path, user, '{}'))]);
        for (const user of [undefined, 'bad', USER, EDITOR]) {
          for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT']) {
            const headers: Record<string, string> = user === undefined ? {} : { 'x-user': user };
            for (const path of ['/notes/role', '/notes/none']) {
              const reply = toReply(await api.server.raw(path, { method, headers }));
              told.push([method, path, user, fingerprint(reply)]);
            }
          }
        }
        told.push(api.events);
      }
      expect(seen['true']).to.deep.equal(seen['false']);
    });

    it('ask providers and role loaders once', async () => {
      const asked: string[] = [];
      class Roles {
        getRoles() {
          asked.push('roles');
          return ['editor'];
        }
      }
      const counted = provider(
        'counted',
        (request) => {
          asked.push('provider');
          return { username: request.header('x-user') ?? '' };
        },
        { credential: 'x-user' },
      );
      await using api = await start({ providers: [counted], roleLoaders: [Roles] });
      expect((await post(api, 'role', 'ann', '{"a":1}')).text).to.equal('{"a":1}');
      expect(asked).to.deep.equal(['provider', 'roles']);
      expect((await post(api, 'scope', 'ann', '{"a":1}')).status).to.equal(200);
      expect(asked).to.deep.equal(['provider', 'roles', 'provider']);
      expect(api.events.map(({ type }) => type)).to.deep.equal([
        ...['authenticated', 'allowed', 'authenticated', 'allowed'],
      ]);
    });

    it('count a wrong password once', async () => {
      mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
      try {
        class Users {
          getUser(username: string) {
            return { username, password: hashSync('secret', 4) };
          }
        }
        class Password extends PasswordProvider {
          constructor() {
            super({ passwords: cheapPasswords, throttle: { perPair: 2 } });
          }
        }
        await using api = await start({ userstores: [Users], providers: [Password], deadlineMs: 60_000 });
        const statuses: number[] = [];
        for (let count = 0; count < 3; count += 1) {
          statuses.push((await post(api, 'any', undefined, '{}', basic('ann', 'wrong'))).status);
        }
        expect(statuses).to.deep.equal([401, 401, 429]);
      } finally {
        mock.timers.reset();
      }
    });

    it('go by path permissions, and not by other authorization providers', async () => {
      using file = new PermissionFile('reader:\n  allow:\n    /notes/any: [POST]\n');
      class Refusing implements AuthorizationProviderInterface {
        authorize() {
          return false;
        }
      }
      const Paths = file.provider();
      // It decides anew, and may look at the body.
      class Own extends Paths {
        override authorize() {
          return false;
        }
      }
      const statusesWith = async (
        ...authorizationProviders: Constructor<AuthorizationProviderInterface>[]
      ) => {
        reset();
        await using api = await start({ authorizationProviders });
        const [allowed, denied] = [await post(api, 'any', USER, '{'), await post(api, 'required', USER, '{')];
        expect(api.events.filter(({ type }) => type === 'allowed')).to.deep.equal([]);
        return [allowed.status, denied.status];
      };
      expect(await statusesWith(Paths)).to.deep.equal([400, 403]);
      expect(await statusesWith(Paths, Refusing)).to.deep.equal([400, 403]);
      expect(await statusesWith(Refusing, Paths)).to.deep.equal([400, 400]);
      expect(await statusesWith(Own)).to.deep.equal([400, 400]);
    });

    it('come before a multipart upload is looked at', async () => {
      let isStored = false;
      const storage = {
        _handleFile(_request: unknown, file: { stream: NodeJS.ReadableStream }, done: (error: null) => void) {
          isStored = true;
          file.stream.resume().on('end', () => {
            done(null);
          });
        },
        _removeFile() {},
      };
      @Authorized('editor')
      @JsonController('/files')
      class Files {
        @UseBefore(trace) @Post('/') add(@UploadedFile('file', { options: { storage } }) _file: unknown) {
          return {};
        }
      }
      await using api = await startApi(driver, {
        security: { early: true, providers: [byHeader] },
        host: { controllers: [Files] },
        around: QUIET,
      });
      const upload = async (user: string | undefined) => {
        const body = new FormData();
        body.append('file', new Blob(['x'.repeat(100_000)]), 'a.txt');
        const headers: Record<string, string> = user === undefined ? {} : { 'x-user': user };
        return (await api.server.fetch('/files', { method: 'POST', body, headers })).status;
      };
      expect([await upload(undefined), await upload(USER), isStored, ran]).to.deep.equal([
        401,
        403,
        false,
        [],
      ]);
      expect([await upload(EDITOR), isStored, ran]).to.deep.equal([200, true, ['before']]);
    });

    it('leave the reply of what is allowed to its middlewares', async () => {
      const texts: string[] = [];
      for (const early of [false, true]) {
        reset();
        const vary = (...args: unknown[]): unknown => {
          const [first, second] = args as [{ res?: http.ServerResponse }, http.ServerResponse];
          (first.res ?? second).setHeader('Vary', 'Accept');
          return (args.at(-1) as () => unknown)();
        };
        @UseBefore(vary)
        @JsonController()
        class Things {
          @Authorized() @Post('/x') x(@Body() body: object) {
            return body;
          }
        }
        await using api = await startApi(driver, {
          security: { early, providers: [byHeader] },
          host: { controllers: [Things] },
        });
        const headers = { ...JSON_TYPE, 'x-user': USER };
        texts.push(fingerprint(toReply(await api.server.raw('/x', { method: 'POST', headers }, '{}'))));
      }
      expect(texts[1]).to.equal(texts[0]);
      expect(texts[1]).to.match(/^vary: Accept, X-User$/im);
    });

    it('keep to skip, onUnauthorized, requireHttps and the cross-site check', async () => {
      const ambient = provider('ambient', (request) => request.cookie('s') && { username: 'ann' }, {
        credential: 'cookie',
      });
      const skip = (request: SecurityRequest) =>
        request.header('x-skip') !== undefined && request.path.endsWith('any');
      await using api = await start({
        providers: [ambient],
        requireHttps: true,
        skip,
        onUnauthorized: (_request, { code }) => ({ status: 418, body: { code } }),
      });
      const codeOf = async (path: string, headers: object) => {
        const { status, text } = await post(api, path, undefined, '{', headers);
        return [status, status === 418 ? (JSON.parse(text) as { code: string }).code : undefined];
      };
      expect(await codeOf('any', {})).to.deep.equal([418, 'authentication_required']);
      expect(await codeOf('any', { 'x-skip': '1' })).to.deep.equal([400, undefined]);
      expect(await codeOf('role', { 'x-skip': '1' })).to.deep.equal([418, 'authentication_required']);
      expect(await codeOf('any', { cookie: 's=1', origin: 'https://evil.example' })).to.deep.equal([
        418,
        'cross_site',
      ]);
      const forwarded = { ...basic('ann', 'x'), 'x-forwarded-for': '192.0.2.1' };
      expect(await codeOf('any', forwarded)).to.deep.equal([418, 'https_required']);
      expect((await post(api, 'any', undefined, '{"a":1}', { 'x-skip': '1' })).text).to.equal('{"a":1}');
    });

    it('hand what they refuse to the app where the default error handler is off', async () => {
      const seen: unknown[] = [];
      await using api = await startApi(driver, {
        security: { early: true, providers: [byHeader], permissions: { editor: ['note:write'] } },
        host: { controllers: [controller()], defaultErrorHandler: false },
        around: {
          koa: {
            before: (app) =>
              app.use(async (_context, next) => {
                await next().catch((error: unknown) => {
                  seen.push(error);
                  throw error;
                });
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
      expect((await post(api, 'any', undefined, '{')).status).to.equal(401);
      expect(seen).to.have.length(1);
      expect(seen[0]).to.include({ httpCode: 401, code: 'authentication_required' });
    });

    it(`run ${driver.isExpress ? '' : 'no '}global middleware for what they refuse`, async () => {
      @Middleware({ type: 'before' })
      class Global {
        use(_request: unknown, second: unknown, third?: () => unknown): unknown {
          ran.push('global');
          return (third ?? (second as () => unknown))();
        }
      }
      await using api = await startApi(driver, {
        security: { early: true, providers: [byHeader], permissions: { editor: ['note:write'] } },
        host: { controllers: [controller()], middlewares: [Global] },
        around: QUIET,
      });
      expect((await post(api, 'any', undefined, '{}')).status).to.equal(401);
      expect(ran).to.deep.equal(driver.isExpress ? ['global'] : []);
      expect((await post(api, 'any', USER, '{}')).status).to.equal(200);
      expect(ran.slice(driver.isExpress ? 1 : 0)).to.deep.equal(['global', 'before']);
    });

    it('are 503 where the roles cannot be loaded', async () => {
      let asked = 0;
      class Down {
        getRoles(): string[] {
          asked += 1;
          throw new Error('down');
        }
      }
      await using api = await start({ roleLoaders: [Down] });
      expect((await post(api, 'role', USER, '{')).status).to.equal(503);
      expect(asked).to.equal(1);
      expect(ran).to.deep.equal([]);
    });

    it('hold the login of the request at hand from there on', async () => {
      const seen: string[] = [];
      const note = (place: string) =>
        seen.push(`${place} ${api.security.currentUser()?.username ?? 'nobody'}`);
      class Roles {
        getRoles() {
          note('roles');
          return ['editor'];
        }
      }
      const noting = provider(
        'noting',
        (request) => {
          note('provider');
          return { username: request.header('x-user') ?? '' };
        },
        { credential: 'x-user' },
      );
      @JsonController()
      class Things {
        @UseBefore((...args: unknown[]): unknown => {
          note('before');
          return (args.at(-1) as () => unknown)();
        })
        @Authorized('editor')
        @Post('/x')
        x(@Body() _body: object) {
          note('action');
          return {};
        }
      }
      @Middleware({ type: 'before' })
      class Global {
        use(...args: unknown[]): unknown {
          note('global');
          return (args.at(-1) as () => unknown)();
        }
      }
      await using api = await startApi(driver, {
        security: { early: true, context: true, providers: [noting], roleLoaders: [Roles] },
        host: { controllers: [Things], middlewares: [Global] },
      });
      const headers = { ...JSON_TYPE, 'x-user': 'ann' };
      expect((await api.server.raw('/x', { method: 'POST', headers }, '{}')).status).to.equal(200);
      const early = ['provider nobody', 'roles ann'];
      const rest = ['before ann', 'action ann'];
      // Koa's global middlewares stand behind the check, those of Express in front of all routes.
      expect(seen).to.deep.equal(
        driver.isExpress ? ['global nobody', ...early, ...rest] : [...early, 'global ann', ...rest],
      );
    });

    it('are refused at start beside a provider that reads the body', () => {
      const ofBody = class Form extends provider('form', () => null, { credential: 'body' }) {};
      const ofStrategy = class Local extends PassportProvider {
        constructor() {
          super(new LocalStrategy(() => undefined), { reads: { body: ['username', 'password'] } });
        }
      };
      for (const [name, providers] of [
        ['form', [byHeader, ofBody]],
        ['Local', [ofStrategy]],
      ] as const) {
        const message = refusal(driver, {
          controllers: [controller()],
          security: { early: true, permissions: { editor: ['note:write'] }, providers },
        });
        expect(message).to.contain('security.early').and.contain(name).and.contain('issues a token');
      }
      const late = { permissions: { editor: ['note:write'] }, providers: [ofBody] };
      expect(() => refusal(driver, { controllers: [controller()], security: late })).to.throw(
        'The app started',
      );
    });
  });
}

/** A client that sends its body when it likes to. */
class Client implements AsyncDisposable {
  sent = 0;
  private received = '';

  private constructor(private readonly socket: net.Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.received += text));
  }

  static async connect(api: Api): Promise<Client> {
    const { hostname, port } = new URL(api.server.url);
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  head(path: string, user: string | undefined, length: number): void {
    const lines = [
      `POST /notes/${path} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      `Content-Length: ${String(length)}`,
      ...(user === undefined ? [] : [`X-User: ${user}`]),
    ];
    this.send(`${lines.join('\r\n')}\r\n\r\n`);
  }

  send(text: string): void {
    this.sent += Buffer.byteLength(text);
    this.socket.write(text);
  }

  /** The next whole reply, which has a length. */
  async reply(): Promise<string> {
    for (;;) {
      const end = this.received.indexOf('\r\n\r\n') + 4;
      const length = /^content-length: (\d+)/im.exec(this.received.slice(0, Math.max(end, 0)))?.[1];
      if (end >= 4 && length !== undefined && this.received.length >= end + Number(length)) {
        const whole = this.received.slice(0, end + Number(length));
        this.received = this.received.slice(whole.length);
        return whole;
      }
      await once(this.socket, 'data');
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    return Promise.resolve();
  }
}
