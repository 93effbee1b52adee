import { isUtf8 } from 'node:buffer';
import { MAX_USERNAME_LENGTH } from '../core/user-name';
import { MalformedCredentialsError } from '../errors';
import { isLonger, MAX_PASSWORD_BYTES } from '../passwords/password-text';
import { parseAuthorization } from '../http/authorization-header';

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Base64 length of the longest user name (at most three bytes per UTF-16 unit), a colon and the longest password. */
const MAX_ENCODED_LENGTH = 4 * Math.ceil((3 * MAX_USERNAME_LENGTH + 1 + MAX_PASSWORD_BYTES) / 3);

/**
 * Reads `Authorization: Basic`; null if the header is absent or of another scheme. The user name is everything before
 * the first colon, exactly as sent: it is not trimmed, case-folded or normalised, so that every later reader sees the
 * same name.
 * @throws MalformedCredentialsError when the value is not canonical, padded base64 of UTF-8 without control characters,
 * has no colon, an empty user name or password, a user name of more than 255 characters, or a password of more than
 * 1,024 bytes.
 * @see RFC 7617 section 2
 */
export function parseBasicCredentials(header: string | undefined): BasicCredentials | null {
  const authorization = parseAuthorization(header);
  if (authorization?.scheme !== 'basic') return null;

  const text = decode(authorization.credentials);
  const colon = text.indexOf(':');
  const credentials = { username: text.slice(0, Math.max(colon, 0)), password: text.slice(colon + 1) };
  refuseUnusable(credentials);
  return credentials;
}

/**
 * Refuses credentials that no login can have, however they were sent, before any userstore or hash is consulted.
 * @throws MalformedCredentialsError for an empty user name or password, a user name of more than 255 characters, a
 * password of more than 1,024 bytes, control characters and invalid UTF-8
 */
export function refuseUnusable({ username, password }: BasicCredentials): void {
  const isName = username !== '' && username.length <= MAX_USERNAME_LENGTH;
  const isPassword = password !== '' && !isLonger(password, MAX_PASSWORD_BYTES);
  const isClean = [username, password].every((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
  if (isName && isPassword && isClean) return;
  throw new MalformedCredentialsError();
}

function decode(encoded: string): string {
  if (encoded.length > MAX_ENCODED_LENGTH) throw new MalformedCredentialsError();
  const bytes = Buffer.from(encoded, 'base64');
  // Node's decoder accepts any input; only the encoding that it would write itself is base64 (RFC 4648 section 3.5).
  if (bytes.toString('base64') !== encoded) throw new MalformedCredentialsError();
  if (!isUtf8(bytes)) throw new MalformedCredentialsError();
  // A byte order mark stays: removing it would make two user names equal.
  return bytes.toString();
}
