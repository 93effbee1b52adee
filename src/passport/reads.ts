/**
 * The credentials that a strategy reads: they decide whether it is called, and its `credential` for the chain.
 */
import type { SecurityScheme } from '../core/auth-provider';
import type { SecurityRequest } from '../core/request';
import { InvalidRequestError } from '../errors';
import { parseAuthorization } from '../http/authorization-header';
import { countLines, parsedBody, rawRequest } from '../http/raw';
import { isText } from '../util/option-kinds';
import { isPlainObject, type Kind } from '../util/parse-options';

/**
 * The place of the credentials: `Authorization` with a scheme, another header, a cookie, members of the body, or the
 * client certificate. Never the query of the URL, which ends up in logs.
 * @see RFC 9700 section 4.3.2
 */
export type Reads =
  | { readonly scheme: string }
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly body: readonly string[] }
  | { readonly tls: true };

/** @see RFC 9110 section 5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const isToken = (value: unknown): boolean => typeof value === 'string' && TOKEN.test(value);

const VALID: Readonly<Record<string, (value: unknown) => boolean>> = {
  scheme: isToken,
  // Cookies have a kind of their own, and `body` or `tls` as a header name would be taken for the kinds of that name.
  header: (value) => isToken(value) && !/^(?:cookie|body|tls)$/i.test(value as string),
  cookie: isToken,
  body: (value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isText),
  tls: (value) => value === true,
};

export const readsKind: Kind<Reads> = (value, name, report) => {
  const entries = isPlainObject(value) ? Object.entries(value) : [];
  const [key = '', what] = entries[0] ?? [];
  if (entries.length !== 1 || !Object.hasOwn(VALID, key) || VALID[key]?.(what) !== true) {
    report(
      `${name} must be one of { scheme: 'Bearer' }, { header: 'x-api-key' }, { cookie: 'token' }, ` +
        `{ body: ['username', 'password'] } and { tls: true }`,
    );
    return value as Reads;
  }
  return structuredClone(value) as Reads;
};

/** The `credential` of the provider, by which the chain knows what it reads. */
export function credentialOf(reads: Reads): string {
  if ('scheme' in reads) return 'authorization';
  if ('header' in reads) return reads.header.toLowerCase();
  if ('cookie' in reads) return 'cookie';
  return 'body' in reads ? 'body' : 'tls';
}

/** The OpenAPI security schemes; undefined for credentials that OpenAPI cannot describe. */
export function securitySchemesOf(reads: Reads): Readonly<Record<string, SecurityScheme>> | undefined {
  if ('scheme' in reads) {
    const scheme = reads.scheme.toLowerCase();
    return { [scheme]: { type: 'http', scheme } };
  }
  if ('header' in reads) return { [reads.header]: { type: 'apiKey', in: 'header', name: reads.header } };
  if ('cookie' in reads) return { [reads.cookie]: { type: 'apiKey', in: 'cookie', name: reads.cookie } };
  return 'tls' in reads ? { mutualTLS: { type: 'mutualTLS' } } : undefined;
}

/**
 * True if the request has the credentials. A cookie that occurs twice is ignored, because it is unknown which of them
 * the app has set.
 * @throws InvalidRequestError for a header on several lines: Node joins them, and a proxy may have checked only one
 */
export function hasCredentials(request: SecurityRequest, reads: Reads): boolean {
  if ('scheme' in reads) {
    const scheme = parseAuthorization(request.header('authorization'))?.scheme;
    return scheme === reads.scheme.toLowerCase();
  }
  if ('header' in reads) {
    if (countLines(rawRequest(request.action), reads.header.toLowerCase()) > 1)
      throw new InvalidRequestError();
    return isText(request.header(reads.header));
  }
  if ('cookie' in reads) return isText(request.cookie(reads.cookie));
  return 'body' in reads
    ? bodyOf(request, reads.body) !== undefined
    : request.clientCertificate !== undefined;
}

/**
 * Only the named members of the body that the host or the app has parsed; undefined if one of them is empty or not a
 * string. Some databases would take an object for a query.
 */
export function bodyOf(
  request: SecurityRequest,
  names: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const body = parsedBody(request.action);
  if (typeof body !== 'object' || body === null) return undefined;
  const members: [string, string][] = [];
  for (const name of names) {
    const value: unknown = Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;
    if (!isText(value)) return undefined;
    members.push([name, value]);
  }
  return Object.fromEntries(members);
}
