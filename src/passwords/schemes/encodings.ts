/**
 * The encodings of bytes in hashes. Each reader accepts a single spelling only, and returns undefined for all others.
 */

/** Standard base64 with padding. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The same without padding, as in the PHC string format. */
export function fromBareBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return toBareBase64(bytes) === text ? bytes : undefined;
}

export function toBareBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Hexadecimal, in lower case. */
export function fromHex(text: string): Buffer | undefined {
  return /^(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** passlib's variant: without padding, and with a dot instead of the plus. */
export function fromDottedBase64(text: string): Buffer | undefined {
  return text.includes('+') ? undefined : fromBareBase64(text.replaceAll('.', '+'));
}

export function toDottedBase64(bytes: Buffer): string {
  return toBareBase64(bytes).replaceAll('+', '.');
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BCRYPT_BASE64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** bcrypt's variant: without padding, and with the digits in another order. */
export function toBcryptBase64(bytes: Buffer): string {
  return toBareBase64(bytes).replace(/./g, (digit) => BCRYPT_BASE64.charAt(BASE64.indexOf(digit)));
}
