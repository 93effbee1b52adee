/** An app with actions and socket.io, and its clients. */
import { once } from 'node:events';
import type http from 'node:http';
import { Server, type ServerOptions } from 'socket.io';
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import {
  type AuthProviderInterface,
  BadCredentialsError,
  bearerToken,
  createSecurity,
  type Security,
  type SecurityEvent,
  type SecurityOptions,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
} from '../../src';
import { secureSocketIo, type SocketIoOptions } from '../../src/socket';
import { type Driver, DRIVERS, TestServer } from './drivers';
import { MemoryLogger } from './reset';

export const TRANSPORTS = ['polling', 'websocket'] as const;

/** The users of one app, which a test changes while clients are connected. */
export class Directory {
  readonly users = new Map<string, User>([
    ['ann', { username: 'ann', roles: ['editor'] }],
    ['bob', { username: 'bob', groups: ['readers'] }],
  ]);
  /** The error of the next lookups. */
  fault: Error | undefined;

  store() {
    const getUser = (name: string): User | null => {
      if (this.fault !== undefined) throw this.fault;
      return this.users.get(name) ?? null;
    };
    return class implements UserstoreInterface {
      readonly getUser = getUser;
      getGroup(name: string) {
        return name === 'readers' ? { name, roles: ['reader'] } : null;
      }
    };
  }
}

async function userNamed(name: string, userstore: UserstoreInterface): Promise<User> {
  const user = await userstore.getUser(name);
  if (user === null || user === undefined) throw new BadCredentialsError();
  return user;
}

/** Takes a token that is the user's name. */
export class NameTokens implements AuthProviderInterface {
  readonly schemes = ['bearer'];

  async authenticate(request: SecurityRequest, userstore: UserstoreInterface): Promise<User | null> {
    const name = bearerToken(request);
    return name === undefined ? null : userNamed(name, userstore);
  }

  challenge() {
    return { scheme: 'Bearer' };
  }
}

/** Takes a cookie that is the user's name. */
export class NameCookies implements AuthProviderInterface {
  readonly credential = 'cookie';

  authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
    const name = request.cookie('name');
    return name === undefined ? null : userNamed(name, userstore);
  }
}

export interface SocketIoSetUp {
  readonly driver?: Driver;
  readonly security?: SecurityOptions;
  readonly server?: Partial<ServerOptions>;
  readonly socketIo?: SocketIoOptions;
  /** The app's set-up before that of securest. */
  readonly before?: (io: Server, security: Security) => void;
  /** The app's set-up after that of securest, before clients can connect. */
  readonly after?: (io: Server, security: Security) => void;
}

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** The answer to a refused client. */
export interface Refusal {
  readonly message: string;
  readonly data: unknown;
}

export class SocketIoApp implements AsyncDisposable {
  private readonly clients: Socket[] = [];

  private constructor(
    readonly security: Security,
    readonly directory: Directory,
    readonly io: Server,
    readonly events: SecurityEvent[],
    readonly logger: MemoryLogger,
    readonly server: TestServer,
  ) {}

  static async start({
    driver = DRIVERS[0]!,
    security: options = {},
    server: ofServer,
    socketIo,
    before,
    after,
  }: SocketIoSetUp = {}): Promise<SocketIoApp> {
    const events: SecurityEvent[] = [];
    const logger = new MemoryLogger();
    const directory = new Directory();
    const security = createSecurity({
      logger,
      userstores: [directory.store()],
      providers: [NameTokens, NameCookies],
      onEvent: (event) => void events.push(event),
      ...options,
    });
    const listener: http.RequestListener = driver.build(security.secure({ controllers: [] }));
    const server = await TestServer.start(listener);
    const io = new Server(server.server, ofServer);
    const app = new SocketIoApp(security, directory, io, events, logger, server);
    try {
      before?.(io, security);
      secureSocketIo(security, io, socketIo);
      after?.(io, security);
    } catch (error) {
      await app[Symbol.asyncDispose]();
      throw error;
    }
    return app;
  }

  client(namespace: string, options: ClientOptions = {}): Socket {
    const client = connect(`${this.server.url}${namespace}`, {
      reconnection: false,
      forceNew: true,
      transports: ['websocket'],
      ...options,
    });
    this.clients.push(client);
    return client;
  }

  /** Connects a client; fails if it is refused. */
  async connected(options: ClientOptions = {}, namespace = '/'): Promise<Socket> {
    const client = this.client(namespace, options);
    await letIn(client);
    return client;
  }

  /** The answer to a refused client; fails if it is let in. */
  async refused(options: ClientOptions = {}, namespace = '/'): Promise<Refusal> {
    const client = this.client(namespace, options);
    try {
      await letIn(client);
    } catch (error) {
      const { message, data } = error as Refusal;
      return { message, data };
    }
    throw new Error('The client was let in');
  }

  /** The server's end of a client. */
  serverSide(client: Socket, namespace = '/') {
    const socket = this.io.of(namespace).sockets.get(client.id ?? '');
    if (socket === undefined) throw new Error('The client is not connected');
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.disconnect();
    const closed = once(this.server.server, 'close');
    this.server.server.closeAllConnections();
    await this.io.close();
    await closed;
    await this.security.close();
  }
}

/** Resolves once the client is connected, and rejects with the answer if it is refused. */
export function letIn(client: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => {
      resolve();
    });
    client.once('connect_error', reject);
  });
}

/** The next event of this name that a client gets. */
export function nextOf(client: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => {
    client.once(event, resolve);
  });
}

export function token(name: string): ClientOptions {
  return { auth: { token: name } };
}
