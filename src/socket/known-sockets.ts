/** What is known of the servers and sockets of socket.io that securest looks after. */
import type { IncomingMessage } from 'node:http';
import type { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import type { OutsideLogins } from '../security/outside-logins';
import { type BaseSecurity, outsideLoginsOf } from '../security/security';
import { hiddenProperty } from '../util/hidden-property';
import type { MaybePromise } from '../core/userstore';
import type { ControllerEvent } from './event-guards';
import { EventTurns, type EventVerdict } from './event-turns';
import type { OpenSocket } from './open-socket';
import type { SocketLogin } from './socket-login';

/** The instance that secures a server of socket.io, by the server. */
export const securedServers = hiddenProperty<OutsideLogins>();

/** A socket that was let in, or that is of a namespace which securest leaves alone. */
export class KnownSocket {
  private ownTurns: EventTurns | undefined;
  /** Whether methods of controllers will be called that hear of its end; undefined where there are none. */
  ends: Map<ControllerEvent, MaybePromise<EventVerdict>> | undefined;
  /** True once its login has ended, so that nothing more is done for it. */
  isEnded = false;

  constructor(
    readonly outside: OutsideLogins,
    readonly request: IncomingMessage,
    /** Undefined for a client without credentials. */
    readonly open: OpenSocket | undefined,
    /** The changes of `LiveLogins` when it came. */
    readonly since = 0,
  ) {}

  /** Of its events. */
  get turns(): EventTurns {
    return (this.ownTurns ??= new EventTurns());
  }

  /** Of the last check; undefined for nobody, and once it has ended. */
  get login(): Authentication | undefined {
    return this.isEnded ? undefined : this.open?.login;
  }

  /** Runs work as the client, also the last one of a socket that is closed. */
  run<T>(work: () => T): T {
    return this.outside.parts.context.runFor(() => this.login, work);
  }
}

/** By the socket. */
export const knownSockets = hiddenProperty<KnownSocket>();

/**
 * The login of a socket of socket.io that `secureSocketIo()` has let in, from the middlewares after it on.
 * @param security the instance that secures its server
 * @returns undefined for a client without credentials, and for a socket that this instance has not let in
 * @throws ConfigurationError for what is no instance
 * @example const isEditor = (await socketLogin(security, socket)?.may('editor')) === true;
 */
export function socketLogin<U extends User>(
  security: BaseSecurity<U>,
  socket: object,
): SocketLogin<U> | undefined {
  const outside = outsideLoginsOf(security, 'socketLogin()');
  const known = knownSockets.get(socket);
  // The stores and providers of an instance are those of its users.
  return known?.outside === outside ? (known.open as SocketLogin<U> | undefined) : undefined;
}
