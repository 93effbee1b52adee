import type { Action } from '../core/exchange';
import { rawResponse } from './raw';
import { type ReplyHeaders, setHeaders } from './reply';

/** A reply as it is sent. */
export interface WholeReply {
  readonly status: number;
  /** With the type of the body. */
  readonly headers: ReplyHeaders;
  readonly body: string | Buffer;
}

/**
 * Writes a reply where no host does: outside of actions. On Koa it is the context's status and body, so that the
 * middlewares around see it as any other; elsewhere it ends the response. A reply that has begun already is cut off.
 */
export function writeReply(action: Action, { status, headers, body }: WholeReply): void {
  const response = rawResponse(action);
  if (response === undefined) return;
  if (response.headersSent) {
    // What is half sent must not look whole.
    if (!response.writableEnded) response.destroy();
    return;
  }
  setHeaders(response, headers);
  const context = action.context as { status: number; body: unknown } | undefined;
  if (context !== undefined) {
    context.status = status;
    context.body = body;
    return;
  }
  response.statusCode = status;
  if (status === 304) {
    // It has no body that this could be said of.
    for (const name of ['Content-Type', 'Content-Length']) response.removeHeader(name);
  } else {
    response.setHeader('Content-Length', Buffer.byteLength(body));
  }
  response.end(body);
}
