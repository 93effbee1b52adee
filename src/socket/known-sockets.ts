/** The state of the socket.io servers and sockets that securest guards. */
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

/** The instance that secures a socket.io server, by the server. */
export const securedServers = hiddenProperty<OutsideLogins>();

/** A socket that was admitted, or that belongs to an open namespace. */
export class KnownSocket {
  private ownTurns: EventTurns | undefined;
  /** The verdicts on the controller methods for the end of the socket; undefined if there are no such methods. */
  ends: Map<ControllerEvent, MaybePromise<EventVerdict>> | undefined;
  /** True once its login has ended: after that no events are handled. */
  isEnded = false;

  constructor(
    readonly outside: OutsideLogins,
    readonly request: IncomingMessage,
    /** Undefined for a client without credentials. */
    readonly open: OpenSocket | undefined,
    /** The `changes` of `LiveLogins` when the client connected. */
    readonly since = 0,
  ) {}

  /** The turns of its events. */
  get turns(): EventTurns {
    return (this.ownTurns ??= new EventTurns());
  }

  /** The login as of the last check; undefined for an anonymous client, and once the login has ended. */
  get login(): Authentication | undefined {
    return this.isEnded ? undefined : this.open?.login;
  }

  /** Runs work with the client's login as the current login, also the last work after the socket is closed. */
  run<T>(work: () => T): T {
    return this.outside.parts.context.runFor(() => this.login, work);
  }
}

/** By the socket. */
export const knownSockets = hiddenProperty<KnownSocket>();

/**
 * The login of a socket.io socket that `secureSocketIo()` has admitted. It is available in later middlewares and after
 * them.
 * @param security the instance that secures the server
 * @returns undefined for a client without credentials, and for a socket that this instance has not admitted
 * @throws ConfigurationError if `security` is not an instance
 * @example const isEditor = (await socketLogin(security, socket)?.may('editor')) === true;
 */
export function socketLogin<U extends User>(
  security: BaseSecurity<U>,
  socket: object,
): SocketLogin<U> | undefined {
  const outside = outsideLoginsOf(security, 'socketLogin()');
  const known = knownSockets.get(socket);
  // The login of another instance has that instance's userstores and providers.
  return known?.outside === outside ? (known.open as SocketLogin<U> | undefined) : undefined;
}
