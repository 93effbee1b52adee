import { ConfigurationError } from '../errors';
import type { Engines } from './work/engines';
import {
  argon2,
  type Argon2idSettings,
  MAX_FILLED_KIB,
  MAX_LANES,
  MAX_MEMORY_KIB,
  MAX_PASSES,
} from './schemes/argon2';
import { bcrypt, type BcryptSettings } from './schemes/bcrypt';
import { MAX_ITERATIONS, pbkdf2Sha256, pbkdf2Sha512, type Pbkdf2Settings } from './schemes/pbkdf2';
import type { MakingScheme, Scheme } from './schemes/scheme';
import { isScrypt, scrypt, type ScryptSettings } from './schemes/scrypt';

/** What new hashes are. A number that is left out is the least that OWASP advises, or more. */
export type NewHashes = Argon2idHashes | BcryptHashes | Pbkdf2Hashes | ScryptHashes;

export interface BcryptHashes {
  scheme: 'bcrypt';
  /** 4 to 15; each step doubles the time. Below 10 is for tests. @default 12 */
  cost?: number;
}

/** Needs `npm install argon2@0.44`. */
export interface Argon2idHashes {
  scheme: 'argon2id';
  /** 8 for each lane to 524288; 4194304 at most for all passes together. @default 19456 */
  memoryKib?: number;
  /** 1 to 100. @default 2 */
  passes?: number;
  /** 1 to 16. @default 1 */
  lanes?: number;
}

export interface ScryptHashes {
  scheme: 'scrypt';
  /** The binary logarithm of N, 1 to 20; each step doubles time and memory. @default 17 */
  cost?: number;
  /** r, 1 to 32. N, r and p together may take 256 MiB. @default 8 */
  blockSize?: number;
  /** p, 1 to 16. @default 1 */
  parallelism?: number;
}

export interface Pbkdf2Hashes {
  scheme: 'pbkdf2-sha256' | 'pbkdf2-sha512';
  /** 1000 to 10000000. @default 600000, or 220000 with SHA-512 */
  iterations?: number;
}

/** {@link NewHashes} with all numbers. */
export type HashSettings = Argon2idSettings | BcryptSettings | Pbkdf2Settings | ScryptSettings;

/** A scheme that makes hashes of certain settings. */
export interface Maker {
  readonly scheme: Scheme;
  hash(password: string, engines: Engines): string | Promise<string>;
  decoy(): string;
  isWeaker(hash: string): boolean;
}

/** @throws ConfigurationError for an unknown scheme and for numbers out of bounds */
export function hashSettings(options: NewHashes = { scheme: 'bcrypt' }): HashSettings {
  const { scheme } = Object(options) as { scheme?: NewHashes['scheme'] };
  switch (scheme) {
    case 'bcrypt':
      return { scheme, cost: whole(options, 'cost', 12, 4, 15) };
    case 'argon2id':
      return argon2Settings(options);
    case 'scrypt':
      return scryptSettings(options);
    case 'pbkdf2-sha256':
      return { scheme, iterations: whole(options, 'iterations', 600_000, 1000, MAX_ITERATIONS) };
    case 'pbkdf2-sha512':
      return { scheme, iterations: whole(options, 'iterations', 220_000, 1000, MAX_ITERATIONS) };
    default:
      throw new ConfigurationError(
        'Passwords: newHashes.scheme must be bcrypt, argon2id, scrypt, pbkdf2-sha256 or pbkdf2-sha512',
      );
  }
}

/** The scheme that such settings belong to. */
export function makerOf(settings: HashSettings): Maker {
  switch (settings.scheme) {
    case 'bcrypt':
      return maker(bcrypt, settings);
    case 'argon2id':
      return maker(argon2, settings);
    case 'scrypt':
      return maker(scrypt, settings);
    case 'pbkdf2-sha256':
      return maker(pbkdf2Sha256, settings);
    case 'pbkdf2-sha512':
      return maker(pbkdf2Sha512, settings);
  }
}

function maker<S>(scheme: MakingScheme<S>, settings: S): Maker {
  return {
    scheme,
    hash: (password, engines) => scheme.hash(password, settings, engines),
    decoy: () => scheme.decoy(settings),
    isWeaker: (hash) => scheme.isWeaker(hash, settings),
  };
}

function argon2Settings(options: object): Argon2idSettings {
  const lanes = whole(options, 'lanes', 1, 1, MAX_LANES);
  const passes = whole(options, 'passes', 2, 1, MAX_PASSES);
  const most = Math.min(MAX_MEMORY_KIB, Math.floor(MAX_FILLED_KIB / passes));
  return {
    scheme: 'argon2id',
    memoryKib: whole(options, 'memoryKib', 19_456, 8 * lanes, most),
    passes,
    lanes,
  };
}

function scryptSettings(options: object): ScryptSettings {
  const settings = {
    scheme: 'scrypt',
    cost: whole(options, 'cost', 17, 1, 20),
    blockSize: whole(options, 'blockSize', 8, 1, 32),
    parallelism: whole(options, 'parallelism', 1, 1, 16),
  } as const;
  if (isScrypt(settings)) return settings;
  throw new ConfigurationError('Passwords: newHashes of scrypt may take 256 MiB for N, r and p together');
}

function whole(options: object, name: string, fallback: number, min: number, max: number): number {
  const value: unknown = Reflect.get(options, name) ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigurationError(
    `Passwords: newHashes.${name} must be a whole number from ${String(min)} to ${String(max)}`,
  );
}
