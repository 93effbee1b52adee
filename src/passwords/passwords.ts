/**
 * Password hashes: `passwords.hash()` for storing users, `passwords.verify()` for checking passwords. The work runs in
 * a pool of threads. A password is never compared to anything except a hash of a known scheme; each scheme is a file in
 * `schemes/`.
 */
import { ConfigurationError } from '../errors';
import { type HashPool, hashPool } from './work/hash-pool';
import { hashSettings, type NewHashes } from './new-hashes';
import type { PasswordHasher } from './password-hasher';
import { kind, listOf, optional, unchecked, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { formsOf, normalForm } from '../util/normal-forms';
import { isHashable, isLonger, MAX_PASSWORD_BYTES } from './password-text';
import { schemeOf } from './schemes';
import { isDevise } from './schemes/bcrypt-forms';
import { type HashSettings, type Maker, makerOf } from './schemes/maker';
import { OPT_IN_SCHEMES, type OptInScheme, type Scheme } from './schemes/scheme';
import { DearestWork, NO_WORK } from './work/work';
import { requireWorkerFile } from './work/worker-file';

const INSTALL_ARGON2 = 'npm install argon2@0.44';
const MARK_IT =
  'stored password could be a hash, and a hash is never compared as plain text: if it is the password itself, ' +
  'store it with the prefix {PLAIN}';

/** The options of {@link Passwords}. */
export interface PasswordsOptions {
  /** The scheme and cost of new hashes. @default bcrypt of cost 12 */
  newHashes?: NewHashes;
  /** Additional schemes that are read, until all their users have logged in. @default none */
  accept?: readonly OptInScheme[];
  /**
   * The pepper of Devise, which Ruby on Rails appends to each password: with this option every `$2a$` hash is read with
   * it, and replaced at the next login. New hashes have no pepper. @default none
   */
  devisePepper?: string;
  /** @internal */
  pool?: HashPool;
}

const isOptIn = (value: unknown): value is OptInScheme =>
  (OPT_IN_SCHEMES as readonly unknown[]).includes(value);

/** How many hashes of another normal form may wait for their replacement. */
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
 * Creates hashes of one scheme, and verifies hashes of all schemes that it reads.
 *
 * An instance remembers the most expensive hash that it has seen: from then on every refusal takes as long as that
 * hash, so that neither cheaper hashes nor unknown users stand out.
 */
export class Passwords implements PasswordHasher {
  readonly #settings: HashSettings;
  readonly #maker: Maker;
  readonly #accept: ReadonlySet<string>;
  readonly #pool: HashPool;
  readonly #decoy: string;
  /** The work of a refusal: that of a new hash, or of the most expensive hash seen. */
  readonly #floor = new DearestWork();
  readonly #pepper: string | undefined;
  /** Hashes that a password matched in another normal form than that of new hashes. */
  readonly #otherForms = new Set<string>();

  /**
   * @throws ConfigurationError for options that are unknown or out of bounds, for a scheme whose package is not
   * installed, and if securest is in a bundle without the file that its threads run.
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
   * @throws RangeError when it has more than 1,024 bytes in UTF-8, which no login accepts.
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
   * True if the password belongs to the hash, either as it was typed or in another normal form (NFC, NFD). The forms
   * are tried in this order, for every hash. False at once for a hash that {@link isReadable} does not accept; every
   * other refusal takes at least as long as a new hash. A password that could not have been hashed never matches.
   * @param signal drops work that has not begun
   * @param isRefused true if the client is refused in any case: a match takes as long as a mismatch
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
   * True for a complete hash of a scheme that is read here, with a cost within bounds. The bounds keep a single stored
   * hash from stalling the process for hours.
   */
  isReadable(hash: unknown): hash is string {
    return typeof hash === 'string' && this.#read(hash)?.workOf(hash) !== undefined;
  }

  /**
   * True unless the hash has the scheme of new hashes and is at least as strong. Also true for a hash that a password
   * matched in another normal form than that of new hashes, and for a hash with a pepper.
   */
  needsRehash(hash: string): boolean {
    if (this.#otherForms.has(hash) || (this.#pepper !== undefined && isDevise(hash))) return true;
    return this.#read(hash)?.name !== this.#maker.scheme.name || this.#maker.isWeaker(hash);
  }

  /** Has the scheme and cost of new hashes. */
  decoy(): string {
    return this.#decoy;
  }

  /** The remedy for a hash that is unreadable only for lack of a package, of the option `accept`, or of a mark. */
  explain(hash: string): string | undefined {
    const isPlainAccepted = this.#accept.has('plaintext');
    const scheme = schemeOf(hash);
    if (scheme?.workOf(hash) === undefined) return isPlainAccepted ? MARK_IT : undefined;
    if (!this.#canCompute(scheme)) return `stored password hash needs a package: ${INSTALL_ARGON2}`;
    // A text that resembles no known hash may be a plain text, or broken.
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

  /** The scheme of a hash, if it may be read here. */
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
// Created when the library is imported, even in an app that is bundled and has no passwords, so the worker file is
// checked on use.
export const passwords = new Passwords({ pool: hashPool });
