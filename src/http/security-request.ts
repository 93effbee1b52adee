import type { IncomingMessage } from 'node:http';
import type { Action } from 'routing-controllers';
import type { SecurityRequest } from '../core/request';
import { InvalidRequestError, SecurityFaultError } from '../errors';
import type { Client, ClientFinder } from './client-address';
import { arrivalAt, rawRequest } from './raw';
import { matchedPath } from './matched-path';

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
    const arrival = arrivalAt(this.raw);
    const path = arrival === undefined ? matchedPath(this.action) : arrival.path;
    if (path !== undefined) return path;
    throw new SecurityFaultError({ cause: new Error(UNKNOWN_PATH) });
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

const UNKNOWN_PATH =
  'The path that the router matched cannot be known: mount the app once, under its whole prefix, and rewrite paths ' +
  'inside of it';
