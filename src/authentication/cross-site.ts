import { type AuthProviderInterface, credentialsOf } from '../core/auth-provider';
import type { SecurityRequest } from '../core/request';
import { parseAuthorization } from '../http/authorization-header';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** True for a method that changes nothing. Expects upper case. @see RFC 9110 section 9.2.1 */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** Schemes whose credentials browsers store and send again by themselves. */
const AMBIENT_SCHEMES = new Set(['basic', 'digest', 'negotiate', 'ntlm']);

/**
 * Stands for the credential of a provider that granted without having read the header that it declares. It read
 * something else outside the request object that it was given, and that may be a cookie.
 */
export const UNREAD = '(unread)';

/** True for an Authorization header of a scheme whose credentials browsers store. */
export function isAmbientScheme(authorization: string | undefined): boolean {
  // Most requests have a token and need no parsing.
  if (authorization?.startsWith('Bearer ') !== false) return false;
  return AMBIENT_SCHEMES.has(parseAuthorization(authorization)?.scheme ?? '');
}

/**
 * True for a provider that may grant by credentials that browsers send by themselves, so that the cross-site check may
 * refuse its requests. A provider that reads Authorization and declares no scheme may read any scheme.
 */
export function mayBeAmbient(provider: AuthProviderInterface): boolean {
  return credentialsOf(provider).some((credential) => {
    if (credential === 'cookie' || credential === 'tls') return true;
    if (credential !== 'authorization') return false;
    const { schemes = [] } = provider;
    return schemes.length === 0 || schemes.some((scheme) => AMBIENT_SCHEMES.has(scheme));
  });
}

/** True if a browser would send this credential again by itself. */
function isAmbient(request: SecurityRequest, credential: string): boolean {
  if (credential === 'cookie' || credential === 'tls' || credential === UNREAD) return true;
  if (credential !== 'authorization') return false;
  return isAmbientScheme(request.header('authorization'));
}

/**
 * True if an unsafe request with an ambient credential may come from a page of a foreign site. Clients that send
 * neither `Sec-Fetch-Site` nor `Origin` are not browsers and pass, except with a cookie, which only browsers store.
 * @param credentialsOf returns the credentials that the granting provider declares, and the headers that it found
 * @param trustedOrigins origins, as a browser sends them, that may call this app
 * @param isHandshake true if the request opens a connection that changes data later, so that its method does not matter
 * @see Fetch Metadata Request Headers section 2.3, RFC 6454 section 7
 */
export function isCrossSite(
  request: SecurityRequest,
  credentialsOf: () => readonly string[],
  trustedOrigins: ReadonlySet<string>,
  isHandshake = false,
): boolean {
  // A WebSocket is opened by GET, and may then send anything.
  const isSafe = isSafeMethod(request.method) && request.header('upgrade') === undefined;
  if (isSafe && !isHandshake) return false;
  const credentials = credentialsOf();
  if (!credentials.some((credential) => isAmbient(request, credential))) return false;
  const origin = request.header('origin');
  if (origin !== undefined && trustedOrigins.has(origin)) return false;
  const site = request.header('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  // HTTP/2 has the host in a pseudo-header. @see RFC 9113 section 8.3.1
  const host = request.header('host') ?? request.header(':authority');
  if (origin !== undefined) return !isOwnOrigin(origin, host);
  return (
    credentials.includes('cookie') || (credentials.includes(UNREAD) && request.header('cookie') !== undefined)
  );
}

/**
 * Compares hosts, not schemes: behind a proxy that terminates TLS the app cannot know its own scheme, and a browser
 * that has one sends `Sec-Fetch-Site` anyway.
 */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  const own = `${protocol}//${host}`;
  return originHost !== '' && URL.canParse(own) && new URL(own).host === originHost;
}
