/** Recognises network errors by the codes of Node, undici and OpenSSL. */

/** Codes of Node, for any system call. */
const CODE = /^(?:ECONN|EHOST|ENET|EPIPE$|EPROTO$|ETIMEDOUT$|ESOCKETTIMEDOUT$|ENOTFOUND$|EAI_AGAIN$)/;
/** Codes of fetch(). Its other codes are mistakes of the caller. */
const FETCH = /^UND_ERR_(?:CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT|SOCKET)$/;
/** Codes of a TLS connection, and of an untrusted server certificate. */
const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** The properties in which Node, jsonwebtoken and passport-oauth2 keep the original error. */
const INNER = ['cause', 'inner', 'oauthError'] as const;

/** A limit, because chains of errors may be long or circular. */
const MAX_ERRORS = 20;

/** True for a network error, or an error that a network error caused. Accepts any value and never throws. */
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
      // A value whose properties cannot be read is not a network error.
    }
  }
  return false;
}
