import type { AuthProviderInterface } from '../core/auth-provider';
import type { Authentication, ProvedBy } from '../core/authentication';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { frozenNames } from '../core/frozen-json';
import type { SecurityRequest } from '../core/request';
import { isUser, notAUser, type User } from '../core/user';
import { type MaybePromise, type UserstoreInterface, userstoreOf } from '../core/userstore';
import { ServiceUnavailableError, ThrottledError } from '../errors';
import { type Login, LoginsUnderWay } from '../throttle/logins-under-way';
import { type Attempt, Throttle, type ThrottleOptions } from '../throttle/throttle';
import { isThenable } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { chained } from '../util/maybe-promise';
import { flag, optional, unchecked } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';
import { type BasicCredentials, parseBasicCredentials } from './basic-credentials';
import { statedCredentialsOf } from './stated-credentials';

export interface BasicProviderOptions {
  /**
   * False for a provider that proves passwords for controllers only, such as `passwordController()`: it reads no header
   * and sends no challenge, so that no browser opens a login window. @default true
   */
  basic?: boolean;
  /**
   * How many failures are free before attempts are delayed; false for no delays. A `RedisThrottle` counts across
   * several machines.
   */
  throttle?: ThrottleOptions | Throttle | false;
}

/** Only declares the shape of a provider's options; the throttle itself checks its own. */
export const BASIC_OPTIONS = {
  basic: optional(flag, true),
  throttle: unchecked<BasicProviderOptions['throttle']>(),
} satisfies Record<keyof BasicProviderOptions, Kind<unknown>>;

/** The method of a password login. @see RFC 8176 section 2 */
export const BY_PASSWORD = { methods: frozenNames('pwd') };

/** Base class for providers of HTTP Basic, however they verify the password. @see RFC 7617 section 2 */
export abstract class BasicProvider<U extends User = User>
  implements AuthProviderInterface<U>, ProblemSource
{
  readonly credential: string | readonly string[];
  readonly proves: ProvedBy = 'login';
  readonly schemes: readonly string[];
  declare readonly name?: string;
  readonly #throttle: Throttle | undefined;
  readonly #underWay = new LoginsUnderWay();
  readonly #isBasicOn: boolean;

  /** @throws ConfigurationError for throttle options that are unknown or out of bounds */
  constructor({ basic = true, throttle }: BasicProviderOptions = {}) {
    this.#isBasicOn = basic;
    this.credential = basic ? 'authorization' : [];
    this.schemes = basic ? ['basic'] : [];
    this.#throttle = throttle === false ? undefined : throttleOf(throttle);
  }

  abstract authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<Authentication<U> | null>;

  /** Without a realm, which the chain adds. */
  challenge(): Challenge | undefined {
    return this.#isBasicOn ? { scheme: 'Basic', params: { charset: 'UTF-8' } } : undefined;
  }

  /** Forwards problems of the throttle. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#throttle?.[PROBLEM_SOURCE](listener) ?? (() => undefined);
  }

  /**
   * Null for a request without Basic credentials, unless a controller states the credentials of a login.
   * @throws MalformedCredentialsError when they cannot be read
   */
  protected credentialsOf(request: SecurityRequest): BasicCredentials | null {
    const stated = statedCredentialsOf(request);
    if (stated !== undefined || !this.#isBasicOn) return stated ?? null;
    return parseBasicCredentials(request.header('authorization'));
  }

  /**
   * Must be called before the userstore is asked.
   * @throws ThrottledError when an attempt would have to wait
   */
  protected checkThrottle(login: Login): MaybePromise<void> {
    const checked = this.#throttle?.check(attemptOf(login));
    if (!isThenable(checked)) return;
    // The equal login under way may have ended when the answer arrives.
    const hadEqual = this.#underWay.equalTo(login);
    return checked.then(undefined, (error: unknown) => {
      if (!isInstance(error, ThrottledError) || !hadEqual()) this.#passEqual(login, error);
    });
  }

  /**
   * Must be called immediately before credentials are compared: many requests may have waited for the userstore, and
   * the first of them may have used up the free attempts.
   * @throws ThrottledError when an attempt would have to wait
   */
  protected checkThrottleAgain(login: Login): void {
    try {
      this.#throttle?.checkHere(attemptOf(login));
    } catch (error) {
      this.#passEqual(login, error);
    }
  }

  /** A login that is throttled only because of an equal login under way waits for that login instead. */
  #passEqual(login: Login, error: unknown): void {
    if (!isInstance(error, ThrottledError) || !this.#underWay.hasEqual(login)) throw error;
  }

  /**
   * Verifies a password. Equal logins from one address that are under way at the same time are verified once: the
   * others wait for the first, and only if it fails is each verified separately.
   * @param against the hash and every other value that the answer depends on
   * @param verify receives a signal that aborts when no caller waits for the answer any more
   * @throws the error that `verify` throws; ServiceUnavailableError when no caller waits for the answer of this request
   */
  protected proveOnce(
    request: SecurityRequest,
    login: Login,
    against: readonly string[],
    verify: (signal: AbortSignal) => Promise<boolean>,
  ): Promise<boolean> {
    return this.#underWay.prove(login, against, verify, request.signal);
  }

  /**
   * Counts an attempt as failed until it succeeds. An attempt without a decision does not count.
   * @param verify resolves to true only if the password is right and the account may log in
   * @throws ThrottledError when the attempt has to wait; the error that `verify` throws
   */
  protected async counted(
    signal: AbortSignal,
    login: Login,
    verify: () => Promise<boolean>,
  ): Promise<boolean> {
    const counted = await this.#throttle?.count(attemptOf(login));
    let proved: unknown;
    try {
      if (signal.aborted) throw new ServiceUnavailableError();
      proved = await verify();
    } catch (error) {
      await counted?.undecided();
      throw error;
    }
    if (proved !== true) return false;
    await counted?.succeeded();
    return true;
  }

  /** The user of that name, synchronous if the store answers synchronously. @throws TypeError for an invalid record */
  protected load(userstore: UserstoreInterface<U>, username: string): MaybePromise<U | undefined> {
    return chained(userstore.getUser(username), (found) => {
      const user = found ?? undefined;
      if (user === undefined || isUser(user)) return user;
      throw notAUser(user, userstoreOf(userstore, user)?.name ?? 'The userstore');
    });
  }
}

/** Without the password: the throttle must not get it. */
function attemptOf({ username, ip }: Login): Attempt {
  return { username, ip };
}

function throttleOf(throttle: ThrottleOptions | Throttle | undefined): Throttle {
  return isInstance<Throttle>(throttle, Throttle) ? throttle : new Throttle(throttle);
}
