import type { AuthProviderInterface } from '../core/auth-provider';
import type { Authentication } from '../core/authentication';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { ServiceUnavailableError } from '../errors';
import { type Attempt, Throttle, type ThrottleOptions } from '../throttle/throttle';
import { type BasicCredentials, parseBasicCredentials } from './basic-credentials';

export interface BasicProviderOptions {
  /**
   * How many failures are free before tries are delayed; false for no delays. A `RedisThrottle` counts for several
   * machines.
   */
  throttle?: ThrottleOptions | Throttle | false;
}

/** What providers of HTTP Basic have in common, whatever proves the password. @see RFC 7617 section 2 */
export abstract class BasicProvider<U extends User = User>
  implements AuthProviderInterface<U>, ProblemSource
{
  readonly credential: string = 'authorization';
  declare readonly name?: string;
  readonly #throttle: Throttle | undefined;

  /** @throws ConfigurationError for options out of bounds */
  constructor({ throttle }: BasicProviderOptions = {}) {
    this.#throttle = throttle === false ? undefined : throttleOf(throttle);
  }

  abstract authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): Promise<Authentication<U> | null>;

  /** Without a realm, which the chain puts in front. */
  challenge(): Challenge | undefined {
    return { scheme: 'Basic', params: { charset: 'UTF-8' } };
  }

  /** Hears from the throttle. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#throttle?.[PROBLEM_SOURCE](listener) ?? (() => undefined);
  }

  /**
   * Null for a request without Basic credentials.
   * @throws MalformedCredentialsError when they cannot be read
   */
  protected credentialsOf(request: SecurityRequest): BasicCredentials | null {
    return parseBasicCredentials(request.header('authorization'));
  }

  /** @throws ThrottledError when a try would have to wait */
  protected async checkThrottle(attempt: Attempt): Promise<void> {
    await this.#throttle?.check(attempt);
  }

  /**
   * Counts a try as failed until it proves right. One that fails to be decided does not count.
   * @param verify true only where the password is right and the account may log in
   * @throws ThrottledError when it has to wait; what `verify` throws
   */
  protected async counted(
    request: SecurityRequest,
    attempt: Attempt,
    verify: () => Promise<boolean>,
  ): Promise<boolean> {
    const counted = await this.#throttle?.count(attempt);
    let proved: unknown;
    try {
      // Looking at the signal costs an AbortController, which remembered credentials need not pay for.
      if (request.signal.aborted) throw new ServiceUnavailableError();
      proved = await verify();
    } catch (error) {
      await counted?.undecided();
      throw error;
    }
    if (proved !== true) return false;
    await counted?.succeeded();
    return true;
  }

  /** The user of that name. @throws TypeError for what is none */
  protected async load(userstore: UserstoreInterface<U>, username: string): Promise<U | undefined> {
    const user = (await userstore.getUser(username)) ?? undefined;
    if (user === undefined || isUser(user)) return user;
    throw new TypeError('The userstore returned something that is no user');
  }
}

function throttleOf(throttle: ThrottleOptions | Throttle | undefined): Throttle {
  return throttle instanceof Throttle ? throttle : new Throttle(throttle);
}
