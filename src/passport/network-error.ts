/** Errors of the network, as Node, undici and OpenSSL name them. */

/** Of Node, whatever the system call. */
const CODE = /^(?:ECONN|EHOST|ENET|EPIPE$|EPROTO$|ETIMEDOUT$|ESOCKETTIMEDOUT$|ENOTFOUND$|EAI_AGAIN$)/;
/** Of fetch(); its other codes are mistakes of whoever calls it. */
const FETCH = /^UND_ERR_(?:CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT|SOCKET)$/;
/** Of a TLS connection, and of a server's certificate that is not trusted. */
const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** Where libraries keep the error that is behind theirs: Node, jsonwebtoken, passport-oauth2. */
const INNER = ['cause', 'inner', 'oauthError'] as const;

/** Errors may lead to each other, and to many. */
const MAX_ERRORS = 20;

/** True for an error of the network, or one that has such an error behind it. Nothing is thrown, whatever it is. */
export function isNetworkError(thrown: unknown): boolean {
  const errors = new Set<unknown>([thrown]);
  for (const error of errors) {
    if (errors.size > MAX_ERRORS) return false;
    if (typeof error !== 'object' || error === null) continue;
    try {
      const { code } = error as { code?: unknown };
      if (typeof code === 'string' && (CODE.test(code) || FETCH.test(code) || TLS.test(code))) return true;
      for (const name of INNER) errors.add((error as Record<string, unknown>)[name]);
    } catch {
      // One that cannot be looked at is none.
    }
  }
  return false;
}
