import type { SecurityRequest } from '../core/request';
import { InvalidRequestError } from '../errors';
import { parseAuthorization } from './authorization-header';

const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** True for a string that can be a bearer token. @see RFC 6750 section 2.1 */
export function isB64Token(text: string): boolean {
  return B64TOKEN.test(text);
}

/**
 * The token of `Authorization: Bearer`, for a provider of the app's own; undefined if the header is absent or has
 * another scheme.
 * @throws InvalidRequestError (400) if the token has characters that a token may not have, or the header was sent on
 * several lines
 * @see RFC 6750 section 2.1
 */
export function bearerToken(request: Pick<SecurityRequest, 'header'>): string | undefined {
  const authorization = parseAuthorization(request.header('authorization'));
  if (authorization?.scheme !== 'bearer') return undefined;
  if (!isB64Token(authorization.credentials)) throw new InvalidRequestError();
  return authorization.credentials;
}
