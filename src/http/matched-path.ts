/**
 * The path that the framework's router itself matched, with the prefix that a mount removed. The request target is
 * never parsed a second time: for a target in absolute form the routers and RFC 9112 may see different paths.
 */
import type { Action } from '../core/exchange';
import { rawRequest } from './raw';

interface ExpressPaths {
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
  /** Express' own parsing of the URL, which its routers match. */
  readonly path?: unknown;
}

interface NodeRequest extends ExpressPaths {
  readonly url?: string | undefined;
}

interface KoaPaths {
  readonly path?: unknown;
  readonly mountPath?: unknown;
  readonly originalUrl?: unknown;
  /** If a middleware sets it, @koa/router matches it instead of the path. */
  readonly newRouterPath?: unknown;
}

/** Undefined if it cannot be determined. */
export function matchedPath(action: Action): string | undefined {
  const context = action.context as KoaPaths | undefined;
  if (context !== undefined) return isText(context.path) ? pathOnKoa(context, context.path) : undefined;
  const raw: NodeRequest = rawRequest(action);
  return typeof raw.baseUrl === 'string' ? pathOnExpress(raw, raw.baseUrl) : pathOnNode(raw);
}

/**
 * The path below the mount of a middleware, as a router at this place would match it. Undefined if the framework cannot
 * parse the request target.
 */
export function pathBelowMount(action: Action): string | undefined {
  const context = action.context as KoaPaths | undefined;
  if (context !== undefined) {
    const { newRouterPath, path } = context;
    return isText(newRouterPath) ? newRouterPath : isText(path) ? path : undefined;
  }
  const raw: NodeRequest = rawRequest(action);
  if (typeof raw.baseUrl !== 'string') return sentPath(raw.url);
  return isText(raw.path) ? raw.path : undefined;
}

function pathOnExpress({ path, originalUrl }: ExpressPaths, baseUrl: string): string | undefined {
  // For some targets in absolute form the rest below a mount has no path.
  if (!isText(path)) return undefined;
  const whole = baseUrl + path;
  if (baseUrl === '' || isOriginForm(originalUrl)) return whole;
  // For an absolute form, Express parses the URL differently for the mount's prefix and for its router.
  return whole === sentPath(originalUrl) ? whole : undefined;
}

/** Undefined where a router other than Express' has removed a prefix or rewritten the URL. */
function pathOnNode({ url, originalUrl }: NodeRequest): string | undefined {
  const path = sentPath(url);
  return originalUrl === undefined || path === sentPath(originalUrl) ? path : undefined;
}

/** The request target as the client sent it, with the prefix that a mount removed. */
export function sentTarget(action: Action): string {
  const context = action.context as KoaPaths | undefined;
  const raw = rawRequest(action);
  const { originalUrl } = isText(context?.originalUrl) ? context : (raw as ExpressPaths);
  return isText(originalUrl) ? originalUrl : (raw.url ?? '');
}

function pathOnKoa(context: KoaPaths, contextPath: string): string | undefined {
  const path = isText(context.newRouterPath) ? context.newRouterPath : contextPath;
  if (!isText(context.mountPath)) return path;
  const { originalUrl } = context;
  const sent = sentPath(originalUrl);
  // No prefix was removed: koa-mount leaves `mountPath` on the context after the request has left the mounted app.
  if (path === sent && isOriginForm(originalUrl)) return path;
  const whole = context.mountPath.replace(/\/$/, '') + path;
  // Any other path was rewritten, or is below several mounts. Whether the router adds the prefix to it is unknown: the
  // request may have left the mounted app before.
  return whole === sent || whole === `${sent}/` ? whole : undefined;
}

function isOriginForm(target: unknown): boolean {
  return isText(target) && target.startsWith('/');
}

/** The path of a request target in origin or absolute form. @see RFC 9112 section 3.2 */
export function sentPath(target: unknown): string {
  if (!isText(target)) return '/';
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path === '' ? '/' : path;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
