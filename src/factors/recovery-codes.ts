/** Codes for people who have lost their device: ten, of 80 bits, each valid once. Only hashes are stored. */
import { createHash, randomBytes } from 'node:crypto';
import { toBase32 } from './base32';

const COUNT = 10;
const BYTES = 10;

/** In groups of four, as people write them down. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: COUNT }, () => toBase32(randomBytes(BYTES)).replace(/(.{4})(?=.)/g, '$1-'));
}

/** The code in the form that is compared: without spaces and hyphens. Undefined for a text that is not a code. */
export function readRecoveryCode(text: string): string | undefined {
  if (text.length > 64) return undefined;
  const code = text.replace(/[\s-]/g, '').toUpperCase();
  return /^[A-Z2-7]{16}$/.test(code) ? code : undefined;
}

/** A slow hash is unnecessary: a code is random and long. */
export function recoveryDigest(code: string): string {
  return createHash('sha256').update(code).digest('base64url');
}
