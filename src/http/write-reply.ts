import type { Action } from '../core/exchange';
import { rawResponse } from './raw';
import { type ReplyHeaders, setHeaders } from './reply';

/** A complete reply. */
export interface WholeReply {
  readonly status: number;
  /** Includes the type of the body. */
  readonly headers: ReplyHeaders;
  readonly body: string | Buffer;
}

/**
 * Writes a reply outside of actions, where no framework writes it. On Koa it sets the context's status and body, so
 * that the surrounding middlewares see an ordinary reply; elsewhere it ends the response. A reply that has already
 * begun is cut off.
 */
export function writeReply(action: Action, { status, headers, body }: WholeReply): void {
  const response = rawResponse(action);
  if (response === undefined) return;
  if (response.headersSent) {
    // A partly sent reply must not look complete.
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
  if (status === 204 || status === 304) {
    // There is no body that these headers could describe.
    for (const name of ['Content-Type', 'Content-Length']) response.removeHeader(name);
  } else {
    response.setHeader('Content-Length', Buffer.byteLength(body));
  }
  response.end(body);
}
