/**
 * An HTTP server that acts as an issuer: it answers as a test tells it, and counts its requests and the bytes it sent.
 */
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (asked: Asked, response: http.ServerResponse) => unknown;

export class ScriptedIssuer {
  readonly asked: Asked[] = [];
  /** The bytes of bodies that were passed to the sockets. */
  sent = 0;
  readonly #answers = new Map<string, Answer>();
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));
  #connections = 0;
  #isDown = false;

  static async start(): Promise<ScriptedIssuer> {
    const issuer = new ScriptedIssuer();
    issuer.#server.on('connection', (socket) => {
      issuer.#connections += 1;
      if (issuer.#isDown) socket.destroy();
    });
    issuer.#server.listen(0, '127.0.0.1');
    await once(issuer.#server, 'listening');
    return issuer;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Sets the answer of a path: JSON with status 200, or a function that answers. */
  on(path: string, answer: Answer | object): this {
    const script: Answer =
      typeof answer === 'function' ? (answer as Answer) : (_, response) => sendJson(response, answer);
    this.#answers.set(path, script);
    return this;
  }

  count(path: string): number {
    return this.asked.filter((asked) => asked.path === path).length;
  }

  /** Ends every connection, including later ones. */
  down(): void {
    this.#isDown = true;
    this.#server.closeAllConnections();
  }

  up(): void {
    this.#isDown = false;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += String(chunk);
    const asked = { method: request.method!, path: request.url!, headers: request.headers, body };
    this.asked.push(asked);
    const write = response.write.bind(response) as (chunk: unknown) => boolean;
    response.write = ((chunk: string | Buffer) => {
      this.sent += chunk.length;
      return write(chunk);
    }) as typeof response.write;
    const answer = this.#answers.get(request.url!);
    if (answer === undefined) response.writeHead(404).end();
    else await answer(asked, response);
  }
}

export function sendJson(response: http.ServerResponse, value: unknown, status = 200): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
}
