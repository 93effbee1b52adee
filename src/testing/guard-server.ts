/** Servers with only a stub behind an app's guards. */
import http from 'node:http';
import type { Access } from '../core/access';
import type { Middleware } from '../guards/middleware';
import type { InspectedOptions } from '../security/inspection';
import { REACHED, StubbedServer } from '../security/stubbed-server';
import { loadOptional } from '../util/load-optional';
import { samplePath } from './sample-path';

export type GuardHost = 'koa' | 'express' | 'node';

/** The request that a guard is tested with. */
export interface GuardRequest {
  readonly method: string;
  readonly path: string;
  /** They name the guard, so that any path can be requested from any guard. */
  readonly headers: Readonly<Record<string, string>>;
}

const GUARD = 'x-securest-guard';
const METHOD_AND_PATH = /^([A-Z]+) (\/\S*)$/;

/** Starts the server on a free port of this machine. @throws ConfigurationError if the host is not installed */
export function startGuards(
  { guards, guardOf }: Pick<InspectedOptions, 'guards' | 'guardOf'>,
  host: GuardHost,
): Promise<StubbedServer> {
  const listeners = new Map(
    guards.map((access) => {
      const name = encodeURIComponent(access.action);
      const reach = (response: http.ServerResponse): void => {
        response.writeHead(204, { [REACHED]: name }).end();
      };
      return [name, LISTENERS[host](guardOf(access), reach)] as const;
    }),
  );
  return StubbedServer.listen((request, response) => {
    const listener = listeners.get(String(request.headers[GUARD]));
    // The app's code must see the request as a client would send it.
    Reflect.deleteProperty(request.headers, GUARD);
    if (listener === undefined) response.writeHead(404).end();
    else listener(request, response);
  });
}

/** The method and path are those of a guard's name `METHOD /path`; otherwise GET with the given path, or the root. */
export function guardRequest(
  { action }: Access,
  stated: string | undefined,
  params: Readonly<Record<string, string>>,
): GuardRequest {
  const [, method = 'GET', route = '/'] = METHOD_AND_PATH.exec(guardName(action)) ?? [];
  const isMethod = http.METHODS.includes(method) && method !== 'CONNECT';
  const path = stated ?? samplePath(isMethod ? route : '/', params) ?? '/';
  return { method: isMethod ? method : 'GET', path, headers: { [GUARD]: encodeURIComponent(action) } };
}

export function guardName(action: string): string {
  return action.replace(/^guard /, '');
}

interface Context {
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  respond: boolean;
}

interface Koa {
  silent: boolean;
  use(middleware: (context: Context, next: () => Promise<unknown>) => Promise<void>): Koa;
  callback(): http.RequestListener;
}

type Express = http.RequestListener & {
  use(handler: (request: http.IncomingMessage, response: http.ServerResponse) => void): Express;
};

type Reach = (response: http.ServerResponse) => void;

const LISTENERS: Readonly<Record<GuardHost, (guard: Middleware, reach: Reach) => http.RequestListener>> = {
  koa(guard, reach) {
    const app = new (loadOptional('koa', "The driver 'koa'") as new () => Koa)();
    app.silent = true;
    app.use((context) =>
      guard(context, () => {
        context.respond = false;
        reach(context.res);
        return Promise.resolve();
      }),
    );
    return app.callback();
  },
  express(guard, reach) {
    const app = (loadOptional('express', "The driver 'express'") as () => Express)();
    return app.use((request, response) => {
      guard(request, response, () => {
        reach(response);
      });
    });
  },
  node: (guard, reach) => (request, response) => {
    void guard(request, response).then((goesOn) => {
      if (goesOn) reach(response);
    });
  },
};
