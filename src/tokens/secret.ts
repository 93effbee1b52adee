import { types } from 'node:util';

/** The size of an HS256 signature. @see RFC 7518 section 3.2 */
export const MIN_SECRET_BYTES = 32;

/** The bytes of a secret that tokens are signed with (text in UTF-8), or a description of the fault. */
export function readSecret(secret: unknown): Uint8Array | string {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  if (!types.isUint8Array(bytes) || bytes.length < MIN_SECRET_BYTES) {
    return (
      `must have at least ${String(MIN_SECRET_BYTES)} bytes; ` +
      'make one with `openssl rand -base64 48` and set it in the environment'
    );
  }
  // Anyone with the public half of a key pair could sign tokens with it (RFC 8725 section 2.1).
  if (Buffer.from(bytes).includes('-----BEGIN ')) {
    return 'must be random bytes, not a key pair or certificate';
  }
  return bytes;
}
