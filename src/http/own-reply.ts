import type { ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import { rawResponse } from './raw';
import { type ReplyHeaders, setHeaders } from './reply';

/** The answer of an action in the library's own controllers. */
export interface OwnReply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  /** Absent for no body; a redirect has an empty object. */
  readonly json?: object;
}

/**
 * Sets status and headers, and returns the action's return value for routing-controllers: null is a reply without a
 * body (204).
 */
export function answer(action: Action, { status, headers = {}, json }: OwnReply): object | null {
  setHeaders(rawResponse(action), { 'Cache-Control': 'no-store', ...headers });
  const { context, response } = action as {
    context?: { status: number };
    response: Partial<ServerResponse>;
  };
  if (context === undefined) response.statusCode = status;
  else context.status = status;
  return json ?? (status === 204 ? null : {});
}

/** Redirects a browser to a page by GET, whatever the method of its request. @see RFC 9700 section 4.12 */
export function redirectTo(location: string): OwnReply {
  return { status: 303, headers: { Location: location } };
}
