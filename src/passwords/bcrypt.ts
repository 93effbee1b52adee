import { type HashPool, hashPool } from './hash-pool';
import type { PasswordHasher } from './password-hasher';

const DEFAULT_COST = 12;
const MIN_COST = 4;
const MAX_COST = 15;

/** All that bcrypt looks at; what comes after would not count. */
const MAX_PASSWORD_BYTES = 72;

// The last characters of salt and digest have unused bits. bcryptjs never matches a hash where one of
// them is set, so such a hash is unreadable rather than one that nobody's password fits.
const READABLE = /^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;

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
   * A new `$2b$` hash of the password.
   * @throws TypeError when the password is no string, is empty, or has a NUL or a lone surrogate.
   * @throws RangeError when it has more than 72 bytes in UTF-8, of which bcrypt would drop the rest.
   * @throws ServiceUnavailableError when too much work is waiting.
   */
  async hash(password: string): Promise<string> {
    if (typeof password !== 'string') throw new TypeError('A password is a string');
    if (password === '') throw new TypeError('A password may not be empty');
    if (isTooLong(password)) {
      throw new RangeError(`A password may have at most ${MAX_PASSWORD_BYTES} bytes in UTF-8`);
    }
    if (!isPlainText(password)) throw new TypeError('A password may not have NUL or lone surrogates');
    return (await this.#pool.run({ kind: 'hash', password, cost: this.#cost })) as string;
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
    // bcrypt repeats its key, ended by NUL, so that "a\0a" would match the hash of "a".
    if (isTooLong(password) || !isPlainText(password)) {
      await this.#pool.run({ kind: 'verify', password: 'stand-in', hash }, signal);
      return false;
    }
    return (await this.#pool.run({ kind: 'verify', password, hash }, signal)) === true;
  }
}

/**
 * True for a complete bcrypt hash that is safe to verify: `$2a$`, `$2b$` or `$2y$`, cost 4 to 15. The
 * upper bound keeps one stored hash from stalling the process for hours.
 */
export function isReadableHash(hash: unknown): hash is string {
  return typeof hash === 'string' && READABLE.test(hash);
}

/**
 * A hash of the same cost as another, whose password nobody knows: what there is to verify when a user
 * is unknown. Without a model it has the cost of new hashes.
 * @throws TypeError when the model is no readable hash.
 */
export function decoyHash(model = `$2b$${DEFAULT_COST}$${DECOY_SALT_AND_DIGEST}`): string {
  const cost = READABLE.exec(model)?.[1];
  if (cost === undefined) throw new TypeError('A decoy needs a readable hash as its model');
  return `$2b$${cost}$${DECOY_SALT_AND_DIGEST}`;
}

function isTooLong(password: string): boolean {
  return password.length > MAX_PASSWORD_BYTES || Buffer.byteLength(password) > MAX_PASSWORD_BYTES;
}

function isPlainText(password: string): boolean {
  return password.isWellFormed() && !password.includes('\0');
}
