/**
 * The request that a strategy gets: the properties that strategies use on Express, the same on every host. Headers and
 * cookies are read through the request of the chain, so that replies vary on them. It has no session and none of the
 * methods that Passport adds.
 */
import type { IncomingMessage } from 'node:http';
import type { SecurityRequest } from '../core/request';
import { rawRequest } from '../http/raw';
import { routeParameters } from '../http/route-parameter';
import { bodyOf, type Reads } from './reads';

/** Headers that a strategy gets only if it reads them. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

export interface StrategyRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly socket: IncomingMessage['socket'];
  /** The same as `socket`, under its former name. */
  readonly connection: IncomingMessage['socket'];
  readonly ip: string;
  readonly protocol: 'http' | 'https';
  readonly secure: boolean;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, never>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly signedCookies: Readonly<Record<string, never>>;
  readonly body?: Readonly<Record<string, string>>;
  /** Every setting of the app is undefined. */
  readonly app: { get(name: string): undefined };
  get(name: string): string | undefined;
  header(name: string): string | undefined;
}

export function strategyRequest(request: SecurityRequest, reads: Reads): StrategyRequest {
  const raw = rawRequest(request.action);
  const header = (name: string): string | undefined =>
    isShown(name.toLowerCase(), reads) ? request.header(name) : undefined;
  const { url, secure } = request;
  const body = 'body' in reads ? bodyOf(request, reads.body) : undefined;
  return {
    method: request.method,
    url,
    originalUrl: url,
    headers: headersOf(raw, reads, header),
    socket: raw.socket,
    connection: raw.socket,
    ip: request.ip,
    protocol: secure ? 'https' : 'http',
    secure,
    params: { ...routeParameters(request.action) },
    query: {},
    cookies: 'cookie' in reads ? cookiesIn(request.header('cookie')) : {},
    signedCookies: {},
    ...(body !== undefined && { body }),
    app: { get: () => undefined },
    get: header,
    header,
  };
}

function isShown(lowerCase: string, reads: Reads): boolean {
  if (!CREDENTIALS.has(lowerCase)) return true;
  if (lowerCase === 'cookie') return 'cookie' in reads;
  return 'scheme' in reads || ('header' in reads && reads.header.toLowerCase() === lowerCase);
}

/** Each header is read only when the strategy accesses it. */
function headersOf(
  raw: IncomingMessage,
  reads: Reads,
  read: (name: string) => string | undefined,
): StrategyRequest['headers'] {
  const headers: Record<string, string | undefined> = {};
  for (const name of Object.keys(raw.headers)) {
    if (!isShown(name, reads)) continue;
    Object.defineProperty(headers, name, { enumerable: true, configurable: true, get: () => read(name) });
  }
  return headers;
}

/** The cookies by name, decoded as Express' cookie parser does. Of several with the same name, the first counts. */
function cookiesIn(header: string | undefined): Readonly<Record<string, string>> {
  const cookies = Object.create(null) as Record<string, string>;
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (name !== '' && !(name in cookies)) cookies[name] = decoded(pair.slice(at + 1).trim());
  }
  return cookies;
}

function decoded(value: string): string {
  const text = /^"(.*)"$/.exec(value)?.[1] ?? value;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
