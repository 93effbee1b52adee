/** The hosts on which all behaviour that clients can see is tested. */
import { once } from 'node:events';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import {
  createExpressServer,
  createKoaServer,
  type RoutingControllersOptions,
  useExpressServer,
  useKoaServer,
} from 'routing-controllers';

export interface Driver {
  readonly name: string;
  readonly isExpress: boolean;
  /** Builds an app; `before` and `after` are called with it, before and after routing-controllers is set up. */
  build(options: RoutingControllersOptions, around?: Around): http.RequestListener;
}

/** The app's own set-up, called with the app before and after routing-controllers is set up. */
export interface Around {
  readonly express?: { before?: (app: express.Express) => void; after?: (app: express.Express) => void };
  readonly koa?: { before?: (app: Koa) => void };
}

export const DRIVERS: readonly Driver[] = [
  {
    name: 'Koa',
    isExpress: false,
    build(options, around) {
      const app = new Koa();
      app.silent = true;
      around?.koa?.before?.(app);
      return listenerOf(useKoaServer(app, options));
    },
  },
  expressDriver('Express 4', () => express4() as unknown as express.Express),
  expressDriver('Express 5', () => express()),
];

/** The create functions of routing-controllers, for rules that must hold whichever of them an app calls. */
export const CREATORS: readonly Driver[] = [
  {
    name: 'createKoaServer',
    isExpress: false,
    build: (options) => listenerOf(createKoaServer(options) as Koa),
  },
  {
    name: 'createExpressServer',
    isExpress: true,
    build: (options) => createExpressServer(options) as http.RequestListener,
  },
];

function listenerOf(app: Koa): http.RequestListener {
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

function expressDriver(name: string, create: () => express.Express): Driver {
  return {
    name,
    isExpress: true,
    build(options, around) {
      const app = create();
      around?.express?.before?.(app);
      useExpressServer(app, options);
      around?.express?.after?.(app);
      return app;
    },
  };
}

/** A server on a free port of this machine. */
export class TestServer implements AsyncDisposable {
  private constructor(
    readonly server: Server,
    readonly url: string,
  ) {}

  static async start(listener: http.RequestListener): Promise<TestServer> {
    const server = http.createServer(listener);
    // On a busy machine connections are reused late, and a thousand may wait to be accepted.
    server.keepAliveTimeout = 120_000;
    return TestServer.of(server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }));
  }

  /** A server that the app under test has made itself. */
  static async of(server: Server): Promise<TestServer> {
    if (!server.listening) await once(server, 'listening');
    return new TestServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** Sends a request with exactly these header lines, for requests that fetch would not send. */
  raw(path: string, options: http.RequestOptions = {}, body?: string): Promise<RawResponse> {
    return sendRaw(`${this.url}${path}`, options, body);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export interface RawResponse {
  readonly status: number;
  readonly response: http.IncomingMessage;
  readonly text: string;
}

export function sendRaw(url: string, options: http.RequestOptions, body?: string): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, response, text }));
      // A reply that is cut off after its headers emits no `end`.
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** An Authorization header with Basic credentials. @see RFC 7617 section 2 */
export function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
