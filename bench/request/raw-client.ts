/**
 * A small HTTP client over bare sockets. Its own CPU is a fraction of node:http's, so that on two cores it is the
 * server that is busy.
 */
import net from 'node:net';
import type { Headers } from './target';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export function requestText(path: string, headers: Headers, method = 'GET', body?: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === undefined ? '' : `content-length: ${String(Buffer.byteLength(body))}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}${length}\r\n${body ?? ''}`;
}

/** One connection that is kept alive: one request at a time. */
export class RawConnection {
  readonly #socket: net.Socket;
  #received = '';
  #isHead = false;
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#settle();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#waiting?.reject(new Error('The server closed the connection'));
      this.#waiting = undefined;
    });
  }

  static async open(port: number, localAddress?: string): Promise<RawConnection> {
    const socket = net.connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  send(text: string): Promise<Reply> {
    this.#isHead = text.startsWith('HEAD ');
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#socket.destroyed) reject(new Error('The connection is closed'));
      else this.#socket.write(text);
    });
  }

  /** Writes and hangs up at once. */
  async abort(text: string): Promise<void> {
    await new Promise((resolve) => this.#socket.write(text, resolve));
    this.#socket.destroy();
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #settle(): void {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0 || this.#waiting === undefined) return;
    const head = this.#received.slice(0, end);
    const status = Number(head.slice(9, 12));
    const body = this.#isHead || status === 204 || status === 304 ? '' : this.#bodyAfter(head, end + 4);
    if (body === undefined) return;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    this.#received = '';
    resolve({ status, body });
  }

  /** Undefined while it is not whole. */
  #bodyAfter(head: string, start: number): string | undefined {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      const end = start + Number(length);
      return this.#received.length < end ? undefined : this.#received.slice(start, end);
    }
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return '';
    const body = this.#received.slice(start);
    return body.endsWith('0\r\n\r\n') ? body : undefined;
  }
}
