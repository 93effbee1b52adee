/**
 * What is on record about the action that a request is in.
 *
 * Kept on Node's own request object, which Koa and Express both build on and which is never used twice;
 * so nothing of one request can be found from another. The property is not enumerable: whatever copies or prints a
 * request leaves it out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from 'routing-controllers';
import type { Access, ResourceStoreClass } from '../core/access';
import type { Authentication } from '../core/authentication';

/** An action under way: its compiled access, and who answers for its parameters. */
export interface Execution {
  /** The instance whose server the action belongs to. */
  readonly owner: object;
  readonly access: Access;
  currentAuthentication(action: Action): Promise<Authentication | undefined>;
  /** The same, for an action that may exchange it. */
  attributedAuthentication(action: Action): Promise<Authentication | undefined>;
  resource(action: Action, store: ResourceStoreClass, parameter: string): Promise<object | null | undefined>;
  /** Changes the password of who is logged in; the login that the current password proved. */
  changePassword(action: Action, body: unknown, minLength: number): Promise<Authentication>;
  /** An instance of the app's, from the container. */
  resolve<T>(cls: new (...args: never[]) => T): T;
}

/** What a request was when its router had found the action, before any middleware of the action's own ran. */
interface Arrival {
  readonly execution: Execution;
  /** Undefined where it cannot be known. */
  readonly path: string | undefined;
}

const ARRIVAL: unique symbol = Symbol('securest.arrival');

type Arrived = IncomingMessage & { [ARRIVAL]?: Arrival };

/** Puts the action on record that a request has come to, with the path that its router matched. */
export function recordArrival(action: Action, execution: Execution, path: string | undefined): void {
  keep(rawRequest(action), ARRIVAL, { execution, path } satisfies Arrival);
}

export function executionOf(action: Action): Execution | undefined {
  return arrivalAt(rawRequest(action))?.execution;
}

/** Undefined for a request that has not come to an action. */
export function arrivalAt(raw: IncomingMessage): Arrival | undefined {
  return (raw as Arrived)[ARRIVAL];
}

/** Keeps a value on Node's request, for who has the key alone. */
export function keep(raw: IncomingMessage, key: symbol, value: unknown): void {
  Object.defineProperty(raw, key, { value, enumerable: false, writable: true, configurable: true });
}

/** Node's request behind Koa's context or Express' request. */
export function rawRequest(action: Action): IncomingMessage {
  const { context, request } = action as { context?: { req?: IncomingMessage }; request: IncomingMessage };
  return context?.req ?? request;
}

/** Node's response behind Koa's context or Express' response; undefined where there is none. */
export function rawResponse(action: Action): ServerResponse | undefined {
  const { context, response } = action as { context?: { res?: ServerResponse }; response?: ServerResponse };
  return context?.res ?? response;
}
