/**
 * `$5$` and `$6$`, as in glibc and libxcrypt (https://www.akkadia.org/drepper/SHA-crypt.txt). Implemented here, as
 * npm's `unixcrypt` is wrong for passwords of 32, 64, 96 ... bytes.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Work } from '../work/work';
import type { Scheme } from './scheme';

export type ShaCryptDigest = 'sha256' | 'sha512';

export const MAX_ROUNDS = 1_000_000;
const MIN_ROUNDS = 1000;
const DEFAULT_ROUNDS = 5000;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The order of the digest's bytes: in groups of three, then the remaining ones. */
const SHUFFLE = {
  sha256: { start: [0, 10, 20], step: 21, groups: 10, size: 30, last: [31, 30] },
  sha512: { start: [0, 21, 42], step: 22, groups: 21, size: 63, last: [63] },
} as const;

export const sha256Crypt = shaCrypt('sha256', '$5$', '[./0-9A-Za-z]{42}[./0-9A-D]');
export const sha512Crypt = shaCrypt('sha512', '$6$', '[./0-9A-Za-z]{85}[./01]');

function shaCrypt(digest: ShaCryptDigest, ident: string, last: string): Scheme {
  const readable = new RegExp(`^(?:rounds=([1-9]\\d{3,6})\\$)?([./0-9A-Za-z]{0,16})\\$(${last})$`);
  const read = (hash: string) => {
    const [, written, salt, digits] = readable.exec(hash.slice(ident.length)) ?? [];
    const rounds = Number(written ?? DEFAULT_ROUNDS);
    if (salt === undefined || digits === undefined) return undefined;
    return rounds >= MIN_ROUNDS && rounds <= MAX_ROUNDS ? { rounds, salt, digits } : undefined;
  };
  return {
    name: `${digest}-crypt`,
    recognises: (hash) => hash.startsWith(ident),
    workOf(hash): Work | undefined {
      const stored = read(hash);
      return stored && { kind: 'sha-crypt', digest, units: stored.rounds };
    },
    verify(password, hash) {
      const stored = read(hash);
      if (stored === undefined) return false;
      const made = digitsOf(deriveShaCrypt(password, stored.salt, stored.rounds, digest), digest);
      return timingSafeEqual(Buffer.from(made), Buffer.from(stored.digits));
    },
  };
}

/** The variable names are those of the specification. */
export function deriveShaCrypt(
  password: string,
  saltText: string,
  rounds: number,
  digest: ShaCryptDigest,
): Buffer {
  const key = Buffer.from(password);
  const salt = Buffer.from(saltText);
  const hash = (...parts: Buffer[]) => {
    const context = createHash(digest);
    for (const part of parts) context.update(part);
    return context.digest();
  };
  const b = hash(key, salt, key);
  const bits: Buffer[] = [];
  for (let length = key.length; length > 0; length >>= 1) bits.push((length & 1) === 1 ? b : key);
  let a = hash(key, salt, repeated(b, key.length), ...bits);
  const p = repeated(hash(...new Array<Buffer>(key.length).fill(key)), key.length);
  const s = repeated(hash(...new Array<Buffer>(16 + (a[0] ?? 0)).fill(salt)), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const isOdd = round % 2 === 1;
    const context = createHash(digest).update(isOdd ? p : a);
    if (round % 3 !== 0) context.update(s);
    if (round % 7 !== 0) context.update(p);
    a = context.update(isOdd ? a : p).digest();
  }
  return a;
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

function digitsOf(bytes: Buffer, digest: ShaCryptDigest): string {
  const { start, step, groups, size, last } = SHUFFLE[digest];
  let digits = '';
  for (let group = 0; group < groups; group += 1) {
    digits += threeBytes(
      start.map((first) => bytes[(first + group * step) % size] ?? 0),
      4,
    );
  }
  return (
    digits +
    threeBytes(
      [...new Array<number>(3 - last.length).fill(0), ...last.map((at) => bytes[at] ?? 0)],
      last.length + 1,
    )
  );
}

/** The first byte is the most significant; the least significant digit comes first. */
function threeBytes([high = 0, middle = 0, low = 0]: readonly number[], length: number): string {
  let bits = (high << 16) | (middle << 8) | low;
  let digits = '';
  for (let digit = 0; digit < length; digit += 1) {
    digits += ALPHABET[bits & 63] ?? '';
    bits >>= 6;
  }
  return digits;
}
