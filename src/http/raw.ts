/** Node's own request and response, which Koa and Express both build on. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';

/** Node's request behind Koa's context or Express' request. */
export function rawRequest(action: Action): IncomingMessage {
  const { context, request } = action as { context?: { req?: IncomingMessage }; request: IncomingMessage };
  return context?.req ?? request;
}

/** Node's response behind Koa's context or Express' response; undefined if there is no response. */
export function rawResponse(action: Action): ServerResponse | undefined {
  const { context, response } = action as { context?: { res?: ServerResponse }; response?: ServerResponse };
  return context?.res ?? response;
}

/** The body as a parser of the framework or the app left it; undefined if no parser ran. */
export function parsedBody(action: Action): unknown {
  const { context, request } = action as {
    context?: { request?: { body?: unknown } };
    request: { body?: unknown };
  };
  return context?.request?.body ?? request.body;
}

/** Counts the lines of the request with this header. @param name in lower case */
export function countLines({ rawHeaders }: IncomingMessage, name: string): number {
  let lines = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const { length } = rawHeaders[index] ?? '';
    if (length === name.length && rawHeaders[index]?.toLowerCase() === name) lines += 1;
  }
  return lines;
}
