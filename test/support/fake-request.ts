import type { SecurityRequest } from '../../src/core/request';
import { cookieIn } from '../../src/http/cookies';

export interface FakeRequestOptions {
  method?: string;
  path?: string;
  url?: string;
  ip?: string;
  secure?: boolean;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  clientCertificate?: SecurityRequest['clientCertificate'];
}

/** A request for unit tests that need no server. */
export function fakeRequest(options: FakeRequestOptions = {}): SecurityRequest {
  const headers = new Map(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    method: options.method ?? 'GET',
    path: options.path ?? '/',
    url: options.url ?? options.path ?? '/',
    route: undefined,
    ip: options.ip ?? '127.0.0.1',
    secure: options.secure ?? false,
    clientCertificate: options.clientCertificate,
    signal: options.signal ?? new AbortController().signal,
    action: { request: {}, response: {} },
    header: (name) => headers.get(name.toLowerCase()),
    cookie: (name) => cookieIn(headers.get('cookie'), name),
  };
}
