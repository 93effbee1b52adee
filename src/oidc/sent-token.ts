import type { SecurityRequest } from '../core/request';
import { InvalidRequestError } from '../errors';
import { parseAuthorization } from '../http/authorization-header';
import { isB64Token } from '../http/bearer-token';

/** A token as it was sent, and its scheme. */
export interface SentToken {
  readonly token: string;
  readonly scheme: 'bearer' | 'dpop';
}

/**
 * The token of a request; undefined if the request uses none of these schemes.
 * @throws InvalidRequestError (400) when the token is malformed, or another header contains a token too
 * @see RFC 6750 section 2.1, RFC 9449 section 7.1
 */
export function sentToken(request: SecurityRequest, schemes: readonly string[]): SentToken | undefined {
  const authorization = parseAuthorization(request.header('authorization'));
  if (authorization === undefined || !schemes.includes(authorization.scheme)) return undefined;
  const { scheme, credentials: token } = authorization;
  if (!isB64Token(token)) throw new InvalidRequestError();
  if (request.header('authentication-token') !== undefined) {
    throw new InvalidRequestError({ cause: new Error('Two tokens in one request') });
  }
  return { token, scheme: scheme === 'dpop' ? 'dpop' : 'bearer' };
}
