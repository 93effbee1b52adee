import { ConfigurationError } from '../errors';
import { oneOf, optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions, type Shape, type Values } from '../util/parse-options';
import {
  type Argon2idSettings,
  MAX_FILLED_KIB,
  MAX_LANES,
  MAX_MEMORY_KIB,
  MAX_PASSES,
} from './schemes/argon2';
import type { HashSettings } from './schemes/maker';
import { MAX_ITERATIONS } from './schemes/pbkdf2';
import { isScrypt, type ScryptSettings } from './schemes/scrypt';

/**
 * The scheme and cost of new hashes. A number that is left out defaults to the minimum that OWASP recommends, or more.
 */
export type NewHashes = Argon2idHashes | BcryptHashes | Pbkdf2Hashes | ScryptHashes;

/** New hashes by bcrypt. */
export interface BcryptHashes {
  scheme: 'bcrypt';
  /** 4 to 15; each step doubles the time. Below 10 is for tests. @default 12 */
  cost?: number;
}

/** Needs `npm install argon2@0.44`. */
export interface Argon2idHashes {
  scheme: 'argon2id';
  /** 8 per lane to 524288; at most 4194304 for all passes together. @default 19456 */
  memoryKib?: number;
  /** 1 to 100. @default 2 */
  passes?: number;
  /** 1 to 16. @default 1 */
  lanes?: number;
}

/** New hashes by scrypt. */
export interface ScryptHashes {
  scheme: 'scrypt';
  /** The binary logarithm of N, 1 to 20; each step doubles time and memory. @default 17 */
  cost?: number;
  /** r, 1 to 32. N, r and p together may take 256 MiB. @default 8 */
  blockSize?: number;
  /** p, 1 to 16. @default 1 */
  parallelism?: number;
}

/** New hashes by PBKDF2 with HMAC. */
export interface Pbkdf2Hashes {
  scheme: 'pbkdf2-sha256' | 'pbkdf2-sha512';
  /** 1000 to 10000000. @default 600000, or 220000 with SHA-512 */
  iterations?: number;
}

const SCHEMES = ['bcrypt', 'argon2id', 'scrypt', 'pbkdf2-sha256', 'pbkdf2-sha512'] as const;
const numberOf = (fallback: number, min: number, max: number): Kind<number> =>
  optional(wholeNumber({ min, max }), fallback);

/** @throws ConfigurationError for an unknown scheme or option, and for numbers out of bounds */
export function hashSettings(options: NewHashes = { scheme: 'bcrypt' }): HashSettings {
  const { scheme } = Object(options) as { scheme?: NewHashes['scheme'] };
  switch (scheme) {
    case 'bcrypt':
      return parse(options, { scheme: oneOf(scheme), cost: numberOf(12, 4, 15) });
    case 'argon2id':
      return argon2Settings(options);
    case 'scrypt':
      return scryptSettings(options);
    case 'pbkdf2-sha256':
      return parse(options, { scheme: oneOf(scheme), iterations: numberOf(600_000, 1000, MAX_ITERATIONS) });
    case 'pbkdf2-sha512':
      return parse(options, { scheme: oneOf(scheme), iterations: numberOf(220_000, 1000, MAX_ITERATIONS) });
    default:
      parse(options, { scheme: oneOf(...SCHEMES) });
      throw new ConfigurationError('Passwords: newHashes.scheme is not supported');
  }
}

function parse<S extends Shape>(options: unknown, shape: S): Values<S> {
  return parseOptions('Passwords', options, shape, 'newHashes');
}

function argon2Settings(options: unknown): Argon2idSettings {
  const shape = {
    scheme: oneOf('argon2id'),
    passes: numberOf(2, 1, MAX_PASSES),
    lanes: numberOf(1, 1, MAX_LANES),
  };
  const anyMemory = parse(options, { ...shape, memoryKib: numberOf(19_456, 0, MAX_MEMORY_KIB) });
  const min = 8 * anyMemory.lanes;
  const max = Math.min(MAX_MEMORY_KIB, Math.floor(MAX_FILLED_KIB / anyMemory.passes));
  return parse(options, { ...shape, memoryKib: numberOf(19_456, min, max) });
}

function scryptSettings(options: unknown): ScryptSettings {
  const settings = parse(options, {
    scheme: oneOf('scrypt'),
    cost: numberOf(17, 1, 20),
    blockSize: numberOf(8, 1, 32),
    parallelism: numberOf(1, 1, 16),
  });
  if (isScrypt(settings)) return settings;
  throw new ConfigurationError('Passwords: newHashes of scrypt may take 256 MiB for N, r and p together');
}
