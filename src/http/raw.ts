/** Node's own request and response, which Koa and Express both build on. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from 'routing-controllers';

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
