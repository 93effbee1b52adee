import { expect } from 'chai';
import { Server } from 'socket.io';
import {
  Authentication,
  type AuthProviderInterface,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { secureSocketIo, socketLogin } from '../../src/socket';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { HeldTime } from '../support/held-time';
import { reset } from '../support/reset';
import { letIn, NameTokens, nextOf, SocketIoApp, token, TRANSPORTS } from '../support/socket-io-app';

const UNAUTHORIZED = {
  name: 'AuthenticationRequiredError',
  code: 'authentication_required',
  message: 'Unauthorized User',
};
const WRONG = { name: 'BadCredentialsError', code: 'invalid_credentials', message: 'Unauthorized User' };
const DENIED = { name: 'AccessDeniedError', code: 'access_denied', message: 'Access Denied' };
const FAULT = { name: 'SecurityFaultError', code: 'security_error', message: 'Security Error' };
const CROSS_SITE = { name: 'CrossSiteError', code: 'cross_site', message: 'Access Denied' };

/** A server whose events are typed. */
type Typed = Server<{ add: (note: string) => void }, { added: (note: string) => void }>;

const FOREIGN = 'https://evil.example';

/** Answers every client with the username that the server knows. */
function greet(app: Pick<SocketIoApp, 'io' | 'security'>): void {
  app.io.on('connection', (socket) => {
    socket.on('who', (answer: (name: string | undefined) => void) => {
      answer(socketLogin(app.security, socket)?.login.user.username);
    });
  });
}

describe('secureSocketIo()', () => {
  beforeEach(reset);

  for (const driver of DRIVERS) {
    for (const transport of TRANSPORTS) {
      it(`lets in whom the chain recognises, beside ${driver.name}, by ${transport}`, async () => {
        await using app = await SocketIoApp.start({ driver });
        greet(app);
        const client = await app.connected({ ...token('ann'), transports: [transport] });
        expect(await client.emitWithAck('who')).to.equal('ann');
        expect(client.io.engine.transport.name).to.equal(transport);
      });

      it(`tells a client that it is refused, beside ${driver.name}, by ${transport}`, async () => {
        await using app = await SocketIoApp.start({ driver });
        const transports = [transport];
        expect(await app.refused({ transports })).to.deep.equal({
          message: 'Unauthorized User',
          data: UNAUTHORIZED,
        });
        expect(await app.refused({ ...token('nobody'), transports })).to.deep.equal({
          message: 'Unauthorized User',
          data: WRONG,
        });
      });
    }
  }

  it('knows a client that begins by polling and goes on by a WebSocket', async () => {
    await using app = await SocketIoApp.start();
    greet(app);
    const client = await app.connected({ ...token('ann'), transports: ['polling', 'websocket'] });
    await eventually(() => client.io.engine.transport.name === 'websocket');
    expect(await client.emitWithAck('who')).to.equal('ann');
  });

  describe('credentials', () => {
    it('refuses a token beside an Authorization header', async () => {
      await using app = await SocketIoApp.start();
      const extraHeaders = { authorization: 'Bearer ann' };
      expect((await app.refused({ ...token('ann'), extraHeaders })).data).to.have.property(
        'code',
        'invalid_request',
      );
      await app.connected({ extraHeaders });
    });

    it('takes no token out of a URL', async () => {
      await using app = await SocketIoApp.start();
      const query = { token: 'ann', auth: '{"token":"ann"}', access_token: 'ann' };
      for (const transport of TRANSPORTS) {
        expect((await app.refused({ query, transports: [transport] })).data).to.deep.equal(UNAUTHORIZED);
      }
    });

    it('takes no token out of the URL of a client of protocol 3', async () => {
      let namespaces = 0;
      await using app = await SocketIoApp.start({
        server: { allowEIO3: true },
        after: (io) => io.of('/notes').on('connection', () => (namespaces += 1)),
      });
      const path = '/socket.io/?EIO=3&transport=polling';
      const opened = await (await app.server.fetch(path)).text();
      const sid = /"sid":"([^"]+)"/.exec(opened)?.[1] ?? '';
      const connect = '40/notes?token=ann,';
      await app.server.fetch(`${path}&sid=${sid}`, { method: 'POST', body: `${connect.length}:${connect}` });
      let received = opened;
      await eventually(async () => {
        if (!received.includes('44/notes'))
          received += await (await app.server.fetch(`${path}&sid=${sid}`)).text();
        return received.includes('44/notes');
      });
      expect(received).to.include('authentication_required');
      expect(namespaces).to.equal(0);
    });

    it('reads the token where the app says', async () => {
      await using app = await SocketIoApp.start({
        socketIo: { token: ({ auth }) => (auth['bearer'] as { jwt?: string } | undefined)?.jwt },
      });
      await app.connected({ auth: { bearer: { jwt: 'ann' } } });
      expect((await app.refused(token('ann'))).data).to.deep.equal(UNAUTHORIZED);
    });

    for (const [name, give] of [
      [
        'throws',
        () => {
          throw new Error('no token in canary-secret');
        },
      ],
      ['answers with a number', () => 7 as unknown as string],
      ['answers with null', () => null as unknown as string],
      ['answers later', () => Promise.resolve('ann') as unknown as string],
      ['rejects', () => Promise.reject(new Error('later')) as unknown as string],
    ] satisfies [string, () => string][]) {
      it(`refuses a client whose token() ${name}, and keeps what it sent out of the log`, async () => {
        await using app = await SocketIoApp.start({ socketIo: { token: give } });
        expect((await app.refused({ auth: { token: 'canary-secret' } })).data).to.deep.equal(FAULT);
        expect(app.logger.lines.some((line) => line.startsWith('error'))).to.equal(true);
        expect(app.logger.lines.join('\n')).to.not.include('canary-secret');
      });
    }

    for (const [name, sent] of [
      ['an empty one', ''],
      ['one with a line break', 'ann\r\nx-user: bob'],
      ['one with a comma', 'ann, bob'],
      ['one longer than all headers of a request may be', 'a'.repeat(16_385)],
    ] as const) {
      it(`refuses a token that no header could carry: ${name}`, async () => {
        await using app = await SocketIoApp.start();
        const { data } = await app.refused(token(sent));
        expect((data as { code: string }).code).to.be.oneOf(['invalid_request', 'malformed_credentials']);
      });
    }

    for (const sent of [7, true, ['ann'], { token: 'ann' }, null]) {
      it(`takes ${JSON.stringify(sent)} for no token`, async () => {
        await using app = await SocketIoApp.start();
        expect((await app.refused({ auth: { token: sent } })).data).to.deep.equal(UNAUTHORIZED);
      });
    }

    it('decides about each namespace of a connection by its own token', async () => {
      await using app = await SocketIoApp.start({
        after: (io, security) => {
          for (const name of ['/a', '/b']) {
            io.of(name).on('connection', (socket) => {
              socket.emit('you', socketLogin(security, socket)?.login.user.username);
            });
          }
        },
      });
      const first = app.client('/a', { ...token('ann'), autoConnect: false });
      const second = first.io.socket('/b', token('bob'));
      const third = first.io.socket('/c', {});
      const heard = Promise.all([nextOf(first, 'you'), nextOf(second, 'you')]);
      const refused = letIn(third).then(
        () => 'let in',
        (error: unknown) => (error as Error).message,
      );
      app.io.of('/c');
      for (const client of [first, second, third]) client.connect();
      expect(await heard).to.deep.equal(['ann', 'bob']);
      expect(await refused).to.equal('Unauthorized User');
    });
  });

  it('tells clients when trying again makes sense', async () => {
    const faults = [
      new ThrottledError({ retryAfterSeconds: 7 }),
      new ServiceUnavailableError({ retryAfterSeconds: 3 }),
    ];
    class Faulty implements AuthProviderInterface {
      authenticate(_request: SecurityRequest): never {
        throw faults.shift()!;
      }
    }
    await using app = await SocketIoApp.start({ security: { providers: [Faulty] } });
    expect((await app.refused()).data).to.deep.equal({
      name: 'ThrottledError',
      code: 'too_many_attempts',
      message: 'Too Many Attempts',
      retryAfterSeconds: 7,
    });
    expect((await app.refused()).data).to.deep.equal({
      name: 'ServiceUnavailableError',
      code: 'authentication_unavailable',
      message: 'Authentication Unavailable',
      retryAfterSeconds: 3,
    });
  });

  describe('cross-site', () => {
    const cookie = 'name=ann';

    for (const transport of TRANSPORTS) {
      const transports = [transport];

      it(`refuses a cookie that a page of a foreign origin had sent, by ${transport}`, async () => {
        await using app = await SocketIoApp.start();
        for (const extraHeaders of [
          { cookie, origin: FOREIGN },
          { cookie, 'sec-fetch-site': 'cross-site', origin: FOREIGN },
          { cookie, 'sec-fetch-site': 'same-site', origin: 'http://other.example' },
          { cookie, origin: 'null' },
          { cookie },
        ]) {
          const { data } = await app.refused({ transports, extraHeaders });
          expect(data, JSON.stringify(extraHeaders)).to.deep.equal(CROSS_SITE);
        }
      });

      it(`takes a cookie of its own pages, and a token of any, by ${transport}`, async () => {
        await using app = await SocketIoApp.start({ security: { trustedOrigins: ['https://app.example'] } });
        const origin = app.server.url;
        await app.connected({ transports, extraHeaders: { cookie, origin } });
        await app.connected({ transports, extraHeaders: { cookie, 'sec-fetch-site': 'same-origin' } });
        await app.connected({ transports, extraHeaders: { cookie, origin: 'https://app.example' } });
        await app.connected({ ...token('ann'), transports, extraHeaders: { origin: FOREIGN } });
      });
    }
  });

  describe('namespaces', () => {
    it('guards those that are there, and those that are made later, by name, pattern or function', async () => {
      await using app = await SocketIoApp.start({
        before: (io) => {
          io.of('/before');
          io.of(/^\/room-\d+$/);
        },
        after: (io) => {
          io.of('/after');
          io.of((name, _auth, next) => next(null, name.startsWith('/free-')));
        },
      });
      const names = ['/', '/before', '/room-1', '/after', '/free-1'];
      for (const name of names) {
        expect((await app.refused({}, name)).data, name).to.deep.equal(UNAUTHORIZED);
        await app.connected(token('ann'), name);
      }
      app.io.of('/late');
      expect((await app.refused({}, '/late')).data).to.deep.equal(UNAUTHORIZED);
      await app.connected(token('ann'), '/late');
    });

    it('leaves open ones alone, by their exact names', async () => {
      await using app = await SocketIoApp.start({
        socketIo: { open: ['/status', '/Room-1'] },
        before: (io) => io.of('/status'),
        after: (io) => {
          io.of('/statuses');
          io.of(/^\/room-\d+$/i);
        },
      });
      await app.connected({}, '/status');
      await app.connected(token('nobody'), '/status');
      await app.connected({}, '/Room-1');
      for (const name of ['/statuses', '/room-1', '/']) {
        expect((await app.refused({}, name)).data, name).to.deep.equal(UNAUTHORIZED);
      }
    });

    it('asks before a middleware of a later namespace, and after one that was there', async () => {
      const seen: string[] = [];
      await using app = await SocketIoApp.start({
        after: (io, security) =>
          io.of('/a').use((socket, next) => {
            seen.push(socketLogin(security, socket)?.login.user.username ?? 'nobody');
            next();
          }),
      });
      await app.refused({}, '/a');
      await app.connected(token('ann'), '/a');
      expect(seen).to.deep.equal(['ann']);
    });
  });

  describe('anonymous', () => {
    it('lets in clients without credentials, and refuses wrong ones', async () => {
      await using app = await SocketIoApp.start({ socketIo: { anonymous: true } });
      greet(app);
      const client = await app.connected();
      expect(await client.emitWithAck('who')).to.equal(null);
      expect((await app.refused(token('nobody'))).data).to.deep.equal(WRONG);
      expect((await app.refused(token(''))).data).to.have.property('code');
      const ann = await app.connected(token('ann'));
      expect(await ann.emitWithAck('who')).to.equal('ann');
    });
  });

  describe('rule', () => {
    it('refuses those whom it does not let in, and tells the reason to the app alone', async () => {
      await using app = await SocketIoApp.start({ socketIo: { rule: ['editor', 'reader'] } });
      app.directory.users.set('eve', { username: 'eve' });
      await app.connected(token('ann'));
      await app.connected(token('bob'));
      expect(await app.refused(token('eve'))).to.deep.equal({ message: 'Access Denied', data: DENIED });
      const denied = app.events.filter(({ type }) => type === 'denied');
      expect(denied).to.have.length(1);
      expect(denied[0]).to.deep.include({
        user: 'eve',
        code: 'access_denied',
        reason: 'any of (role editor, role reader) (event connect /)',
      });
    });
  });

  describe('the end of a login', () => {
    it('is told to the client, which is then disconnected, and no more than that', async () => {
      for (const change of ['inactive', 'gone']) {
        await using app = await SocketIoApp.start();
        const client = await app.connected(token('ann'));
        const told = nextOf(client, 'security_error');
        const gone = nextOf(client, 'disconnect');
        if (change === 'gone') app.directory.users.delete('ann');
        else app.directory.users.set('ann', { username: 'ann', active: false });
        app.security.forget('ann');
        expect(await told).to.deep.equal(WRONG);
        expect(await gone).to.equal('io server disconnect');
      }
    });

    it('comes when the rule of the server no longer holds', async () => {
      await using app = await SocketIoApp.start({ socketIo: { rule: 'editor' } });
      const client = await app.connected(token('ann'));
      const told = nextOf(client, 'security_error');
      const gone = nextOf(client, 'disconnect');
      app.directory.users.set('ann', { username: 'ann', roles: [] });
      app.security.forget('ann');
      expect(await told).to.deep.equal(DENIED);
      await gone;
    });

    it('is seen where it comes while the client connects', async () => {
      let disable = (): void => {};
      await using app = await SocketIoApp.start({
        socketIo: { recheckMs: 0 },
        after: (io) =>
          io.use((_socket, next) => {
            disable();
            next();
          }),
      });
      disable = () => {
        app.directory.users.delete('ann');
        app.security.forget('ann');
      };
      const client = app.client('/', token('ann'));
      const gone = nextOf(client, 'disconnect');
      expect(await nextOf(client, 'security_error')).to.deep.equal(WRONG);
      await gone;
    });

    it('leaves the other namespaces of the connection alone', async () => {
      await using app = await SocketIoApp.start({ after: (io) => io.of('/b') });
      const first = app.client('/', { ...token('ann'), autoConnect: false });
      const second = first.io.socket('/b', token('bob'));
      const both = Promise.all([letIn(first), letIn(second)]);
      first.connect();
      second.connect();
      await both;
      const gone = nextOf(first, 'disconnect');
      app.directory.users.delete('ann');
      app.security.forget('ann');
      await gone;
      expect(second.connected).to.equal(true);
      expect(app.serverSide(second, '/b').connected).to.equal(true);
    });

    it('does not come while the store is down', async () => {
      await using app = await SocketIoApp.start();
      const client = await app.connected(token('ann'));
      const login = socketLogin(app.security, app.serverSide(client))!;
      app.directory.fault = new ServiceUnavailableError();
      app.security.forget('ann');
      await eventually(() => app.events.some(({ type }) => type === 'unavailable'));
      app.directory.fault = undefined;
      expect(await login.may('editor')).to.equal(true);
      expect(client.connected).to.equal(true);
    });

    it('is told to the app, which keeps the login of a socket as of its last check', async () => {
      await using app = await SocketIoApp.start();
      const client = await app.connected(token('ann'));
      const login = socketLogin(app.security, app.serverSide(client))!;
      app.directory.users.set('ann', { username: 'ann', roles: ['reader'] });
      app.security.forget('ann');
      await eventually(() => login.login.user.roles?.includes('reader') === true);
      expect(await login.may('editor')).to.equal(false);
      expect(await login.may('reader')).to.equal(true);
      const why = new Promise((resolve) => login.onEnd(resolve));
      app.directory.users.delete('ann');
      app.security.forget('ann');
      expect(await why).to.equal('revoked');
      expect(await login.may('reader')).to.equal(false);
    });

    it('is looked for before a further namespace of the same connection is joined', async () => {
      await using app = await SocketIoApp.start({ after: (io) => io.of('/b') });
      const extraHeaders = { cookie: 'name=ann', 'sec-fetch-site': 'same-origin' };
      const first = await app.connected({ extraHeaders });
      await new Promise<void>((resolve) => {
        first.io.socket('/b', {}).once('connect', resolve).connect();
      });
      app.directory.users.set('ann', { username: 'ann', active: false });
      const third = first.io.socket('/c', {});
      app.io.of('/c');
      const refused = letIn(third).then(
        () => undefined,
        (error: unknown) => (error as { data: unknown }).data,
      );
      third.connect();
      expect(await refused).to.have.property('code', 'invalid_credentials');
    });
  });

  describe('time', () => {
    const time = HeldTime.use();
    const MINUTE = 60_000;

    /** Gives logins that end after five minutes. */
    class Short implements AuthProviderInterface {
      readonly schemes = ['bearer'];
      private readonly names = new NameTokens();
      async authenticate(...asked: Parameters<NameTokens['authenticate']>): Promise<Authentication | null> {
        const user = await this.names.authenticate(...asked);
        return user && new Authentication(user, { expiresAt: new Date(time.now + 5 * MINUTE) });
      }
    }

    it('ends a login with its credential', async () => {
      await using app = await SocketIoApp.start({
        security: { clock: time.clock, providers: [Short] },
        socketIo: { recheckMs: 0 },
      });
      const client = await app.connected(token('ann'));
      expect(time.delays).to.deep.equal([5 * MINUTE]);
      const login = socketLogin(app.security, app.serverSide(client))!;
      const why = new Promise((resolve) => login.onEnd(resolve));
      const told = nextOf(client, 'security_error');
      const gone = nextOf(client, 'disconnect');
      time.pass(5 * MINUTE - 1);
      expect(client.connected).to.equal(true);
      time.pass(1);
      expect(await why).to.equal('expired');
      expect(await told).to.deep.equal(WRONG);
      await gone;
    });

    it('has a login checked again when it is as old as the app says', async () => {
      await using app = await SocketIoApp.start({
        security: { clock: time.clock },
        socketIo: { recheckMs: 20 * MINUTE },
      });
      const client = await app.connected(token('ann'));
      expect(time.delays).to.have.length(1);
      const gone = nextOf(client, 'disconnect');
      app.directory.users.set('ann', { username: 'ann', active: false });
      time.pass(20 * MINUTE);
      await gone;
      expect(time.delays).to.deep.equal([]);
    });

    it('keeps no timer for a client that has gone, or was refused by another middleware', async () => {
      await using app = await SocketIoApp.start({
        security: { clock: time.clock },
        socketIo: { recheckMs: 20 * MINUTE },
        after: (io) =>
          io.of('/full').use((_socket, next) => {
            next(new Error('full'));
          }),
      });
      await app.refused(token('ann'), '/full');
      expect(time.delays).to.deep.equal([]);
      const client = await app.connected(token('ann'));
      expect(time.delays).to.have.length(1);
      client.disconnect();
      await eventually(() => time.delays.length === 0);
    });

    for (const how of ['by time', 'by forget()'] as const) {
      it(`forgets at its next check, ${how}, a client that has gone after the app removed all listeners`, async () => {
        await using app = await SocketIoApp.start({
          security: { clock: time.clock },
          socketIo: { recheckMs: 20 * MINUTE },
        });
        const client = await app.connected(token('ann'));
        const socket = app.serverSide(client);
        socket.removeAllListeners();
        client.disconnect();
        await eventually(() => !socket.connected);
        expect(time.delays).to.have.length(1);
        if (how === 'by time') time.pass(20 * MINUTE);
        else app.security.forget('ann');
        // A check would be over by the time another client is connected.
        await app.connected(token('bob'));
        expect(time.delays).to.have.length(1);
      });
    }
  });

  it('lets no client in that has come past its middleware', async () => {
    await using app = await SocketIoApp.start();
    const root = app.io.sockets as unknown as { _fns: unknown[] };
    root._fns = [];
    const client = app.client('/');
    const gone = nextOf(client, 'disconnect');
    await letIn(client);
    expect(await gone).to.equal('io server disconnect');
  });

  it('ends nothing for a client that goes while it is being authenticated', async () => {
    let resume = (): void => {};
    const asked = new Promise<void>((resolve) => {
      resume = resolve;
    });
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    class Slow extends NameTokens {
      override async authenticate(...args: Parameters<NameTokens['authenticate']>) {
        resume();
        await held;
        return super.authenticate(...args);
      }
    }
    await using app = await SocketIoApp.start({ security: { providers: [Slow] } });
    let connections = 0;
    app.io.on('connection', () => (connections += 1));
    const client = app.client('/', token('ann'));
    await asked;
    client.disconnect();
    await eventually(() => app.io.engine.clientsCount === 0);
    letGo();
    await app.connected(token('ann'));
    expect(connections).to.equal(1);
  });

  it('keeps two servers of one process apart', async () => {
    await using one = await SocketIoApp.start();
    await using other = await SocketIoApp.start();
    other.directory.users.delete('ann');
    const client = await one.connected(token('ann'));
    expect((await other.refused(token('ann'))).data).to.deep.equal(WRONG);
    const socket = one.serverSide(client);
    expect(socketLogin(one.security, socket)?.login.user.username).to.equal('ann');
    expect(socketLogin(other.security, socket)).to.equal(undefined);
  });

  it('works on one server for several instances of socket.io and of securest', async () => {
    await using app = await SocketIoApp.start();
    const second: Typed = new Server(app.server.server, { path: '/second' });
    try {
      secureSocketIo(app.security, second, { rule: 'editor' });
      await app.connected({ ...token('ann'), path: '/second' });
      expect((await app.refused({ ...token('bob'), path: '/second' })).data).to.deep.equal(DENIED);
      await app.connected(token('bob'));
    } finally {
      second.disconnectSockets(true);
    }
  });

  it('knows no socket that it has not let in', async () => {
    await using app = await SocketIoApp.start();
    expect(socketLogin(app.security, {})).to.equal(undefined);
    expect(() => socketLogin({} as never, {}))
      .to.throw()
      .with.property('code', 'invalid_configuration');
  });

  describe('a set-up that is not safe', () => {
    const REFUSED = 'invalid_configuration';

    async function start(setUp: Parameters<typeof SocketIoApp.start>[0]): Promise<string> {
      try {
        await using app = await SocketIoApp.start(setUp);
        expect(app.io).to.equal(undefined);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        expect(code, message).to.equal(REFUSED);
        return message;
      }
      return expect.fail('It started');
    }

    for (const skipMiddlewares of [true, false]) {
      it(`is refused: connection state recovery with skipMiddlewares ${skipMiddlewares}`, async () => {
        expect(await start({ server: { connectionStateRecovery: { skipMiddlewares } } })).to.include(
          'connectionStateRecovery',
        );
      });
    }

    it('is refused: a server that is secured already', async () => {
      await start({ after: (io, security) => secureSocketIo(security, io) });
    });

    it('is refused: a server with clients', async () => {
      await using app = await SocketIoApp.start();
      const io = new Server(app.server.server, { path: '/plain' });
      await app.connected({ path: '/plain' });
      expect(() => secureSocketIo(app.security, io))
        .to.throw('already')
        .with.property('code', REFUSED);
      io.disconnectSockets(true);
    });

    it('is refused: options, rules and names that are none', async () => {
      expect(await start({ socketIo: { anonymous: true, rule: 'editor' } })).to.include('anonymous');
      for (const options of [
        { anonymus: true },
        { anonymous: 1 },
        { anonymous: null },
        { open: 'status' },
        { open: ['status'] },
        { open: [/status/] },
        { token: 'token' },
        { recheckMs: 10 },
        { rule: 7 },
        { rule: [] },
      ]) {
        await start({ socketIo: options as never });
      }
      await start({ security: { roles: ['editor'] }, socketIo: { rule: 'edtor' } });
    });

    it('is refused: what is no server of socket.io', async () => {
      await using app = await SocketIoApp.start();
      const named = { of: () => ({}), on: () => ({}), close: () => ({}) };
      for (const io of [
        named,
        { ...named, _nsps: new Map(), _opts: {} },
        { ...named, _nsps: new Map([['/', {}]]), _opts: {} },
        undefined,
        null,
      ]) {
        expect(() => secureSocketIo(app.security, io as never))
          .to.throw('socket.io 4.8')
          .with.property('code', REFUSED);
      }
      expect(() => secureSocketIo({} as never, app.io))
        .to.throw()
        .with.property('code', REFUSED);
    });
  });
});
