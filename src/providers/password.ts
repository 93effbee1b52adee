import { Authentication } from '../core/authentication';
import { noteLookup } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import { silencePromisesIn } from '../core/silence';
import type { User } from '../core/user';
import { isActiveUser, type MaybePromise, type UserstoreInterface } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, ConfigurationError } from '../errors';
import {
  type CacheTicket,
  CredentialCache,
  type CredentialCacheOptions,
} from '../passwords/credential-cache';
import { HashUpgrades } from '../passwords/hash-upgrade';
import type { PasswordHasher } from '../passwords/password-hasher';
import { Passwords, passwords } from '../passwords/passwords';
import { requireWorkerFile } from '../passwords/work/worker-file';
import type { Login } from '../throttle/logins-under-way';
import { attempted, chained } from '../util/maybe-promise';
import { optional, unchecked, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { BASIC_OPTIONS, BasicProvider, BY_PASSWORD, type BasicProviderOptions } from './basic';
import type { BasicCredentials } from './basic-credentials';
import { storeOf, StoredHashes } from './stored-hash';

/** The options of {@link PasswordProvider}. */
export interface PasswordProviderOptions extends BasicProviderOptions {
  /** How long verified credentials are remembered; false disables remembering. @default 60 seconds, 10000 entries */
  credentialCache?: CredentialCacheOptions | false;
  /** Verifies and creates hashes. @default the instance that is exported as `passwords` */
  passwords?: PasswordHasher;
}

const OPTIONS = {
  ...BASIC_OPTIONS,
  // Checked by the cache itself.
  credentialCache: unchecked<PasswordProviderOptions['credentialCache']>(),
  passwords: optional(
    withMethods<PasswordHasher>('hash', 'verify', 'isReadable', 'needsRehash', 'decoy'),
    passwords,
  ),
} satisfies Record<keyof PasswordProviderOptions, Kind<unknown>>;

/**
 * Authenticates HTTP Basic credentials against the userstore.
 *
 * Every refusal costs one verification of a new hash, so that timing does not tell which users exist. This holds for an
 * unknown user, a user without a password, a stored hash that is cheaper or cannot be read, and a wrong password. If
 * there is no hash to verify, a decoy stands in. After a stored hash that is more expensive than new ones has been
 * seen, refusals cost as much as that hash.
 *
 * After a login with an outdated hash, the password is hashed again, and the hash is replaced in the store that the
 * user came from, if the store has `updatePassword`. This happens after the reply, and a login never fails because of
 * it.
 *
 * Verified credentials are remembered for a minute. The user is loaded on every request nevertheless, so that a changed
 * or removed user, hash, role or `active` counts immediately.
 *
 * Failures are counted by account and by client address. Too many failures delay the next attempt, even with the right
 * password, and equally for users that do not exist.
 * @see RFC 7617 section 2
 */
export class PasswordProvider<U extends User = User> extends BasicProvider<U> {
  protected readonly hasher: PasswordHasher;
  readonly #cache: CredentialCache | undefined;
  readonly #storedHashes = new StoredHashes(
    () => this.hasher,
    () => this.name ?? this.constructor.name,
  );
  readonly #upgrades = new HashUpgrades({
    hash: (password) => this.hasher.hash(password),
    needsRehash: (hash) => this.hasher.needsRehash(hash),
  });

  /**
   * @throws ConfigurationError for options that are unknown or out of bounds, for a hasher without a decoy, and in a
   * bundle without the file that hash threads run
   */
  constructor(options: PasswordProviderOptions = {}) {
    const {
      basic,
      credentialCache,
      throttle,
      passwords: hasher,
    } = parseOptions('PasswordProvider', withoutContainer(options), OPTIONS);
    super({ basic, ...(throttle !== undefined && { throttle }) });
    if (hasher instanceof Passwords) requireWorkerFile();
    requireDecoy(hasher);
    this.hasher = hasher;
    this.#cache = credentialCache === false ? undefined : new CredentialCache(credentialCache);
  }

  /**
   * Synchronous if the credentials are remembered and the store answers synchronously; a refusal rejects.
   * @throws BadCredentialsError when the user is unknown, has no readable hash, or another password.
   * @throws MalformedCredentialsError when the credentials cannot be read; the store is not asked.
   * @throws ThrottledError when the account, the address or both failed too often.
   * @throws AccountStatusError when the password is right and the user inactive.
   * @throws ServiceUnavailableError when too much hash work is waiting, or no caller waits for its end any more.
   */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<Authentication<U> | null> {
    return attempted(() => {
      const credentials = this.credentialsOf(request);
      if (credentials === null) return null;
      return chained(this.prove(request, userstore, credentials), (proof) => {
        const { user } = proof;
        if (proof.isFresh)
          this.#upgradeAfterReply(request, storeOf(userstore, user), credentials.password, proof);
        return new Authentication(user, BY_PASSWORD);
      });
    });
  }

  /**
   * The user that the password belongs to; throttled and refused like a login. Synchronous if the credentials are
   * remembered and the store answers synchronously.
   * @throws like {@link authenticate}, synchronously or later
   * @internal
   */
  prove(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    credentials: BasicCredentials,
  ): MaybePromise<Proof<U>> {
    // Before the cache too: otherwise only the right guess would succeed while all must wait.
    const login = { username: credentials.username, password: credentials.password, ip: request.ip };
    return chained(this.checkThrottle(login), () =>
      chained(this.load(userstore, login.username), (user) =>
        this.#proveUser(request, userstore, login, user),
      ),
    );
  }

  #proveUser(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    login: Login,
    user: U | undefined,
  ): MaybePromise<Proof<U>> {
    // Before the cache too, like the first check.
    this.checkThrottleAgain(login);
    const known = this.#proofToRemember(userstore, login, user);
    if (known && this.#cache?.has(known.remembered) === true) {
      noteLookup(request, true);
      return known;
    }
    const hash = user && this.#storedHashes.readableOf(request, userstore, user);
    const stored = hash ?? this.hasher.decoy();
    const account =
      user !== undefined && hash !== undefined && isActiveUser(userstore, user) ? { user, hash } : undefined;
    const { username, password } = login;
    // An inactive user takes the same path, so that many equal guesses at the same time take as long and count as much.
    // A getter in an app's own class may have returned another hash the second time.
    const ticket =
      account && known?.hash === stored
        ? known.remembered
        : this.#ticket(userstore, account?.user ?? username, password, stored);
    const isRemembered = account !== undefined && ticket !== undefined && this.#cache?.has(ticket) === true;
    if (this.#cache !== undefined) noteLookup(request, isRemembered);
    if (isRemembered) return { ...account, isFresh: false };
    return this.#verify(request, login, { account, stored, isReadable: hash !== undefined, ticket });
  }

  /**
   * The proof of a user who may log in, if it is remembered, for hashers that need no readability check: a hash that
   * was verified by the methods of {@link Passwords} is readable. Another hasher, or a subclass that overrides
   * `isReadable()`, is asked each time.
   */
  #proofToRemember(
    userstore: UserstoreInterface<U>,
    { password }: Login,
    user: U | undefined,
  ): (Proof<U> & { readonly remembered: CacheTicket }) | undefined {
    const hash = user?.password ?? '';
    if (user === undefined || hash === '' || !isActiveUser(userstore, user)) return undefined;
    if (Reflect.get(this.hasher, 'isReadable') !== READS) return undefined;
    const remembered = this.#ticket(userstore, user, password, hash);
    return remembered && { user, hash, isFresh: false, remembered };
  }

  async #verify(
    request: SecurityRequest,
    login: Login,
    { account, stored, isReadable, ticket }: Candidate<U>,
  ): Promise<Proof<U>> {
    const active = account !== undefined;
    const outcome = { isInactive: false };
    const verify = (signal: AbortSignal): Promise<boolean> =>
      this.counted(signal, login, async () => {
        const proved = await this.hasher.verify(login.password, stored, signal, !active);
        const isRight = (proved as unknown) === true && isReadable;
        outcome.isInactive = isRight && !active;
        return isRight && active;
      });
    const granted = await this.proveOnce(request, login, [String(active), stored], (signal) =>
      this.#cache && ticket ? this.#cache.prove(ticket, verify, signal) : verify(signal),
    );
    if (outcome.isInactive) throw new AccountStatusError();
    if (!granted || !active) throw new BadCredentialsError();
    if (ticket === undefined || isAborted(request)) return { ...account, isFresh: true };
    this.#cache?.add(ticket);
    return { ...account, isFresh: true, remembered: ticket };
  }

  /** @internal */
  hash(password: string): Promise<string> {
    return this.hasher.hash(password);
  }

  forget(username: string): void {
    this.#cache?.forget(username);
  }

  #upgradeAfterReply(
    request: SecurityRequest,
    store: UserstoreInterface<U>,
    password: string,
    { user, hash, remembered }: Proof<U>,
  ): void {
    this.#upgrades.afterReply(request, {
      component: this.name ?? this.constructor.name,
      store,
      user,
      password,
      hash,
      // Otherwise every remembered client would have to be verified again at once.
      onReplaced: (newHash) => {
        if (remembered === undefined) return;
        const renewed = { store, username: user.username, password, hash: newHash };
        this.#cache?.add(this.#cache.renewed(remembered, renewed));
      },
    });
  }

  #ticket(
    userstore: UserstoreInterface<U>,
    user: U | string,
    password: string,
    hash: string,
  ): CacheTicket | undefined {
    if (typeof user === 'string') {
      return this.#cache?.ticket({ store: NOWHERE, username: user, password, hash });
    }
    return this.#cache?.ticket({ store: storeOf(userstore, user), username: user.username, password, hash });
  }
}

