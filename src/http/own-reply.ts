import type { ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import { rawResponse } from './raw';
import { type ReplyHeaders, setHeaders } from './reply';
import { writeReply } from './write-reply';

/** The answer of one of the library's own routes. Caches keep no reply unless its headers say otherwise. */
export interface OwnReply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  /** Absent for no body; a redirect has an empty object. */
  readonly json?: object;
}

/** For a reply with credentials, or about the user of a request. */
export const NO_STORE: ReplyHeaders = Object.freeze({ 'Cache-Control': 'private, no-store' });

/**
 * Sets status and headers, and returns the action's return value for routing-controllers: null is a reply without a
 * body (204).
 */
export function answer(action: Action, reply: OwnReply): object | null {
  setHeaders(rawResponse(action), headersOf(reply));
  const { context, response } = action as {
    context?: { status: number };
    response: Partial<ServerResponse>;
  };
  if (context === undefined) response.statusCode = reply.status;
  else context.status = reply.status;
  return bodyOf(reply);
}

/** Writes the whole reply, where no framework writes it. */
export function writeOwnReply(action: Action, reply: OwnReply): void {
  const body = bodyOf(reply);
  const type = body === null ? {} : { 'Content-Type': 'application/json; charset=utf-8' };
  writeReply(action, {
    status: reply.status,
    headers: { ...type, ...headersOf(reply) },
    body: body === null ? '' : JSON.stringify(body),
  });
}

function headersOf({ headers = {} }: OwnReply): ReplyHeaders {
  return { 'Cache-Control': 'no-store', ...headers };
}

function bodyOf({ status, json }: OwnReply): object | null {
  return json ?? (status === 204 ? null : {});
}

/** Redirects a browser to a page by GET, whatever the method of its request. @see RFC 9700 section 4.12 */
export function redirectTo(location: string): OwnReply {
  return { status: 303, headers: { Location: location } };
}
