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
   * False for a provider that proves passwords for controllers only, such as `passwordController()`: it reads no header and
   * asks for none, so that no browser opens a window of its own. @default true
   */
  basic?: boolean;
  /**
   * How many failures are free before tries are delayed; false for no delays. A `RedisThrottle` counts for several
   * machines.
   */
  throttle?: ThrottleOptions | Throttle | false;
}

/** For the shape of a provider's options; the throttle itself checks them. */
export const BASIC_OPTIONS = {
  basic: optional(flag, true),
  throttle: unchecked<BasicProviderOptions['throttle']>(),
} satisfies Record<keyof BasicProviderOptions, Kind<unknown>>;

/** How a password login was proved. @see RFC 8176 section 2 */
export const BY_PASSWORD = { methods: frozenNames('pwd') };

/** What providers of HTTP Basic have in common, whatever proves the password. @see RFC 7617 section 2 */
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

  /** @throws ConfigurationError for a throttle's options that are unknown or out of bounds */
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

  /** Without a realm, which the chain puts in front. */
  challenge(): Challenge | undefined {
    return this.#isBasicOn ? { scheme: 'Basic', params: { charset: 'UTF-8' } } : undefined;
  }

  /** Hears from the throttle. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#throttle?.[PROBLEM_SOURCE](listener) ?? (() => undefined);
  }

  /**
   * Null for a request without Basic credentials, unless a controller states those of a login.
   * @throws MalformedCredentialsError when they cannot be read
   */
  protected credentialsOf(request: SecurityRequest): BasicCredentials | null {
    const stated = statedCredentialsOf(request);
    if (stated !== undefined || !this.#isBasicOn) return stated ?? null;
    return parseBasicCredentials(request.header('authorization'));
  }

  /**
   * To be asked before the userstore is.
   * @throws ThrottledError when a try would have to wait
   */
  protected checkThrottle(login: Login): MaybePromise<void> {
    const checked = this.#throttle?.check(attemptOf(login));
    if (!isThenable(checked)) return;
    // The equal login that had the place may be over when the answer comes.
    const hadEqual = this.#underWay.equalTo(login);
    return checked.then(undefined, (error: unknown) => {
      if (!isInstance(error, ThrottledError) || !hadEqual()) this.#passEqual(login, error);
    });
  }

  /**
   * To be asked right before credentials are compared to anything: many may have waited for the userstore, and the
   * first of them used up what there was.
   * @throws ThrottledError when a try would have to wait
   */
  protected checkThrottleAgain(login: Login): void {
    try {
      this.#throttle?.checkHere(attemptOf(login));
    } catch (error) {
      this.#passEqual(login, error);
    }
  }

  /** What must wait only because an equal login has the place waits for that one instead. */
  #passEqual(login: Login, error: unknown): void {
    if (!isInstance(error, ThrottledError) || !this.#underWay.hasEqual(login)) throw error;
  }

  /**
   * Proves a password. Equal logins from one address that are under way at once are one: the others wait for the
   * first, and only where it did not prove right each is proved by itself.
   * @param against what decides about the password, and all else that the answer depends on
   * @param verify gets a signal that aborts when nobody waits for the answer any more
   * @throws what `verify` throws; ServiceUnavailableError when nobody waits for the answer of this request
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
   * Counts a try as failed until it proves right. One that fails to be decided does not count.
   * @param verify true only where the password is right and the account may log in
   * @throws ThrottledError when it has to wait; what `verify` throws
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

  /** The user of that name, at once where the store answers at once. @throws TypeError for what is none */
  protected load(userstore: UserstoreInterface<U>, username: string): MaybePromise<U | undefined> {
    return chained(userstore.getUser(username), (found) => {
      const user = found ?? undefined;
      if (user === undefined || isUser(user)) return user;
      throw notAUser(user, userstoreOf(userstore, user)?.name ?? 'The userstore');
    });
  }
}

/** Without the password, which a throttle is not for. */
function attemptOf({ username, ip }: Login): Attempt {
  return { username, ip };
}

function throttleOf(throttle: ThrottleOptions | Throttle | undefined): Throttle {
  return isInstance<Throttle>(throttle, Throttle) ? throttle : new Throttle(throttle);
}
