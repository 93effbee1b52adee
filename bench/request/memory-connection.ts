/** A keep-alive connection that never leaves the process: node's own parser and replies without a socket. */
import http, { type RequestListener } from 'node:http';
import { Duplex } from 'node:stream';

class Wire extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  written = '';

  override _read(): void {
    // Requests are pushed when they are sent.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString('latin1');
    done();
  }
}

export class MemoryConnection {
  readonly #wire = new Wire();
  #settle: ((status: number) => void) | undefined;

  constructor(handle: RequestListener) {
    const server = http.createServer((request, response) => {
      response.once('finish', () => this.#settle?.(response.statusCode));
      handle(request, response);
    });
    server.emit('connection', this.#wire);
  }

  /** The status, once the whole reply is written. */
  send(text: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#wire.written = '';
      this.#wire.push(text);
    });
  }

  /** The last reply, with its head. */
  get reply(): string {
    return this.#wire.written;
  }
}
