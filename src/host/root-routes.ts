/** The documents that securest itself serves at the root of an app, independent of its route prefix and its guards. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type BaseDriver, ExpressDriver } from 'routing-controllers';
import { publicHeaders } from '../account/jwks-table';

/** A public document under a fixed path. */
export interface RootRoute {
  readonly path: string;
  /** The JSON text, made at each request; undefined if it cannot be made now. Never throws. */
  readonly json: () => string | undefined;
  /** The time that caches may keep it. */
  readonly maxAgeSeconds: number;
}

interface Koa {
  use(middleware: (context: KoaContext, next: () => Promise<void>) => Promise<void>): void;
}

interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  respond: boolean;
}

interface Express {
  use(
    middleware: (
      request: IncomingMessage & { path: string },
      response: ServerResponse,
      next: () => void,
    ) => void,
  ): void;
}

/** Makes a server answer GET and HEAD for the routes. */
export function serveAtRoot(driver: BaseDriver, routes: readonly RootRoute[]): void {
  if (routes.length === 0) return;
  const find = ({ method }: IncomingMessage, path: string): RootRoute | undefined =>
    method === 'GET' || method === 'HEAD' ? routes.find((route) => route.path === path) : undefined;
  if (driver instanceof ExpressDriver) {
    (driver.express as Express).use((request, response, next) => {
      const route = find(request, request.path);
      if (route === undefined) next();
      else answer(request, response, route);
    });
    return;
  }
  (driver as unknown as { koa: Koa }).koa.use(async (context, next) => {
    const route = find(context.req, context.path);
    if (route === undefined) {
      await next();
      return;
    }
    context.respond = false;
    answer(context.req, context.res, route);
  });
}

function answer({ method }: IncomingMessage, response: ServerResponse, route: RootRoute): void {
  const json = route.json();
  if (json === undefined) {
    response.writeHead(500, { 'Cache-Control': 'no-store' });
    response.end();
    return;
  }
  const body = Buffer.from(json);
  response.writeHead(200, {
    ...publicHeaders(route.maxAgeSeconds),
    'Content-Length': body.length,
  });
  response.end(method === 'HEAD' ? undefined : body);
}
