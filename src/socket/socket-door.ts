/** Admits clients of socket.io to its namespaces, and ends their connections when their logins end. */
import type { Authentication } from '../core/authentication';
import {
  AccessDeniedError,
  BadCredentialsError,
  ConfigurationError,
  SecurityError,
  SecurityFaultError,
} from '../errors';
import type { OutsideLogins } from '../security/outside-logins';
import type { GuardRule } from '../rules/guard-rule';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { printable } from '../util/printable';
import { eventGuardsOf } from './event-guards';
import type { IoNamespace, IoSocket } from './io-server';
import { KnownSocket, knownSockets } from './known-sockets';
import { OpenSocket } from './open-socket';
import { refusalData } from './refusal-data';
import type { SocketHandshake } from './socket-io-options';
import type { SocketEnd } from './socket-login';

export interface DoorOptions {
  readonly rule: GuardRule | undefined;
  readonly recheckMs: number;
  readonly token: (handshake: SocketHandshake) => unknown;
  readonly anonymous: boolean;
}

export class SocketDoor {
  constructor(
    private readonly outside: OutsideLogins,
    private readonly options: DoorOptions,
  ) {}

  /** Authenticates each client that connects to a namespace. */
  guard(namespace: IoNamespace): void {
    namespace.use((socket, next) => {
      // A later middleware's error belongs to the app: it must not be caught here.
      const later = (error?: Error): void => {
        process.nextTick(next, error);
      };
      this.refusalOf(socket).then(later, (cause: unknown) => {
        this.outside.parts.audit.error('A client of socket.io could not be sent its refusal', cause);
        later(new SecurityFaultError());
      });
    });
    namespace.prependListener('connect', (socket) => {
      const known = knownSockets.get(socket);
      // The socket bypassed the middlewares.
      if (known?.outside !== this.outside) socket.disconnect();
      else if (known.open !== undefined) this.begin(socket, known, known.open);
    });
  }

  /** Marks the sockets of a namespace as sockets without a login. */
  leaveOpen(namespace: IoNamespace): void {
    namespace.prependListener('connect', (socket) => {
      knownSockets.set(socket, new KnownSocket(this.outside, socket.request, undefined));
    });
  }

  /** The error that refuses a client; undefined for an admitted client. */
  private async refusalOf(socket: IoSocket): Promise<Error | undefined> {
    try {
      knownSockets.set(socket, await this.admit(socket));
      return undefined;
    } catch (thrown) {
      if (!isInstance(thrown, SecurityError)) this.report(socket, thrown);
      const error = this.refusal(socket, thrown);
      // socket.io sends only these two members.
      return Object.assign(new Error(error.message), { data: refusalData(error) });
    }
  }

  private async admit(socket: IoSocket): Promise<KnownSocket> {
    const { outside, options } = this;
    const { request } = socket;
    const { changes } = outside.parts.liveLogins;
    if (socket.recovered === true) throw new ConfigurationError(RECOVERED);
    if (eventGuardsOf(outside)?.isAwaited === true) throw new ConfigurationError(AWAITED);
    const login = await this.loginOf(socket);
    if (login === undefined) return new KnownSocket(outside, request, undefined);
    const { rule, recheckMs } = options;
    // Printable, since clients choose the names of dynamic namespaces.
    const name = `connect ${printable(socket.nsp.name, 100)}`;
    await outside.authorize(request, login, rule, name);
    const cut = (): void => {
      socket.conn.close();
    };
    const isGone = (): boolean => !socket.connected;
    const open = new OpenSocket({ logins: outside, request, login, rule, name, recheckMs, isGone, cut });
    return new KnownSocket(outside, request, open, changes);
  }

  private async loginOf(socket: IoSocket): Promise<Authentication | undefined> {
    const { outside, options } = this;
    const { request } = socket;
    const authorization = this.authorizationOf(socket);
    const asked = { handshake: true, ...(authorization !== undefined && { authorization }) };
    // All namespaces of a connection share its request, so a login from an earlier namespace may have ended meanwhile.
    const isOld = authorization === undefined && outside.hasLogin(request);
    const login = options.anonymous
      ? await outside.authenticate(request, asked)
      : await outside.login(request, asked);
    if (login === undefined || !isOld) return login;
    const result = await outside.recheck(request, login);
    if (result.kind !== 'holds') throw result.error();
    return result.login.authentication;
  }

  /** Never a token from a URL, which servers log: the `auth` of protocol 3 is a query. @see RFC 9700 section 4.3.2 */
  private authorizationOf({ conn, handshake }: IoSocket): string | undefined {
    if (conn.protocol === 3) return undefined;
    const token: unknown = this.options.token({ auth: handshake.auth });
    if (token === undefined) return undefined;
    if (typeof token === 'string') return `Bearer ${token}`;
    ignoreRejection(token);
    throw new TypeError('secureSocketIo(): token() must give a string or undefined, at once');
  }

  /** Starts the checks of a connected client's login. */
  private begin(socket: IoSocket, known: KnownSocket, open: OpenSocket): void {
    socket.once('disconnect', () => {
      open.close();
    });
    open.onEnd((why) => {
      this.end(socket, known, why);
    });
    open.start(known.since);
  }

  private end(socket: IoSocket, known: KnownSocket, why: SocketEnd): void {
    known.isEnded = true;
    // The client must not learn more about why its login has ended.
    const error = why === 'denied' ? new AccessDeniedError() : new BadCredentialsError();
    socket.emit('security_error', refusalData(this.refusal(socket, error)));
    socket.disconnect();
  }

  /** Masks the client's values in the log: the error may quote them. */
  private report({ handshake }: IoSocket, cause: unknown): void {
    const secrets = Object.values(handshake.auth).filter((value) => typeof value === 'string');
    this.outside.parts.audit.error('A client of socket.io could not be decided', cause, secrets);
  }

  private refusal({ request }: IoSocket, thrown: unknown): SecurityError {
    return this.outside.refusal(request, thrown);
  }
}

const RECOVERED =
  'A client has come back by connectionStateRecovery: take it out of the options of the socket.io server';
const AWAITED =
  'secureSocketControllers() was called, and no SocketControllers has been made of a secured server since: make it before ' +
  'clients connect, and see that there is one copy of socket-controllers (npm ls socket-controllers)';
