import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { Work } from '../work/work';
import { fromBareBase64, toBareBase64 } from './encodings';
import type { MakingScheme, Scheme } from './scheme';

export interface ScryptSettings {
  readonly scheme: 'scrypt';
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

/** The maximum of N, r and p together: 256 MiB of blocks. */
export const MAX_SCRYPT = 2 ** 21;

const READABLE =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]{2,171})\$([A-Za-z0-9+/]{43}|[A-Za-z0-9+/]{86})$/;

export interface StoredScrypt {
  readonly settings: Omit<ScryptSettings, 'scheme'>;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/** A format of scrypt. */
export function scryptForm(
  name: string,
  recognises: (hash: string) => boolean,
  read: (hash: string) => StoredScrypt | undefined,
): Scheme {
  return {
    name,
    recognises,
    workOf(hash): Work | undefined {
      const stored = read(hash);
      if (stored === undefined) return undefined;
      const { cost, blockSize, parallelism } = stored.settings;
      return { kind: 'scrypt', blockSize, units: 2 ** cost * parallelism };
    },
    verify(password, hash) {
      const stored = read(hash);
      if (stored === undefined) return false;
      const { settings, salt, digest } = stored;
      return timingSafeEqual(deriveScrypt(password, salt, digest.length, settings), digest);
    },
  };
}

/** RFC 7914, in the format of passlib and the PHC string format: `ln` is the binary logarithm of N. */
export const scrypt: MakingScheme<ScryptSettings> = {
  ...scryptForm('scrypt', (hash) => hash.startsWith('$scrypt$'), read),
  hash(password, settings) {
    const salt = randomBytes(16);
    return written(settings, salt, deriveScrypt(password, salt, 32, settings));
  },
  decoy: (settings) => written(settings, randomBytes(16), randomBytes(32)),
  isWeaker(hash, { cost, blockSize, parallelism }) {
    const own = read(hash)?.settings;
    return (
      own === undefined ||
      own.blockSize < blockSize ||
      own.cost < cost ||
      2 ** own.cost * own.parallelism < 2 ** cost * parallelism
    );
  },
};

/** False for values that RFC 7914 does not allow, or that are out of bounds. */
export function isScrypt({ cost, blockSize, parallelism }: Omit<ScryptSettings, 'scheme'>): boolean {
  return cost < 16 * blockSize && 2 ** cost * blockSize * parallelism <= MAX_SCRYPT;
}

export function deriveScrypt(
  password: string,
  salt: Buffer,
  bytes: number,
  { cost, blockSize, parallelism }: Omit<ScryptSettings, 'scheme'>,
): Buffer {
  // One and a half times the memory that the blocks need.
  const maxmem = 192 * blockSize * (2 ** cost + parallelism + 2);
  return scryptSync(password, salt, bytes, {
    cost: 2 ** cost,
    blockSize,
    parallelization: parallelism,
    maxmem,
  });
}

function read(hash: string): StoredScrypt | undefined {
  const [, cost, blockSize, parallelism, salt = '', digest = ''] = READABLE.exec(hash) ?? [];
  const bytes = { salt: fromBareBase64(salt), digest: fromBareBase64(digest) };
  if (cost === undefined || bytes.salt === undefined || bytes.digest === undefined) return undefined;
  const settings = {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
  };
  return isScrypt(settings) ? { settings, salt: bytes.salt, digest: bytes.digest } : undefined;
}

function written(settings: ScryptSettings, salt: Buffer, digest: Buffer): string {
  const { cost, blockSize, parallelism } = settings;
  const numbers = `ln=${String(cost)},r=${String(blockSize)},p=${String(parallelism)}`;
  return `$scrypt$${numbers}$${toBareBase64(salt)}$${toBareBase64(digest)}`;
}
