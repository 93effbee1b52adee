import { expect } from 'chai';
import { Authorized, CurrentUser } from 'routing-controllers';
import type { Server, Socket } from 'socket.io';
import {
  ConnectedSocket,
  EmitOnFail,
  MessageAck,
  MessageBody,
  OnConnect,
  OnDisconnect,
  OnDisconnecting,
  OnMessage,
  SocketController,
  SocketControllers,
  type SocketControllersOptions,
} from 'socket-controllers';
import type { Socket as Client } from 'socket.io-client';
import {
  type Access,
  Authentication,
  type AuthProviderInterface,
  type Constructor,
  createSecurity,
  ownerOf,
  Public,
  type Security,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { secureSocketControllers, secureSocketIo, socketLogin } from '../../src/socket';
import { eventually } from '../support/eventually';
import { HeldTime } from '../support/held-time';
import { MemoryLogger, reset } from '../support/reset';
import {
  NameTokens,
  nextOf,
  SocketIoApp,
  type SocketIoSetUp,
  token,
  TRANSPORTS,
} from '../support/socket-io-app';

const UNAUTHORIZED = {
  name: 'AuthenticationRequiredError',
  code: 'authentication_required',
  message: 'Unauthorized User',
};
const DENIED = { name: 'AccessDeniedError', code: 'access_denied', message: 'Access Denied' };
const FAULT = { name: 'SecurityFaultError', code: 'security_error', message: 'Security Error' };
const UNAVAILABLE = {
  name: 'ServiceUnavailableError',
  code: 'authentication_unavailable',
  message: 'Authentication Unavailable',
  retryAfterSeconds: 5,
};

type Controller = Constructor<object>;
type SetUp = SocketIoSetUp & {
  readonly controllers: readonly Controller[];
  readonly default?: 'authenticated' | 'public';
  readonly container?: Partial<SocketControllersOptions>;
};

/** One instance for each class. */
function container(): SocketControllersOptions['container'] {
  const made = new Map<unknown, unknown>();
  return {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as the package has it
    get<T>(cls: unknown): T {
      if (!made.has(cls)) made.set(cls, new (cls as new () => T)());
      return made.get(cls) as T;
    },
  };
}

async function start({
  controllers,
  default: fallback,
  container: more,
  ...setUp
}: SetUp): Promise<SocketIoApp> {
  return SocketIoApp.start({
    ...setUp,
    after: (io, security) => {
      setUp.after?.(io, security);
      secureSocketControllers(security, fallback === undefined ? undefined : { default: fallback });
      make(io, controllers, more);
    },
  });
}

function make(
  io: Server,
  controllers: readonly Controller[],
  more?: Partial<SocketControllersOptions>,
): void {
  new SocketControllers({ io, container: container(), controllers: [...controllers], ...more });
}

/** What came of an event for which the client waits. */
async function ask(client: Client, event: string, ...args: unknown[]): Promise<unknown> {
  return client.emitWithAck(event, ...args);
}

/** Answers its own name, so that a test sees what ran. */
function chat(ran: string[] = []): Controller {
  abstract class Base {
    @Authorized('editor') @OnMessage('inherited') inherited(@MessageAck() ack: (answer: unknown) => void) {
      ran.push('inherited');
      ack('inherited');
    }
    @Authorized('editor') overridden(ack: (answer: unknown) => void) {
      ack('base');
    }
  }

  @SocketController()
  class Chat extends Base {
    @Authorized('editor') @OnMessage('edit') edit(@MessageBody() body: unknown, @MessageAck() ack?: unknown) {
      ran.push(`edit ${JSON.stringify(body)}`);
      if (typeof ack === 'function') ack('edited');
    }
    @Authorized(['editor', 'reader']) @OnMessage('read') read(@MessageAck() ack: (answer: unknown) => void) {
      ran.push('read');
      ack('read');
    }
    @OnMessage('plain') plain(@MessageAck() ack: (answer: unknown) => void) {
      ran.push('plain');
      ack('plain');
    }
    @Public() @OnMessage('ping') ping(@MessageAck() ack: (answer: unknown) => void) {
      ran.push('ping');
      ack('pong');
    }
    @OnMessage('override') override overridden(@MessageAck() ack: (answer: unknown) => void) {
      ran.push('override');
      ack('override');
    }
  }
  return Chat;
}

describe('secureSocketControllers()', () => {
  beforeEach(reset);

  for (const transport of TRANSPORTS) {
    it(`decides about each event by the guards of its method, by ${transport}`, async () => {
      const ran: string[] = [];
      await using app = await start({ controllers: [chat(ran)], socketIo: { anonymous: true } });
      app.directory.users.set('eve', { username: 'eve' });
      const transports = [transport];
      const answers: Record<string, unknown[]> = {};
      for (const name of ['nobody', 'eve', 'bob', 'ann']) {
        const client = await app.connected(
          name === 'nobody' ? { transports } : { ...token(name), transports },
        );
        answers[name] = [];
        for (const event of ['edit', 'read', 'plain', 'ping', 'inherited', 'override']) {
          answers[name].push(await ask(client, event));
        }
        expect(client.connected).to.equal(true);
      }
      const no = { error: UNAUTHORIZED };
      const denied = { error: DENIED };
      expect(answers).to.deep.equal({
        nobody: [no, no, no, 'pong', no, no],
        eve: [denied, denied, 'plain', 'pong', denied, denied],
        bob: [denied, 'read', 'plain', 'pong', denied, denied],
        ann: ['edited', 'read', 'plain', 'pong', 'inherited', 'override'],
      });
      expect(ran.filter((line) => line.startsWith('edit'))).to.have.length(1);
      expect(ran.filter((line) => line === 'inherited' || line === 'override')).to.have.length(2);
    });
  }

  it('asks for what guards on classes ask for, those of base classes too', async () => {
    @Authorized('reader')
    class Base {}
    @Authorized('editor')
    @SocketController()
    class Chat extends Base {
      @OnMessage('both') both(@MessageAck() ack: (answer: unknown) => void) {
        ack('both');
      }
      @Public() @OnMessage('open') open(@MessageAck() ack: (answer: unknown) => void) {
        ack('open');
      }
    }
    await using app = await start({ controllers: [Chat] });
    app.directory.users.set('all', { username: 'all', roles: ['editor', 'reader'] });
    const answers: unknown[] = [];
    for (const name of ['ann', 'bob', 'all'])
      answers.push(await ask(await app.connected(token(name)), 'both'));
    expect(answers).to.deep.equal([{ error: DENIED }, { error: DENIED }, 'both']);
  });

  it('opens events without a guard where the app says so', async () => {
    await using app = await start({
      controllers: [chat()],
      default: 'public',
      socketIo: { anonymous: true },
    });
    const client = await app.connected();
    expect(await ask(client, 'plain')).to.equal('plain');
    expect(await ask(client, 'edit')).to.deep.equal({ error: UNAUTHORIZED });
    expect(app.logger.lines).to.include(
      'info securest: 4 guarded socket events, 1 opened by @Public(), 1 open by default',
    );
  });

  it('tells a client that waits for no answer by security_error, and leaves it connected', async () => {
    const ran: string[] = [];
    await using app = await start({ controllers: [chat(ran)] });
    const client = await app.connected(token('bob'));
    const told = nextOf(client, 'security_error');
    client.emit('edit', { text: 'hello' });
    expect(await told).to.deep.equal({ event: 'edit', ...DENIED });
    expect(ran).to.deep.equal([]);
    expect(await ask(client, 'read')).to.equal('read');
  });

  it('takes nothing that a client sends for what answers it', async () => {
    const ran: string[] = [];
    await using app = await start({ controllers: [chat(ran)] });
    const client = await app.connected(token('bob'));
    for (const last of [
      'ack',
      null,
      7,
      true,
      ['ack'],
      { apply: 'ack', call: 'ack', length: 1 },
      { __proto__: null, constructor: { name: 'Function' } },
      Buffer.from('ack'),
    ]) {
      const told = nextOf(client, 'security_error');
      client.emit('edit', 'text', last);
      expect(await told).to.deep.equal({ event: 'edit', ...DENIED });
    }
    const told = nextOf(client, 'security_error');
    client.emit('edit');
    expect(await told).to.deep.equal({ event: 'edit', ...DENIED });
    expect(ran).to.deep.equal([]);
  });

  it('names the event, and where its guard stands, in events of the app', async () => {
    const asked: Access[] = [];
    await using app = await start({
      controllers: [chat()],
      security: {
        authorizationProviders: [
          class {
            authorize(_request: unknown, _user: User, access: Access) {
              asked.push(access);
              return access.action !== 'event read';
            }
          },
        ],
      },
    });
    const ann = await app.connected(token('ann'));
    const bob = await app.connected(token('bob'));
    await ask(bob, 'edit');
    expect(await ask(ann, 'read')).to.deep.equal({ error: DENIED });
    expect(await ask(ann, 'edit')).to.equal('edited');
    const denied = app.events.filter(({ type }) => type === 'denied');
    expect(denied.map((event) => 'reason' in event && event.reason)).to.include(
      'role editor (event edit, Chat.edit)',
    );
    expect(asked.map(({ action }) => action)).to.include.members([
      'event connect /',
      'event read',
      'event edit',
    ]);
    expect(asked.every(({ route, method }) => route === undefined && method === 'GET')).to.equal(true);
  });

  it('decides by roles as they are now, and by the user of the last check', async () => {
    await using app = await start({ controllers: [chat()] });
    const client = await app.connected(token('ann'));
    const login = socketLogin(app.security, app.serverSide(client))!;
    expect(await ask(client, 'edit')).to.equal('edited');
    app.directory.users.set('ann', { username: 'ann', roles: ['reader'] });
    app.security.forget('ann');
    await eventually(() => login.login.user.roles?.includes('reader') === true);
    expect(await ask(client, 'edit')).to.deep.equal({ error: DENIED });
    expect(await ask(client, 'read')).to.equal('read');
  });

  describe('time', () => {
    const time = HeldTime.use();

    it('refuses a message from the moment on in which the credential ends', async () => {
      class Short implements AuthProviderInterface {
        readonly schemes = ['bearer'];
        private readonly names = new NameTokens();
        async authenticate(...asked: Parameters<NameTokens['authenticate']>): Promise<Authentication | null> {
          const user = await this.names.authenticate(...asked);
          return user && new Authentication(user, { expiresAt: new Date(time.now + 300_000) });
        }
      }
      await using app = await start({
        controllers: [chat()],
        security: { clock: time.clock, providers: [Short] },
      });
      const client = await app.connected(token('ann'));
      time.now += 299_999;
      expect(await ask(client, 'edit')).to.equal('edited');
      // No timer has run yet.
      time.now += 1;
      expect(await ask(client, 'edit')).to.have.nested.property('error.code', 'invalid_credentials');
      expect(await ask(client, 'ping')).to.equal('pong');
    });
  });

  it('runs nothing for a login that ends while it is being decided', async () => {
    const ran: string[] = [];
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let isAsked = false;
    @SocketController()
    class Slow {
      @Authorized(async () => {
        isAsked = true;
        await held;
        return true;
      })
      @OnMessage('slow')
      slow() {
        ran.push('slow');
      }
    }
    await using app = await start({ controllers: [Slow] });
    const client = await app.connected(token('ann'));
    const gone = nextOf(client, 'disconnect');
    client.emit('slow');
    await eventually(() => isAsked);
    app.directory.users.delete('ann');
    app.security.forget('ann');
    await gone;
    letGo();
    await app.connected(token('bob'));
    expect(ran).to.deep.equal([]);
  });

  it('acts upon events in the order in which they came, however long each is decided', async () => {
    const ran: string[] = [];
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    @SocketController()
    class Ordered {
      @Authorized(() => held.then(() => true)) @OnMessage('slow') slow(@MessageBody() body: unknown) {
        ran.push(`slow ${String(body)}`);
      }
      @Authorized(() => true) @OnMessage('fast') fast(@MessageBody() body: unknown) {
        ran.push(`fast ${String(body)}`);
      }
      @Public() @OnMessage('open') open(@MessageBody() body: unknown) {
        ran.push(`open ${String(body)}`);
      }
      @Authorized('admin') @OnMessage('never') never() {}
    }
    await using app = await start({ controllers: [Ordered] });
    const client = await app.connected(token('ann'));
    const told = nextOf(client, 'security_error');
    const last = new Promise<void>((resolve) => {
      app.serverSide(client).on('last', () => {
        resolve();
      });
    });
    for (const event of ['open', 'slow', 'fast', 'open', 'never', 'fast']) client.emit(event, event);
    client.emit('last');
    await last;
    expect(ran).to.deep.equal(['open open']);
    letGo();
    await told;
    await eventually(() => ran.length === 5);
    expect(ran).to.deep.equal(['open open', 'slow slow', 'fast fast', 'open open', 'fast fast']);
  });

  it('refuses what cannot be decided', async () => {
    @SocketController()
    class Faulty {
      @Authorized(() => {
        throw new Error('a bug');
      })
      @OnMessage('bug')
      bug() {}
      @Authorized(() => 'yes' as unknown as boolean) @OnMessage('truthy') truthy() {}
      @Authorized(() => {
        throw new ServiceUnavailableError();
      })
      @OnMessage('down')
      down() {}
    }
    await using app = await start({ controllers: [Faulty] });
    const client = await app.connected(token('ann'));
    expect(await ask(client, 'bug')).to.deep.equal({ error: FAULT });
    expect(await ask(client, 'truthy')).to.deep.equal({ error: DENIED });
    expect(await ask(client, 'down')).to.deep.equal({ error: UNAVAILABLE });
    expect(client.connected).to.equal(true);
  });

  it('logs what a handler leaves unhandled, and goes on', async () => {
    const ran: string[] = [];
    @SocketController()
    class Failing {
      @EmitOnFail('failed') @OnMessage('fail') fail() {
        throw new Error('of the app');
      }
      @OnMessage('later') later() {
        ran.push('later');
      }
    }
    await using app = await start({
      controllers: [Failing],
      container: {
        scopedContainerGetter: ({ eventName }) => {
          if (eventName === 'later') throw new Error('no container');
          return container();
        },
      },
    });
    const client = await app.connected(token('ann'));
    const failed = nextOf(client, 'failed');
    client.emit('fail');
    expect(await failed).to.equal('of the app');
    client.emit('later');
    await eventually(() => app.logger.lines.some((line) => line.includes('event later: its handler failed')));
    expect(ran).to.deep.equal([]);
    expect(client.connected).to.equal(true);
  });

  it('gives services the login of each message', async () => {
    const seen: [string, string | undefined][] = [];
    let security!: Security;
    @SocketController()
    class Services {
      @OnMessage('who') async who(@MessageAck() ack: (answer: unknown) => void) {
        await Promise.resolve();
        ack(security.currentUser()?.username);
      }
      @Public() @OnMessage('open') open(@MessageAck() ack: (answer: unknown) => void) {
        ack(security.currentLogin() === undefined ? 'nobody' : 'somebody');
      }
      @Authorized('editor') @OnConnect() connect() {
        seen.push(['connect', security.currentUser()?.username]);
      }
      @OnDisconnect() disconnect() {
        seen.push(['disconnect', security.currentUser()?.username]);
      }
    }
    await using app = await start({
      controllers: [Services],
      security: { context: true },
      socketIo: { anonymous: true },
      after: (_io, own) => {
        security = own;
      },
    });
    const clients = await Promise.all(['ann', 'bob'].map((name) => app.connected(token(name))));
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => ask(clients[index % 2]!, 'who')),
    );
    expect(answers).to.deep.equal(answers.map((_, index) => ['ann', 'bob'][index % 2]));
    expect(await ask(await app.connected(), 'open')).to.equal('nobody');
    expect(await ask(clients[0]!, 'open')).to.equal('somebody');
    for (const client of clients) client.disconnect();
    await eventually(() => seen.length === 3);
    expect(seen).to.deep.equal([
      ['connect', 'ann'],
      ['disconnect', 'ann'],
      ['disconnect', 'bob'],
    ]);
    expect(security.currentLogin()).to.equal(undefined);
  });

  describe('events of the connection itself', () => {
    function presence(ran: string[]): Controller {
      @Authorized('editor')
      @SocketController()
      class Presence {
        @OnConnect() join(@ConnectedSocket() socket: Socket) {
          ran.push('join');
          void socket.join('editors');
        }
        @OnDisconnecting() leaving(@ConnectedSocket() socket: Socket) {
          ran.push(`leaving ${[...socket.rooms].includes('editors')}`);
        }
        @OnDisconnect() leave() {
          ran.push('leave');
        }
      }
      return Presence;
    }

    it('are decided as messages, and those of the end when the socket connects', async () => {
      const ran: string[] = [];
      await using app = await start({ controllers: [presence(ran)], socketIo: { anonymous: true } });
      const client = await app.connected(token('ann'));
      await eventually(() => ran.length === 1);
      app.directory.users.delete('ann');
      app.security.forget('ann');
      await nextOf(client, 'disconnect');
      await eventually(() => ran.length === 3);
      expect(ran).to.deep.equal(['join', 'leaving true', 'leave']);
    });

    for (const [name, options, data] of [
      ['a user who may not', token('bob'), DENIED],
      ['nobody', {}, UNAUTHORIZED],
    ] as const) {
      it(`run nothing for ${name}`, async () => {
        const ran: string[] = [];
        await using app = await start({ controllers: [presence(ran)], socketIo: { anonymous: true } });
        const client = app.client('/', options);
        expect(await nextOf(client, 'security_error')).to.deep.equal({ event: 'connect', ...data });
        const socket = app.serverSide(client);
        const gone = new Promise((resolve) => socket.once('disconnect', resolve));
        client.disconnect();
        await gone;
        await app.connected(token('bob'));
        expect(ran).to.deep.equal([]);
      });
    }
  });

  it('guards the events of every namespace, and those of open ones by @Public() alone', async () => {
    @SocketController('/room/:id')
    class Rooms {
      @Authorized('editor') @OnMessage('edit') edit(@MessageAck() ack: (answer: unknown) => void) {
        ack('edited');
      }
    }
    @SocketController('/status')
    class Status {
      @Public() @OnMessage('get') get(@MessageAck() ack: (answer: unknown) => void) {
        ack('up');
      }
      @OnMessage('plain') plain(@MessageAck() ack: (answer: unknown) => void) {
        ack('plain');
      }
    }
    await using app = await start({ controllers: [Rooms, Status], socketIo: { open: ['/status'] } });
    expect(await app.refused({}, '/room/7')).to.have.property('message', 'Unauthorized User');
    expect(await ask(await app.connected(token('ann'), '/room/7'), 'edit')).to.equal('edited');
    expect(await ask(await app.connected(token('bob'), '/ROOM/8'), 'edit')).to.deep.equal({ error: DENIED });
    const client = await app.connected({}, '/status');
    expect(await ask(client, 'get')).to.equal('up');
    expect(await ask(client, 'plain')).to.deep.equal({ error: UNAUTHORIZED });
  });

  it('keeps two servers of one process apart, each with its own users and default', async () => {
    const controllers = [chat()];
    await using one = await start({ controllers, default: 'public', socketIo: { anonymous: true } });
    await using other = await start({ controllers, socketIo: { anonymous: true } });
    other.directory.users.set('ann', { username: 'ann' });
    expect(await ask(await one.connected(), 'plain')).to.equal('plain');
    expect(await ask(await other.connected(), 'plain')).to.deep.equal({ error: UNAUTHORIZED });
    expect(await ask(await one.connected(token('ann')), 'edit')).to.equal('edited');
    expect(await ask(await other.connected(token('ann')), 'edit')).to.deep.equal({ error: DENIED });
  });

  it('refuses every event of a kind that is not known, and of a controller of another form', async () => {
    const ran: string[] = [];
    const Chat = chat(ran);
    await using app = await start({ controllers: [Chat] });
    const client = await app.connected(token('ann'));
    const socket = app.serverSide(client);
    const execute = (
      SocketControllers.prototype as unknown as Record<string, (...args: unknown[]) => Promise<void>>
    )['executeAction']!;
    const metadata = { actions: {} };
    for (const [controller, action] of [
      [
        { target: Chat, metadata },
        { type: 99, methodName: 'ping' },
      ],
      [
        { target: Chat, metadata },
        { type: undefined, methodName: 'ping' },
      ],
      [
        { target: Chat, metadata },
        { type: 0, methodName: undefined, options: { name: 'ping' } },
      ],
      [
        { target: Chat, metadata },
        { type: 0, methodName: 'ping' },
      ],
      [
        { target: 'Chat', metadata },
        { type: 0, methodName: 'ping', options: { name: 'ping' } },
      ],
      [undefined, undefined],
    ]) {
      const told = nextOf(client, 'security_error');
      await execute.call({}, socket, controller, action, 'ping', [], { apply: 'no function' });
      expect(await told).to.deep.equal({ event: 'ping', ...FAULT });
    }
    // A socket that nobody has let in.
    await execute.call({}, {}, { target: Chat, metadata }, { type: 0, methodName: 'ping' }, 'ping', [], null);
    expect(ran).to.deep.equal([]);
  });

  describe('a set-up that is not safe', () => {
    async function refused(
      work: (app: { io: Server; security: Security }) => void,
      setUp: SocketIoSetUp = {},
    ) {
      await using app = await SocketIoApp.start(setUp);
      try {
        work(app);
      } catch (error) {
        expect((error as { code?: string }).code, String(error)).to.equal('invalid_configuration');
        return (error as Error).message;
      }
      return expect.fail('It started');
    }

    it('is refused: controllers of a server that nobody has secured, or by another instance', async () => {
      const { Server: PlainServer } = await import('socket.io');
      const message = await refused(({ security }) => {
        secureSocketControllers(security);
        make(new PlainServer(), [chat()]);
      });
      expect(message).to.include('secureSocketIo');
      await refused(({ io }) => {
        secureSocketControllers(createSecurity({ logger: new MemoryLogger(), providers: [NameTokens] }));
        make(io, [chat()]);
      });
    });

    it('is refused: clients of a server whose controllers have not been made', async () => {
      await using app = await SocketIoApp.start({
        after: (_io, security) => secureSocketControllers(security),
      });
      expect((await app.refused(token('ann'))).data).to.deep.equal(FAULT);
      expect(app.logger.lines.join('\n')).to.include('npm ls socket-controllers');
      make(app.io, [chat()]);
      await app.connected(token('ann'));
    });

    it('is refused: guards that are none, and names that the app does not have', async () => {
      function guardedBy(...roles: unknown[]): Controller {
        @SocketController()
        class Chat {
          @Authorized(...(roles as [string])) @OnMessage('edit') edit() {}
        }
        return Chat;
      }
      @SocketController()
      class Both {
        @Public() @Authorized() @OnMessage('edit') edit() {}
      }
      @SocketController()
      class Nameless {
        @OnMessage() edit() {}
      }
      @SocketController()
      class AskingForUser {
        @Authorized() @OnMessage('edit') edit(@CurrentUser() _user: User) {}
      }
      @SocketController()
      class InheritingThat extends AskingForUser {}
      class Notes {
        get() {
          return null;
        }
      }
      for (const controller of [
        guardedBy(false),
        guardedBy([]),
        guardedBy('edtor'),
        guardedBy(ownerOf(Notes, 'id')),
        Both,
        Nameless,
        AskingForUser,
        InheritingThat,
      ]) {
        await refused(
          ({ io, security }) => {
            secureSocketControllers(security);
            make(io, [controller]);
          },
          { security: { roles: ['editor'] } },
        );
      }
    });

    it('is refused: options that have no valid value, and another default for the same instance', async () => {
      for (const options of [{ default: 'open' }, { default: null }, { deafult: 'public' }, 'public']) {
        await refused(({ security }) => secureSocketControllers(security, options as never));
      }
      await refused(({ security }) => {
        secureSocketControllers(security);
        secureSocketControllers(security);
        secureSocketControllers(security, { default: 'public' });
      });
      expect(() => secureSocketControllers({} as never))
        .to.throw()
        .with.property('code', 'invalid_configuration');
      expect(secureSocketIo).to.be.a('function');
    });

    it('is refused: a version of socket-controllers that does not call methods in the known way', async () => {
      const prototype = SocketControllers.prototype as unknown as Record<string, unknown>;
      for (const name of ['executeAction', 'registerController', 'registerControllers']) {
        const own = prototype[name];
        try {
          Reflect.deleteProperty(prototype, name);
          const message = await refused(({ security }) => secureSocketControllers(security));
          expect(message).to.include('socket-controllers@~0.3.1');
        } finally {
          prototype[name] = own;
        }
      }
    });
  });
});
