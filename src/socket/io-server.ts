/** The parts of a socket.io server that securest uses. Each is checked first: a server of another shape is refused. */
import type { IncomingMessage } from 'node:http';
import { ConfigurationError } from '../errors';

/** A `Server` of socket.io. It is typed by its shape, since securest does not depend on socket.io. */
export interface SocketIoServer {
  of(name: string): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  close(...args: never[]): unknown;
}

/** A namespace: `use()` runs before a client is connected, `connect` is its first event after that. */
export interface IoNamespace {
  readonly name: string;
  use(middleware: (socket: IoSocket, next: (error?: Error) => void) => void): unknown;
  prependListener(event: 'connect', listener: (socket: IoSocket) => void): unknown;
}

/** A client's connection to one namespace. */
export interface IoSocket {
  readonly connected: boolean;
  readonly recovered?: boolean;
  readonly nsp: { readonly name: string };
  readonly handshake: { readonly auth: Readonly<Record<string, unknown>> };
  readonly request: IncomingMessage;
  /** Protocol 3 is used by clients before socket.io 3. */
  readonly conn: { readonly protocol: number; close(): void };
  emit(event: string, ...args: unknown[]): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
  disconnect(): unknown;
}

interface ServerInside {
  readonly _nsps?: unknown;
  readonly _opts?: { readonly connectionStateRecovery?: unknown };
  readonly engine?: { readonly clientsCount?: unknown };
}

/**
 * The existing namespaces of a server.
 * @throws ConfigurationError if it is not a server of socket.io 4.8, if it already has clients, and if it would give a
 * returning client the rooms and events of its former login
 */
export function namespacesOf(io: SocketIoServer): readonly IoNamespace[] {
  const { _nsps: namespaces, _opts: options, engine } = (io as ServerInside | undefined) ?? {};
  const known = namespaces instanceof Map ? [...(namespaces as Map<unknown, unknown>).values()] : [];
  // The root namespace always exists.
  if (known.length === 0 || !known.every(isNamespace) || typeof options !== 'object') {
    throw new ConfigurationError('secureSocketIo(): the server must be a Server of socket.io 4.8');
  }
  if (options.connectionStateRecovery) {
    throw new ConfigurationError(
      'secureSocketIo(): take connectionStateRecovery out of the options of the socket.io server: a client that comes back ' +
        'would get the rooms and events of its former login, even as another user',
    );
  }
  if (engine?.clientsCount !== undefined && engine.clientsCount !== 0) {
    throw new ConfigurationError(
      'secureSocketIo(): clients are connected already: secure the socket.io server before it listens',
    );
  }
  return known;
}

export function isNamespace(value: unknown): value is IoNamespace {
  const { name, use, prependListener } = (value ?? {}) as Partial<Record<keyof IoNamespace, unknown>>;
  return typeof name === 'string' && typeof use === 'function' && typeof prependListener === 'function';
}
