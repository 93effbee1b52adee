import { randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The number of bytes below it is a multiple of 62, so that each digit is equally likely. */
const BOUND = 248;

/** Random digits, of 5.95 bits each. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) if (byte < BOUND) text += DIGITS.charAt(byte % 62);
  }
  return text.slice(0, length);
}

/** The digits of a non-negative integer, padded with zeros in front. */
export function toBase62(value: number, length: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = DIGITS.charAt(rest % 62) + text;
  return text.padStart(length, '0');
}
