import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { LdapSettings } from './ldap-options';
import { BytesInClear } from './bytes-in-clear';

/** The socket of one connection. The client gets it once, so that it cannot silently reopen a lost connection. */
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
      // The connection carries passwords, so NODE_TLS_REJECT_UNAUTHORIZED is ignored here.
      rejectUnauthorized: true,
      ...(isIP(this.#host) === 0 ? { servername: this.#host } : {}),
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    };
  }

  get isOpen(): boolean {
    return !this.#isDestroyed && this.#sockets.every(({ readyState }) => readyState === 'open');
  }

  /** Resolves once the server has accepted the connection, and with `ldaps://` has proved its identity. */
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
        // Requests report later failures themselves.
        socket.off('error', reject);
        socket.on('error', () => undefined);
        if (this.startTls) this.#inClear = new BytesInClear(socket);
        // A request that waits for an answer keeps the process alive by a timer; an idle connection must not.
        socket.unref();
        resolve();
      });
    });
  }

  /** @throws Error when it is called again, and when the connection is lost */
  take(): Socket {
    const [socket] = this.#sockets;
    if (this.#isTaken || socket?.readyState !== 'open') throw new Error('The connection was lost');
    this.#isTaken = true;
    return socket;
  }

  /** Encrypts the connection. @throws Error if unencrypted bytes followed the server's answer to StartTLS */
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

  /** Ends the connection at once. May be called several times: each waiting request may end it. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    for (const socket of this.#sockets.toReversed()) {
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }
}
