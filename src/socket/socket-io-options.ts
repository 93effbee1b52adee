import type { User } from '../core/user';
import { callable, flag, listOf, optional } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';
import { SOCKET_OPTIONS, type SocketOptions } from './socket-options';

/** What a client sends beside the request that opens its connection. */
export interface SocketHandshake {
  readonly auth: Readonly<Record<string, unknown>>;
}

/** The options of `secureSocketIo`. */
export interface SocketIoOptions<U extends User = User, R extends string = string> extends SocketOptions<
  U,
  R
> {
  /**
   * The token that a client sends in its `auth`, which then stands for `Authorization: Bearer`. A client that sends this
   * header as well is refused with 400. What it throws refuses the client with 500. @default `auth.token` when it is a string
   */
  token?(handshake: SocketHandshake): string | undefined;
  /**
   * True lets clients without credentials in, for events that `@Public()` opens; wrong credentials are refused all the same.
   * Not together with `rule`. @default false
   */
  anonymous?: boolean;
  /** The namespaces that anybody may connect to, by their whole names: `['/status']`. Nobody has a login there. @default [] */
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