/** Without a decoy, an unknown user would get a server error, but a known user the error for a wrong password. */
function requireDecoy(hasher: PasswordHasher): void {
  let decoy: unknown;
  try {
    decoy = hasher.decoy();
    silencePromisesIn(decoy);
  } catch {
    decoy = undefined;
  }
  if (typeof decoy === 'string' && decoy !== '') return;
  throw new ConfigurationError('PasswordProvider: passwords.decoy() must return a hash');
}

/** The hash to verify a password against. */
interface Candidate<U extends User> {
  /** Undefined for a user who may not log in. */
  readonly account: { readonly user: U; readonly hash: string } | undefined;
  /** The user's hash, or a decoy. */
  readonly stored: string;
  /** False if it is a decoy. */
  readonly isReadable: boolean;
  readonly ticket: CacheTicket | undefined;
}

/** A verified password. */
interface Proof<U extends User> {
  readonly user: U;
  readonly hash: string;
  /** False if it was remembered. */
  readonly isFresh: boolean;
  /** The cache entry under which it is remembered from now on. */
  readonly remembered?: CacheTicket;
}

const READS: unknown = Reflect.get(Passwords.prototype, 'isReadable');

/** Stands for the store of users that are in no store. */
const NOWHERE = {};

function isAborted({ signal }: SecurityRequest): boolean {
  return signal.aborted;
}
