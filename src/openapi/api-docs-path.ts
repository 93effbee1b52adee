/** Where below its mount a request for the API documentation goes. */
import type { Action } from '../core/exchange';
import { sentPath, sentTarget } from '../http/matched-path';
import { rawRequest } from '../http/raw';

/** A segment of a path, as it may stand in a header. @see RFC 3986 section 3.3 */
const SEGMENT = /^[\w.~!$&'()*+,;=:@%-]{1,200}$/;

/**
 * The path below the mount, as the host's router looked at it: `/` for the page. Undefined where it is outside.
 * @param prefix what the host leaves on the path, without a slash at its end
 */
export function pathBelow(action: Action, prefix: string): string | undefined {
  const { path: pathOnKoa } = (action.context ?? {}) as { path?: unknown };
  const { path: pathOnExpress } = action.request as { path?: unknown };
  const path = pathOnKoa ?? pathOnExpress ?? sentPath(rawRequest(action).url);
  if (typeof path !== 'string') return undefined;
  // koa-mount takes the slash too where its prefix ends with one.
  const whole = path.startsWith('/') ? path : `/${path}`;
  if (whole === prefix) return '/';
  return whole.startsWith(`${prefix}/`) ? whole.slice(prefix.length) : undefined;
}

/**
 * Where a browser that asks for the page without the slash at the end has to go, or else its relative links lead beside
 * the mount. It is relative itself, so that it is right behind a proxy, leads to no other host, and has no query.
 */
export function withSlash(action: Action): string | undefined {
  const sent = sentPath(sentTarget(action));
  const last = sent.slice(sent.lastIndexOf('/') + 1);
  return SEGMENT.test(last) ? `./${last}/` : undefined;
}
