/**
 * A middleware that fits every framework, and a guard as such a middleware. Each framework calls a middleware in its
 * own way and receives a handler's exception in its own way.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import type { MaybePromise } from '../core/userstore';
import { SecurityFaultError } from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';
import { attempted, chained } from '../util/maybe-promise';

/**
 * Fits `app.use()` and the router methods of Koa 3, Express 4 and 5, and node:http. On node:http, a literal true means
 * that the request may proceed, and false that it has been answered.
 */
export interface Middleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  (request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  // Koa's types infer a context from the last signature.
  (context: { req: IncomingMessage; res: ServerResponse }, next: () => Promise<unknown>): Promise<void>;
}

/** A handler of the same framework: it gets the arguments that the guard itself got. */
export type Handler = (...args: never[]) => unknown;

/** A middleware in the form that each framework calls. */
export interface HostForms {
  readonly koa: (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;
  readonly express: (request: unknown, response: unknown, next: (error?: unknown) => void) => void;
  /** Never rejects: a server does not await its listener, and a rejection would end the process. */
  readonly node: (request: unknown, response: unknown) => Promise<boolean>;
}

export interface KoaContext {
  readonly request: unknown;
  readonly response: unknown;
}

/** One middleware that fits all frameworks. */
export function forEveryHost({ koa, express, node }: HostForms): Middleware {
  return ((...[first, second, third]: readonly unknown[]): unknown => {
    if (typeof second === 'function') return koa(first as KoaContext, second as () => Promise<unknown>);
    if (typeof third === 'function') {
      express(first, second, third as () => void);
      return undefined;
    }
    return node(first, second);
  }) as Middleware;
}

/** Lets every request proceed. */
export const PASSING: Middleware = forEveryHost({
  koa: async (_context, next) => {
    await next();
  },
  express: (_request, _response, next) => {
    next();
  },
  node: () => Promise.resolve(true),
});

export interface GuardCalls {
  /** Returns a literal true if the request may proceed; otherwise throws or rejects. */
  readonly authorize: (action: Action) => MaybePromise<unknown>;
  /** Sends the client the error response for an exception of `authorize`. Never throws. */
  readonly refuse: (error: unknown, action: Action) => void;
  /** Runs the guarded handler. */
  readonly within: <T>(action: Action, work: () => T) => T;
  /** Receives the exception of a handler that no framework receives. */
  readonly onFault: (cause: unknown, action: Action) => void;
}

/** @param handler the guarded handler; undefined to guard the following middlewares */
export function guardMiddleware(calls: GuardCalls, handler: Handler | undefined): Middleware {
  const handle = handler as ((...args: unknown[]) => unknown) | undefined;

  const decide = (action: Action): MaybePromise<true> =>
    attempted(() =>
      chained(calls.authorize(action), (granted) => {
        if (granted === true) return granted;
        throw new SecurityFaultError({ cause: new Error('A guard was decided in an unknown way') });
      }),
    );

  const onKoa = async (context: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const action: Action = { request: context.request, response: context.response, context, next };
    try {
      await decide(action);
    } catch (error) {
      calls.refuse(error, action);
      return;
    }
    await calls.within(action, () => (handle === undefined ? next() : handle(context, next)));
  };

  const onExpress = (request: unknown, response: unknown, next: (error?: unknown) => void): void => {
    const action: Action = { request, response, next };
    const failed = (error: unknown): void => {
      // Without an error, Express would continue with the next handler.
      next(error ?? new Error('A handler failed without an error'));
    };
    const run = (): void => {
      try {
        const result = calls.within(action, () =>
          handle === undefined ? next() : handle(request, response, next),
        );
        // Express 4 does not await promises.
        if (handle !== undefined) ignoreRejection(result, failed);
      } catch (error) {
        failed(error);
      }
    };
    const decided = decide(action);
    if (decided === true) {
      run();
      return;
    }
    decided
      .then(run, (error: unknown) => {
        calls.refuse(error, action);
      })
      .catch((cause: unknown) => {
        calls.onFault(cause, action);
      });
  };

  const onNode = async (request: unknown, response: unknown): Promise<boolean> => {
    const action: Action = { request, response };
    try {
      await decide(action);
    } catch (error) {
      calls.refuse(error, action);
      return false;
    }
    if (handle === undefined) return true;
    try {
      // A handler that is a guard itself returns whether the request may proceed.
      return (await calls.within(action, () => handle(request, response))) === true;
    } catch (cause) {
      // A server does not await its listener: a rejection would end the process.
      calls.onFault(cause, action);
      calls.refuse(new SecurityFaultError({ cause }), action);
      return false;
    }
  };

  return forEveryHost({ koa: onKoa, express: onExpress, node: onNode });
}
