/** The path of a request for the API documentation, relative to its mount. */
import type { Action } from '../core/exchange';
import { sentPath, sentTarget } from '../http/matched-path';
import { rawRequest } from '../http/raw';

/** A path segment that is safe in a header. @see RFC 3986 section 3.3 */
const SEGMENT = /^[\w.~!$&'()*+,;=:@%-]{1,200}$/;

/**
 * The path below the mount, as the host's router sees it: `/` for the page. Undefined if it is outside the mount.
 * @param prefix the prefix that the host leaves on the path, without a trailing slash
 */
export function pathBelow(action: Action, prefix: string): string | undefined {
  const { path: pathOnKoa } = (action.context ?? {}) as { path?: unknown };
  const { path: pathOnExpress } = action.request as { path?: unknown };
  const path = pathOnKoa ?? pathOnExpress ?? sentPath(rawRequest(action).url);
  if (typeof path !== 'string') return undefined;
  // koa-mount also removes the slash if its prefix ends with a slash.
  const whole = path.startsWith('/') ? path : `/${path}`;
  if (whole === prefix) return '/';
  return whole.startsWith(`${prefix}/`) ? whole.slice(prefix.length) : undefined;
}

/**
 * The redirect for a request for the page without the trailing slash: its relative links would lead outside the mount.
 * The location is relative, so that it is right behind a proxy and leads to no other host; it has no query. Undefined
 * if the request has the slash, or its last segment is not safe in a header.
 */
export function withSlash(action: Action): string | undefined {
  const sent = sentPath(sentTarget(action));
  const last = sent.slice(sent.lastIndexOf('/') + 1);
  return SEGMENT.test(last) ? `./${last}/` : undefined;
}
