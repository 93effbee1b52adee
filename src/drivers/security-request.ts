import type { IncomingMessage } from 'node:http';
import type { Action } from 'routing-controllers';
import type { SecurityRequest } from '../core/request';
import { InvalidRequestError } from '../errors';
import type { Client, ClientFinder } from './client-address';
import { rawRequest } from '../core/execution';

/** The framework-free view of one request. */
export class HttpSecurityRequest implements SecurityRequest {
  private readonly raw: IncomingMessage;
  private client: Client | undefined;

  constructor(
    readonly action: Action,
    readonly route: string | undefined,
    private readonly findClient: ClientFinder,
  ) {
    this.raw = rawRequest(action);
  }

  get method(): string {
    return this.raw.method ?? '';
  }

  get path(): string {
    return matchedPath(this.action, this.raw);
  }

  get ip(): string {
    return this.findCachedClient().ip;
  }

  get secure(): boolean {
    return this.findCachedClient().secure;
  }

  /** Nobody aborts the request itself: each provider, policy and hook is handed a signal of its own. */
  readonly signal: AbortSignal = NEVER;

  header(name: string): string | undefined {
    const lowerCase = name.toLowerCase();
    // Node keeps the first of several Authorization lines, a proxy in front may have looked at the last.
    if (lowerCase === 'authorization' && countLines(this.raw, lowerCase) > 1) throw new InvalidRequestError();
    const value = Object.hasOwn(this.raw.headers, lowerCase) ? this.raw.headers[lowerCase] : undefined;
    return Array.isArray(value) ? value.join(', ') : value;
  }

  private findCachedClient(): Client {
    this.client ??= this.findClient(this.raw);
    return this.client;
  }
}

const NEVER = new AbortController().signal;

function countLines(request: IncomingMessage, name: string): number {
  let lines = 0;
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) lines += 1;
  }
  return lines;
}

interface KoaPaths {
  readonly path?: string;
  readonly mountPath?: string;
  readonly originalUrl?: string;
  /** What @koa/router matches in place of the path, when a middleware sets it. */
  readonly newRouterPath?: unknown;
}

function isRewritten(path: unknown): path is string {
  return typeof path === 'string' && path !== '';
}

/** The path that the router matched, with what a mount took off it. */
function matchedPath(action: Action, raw: IncomingMessage): string {
  const { baseUrl } = raw as { baseUrl?: string };
  const context = action.context as KoaPaths | undefined;
  if (context?.path === undefined) return `${baseUrl ?? ''}${pathOf(raw.url ?? '')}`;
  if (isRewritten(context.newRouterPath)) return `${context.mountPath ?? ''}${context.newRouterPath}`;
  const original = pathOf(context.originalUrl ?? '');
  if (context.mountPath === undefined) return context.path;
  return original.endsWith(context.path) ? original : `${context.mountPath}${context.path}`;
}

/** The path of a request target in origin or absolute form. @see RFC 9112 section 3.2 */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path === '' ? '/' : path;
}
