/**
 * Password hashes: `passwords.hash()` for those who store users, `passwords.verify()` for those who check
 * them. The work is done in a pool of threads. A password is never compared to anything but a hash of a known
 * scheme; each scheme is a file in `schemes/`.
 */
import { ConfigurationError } from '../errors';
import { type HashPool, hashPool } from './work/hash-pool';
import { type HashSettings, hashSettings, type Maker, makerOf, type NewHashes } from './new-hashes';
import type { PasswordHasher } from './password-hasher';
import { kind, listOf, optional, unchecked, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { formsOf, normalForm } from '../util/normal-forms';
import { isHashable, isLonger, MAX_PASSWORD_BYTES } from './password-text';
import { schemeOf } from './schemes';
import { isDevise } from './schemes/bcrypt-forms';
import { OPT_IN_SCHEMES, type OptInScheme, type Scheme } from './schemes/scheme';
import { DearestWork, NO_WORK } from './work/work';
import { requireWorkerFile } from './work/worker-file';

const INSTALL_ARGON2 = 'npm install argon2@0.44';
const MARK_IT =
  'stored password could be a hash, and a hash is never compared as plain text: if it is the password itself, ' +
  'store it with the prefix {PLAIN}';

/** The options of {@link Passwords}. */
export interface PasswordsOptions {
  /** What new hashes are. @default bcrypt of cost 12 */
  newHashes?: NewHashes;
  /** Schemes that are read besides, until all their users have logged in. @default none */
  accept?: readonly OptInScheme[];
  /**
   * The pepper of Devise, which Ruby on Rails put behind each password: with it every `$2a$` hash is read so, and
   * replaced at the next login. New hashes have none. @default none
   */
  devisePepper?: string;
  /** @internal */
  pool?: HashPool;
}

const isOptIn = (value: unknown): value is OptInScheme =>
  (OPT_IN_SCHEMES as readonly unknown[]).includes(value);

/** So many hashes of another normal form may wait for their replacement. */
const MAX_OTHER_FORMS = 10_000;

const OPTIONS = {
  // Checked by its scheme.
  newHashes: unchecked<NewHashes | undefined>(),
  accept: optional(listOf(OPT_IN_SCHEMES.join(', '), isOptIn), []),
  devisePepper: optional(
    kind<string>(
      'must be a non-empty string without NUL or lone surrogates',
      (value) => typeof value === 'string' && isHashable(value),
    ),
  ),
  pool: optional(withMethods<HashPool>('run', 'hasArgon2')),
} satisfies Record<keyof PasswordsOptions, Kind<unknown>>;

/**
 * Makes hashes of one scheme, and verifies those of all that it reads.
 *
 * An instance remembers the dearest hash that it has met: from then on every refusal takes what that one takes, so
 * that neither cheaper hashes nor unknown users stand out.
 */
export class Passwords implements PasswordHasher {
  readonly #settings: HashSettings;
  readonly #maker: Maker;
  readonly #accept: ReadonlySet<string>;
  readonly #pool: HashPool;
  readonly #decoy: string;
  /** What a refusal takes: a new hash, or the dearest that was met. */
  readonly #floor = new DearestWork();
  readonly #pepper: string | undefined;
  /** Hashes that a password proved right for, though they are not of the normal form of new ones. */
  readonly #otherForms = new Set<string>();

  /**
   * @throws ConfigurationError for options that are unknown or out of bounds, for a scheme whose package is not
   * installed, and where securest is in a bundle without the file that its threads run.
   */
  constructor(options: PasswordsOptions = {}) {
    const { newHashes, accept, devisePepper, pool } = parseOptions(
      'Passwords',
      withoutContainer(options),
      OPTIONS,
    );
    if (pool === undefined) requireWorkerFile();
    this.#settings = hashSettings(newHashes);
    this.#accept = new Set(accept);
    this.#pepper = devisePepper;
    this.#pool = pool ?? hashPool;
    this.#maker = makerOf(this.#settings);
    const { scheme } = this.#maker;
    if (!this.#canCompute(scheme)) {
      throw new ConfigurationError(`Passwords: newHashes of argon2id needs a package: ${INSTALL_ARGON2}`);
    }
    this.#decoy = this.#maker.decoy();
    this.#floor.add(scheme.workOf(this.#decoy) ?? NO_WORK);
  }

  /**
   * A new hash of the password, in its normal form NFC.
   * @throws TypeError when the password is not a string, is empty, or has a NUL or a lone surrogate.
   * @throws RangeError when it has more than 1,024 bytes in UTF-8, which no login takes.
   * @throws ServiceUnavailableError when too much work is waiting.
   */
  async hash(password: string): Promise<string> {
    if (typeof password !== 'string') throw new TypeError('A password must be a string');
    if (isLonger(password, MAX_PASSWORD_BYTES)) {
      throw new RangeError(`A password may have at most ${MAX_PASSWORD_BYTES} bytes in UTF-8`);
    }
    if (!isHashable(password)) {
      throw new TypeError('A password must not be empty, nor have NUL or lone surrogates');
    }
    requireWorkerFile();
    return (await this.#pool.run({
      kind: 'hash',
      password: normalForm(password),
      settings: this.#settings,
    })) as string;
  }

  /**
   * True when the password is the one behind the hash, as it was typed or in another normal form (NFC, NFD), which are
   * tried in this order, whatever the hash. False at once for a hash that {@link isReadable} does not
   * accept; every other refusal takes at least what a new hash takes. A password that could not have been hashed
   * never matches.
   * @param signal drops work that has not begun
   * @param isRefused the answer to the client is no in any case: a match takes what a mismatch takes
   * @throws ServiceUnavailableError when too much work is waiting, the signal aborts, or the thread ends.
   */
  async verify(password: string, hash: string, signal?: AbortSignal, isRefused = false): Promise<boolean> {
    const work = this.#read(hash)?.workOf(hash);
    if (typeof password !== 'string' || work === undefined) return false;
    this.#floor.add(work);
    const canMatch = !isLonger(password, MAX_PASSWORD_BYTES) && isHashable(password);
    const [tried, ...otherForms] = formsOf(canMatch ? password : 'stand-in');
    const longest = Math.max(...[tried, ...otherForms].map((form) => Buffer.byteLength(form)));
    requireWorkerFile();
    const proved = await this.#pool.run(
      {
        kind: 'verify',
        password: tried,
        ...(otherForms.length > 0 && { otherForms }),
        hash,
        ...(this.#pepper !== undefined && { pepper: this.#pepper }),
        floor: this.#floor.for(longest),
        isRefused: isRefused || !canMatch,
      },
      signal,
    );
    if (!canMatch || (proved !== true && typeof proved !== 'string')) return false;
    if ((proved === true ? password : proved) !== normalForm(password)) this.#rememberOtherForm(hash);
    return true;
  }

  /**
   * True for a complete hash of a scheme that is read here, within the bounds of its cost, which keep one stored
   * hash from stalling the process for hours.
   */
  isReadable(hash: unknown): hash is string {
    return typeof hash === 'string' && this.#read(hash)?.workOf(hash) !== undefined;
  }

  /**
   * True unless the hash is of the scheme of new ones, and at least as strong; also for one that a password proved right
   * for in another normal form than new ones are of, and for one with a pepper.
   */
  needsRehash(hash: string): boolean {
    if (this.#otherForms.has(hash) || (this.#pepper !== undefined && isDevise(hash))) return true;
    return this.#read(hash)?.name !== this.#maker.scheme.name || this.#maker.isWeaker(hash);
  }

  /** Of the scheme and cost of new hashes. */
  decoy(): string {
    return this.#decoy;
  }

  /** What to do about a hash that would be readable but for a package, the option `accept`, or a mark. */
  explain(hash: string): string | undefined {
    const isPlainAccepted = this.#accept.has('plaintext');
    const scheme = schemeOf(hash);
    if (scheme?.workOf(hash) === undefined) return isPlainAccepted ? MARK_IT : undefined;
    if (!this.#canCompute(scheme)) return `stored password hash needs a package: ${INSTALL_ARGON2}`;
    // Whatever looks like nothing else may be a plain text, or broken.
    if (this.#isAccepted(scheme) || (scheme.optIn === 'plaintext' && !hash.startsWith('{'))) return undefined;
    const advice = `stored password hash is read only with new Passwords({ accept: ['${scheme.optIn ?? ''}'] })`;
    return isPlainAccepted ? `${advice}; ${MARK_IT}` : advice;
  }

  #rememberOtherForm(hash: string): void {
    this.#otherForms.add(hash);
    if (this.#otherForms.size <= MAX_OTHER_FORMS) return;
    const [oldest] = this.#otherForms;
    if (oldest !== undefined) this.#otherForms.delete(oldest);
  }

  /** The scheme of a hash, where it may be read here. */
  #read(hash: unknown): Scheme | undefined {
    const scheme = schemeOf(hash);
    return scheme && this.#isAccepted(scheme) && this.#canCompute(scheme) ? scheme : undefined;
  }

  #isAccepted({ optIn }: Scheme): boolean {
    return optIn === undefined || this.#accept.has(optIn);
  }

  #canCompute({ needs }: Scheme): boolean {
    return needs === undefined || this.#pool.hasArgon2();
  }
}

/** bcrypt of cost 12 for new hashes; reads every scheme that needs no opt-in. */
// Made when the library is imported, also by an app in a bundle that has no passwords: checked where it is used.
export const passwords = new Passwords({ pool: hashPool });
