/** One-time codes by counter (RFC 4226) and by time (RFC 6238): HMAC-SHA-1, 30 seconds per step. */
import { createHmac } from 'node:crypto';

const STEP_MS = 30_000;

/** The step of a time in milliseconds. */
export function stepAt(timeMs: number): number {
  return Math.floor(timeMs / STEP_MS);
}

/** The code of a step or counter (RFC 4226 section 5.3). */
export function codeOf(key: Uint8Array, counter: number, digits = 6): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac('sha1', key).update(message).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}
