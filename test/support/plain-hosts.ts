/** Hosts without routing-controllers, on which middlewares are mounted. */
import type http from 'node:http';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import mount from 'koa-mount';
import type { Middleware } from '../../src/routers';

export interface PlainHost {
  readonly name: string;
  /** A server with the middlewares, and behind them an answer of 200 with `outside`. */
  build(middlewares: readonly Middleware[], options?: HostOptions): http.RequestListener;
}

export interface HostOptions {
  /** The path of a mount. @default at the root of the app */
  readonly prefix?: string;
  /** Whether a body parser stands in front. @default false */
  readonly parsesBodies?: boolean;
}

function onExpress(name: string, create: () => express.Express): PlainHost {
  return {
    name,
    build(middlewares, { prefix = '', parsesBodies = false } = {}) {
      const app = create();
      if (parsesBodies) app.use(express.json(), express.urlencoded({ extended: false }));
      for (const middleware of middlewares) app.use(prefix || '/', middleware as express.RequestHandler);
      return app.use((_request, response) => void response.end('outside'));
    },
  };
}

export const ON_NODE: PlainHost = {
  name: 'node:http',
  build: (middlewares) => (request, response) => {
    void (async () => {
      for (const middleware of middlewares) if (!(await middleware(request, response))) return;
      response.end('outside');
    })();
  },
};

/** The hosts that mount middlewares under a path. */
export const MOUNTING_HOSTS: readonly PlainHost[] = [
  {
    name: 'Koa',
    build(middlewares, { prefix = '', parsesBodies = false } = {}) {
      const app = new Koa();
      app.silent = true;
      if (parsesBodies) app.use(bodyParser());
      for (const middleware of middlewares) app.use(prefix === '' ? middleware : mount(prefix, middleware));
      app.use((context) => {
        context.body = 'outside';
      });
      const handle = app.callback();
      return (request, response) => void handle(request, response);
    },
  },
  onExpress('Express 4', () => express4() as unknown as express.Express),
  onExpress('Express 5', () => express()),
];

export const PLAIN_HOSTS: readonly PlainHost[] = [...MOUNTING_HOSTS, ON_NODE];
