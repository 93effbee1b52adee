import { pbkdf2Sync } from 'node:crypto';
import type { Engines } from './engines';
import { deriveScrypt } from '../schemes/scrypt';
import { deriveShaCrypt } from '../schemes/sha-crypt';
import type { Work } from './work';

const TEXT = 'stand-in';
const SALT = Buffer.from('sixteen bytes of');
const BCRYPT_SALT_AND_DIGEST = '/TLXfDH9E8UmahJaPW1G8es08Bec8rBKe42plUWhCGitumo76wY2O';
const BYTES = { sha1: 20, sha256: 32, sha512: 64 };

/**
 * Performs a number of units of a kind of work, as closely as that kind allows, and returns the number performed: 0 if
 * fewer are requested than the minimum.
 * @param password the password that was tried: its length matters for some kinds
 */
export async function perform(
  kind: Work,
  units: number,
  engines: Engines,
  password: string,
): Promise<number> {
  switch (kind.kind) {
    case 'bcrypt': {
      const engine = engines.bcrypt();
      return inPowers(units, 4, 15, (cost) => {
        engine.compareSync(TEXT, `$2b$${String(cost).padStart(2, '0')}$${BCRYPT_SALT_AND_DIGEST}`);
      });
    }
    case 'scrypt':
      // RFC 7914 bounds N by the block size.
      return inPowers(units, 1, Math.min(18, 16 * kind.blockSize - 1), (cost) => {
        deriveScrypt(TEXT, SALT, 32, { cost, blockSize: kind.blockSize, parallelism: 1 });
      });
    case 'argon2':
      return argon2(kind, units, engines);
    case 'pbkdf2': {
      const iterations = Math.max(0, Math.round(units));
      if (iterations > 0) pbkdf2Sync(TEXT, SALT, iterations, BYTES[kind.digest], kind.digest);
      return iterations;
    }
    case 'sha-crypt': {
      const rounds = Math.max(0, Math.round(units));
      if (rounds > 0) deriveShaCrypt(password, 'saltsaltsaltsalt', rounds, kind.digest);
      return rounds;
    }
    case 'none':
      return 0;
  }
}

/**
 * Work that comes only in powers of two: one run for each digit of the binary number, and the greatest as often as
 * needed.
 */
function inPowers(units: number, least: number, most: number, run: (exponent: number) => void): number {
  const steps = Math.max(0, Math.round(units / 2 ** least));
  let rest = steps * 2 ** least;
  for (let exponent = most; exponent >= least; exponent -= 1) {
    for (; rest >= 2 ** exponent; rest -= 2 ** exponent) run(exponent);
  }
  return steps * 2 ** least;
}

/** Full passes over all the memory, and one over the remainder. */
async function argon2(
  { memoryKib, lanes }: Extract<Work, { kind: 'argon2' }>,
  units: number,
  engines: Engines,
): Promise<number> {
  const engine = engines.argon2();
  const passes = Math.max(0, Math.floor(units / memoryKib));
  const rest = Math.round(units - passes * memoryKib);
  const parts = [
    { memoryCost: memoryKib, timeCost: passes },
    { memoryCost: rest >= 8 * lanes ? rest : 0, timeCost: 1 },
  ].filter(({ memoryCost, timeCost }) => memoryCost * timeCost > 0);
  const settings = {
    raw: true,
    type: 2,
    version: 19,
    parallelism: lanes,
    salt: SALT,
    hashLength: 32,
  } as const;
  for (const part of parts) await engine.hash(TEXT, { ...settings, ...part });
  return parts.reduce((sum, { memoryCost, timeCost }) => sum + memoryCost * timeCost, 0);
}
