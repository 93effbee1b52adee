import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { LdapSettings } from './ldap-options';
import { BytesInClear } from './bytes-in-clear';

/** The socket of one connection. The client gets it once: what is lost is not opened again behind our back. */
export class Transport {
  /** The certificate must be for the host of the url. */
  readonly tls: ConnectionOptions;
  readonly #port: number;
  readonly #host: string;
  readonly #isSecure: boolean;
  readonly #sockets: Socket[] = [];
  #isTaken = false;
  #isDestroyed = false;
  #inClear: BytesInClear | undefined;

  constructor(
    url: string,
    ca: LdapSettings['ca'],
    private readonly startTls: boolean,
  ) {
    const { protocol, hostname, port } = new URL(url);
    this.#isSecure = protocol === 'ldaps:';
    this.#host = hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = port === '' ? (this.#isSecure ? 636 : 389) : Number(port);
    this.tls = {
      host: this.#host,
      // Passwords go over it: NODE_TLS_REJECT_UNAUTHORIZED, which is set for other things, does not count here.
      rejectUnauthorized: true,
      ...(isIP(this.#host) === 0 ? { servername: this.#host } : {}),
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    };
  }

  get isOpen(): boolean {
    return !this.#isDestroyed && this.#sockets.every(({ readyState }) => readyState === 'open');
  }

  /** Resolves once the server is there, and with `ldaps://` has proved who it is. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const [port, host] = [this.#port, this.#host];
      const socket = this.#isSecure ? connectTls({ ...this.tls, port, host }) : connectTcp({ port, host });
      this.#sockets.push(socket);
      socket.once('error', reject);
      socket.once('close', () => {
        reject(new Error('The connection was closed'));
      });
      socket.once(this.#isSecure ? 'secureConnect' : 'connect', () => {
        // Later failures are reported by the requests that meet them.
        socket.off('error', reject);
        socket.on('error', () => undefined);
        if (this.startTls) this.#inClear = new BytesInClear(socket);
        // Whoever waits for an answer keeps the process alive by a timer; a connection at rest does not.
        socket.unref();
        resolve();
      });
    });
  }

  /** @throws Error the second time */
  take(): Socket {
    const [socket] = this.#sockets;
    if (this.#isTaken || socket?.readyState !== 'open') throw new Error('The connection was lost');
    this.#isTaken = true;
    return socket;
  }

  /** Goes on encrypted. @throws Error where somebody said more in clear than the server may */
  encrypt(options: ConnectionOptions): Socket {
    if (this.#isDestroyed || this.#inClear === undefined) throw new Error('The connection was lost');
    this.#inClear.refuseMore();
    this.#inClear = undefined;
    const secure = connectTls(options);
    secure.on('error', () => undefined);
    secure.unref();
    this.#sockets.push(secure);
    return secure;
  }

  /** Ends it at once. Each of the many that wait for an answer may do so. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    for (const socket of this.#sockets.toReversed()) {
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }
}
