import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import type { SecurityRequest } from '../core/request';
import { InvalidRequestError, SecurityFaultError } from '../errors';
import type { Client, ClientFinder } from './client-address';
import { certificateOfHeader, certificateOfSocket, CLIENT_CERT } from './client-certificate';
import { cookieIn } from './cookies';
import { matchedPath, sentTarget } from './matched-path';
import { countLines, rawRequest, rawResponse } from './raw';

/**
 * The framework-free view of one request, for all that is decided about it. A request that comes to an action gets one
 * that is of that action for good: what is under way decides about the route and path that it began with.
 */
export class HttpSecurityRequest implements SecurityRequest {
  readonly raw: IncomingMessage;
  /** Nobody aborts the request itself: each provider, policy and hook is handed a signal of its own. */
  readonly signal: AbortSignal = NEVER;
  private client: Client | undefined;
  private authorization: AuthorizationLines | undefined;

  constructor(
    readonly action: Action,
    private readonly findClient: ClientFinder,
    private readonly arrival?: Arrival,
  ) {
    this.raw = rawRequest(action);
  }

  /**
   * A request that has come to an action or a guard: with the route that the router found, and the path that it matched,
   * before any middleware of the action's own could rewrite it.
   * @param before the same request as it was seen before: what has been looked up stays
   */
  static at(
    action: Action,
    route: string | undefined,
    findClient: ClientFinder,
    before: HttpSecurityRequest | undefined,
  ): HttpSecurityRequest {
    const request = new HttpSecurityRequest(action, findClient, { route, path: matchedPath(action) });
    request.client = before?.client;
    request.authorization = before?.authorization;
    return request;
  }

  /**
   * A request whose Authorization came elsewhere than in its header, such as in the first message of a socket. Where it has
   * that header too, or a text that no header could be, it has two of them or none that can be read: that is refused.
   */
  static withAuthorization(
    action: Action,
    findClient: ClientFinder,
    authorization: unknown,
  ): HttpSecurityRequest {
    const request = new HttpSecurityRequest(action, findClient);
    const isText = typeof authorization === 'string' && authorization.length <= MAX_HEADER_LENGTH;
    request.authorization = {
      isRefused: !isText || countLines(request.raw, 'authorization') > 0,
      value: isText ? authorization : undefined,
    };
    return request;
  }

  /** True where both came by the same path, as their routers matched it. */
  isAtPathOf(other: HttpSecurityRequest): boolean {
    return this.arrival?.path === other.arrival?.path;
  }

  /** Has the header read again, where a middleware of the app has changed it. */
  forgetAuthorization(): void {
    this.authorization = undefined;
  }

  get route(): string | undefined {
    return this.arrival?.route;
  }

  get response(): ServerResponse | undefined {
    return rawResponse(this.action);
  }

  get method(): string {
    return this.raw.method ?? '';
  }

  get path(): string {
    const path = this.arrival === undefined ? matchedPath(this.action) : this.arrival.path;
    if (path !== undefined) return path;
    throw new SecurityFaultError({ cause: new Error(UNKNOWN_PATH) });
  }

  get url(): string {
    return sentTarget(this.action);
  }

  get ip(): string {
    return this.findCachedClient().ip;
  }

  get secure(): boolean {
    return this.findCachedClient().secure;
  }

  get clientCertificate(): SecurityRequest['clientCertificate'] {
    const { certificateFrom } = this.findCachedClient();
    if (certificateFrom === 'socket') return certificateOfSocket(this.raw);
    return certificateFrom === 'header' ? certificateOfHeader(this.header(CLIENT_CERT)) : undefined;
  }

  header(name: string): string | undefined {
    const lowerCase = name.toLowerCase();
    if (ONCE.has(lowerCase) && countLines(this.raw, lowerCase) > 1) throw new InvalidRequestError();
    if (lowerCase !== 'authorization') return valueOf(this.raw, lowerCase);
    this.authorization ??= {
      // Node keeps the first of several lines, a proxy in front may have looked at the last.
      isRefused: countLines(this.raw, lowerCase) > 1,
      value: valueOf(this.raw, lowerCase),
    };
    if (this.authorization.isRefused) throw new InvalidRequestError();
    return this.authorization.value;
  }

  cookie(name: string): string | undefined {
    return cookieIn(this.header('cookie'), name);
  }

  private findCachedClient(): Client {
    this.client ??= this.findClient(this.raw);
    return this.client;
  }
}

/** What the router found; outside of actions no route. */
interface Arrival {
  readonly route: string | undefined;
  /** Undefined where it cannot be known. */
  readonly path: string | undefined;
}

/** What is read once a request, and asked for by most of those who look at it. */
interface AuthorizationLines {
  readonly isRefused: boolean;
  readonly value: string | undefined;
}

/** As much as Node takes of all headers together. */
const MAX_HEADER_LENGTH = 16_384;

/** Beside Authorization: Node joins their lines, and a proxy in front may have looked at one of them. */
const ONCE: ReadonlySet<string> = new Set(['dpop', CLIENT_CERT]);

const NEVER = new AbortController().signal;

function valueOf({ headers }: IncomingMessage, lowerCase: string): string | undefined {
  const value = Object.hasOwn(headers, lowerCase) ? headers[lowerCase] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}

const UNKNOWN_PATH =
  'The path that the router matched cannot be known: mount the app once, under its whole prefix, and rewrite paths ' +
  'inside of it';
