import net from 'node:net';
import { expect } from 'chai';
import {
  type Action,
  Authorized,
  BodyParam,
  Controller,
  createParamDecorator,
  CurrentUser,
  Get,
  JsonController,
  Post,
  SessionParam,
} from 'routing-controllers';
import {
  AccessDeniedError,
  Authentication,
  type AuthProviderInterface,
  BadCredentialsError,
  CurrentAuthentication,
  ownerOf,
  Resource,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
  type User,
  type UserRoles,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { CrashWatch, provider, startApi } from '../support/scripted';

/** Authenticates whom X-User names; `bad` has wrong credentials, a moment later. */
const byName = provider(
  'ByName',
  async (request) => {
    const username = request.header('x-user');
    if (username === undefined) return null;
    await new Promise((resolve) => setImmediate(resolve));
    if (username === 'bad') throw new BadCredentialsError();
    return { username, groups: ['team'] };
  },
  { credential: 'x-user' },
);

const ANN = { 'x-user': 'ann' };
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

for (const driver of DRIVERS) {
  describe(`A process on ${driver.name} goes on`, () => {
    beforeEach(reset);

    const start = (controller: new () => object, security: SecurityOptions = {}, host = {}) =>
      startApi(driver, {
        host: { controllers: [controller], ...host },
        security: { providers: [byName], ...security },
      });

    it('when a parameter throws beside an optional user with bad credentials, which is told first', async () => {
      using watch = new CrashWatch();
      let decorated = 0;
      const Counted = createParamDecorator({ value: () => (decorated += 1) }) as ParameterDecorator;
      @JsonController()
      class Main {
        @Post('/session') session(
          @CurrentUser() _user: User,
          @SessionParam('x') _x: string,
          @Counted _c: number,
        ) {
          return {};
        }
      }
      await using api = await start(Main);
      expect((await api.post('/session', { 'x-user': 'bad' })).status).to.equal(401);
      expect(decorated).to.equal(0);
      expect((await api.post('/session', { connection: 'close' })).status).to.equal(500);
      expect(await watch.settled()).to.deep.equal([]);
    });

    const rejected = () => Promise.reject(new Error('a lazy relation'));
    class Company {
      readonly owner = { all: [rejected()] };
    }
    const records: Record<string, () => object> = {
      'without a password': () => ({ lazy: rejected(), inner: { list: [[rejected()]] } }),
      'in classes, maps and sets': () => ({
        company: new Company(),
        map: new Map([[rejected(), new Set([rejected()])]]),
      }),
      'with a password': () => ({ password: '$2b$04$x', lazy: rejected(), later: rejected() }),
      'of a hidden property': () => Object.defineProperty({}, '__lazy__', { value: rejected() }),
      'in the place of roles': () => ({ roles: rejected(), groups: rejected() }),
      'of an inactive user': () => ({ active: false, lazy: rejected() }),
    };
    for (const [what, make] of Object.entries(records)) {
      it(`when promises of a user's record reject: ${what}`, async () => {
        using watch = new CrashWatch();
        const record = () => Object.assign(make(), { username: 'ann' });
        class Users {
          getUser() {
            return record();
          }
          getGroup() {
            return { name: 'team', lazy: rejected() };
          }
        }
        const asking = provider(
          'Asking',
          async (request, users) => {
            const form = request.header('x-form');
            if (form === undefined) return null;
            if (form === 'stated') return record();
            if (form === 'claimed') {
              return new Authentication(
                { username: 'ann', groups: ['team'] },
                { claims: { lazy: rejected() } },
              );
            }
            const user = await users.getUser('ann');
            // As long as a password is verified nobody looks at the record.
            await later();
            if (form === 'wrong') throw new BadCredentialsError();
            return user ?? null;
          },
          { credential: 'x-form' },
        );
        @Authorized()
        @JsonController()
        class Main {
          @Get('/me') me(@CurrentUser() { username }: User) {
            return { username };
          }
          @Get('/login') login(@CurrentAuthentication() { user }: Authentication) {
            return { username: user.username };
          }
          @Authorized('none') @Get('/role') role() {
            return {};
          }
        }
        await using api = await start(Main, { providers: [asking], userstores: [Users] });
        for (const form of ['loaded', 'wrong', 'stated', 'claimed']) {
          for (const path of ['/me', '/login', '/role']) {
            const { status } = await api.get(path, { 'x-form': form, connection: 'close' });
            expect(status, `${form} ${path}`).to.be.oneOf([200, 401, 403, 500]);
          }
        }
        await later();
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    it('when a parameter throws beside others that reject', async () => {
      using watch = new CrashWatch();
      class Notes {
        async get(): Promise<object> {
          await later();
          throw new ServiceUnavailableError();
        }
      }
      const Rejecting = createParamDecorator({
        value: async (_action: Action) => {
          await later();
          throw new Error('rejected');
        },
      }) as ParameterDecorator;
      @JsonController()
      class Main {
        @Authorized() @Get('/notes/:id') note(
          @Resource(Notes, 'id') _note: object,
          @Rejecting _rejected: unknown,
          @SessionParam('x') _session: string,
          @BodyParam('y') _body: string,
        ) {
          return {};
        }
      }
      await using api = await start(Main);
      for (let count = 0; count < 3; count += 1) {
        const { status } = await api.get('/notes/1', { ...ANN, connection: 'close' });
        expect(status).to.be.oneOf([500, 503]);
      }
      await later();
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('when a rule asks for roles that cannot be loaded, and waits for them later or never', async () => {
      using watch = new CrashWatch();
      class Down {
        getUser() {
          return null;
        }
        getGroup(): never {
          throw new Error('the groups are down');
        }
      }
      class Rules {
        async authorize(
          request: SecurityRequest,
          _user: User,
          _access: unknown,
          roles: () => Promise<UserRoles>,
        ) {
          const loading = roles();
          await later();
          if (request.path === '/never') return true;
          return (await loading).effective.has('staff');
        }
      }
      @Authorized()
      @JsonController()
      class Main {
        @Get('/later') later() {
          return {};
        }
        @Get('/never') never() {
          return {};
        }
      }
      await using api = await start(Main, { userstores: [Down], authorizationProviders: [Rules] });
      expect((await api.get('/later', ANN)).status).to.equal(503);
      expect((await api.get('/never', ANN)).status).to.equal(200);
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('when app code that must answer at once gives promises that reject', async () => {
      using watch = new CrashWatch();
      const rejecting = (): never => later().then(() => Promise.reject(new Error('rejected'))) as never;
      class Store {
        get() {
          return { owner: 'ann' };
        }
      }
      class Careless implements AuthProviderInterface {
        readonly credential = 'x-careless';
        authenticate() {
          return null;
        }
        challenge() {
          return rejecting();
        }
        forget() {
          return rejecting();
        }
      }
      @JsonController()
      class Main {
        @Authorized(ownerOf(Store, 'id', { owner: rejecting })) @Get('/owned/:id') owned() {
          return {};
        }
      }
      await using api = await start(Main, {
        providers: [byName, Careless],
        skip: rejecting,
        onEvent: rejecting,
        logger: { info: rejecting, warn: rejecting, error: rejecting },
      });
      expect((await api.get('/owned/1', ANN)).status).to.equal(403);
      expect((await api.get('/owned/1')).status).to.equal(401);
      api.security.forget('ann');
      await later();
      await later();
      expect(await watch.settled()).to.deep.equal([]);
    });

    describe('when an action throws a security error', () => {
      const shared = new AccessDeniedError();
      const frozen = Object.freeze(new ThrottledError({ retryAfterSeconds: 7 }));
      const broken: [string, () => unknown, number][] = [
        ['that is frozen', () => frozen, 429],
        ['that it throws again and again', () => shared, 403],
        [
          'with headers that cannot be sent',
          () => headed({ 'X-A': 'a\u20ac\r\nb', 'b c': 'x', 'X-D': 'kept' }),
          403,
        ],
        ['with headers that are none', () => headed(null), 403],
        ['with a header that cannot be read', () => headed({ get 'X-A'(): string { throw new Error('no'); } }), 403], // prettier-ignore
        [
          'with a status that is none',
          () => Object.assign(new AccessDeniedError(), { httpCode: 'many' }),
          500,
        ],
        ['with a status of success', () => Object.assign(new AccessDeniedError(), { httpCode: 200 }), 500],
        ['behind a proxy that fails', () => new Proxy(new AccessDeniedError(), { ownKeys: () => { throw new Error('no'); } }), 500], // prettier-ignore
      ];
      const headed = (headers: unknown) => Object.assign(new AccessDeniedError(), { headers });
      for (const handles of [true, false]) {
        for (const [index, [what, make, status]] of broken.entries()) {
          it(`${what}, ${handles ? 'with' : 'without'} the host's error handling`, async () => {
            using watch = new CrashWatch();
            @Controller()
            class Texts {
              @Get('/text') text() {
                throw make();
              }
            }
            @JsonController()
            class Main {
              @Get('/json') json() {
                throw make();
              }
            }
            const host = { controllers: [Texts, Main], defaultErrorHandler: handles };
            await using api = await start(Main, {}, host);
            for (const path of ['/json', '/text', '/json']) {
              const reply = await api.get(path);
              expect(reply.status, path).to.equal(status);
              expect(reply.headers['cache-control']).to.equal('private, no-store');
              expect(reply.headers['retry-after']).to.equal(index === 0 ? '7' : undefined);
              expect(reply.headers['x-d']).to.equal(what.includes('cannot be sent') ? 'kept' : undefined);
            }
            expect(await watch.settled()).to.deep.equal([]);
          });
        }
      }
    });

    it('when the onUnauthorized hook gives headers, a status or a body that cannot be sent', async () => {
      @Authorized()
      @JsonController()
      class Main {
        @Get('/:page') page() {
          return {};
        }
      }
      for (const defaultErrorHandler of [true, false]) {
        using watch = new CrashWatch();
        await using api = await start(
          Main,
          {
            onUnauthorized: ({ path }) => ({
              status: path === '/status' ? 99_999 : 302,
              headers: { Location: `/login?next=${decodeURIComponent(path)}`, 'X-Kept': 'yes' },
              ...(path === '/body' && { body: () => undefined }),
            }),
          },
          { defaultErrorHandler },
        );
        for (const [path, status] of [
          ['/ok', 302],
          ['/%E2%82%AC', 302],
          ['/a%0d%0aSet-Cookie:x', 302],
          ['/status', 401],
          ['/body', 302],
        ] as const) {
          const reply = await api.get(path);
          expect(reply.status, path).to.equal(status);
          expect(reply.headers['x-kept']).to.equal('yes');
          expect(reply.headers['set-cookie']).to.equal(undefined);
          expect(reply.headers.location === undefined).to.equal(path.includes('%'));
        }
        expect(await watch.settled()).to.deep.equal([]);
      }
    });

    it('with the address in events of a client that has gone meanwhile', async () => {
      const addresses: string[] = [];
      let isGone!: () => void;
      const gone = new Promise<void>((resolve) => (isGone = resolve));
      const slow = provider('Slow', async () => {
        await gone;
        return { username: 'ann' };
      });
      let runs = 0;
      @JsonController()
      class Main {
        @Authorized() @Post('/transfer') transfer() {
          runs += 1;
          return {};
        }
      }
      await using api = await start(Main, {
        providers: [slow],
        onEvent: (event) => {
          if ('ip' in event) addresses.push(`${event.type} ${event.ip}`);
        },
      });
      const socket = net.connect(Number(new URL(api.server.url).port), '127.0.0.1');
      socket.write('POST /transfer HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
      const [theirs] = await new Promise<[net.Socket]>((resolve) => {
        api.server.server.on('request', ({ socket: one }: { socket: net.Socket }) => {
          resolve([one]);
        });
      });
      const closed = new Promise((resolve) => theirs.once('close', resolve));
      socket.resetAndDestroy();
      await closed;
      isGone();
      await eventually(() => runs === 1);
      expect(addresses).to.deep.equal(['authenticated 127.0.0.1', 'allowed 127.0.0.1']);
    });
  });
}
