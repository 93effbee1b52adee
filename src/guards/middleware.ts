/**
 * A middleware of every host, and a guard as one. Each host calls it in its own way, and hears in its own way what a
 * handler throws.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import type { MaybePromise } from '../core/userstore';
import { SecurityFaultError } from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';
import { attempted, chained } from '../util/maybe-promise';

/**
 * Fits `app.use()` and the router methods of Koa 3, Express 4 and 5, and node:http. On node:http a literal true says that
 * the request may go on, and false that it has been answered.
 */
export interface Middleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  (request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  // The last one is what Koa's types infer a context from.
  (context: { req: IncomingMessage; res: ServerResponse }, next: () => Promise<unknown>): Promise<void>;
}

/** A handler of the same host: it gets the arguments that the guard itself got. */
export type Handler = (...args: never[]) => unknown;

/** A middleware by how its host calls it. */
export interface HostForms {
  readonly koa: (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;
  readonly express: (request: unknown, response: unknown, next: (error?: unknown) => void) => void;
  /** Never rejects: nobody waits for a listener of a server, and its rejection would end the process. */
  readonly node: (request: unknown, response: unknown) => Promise<boolean>;
}

export interface KoaContext {
  readonly request: unknown;
  readonly response: unknown;
}

/** One middleware that fits all hosts. */
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

export interface GuardCalls {
  /** Answers a literal true where the request may go on, and throws or rejects everywhere else. */
  readonly authorize: (action: Action) => MaybePromise<unknown>;
  /** Answers the client what `authorize` threw. Never throws. */
  readonly refuse: (error: unknown, action: Action) => void;
  /** Runs what is guarded. */
  readonly within: <T>(action: Action, work: () => T) => T;
  /** Hears of what a handler threw where no host does. */
  readonly onFault: (cause: unknown, action: Action) => void;
}

/** @param handler what is guarded; undefined for whatever follows */
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
      // Without an error Express would go on.
      next(error ?? new Error('A handler failed without an error'));
    };
    const run = (): void => {
      try {
        const result = calls.within(action, () =>
          handle === undefined ? next() : handle(request, response, next),
        );
        // Express 4 waits for no promise.
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
      // A handler that is a guard itself says whether the request may go on.
      return (await calls.within(action, () => handle(request, response))) === true;
    } catch (cause) {
      // Nobody waits for a listener of a server: its rejection would end the process.
      calls.onFault(cause, action);
      calls.refuse(new SecurityFaultError({ cause }), action);
      return false;
    }
  };

  return forEveryHost({ koa: onKoa, express: onExpress, node: onNode });
}
