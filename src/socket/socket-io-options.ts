import type { User } from '../core/user';
import { callable, flag, listOf, optional } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';
import { SOCKET_OPTIONS, type SocketOptions } from './socket-options';

/** The data that a client sends beside the request that opens its connection. */
export interface SocketHandshake {
  readonly auth: Readonly<Record<string, unknown>>;
}

/** The options of `secureSocketIo`. */
export interface SocketIoOptions<U extends User = User, R extends string = string> extends SocketOptions<
  U,
  R
> {
  /**
   * The token that a client sends in its `auth`, used as `Authorization: Bearer`. A client that also sends this header
   * is refused with 400. If the function throws, the client is refused with 500. @default `auth.token` if it is a
   * string
   */
  token?(handshake: SocketHandshake): string | undefined;
  /**
   * True admits clients without credentials, for events that `@Public()` opens; wrong credentials are still refused. It
   * cannot be combined with `rule`. @default false
   */
  anonymous?: boolean;
  /**
   * The full names of namespaces without authentication, such as `['/status']`. Sockets there never have a login.
   * @default []
   */
  open?: readonly string[];
}

function tokenOf({ auth }: SocketHandshake): unknown {
  const token = Object.hasOwn(auth, 'token') ? auth['token'] : undefined;
  return typeof token === 'string' ? token : undefined;
}

function isNamespaceName(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/');
}

export const SOCKET_IO_OPTIONS = {
  ...SOCKET_OPTIONS,
  token: optional(callable<(handshake: SocketHandshake) => unknown>(), tokenOf),
  anonymous: optional(flag, false),
  open: optional(listOf('names of namespaces that begin with a slash', isNamespaceName), []),
} satisfies Record<keyof SocketIoOptions, Kind<unknown>>;
