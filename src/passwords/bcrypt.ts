import { createHmac } from 'node:crypto';
import { genSaltSync } from 'bcryptjs';
import { type HashPool, hashPool } from './hash-pool';
import type { PasswordHasher } from './password-hasher';

const DEFAULT_COST = 12;
const MIN_COST = 4;
const MAX_COST = 15;

/** All that bcrypt looks at; what comes after would not count. */
const MAX_BCRYPT_BYTES = 72;
const MAX_PASSWORD_BYTES = 1024;

// The last characters of salt and digest have unused bits. bcryptjs never matches a hash where one of
// them is set, so such a hash is unreadable rather than one that nobody's password fits.
const READABLE = /^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
/** Stands before the bcrypt hash of a password that was pre-hashed. */
const MARK = '$hmac-sha256';

const DECOY_SALT_AND_DIGEST = '/TLXfDH9E8UmahJaPW1G8es08Bec8rBKe42plUWhCGitumo76wY2O';

export interface BcryptOptions {
  /** Work factor of new hashes, 4 to 15; each step doubles the time. Below 10 is for tests. @default 12 */
  cost?: number;
  /** Where the work is done. @default the process' own threads */
  pool?: HashPool;
}

/**
 * bcrypt: `$2b$` hashes are made, `$2a$`, `$2b$` and `$2y$` of cost 4 to 15 verified. The work is done in a pool
 * of threads, by the native `bcrypt` where that package is installed and else by bcryptjs.
 *
 * A password of more than 72 bytes is pre-hashed, and its hash marked: `$hmac-sha256` stands before the bcrypt
 * hash of the base64 of its HMAC-SHA-256, whose key are the 22 characters of the salt.
 */
export class BcryptHasher implements PasswordHasher {
  readonly #cost: number;
  readonly #pool: HashPool;

  /** @throws RangeError when the cost is no whole number from 4 to 15. */
  constructor(options: BcryptOptions = {}) {
    const cost = options.cost ?? DEFAULT_COST;
    if (!Number.isInteger(cost) || cost < MIN_COST || cost > MAX_COST) {
      throw new RangeError(`A bcrypt cost is a whole number from ${MIN_COST} to ${MAX_COST}`);
    }
    this.#cost = cost;
    this.#pool = options.pool ?? hashPool;
  }

  /**
   * A new hash of the password: `$2b$`, marked by `$hmac-sha256` when it has more than 72 bytes.
   * @throws TypeError when the password is no string, is empty, or has a NUL or a lone surrogate.
   * @throws RangeError when it has more than 1,024 bytes in UTF-8, which no login takes.
   * @throws ServiceUnavailableError when too much work is waiting.
   */
  async hash(password: string): Promise<string> {
    if (typeof password !== 'string') throw new TypeError('A password is a string');
    if (password === '') throw new TypeError('A password may not be empty');
    if (isLonger(password, MAX_PASSWORD_BYTES)) {
      throw new RangeError(`A password may have at most ${MAX_PASSWORD_BYTES} bytes in UTF-8`);
    }
    if (!isPlainText(password)) throw new TypeError('A password may not have NUL or lone surrogates');
    const salt = genSaltSync(this.#cost);
    if (!isLonger(password, MAX_BCRYPT_BYTES)) {
      return (await this.#pool.run({ kind: 'hash', password, salt })) as string;
    }
    const made = await this.#pool.run({ kind: 'hash', password: prehash(password, salt), salt });
    return `${MARK}${made as string}`;
  }

  /**
   * True when the password is the one behind the hash. False at once for a hash that
   * {@link isReadableHash} does not accept; a password that could not have been hashed never matches, at
   * the price of any other wrong one.
   * @param signal drops work that has not begun
   * @throws ServiceUnavailableError when too much work is waiting, the signal aborts, or the thread ends.
   */
  async verify(password: string, hash: string, signal?: AbortSignal): Promise<boolean> {
    if (typeof password !== 'string' || !isReadableHash(hash)) return false;
    const bcryptHash = unmarked(hash);
    const isMarked = bcryptHash !== hash;
    const limit = isMarked ? MAX_PASSWORD_BYTES : MAX_BCRYPT_BYTES;
    // bcrypt repeats its key, ended by NUL, so that "a\0a" would match the hash of "a".
    if (isLonger(password, limit) || !isPlainText(password)) {
      await this.#pool.run({ kind: 'verify', password: 'stand-in', hash: bcryptHash }, signal);
      return false;
    }
    const key = isMarked ? prehash(password, bcryptHash) : password;
    return (await this.#pool.run({ kind: 'verify', password: key, hash: bcryptHash }, signal)) === true;
  }
}

/**
 * True for a complete bcrypt hash that is safe to verify: `$2a$`, `$2b$`, `$2y$`, marked or not, cost 4 to 15. The
 * upper bound keeps one stored hash from stalling the process for hours.
 */
export function isReadableHash(hash: unknown): hash is string {
  return typeof hash === 'string' && READABLE.test(unmarked(hash));
}

/**
 * A hash of the same cost as another, whose password nobody knows: what there is to verify when a user
 * is unknown. Without a model it has the cost of new hashes.
 * @throws TypeError when the model is no readable hash.
 */
export function decoyHash(model = `$2b$${DEFAULT_COST}$${DECOY_SALT_AND_DIGEST}`): string {
  const cost = READABLE.exec(unmarked(model))?.[1];
  if (cost === undefined) throw new TypeError('A decoy needs a readable hash as its model');
  return `$2b$${cost}$${DECOY_SALT_AND_DIGEST}`;
}

/** @param from a bcrypt hash or the salt of one: both begin alike. */
function prehash(password: string, from: string): string {
  return createHmac('sha256', from.slice(7, 29)).update(password).digest('base64');
}

function unmarked(hash: string): string {
  return hash.startsWith(MARK) ? hash.slice(MARK.length) : hash;
}

function isLonger(password: string, bytes: number): boolean {
  return password.length > bytes || Buffer.byteLength(password) > bytes;
}

function isPlainText(password: string): boolean {
  return password.isWellFormed() && !password.includes('\0');
}
