/** Writes a refusal where no host does: outside of actions. */
import type { Action } from 'routing-controllers';
import type { SecurityError } from '../errors';
import { rawResponse } from './raw';
import { setHeaders } from './reply';

/** @param error as `replyError()` made it, with its headers */
export function writeRefusal(action: Action, error: SecurityError): void {
  const response = rawResponse(action);
  if (response === undefined) return;
  if (response.headersSent) {
    // What is half sent must not look whole.
    if (!response.writableEnded) response.destroy();
    return;
  }
  setHeaders(response, { 'Content-Type': 'application/json; charset=utf-8', ...error.headers });
  const body = JSON.stringify(error);
  const context = action.context as { status: number; body: unknown } | undefined;
  if (context !== undefined) {
    // The middlewares around it see it as any other reply.
    context.status = error.httpCode;
    context.body = body;
    return;
  }
  response.statusCode = error.httpCode;
  if (error.httpCode === 304) {
    // It has no body that this could be said of.
    for (const name of ['Content-Type', 'Content-Length']) response.removeHeader(name);
  } else {
    response.setHeader('Content-Length', Buffer.byteLength(body));
  }
  response.end(body);
}
