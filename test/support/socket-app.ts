/** A WebSocket server behind a guard, and its clients. */
import { once } from 'node:events';
import type http from 'node:http';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { createSecurity, type Security, type SecurityEvent, type SecurityOptions } from '../../src';
import { type SocketLogin, type SocketOptions, upgradeGuard } from '../../src/socket';
import { TestServer } from './drivers';
import { MemoryLogger } from './reset';

export interface Refused {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: { readonly code?: string };
}

export interface SocketAppOptions {
  readonly socket?: SocketOptions;
  readonly listener?: http.RequestListener;
  /** The app's handler of a socket. @default closes it with 4001 when the login ends */
  readonly accept?: (ws: WebSocket, login: SocketLogin, request: http.IncomingMessage) => void;
  readonly security?: Security;
}

export class SocketApp implements AsyncDisposable {
  /** The logins of the sockets that were opened. */
  readonly logins: SocketLogin[] = [];

  private constructor(
    readonly security: Security,
    readonly server: TestServer,
    readonly events: SecurityEvent[],
    readonly logger: MemoryLogger,
    private readonly sockets: WebSocketServer,
  ) {}

  static async start(options: SecurityOptions, more: SocketAppOptions = {}): Promise<SocketApp> {
    const events: SecurityEvent[] = [];
    const logger = new MemoryLogger();
    const onEvent = (event: SecurityEvent) => void events.push(event);
    const security = more.security ?? createSecurity({ logger, onEvent, ...options });
    const guard = upgradeGuard(security, more.socket);
    const server = await TestServer.start(more.listener ?? ((_request, response) => void response.end()));
    const sockets = new WebSocketServer({ noServer: true });
    const app = new SocketApp(security, server, events, logger, sockets);
    const accept = more.accept ?? closeAtEnd;
    server.server.on('upgrade', (request: http.IncomingMessage, socket, head) => {
      void guard(request, socket).then((login) => {
        if (login === undefined) return;
        sockets.handleUpgrade(request, socket, head, (ws) => {
          app.logins.push(login);
          accept(ws, login, request);
          // Not earlier, because the client's first message would arrive before the listener.
          ws.send('ready');
        });
      });
    });
    return app;
  }

  client(headers: Record<string, string> = {}, path = '/'): WebSocket {
    return new WebSocket(`${this.server.url.replace('http', 'ws')}${path}`, { headers });
  }

  /** A client whose socket is open. */
  async open(headers: Record<string, string> = {}, path = '/'): Promise<Client> {
    const ws = this.client(headers, path);
    const client = new Client(ws);
    await Promise.race([client.next(), failure(ws)]);
    return client;
  }

  /** The answer to a refused client. */
  async refused(headers: Record<string, string> = {}, path = '/'): Promise<Refused> {
    const ws = this.client(headers, path);
    ws.on('error', () => {});
    const [, response] = (await once(ws, 'unexpected-response')) as [unknown, http.IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    const body = JSON.parse(text) as Refused['body'];
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ws of this.sockets.clients) ws.terminate();
    await this.server.close();
    await this.security.close();
  }
}

async function failure(ws: WebSocket): Promise<never> {
  const [error] = (await once(ws, 'error')) as [Error];
  throw error;
}

function closeAtEnd(ws: WebSocket, login: SocketLogin): void {
  login.onEnd((why) => {
    ws.close(4001, why);
  });
}

export class Client {
  private readonly messages: string[] = [];
  private heard: (() => void) | undefined;
  /** The close code and reason: `4001 revoked`; the code alone without a reason. */
  readonly closed: Promise<string>;
  isClosed = false;

  constructor(readonly ws: WebSocket) {
    ws.on('error', () => {});
    ws.on('message', (data: RawData) => {
      this.messages.push((data as Buffer).toString());
      this.heard?.();
    });
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.isClosed = true;
        resolve(`${String(code)} ${reason.toString()}`.trim());
      });
    });
  }

  async next(): Promise<string> {
    while (this.messages.length === 0) await new Promise<void>((resolve) => (this.heard = resolve));
    return this.messages.shift()!;
  }

  ask(text: string): Promise<string> {
    this.ws.send(text);
    return this.next();
  }
}
