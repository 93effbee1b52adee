/** socket.io: a middleware in each namespace authenticates clients, and the end of a login ends the connection. */
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { type BaseSecurity, outsideLoginsOf } from '../security/security';
import { accessOfRule } from '../rules/guard-rule';
import { parseOptions } from '../util/parse-options';
import { type IoNamespace, namespacesOf, type SocketIoServer } from './io-server';
import { securedServers } from './known-sockets';
import { SocketDoor } from './socket-door';
import { SOCKET_IO_OPTIONS, type SocketIoOptions } from './socket-io-options';

/**
 * Secures a server of socket.io 4.8. The chain authenticates each client that connects to a namespace, whatever the
 * transport, and a handshake counts as unsafe for the cross-site check. A refused client gets `connect_error` with
 * `message` and `data: { name, code, message }`, on 429 and 503 also `retryAfterSeconds`. When a login ends, its socket
 * gets `security_error` with the same members and is disconnected. `socketLogin()` returns the login.
 *
 * It secures existing and later namespaces. Call it before the server listens.
 * @throws ConfigurationError for invalid options, an invalid rule and unknown names in it; for a server that is secured
 * already, has clients, or is not of socket.io 4.8; and for a server with `connectionStateRecovery`
 * @example
 * ```ts
 * const io = new Server(server);
 * secureSocketIo(security, io);
 * io.on('connection', (socket) => {
 *   socket.emit('hello', socketLogin(security, socket)?.login.user.username);
 * });
 * ```
 */
export function secureSocketIo<U extends User, R extends string>(
  security: BaseSecurity<U, R>,
  io: SocketIoServer,
  options?: SocketIoOptions<U, R>,
): void {
  const outside = outsideLoginsOf(security, 'secureSocketIo()');
  const { open, ...given } = parseOptions('secureSocketIo()', options, SOCKET_IO_OPTIONS);
  if (given.anonymous && given.rule !== undefined) {
    throw new ConfigurationError(
      'secureSocketIo(): with `anonymous` the `rule` would never be checked: leave one of them out',
    );
  }
  accessOfRule(given.rule, 'event connect', 'GET', outside.parts.options.grants);
  const namespaces = namespacesOf(io);
  if (securedServers.get(io) !== undefined) {
    throw new ConfigurationError('secureSocketIo(): the socket.io server is secured already');
  }
  securedServers.set(io, outside);
  const door = new SocketDoor(outside, given);
  const secure = (namespace: IoNamespace): void => {
    if (open.includes(namespace.name)) door.leaveOpen(namespace);
    else door.guard(namespace);
  };
  io.on('new_namespace', secure);
  namespaces.forEach(secure);
}
