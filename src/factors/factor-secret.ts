/** The app's secret for factors, and the keys derived from it, one for each purpose. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Kind } from '../util/parse-options';

/** At least 32 bytes. The first of a list is used and all are accepted, so that a secret can be replaced. */
export type FactorSecret = string | readonly string[] | undefined;

const MIN_BYTES = 32;

/** The secrets of the option, the first one first. */
export const secrets: Kind<readonly string[]> = (value, name, report) => {
  const list: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [value];
  const isLong = (one: unknown): boolean => typeof one === 'string' && Buffer.byteLength(one) >= MIN_BYTES;
  if (list.length > 0 && list.every(isLong)) return Object.freeze(list) as readonly string[];
  report(`${name} must be a secret of at least ${String(MIN_BYTES)} bytes, or a list of them`);
  return [];
};

/** A key of 32 bytes for each secret. @see RFC 5869 */
export function keysOf(from: readonly string[], purpose: string): readonly Buffer[] {
  return from.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', `securest ${purpose}`, 32)));
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts with the first key. @param bound the purpose and owner that the text is valid for */
export function seal(keys: readonly Buffer[], bytes: Uint8Array, bound: string): string {
  const [key = Buffer.alloc(0)] = keys;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return sealed.toString('base64url');
}

/** Undefined for a text that none of the keys has sealed for that purpose and owner. */
export function unseal(keys: readonly Buffer[], text: string, bound: string): Buffer | undefined {
  const sealed = Buffer.from(text, 'base64url');
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  for (const key of keys) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(bound)).setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      // Sealed with another key, or bound to something else.
    }
  }
  return undefined;
}
