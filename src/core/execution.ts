/**
 * What is on record about the action that a request is in.
 *
 * Kept on Node's own request object, which Koa and Express both build on and which is never used twice;
 * so nothing of one request can be found from another.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from 'routing-controllers';
import type { Access, ResourceStoreClass } from './access';
import type { Authentication } from './authentication';

/** An action under way: its compiled access, and who answers for its parameters. */
export interface Execution {
  /** The instance whose server the action belongs to. */
  readonly owner: object;
  readonly access: Access;
  currentAuthentication(action: Action): Promise<Authentication | undefined>;
  resource(action: Action, store: ResourceStoreClass, parameter: string): Promise<object | null | undefined>;
  /** Changes the password of who is logged in; the login that the current password proved. */
  changePassword(action: Action, body: unknown, minLength: number): Promise<Authentication>;
  /** An instance of the app's, from the container. */
  resolve<T>(cls: new (...args: never[]) => T): T;
}

const EXECUTION: unique symbol = Symbol('securest.execution');

type Executed = IncomingMessage & { [EXECUTION]?: Execution };

export function recordExecution(action: Action, execution: Execution): void {
  (rawRequest(action) as Executed)[EXECUTION] = execution;
}

export function executionOf(action: Action): Execution | undefined {
  return (rawRequest(action) as Executed)[EXECUTION];
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
