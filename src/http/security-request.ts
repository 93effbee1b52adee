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
 * The framework-independent view of one request, for all decisions about it. A request that reaches an action gets a
 * view that stays bound to that action: a decision in progress keeps the route and path that it began with.
 */
export class HttpSecurityRequest implements SecurityRequest {
  readonly raw: IncomingMessage;
  /** The request itself never aborts: each provider, policy and hook receives a signal of its own. */
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
   * A request that has reached an action or a guard: with the route that the router found, and the path that it matched
   * before any middleware of the action could rewrite it.
   * @param before an earlier view of the same request, whose cached values are kept
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
   * A request with an Authorization from elsewhere than its header, such as from the first message of a socket. It is
   * refused if the request also has that header, or if the text could not be a header: it then has two Authorizations,
   * or an unreadable one.
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

  /** True if both requests have the same path, as their routers matched it. */
  isAtPathOf(other: HttpSecurityRequest): boolean {
    return this.arrival?.path === other.arrival?.path;
  }

  /** Drops the cached header, after a middleware of the app has changed it. */
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
      // Node keeps the first of several lines; a proxy in front may have checked the last.
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

/** The result of the router; outside of actions without a route. */
interface Arrival {
  readonly route: string | undefined;
  /** Undefined if it cannot be determined. */
  readonly path: string | undefined;
}

/** Read once per request, because most components ask for it. */
interface AuthorizationLines {
  readonly isRefused: boolean;
  readonly value: string | undefined;
}

/** Node's limit for all headers together. */
const MAX_HEADER_LENGTH = 16_384;

/**
 * Beside Authorization: Node joins the lines of these headers, and a proxy in front may have checked only one of them.
 */
const ONCE: ReadonlySet<string> = new Set(['dpop', CLIENT_CERT]);

const NEVER = new AbortController().signal;

function valueOf({ headers }: IncomingMessage, lowerCase: string): string | undefined {
  const value = Object.hasOwn(headers, lowerCase) ? headers[lowerCase] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}

const UNKNOWN_PATH =
  'The path that the router matched cannot be known: mount the app once, under its whole prefix, and rewrite no path ' +
  'of it, or give it a routePrefix in place of the mount';
