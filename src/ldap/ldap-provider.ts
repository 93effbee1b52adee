import { Authentication } from '../core/authentication';
import type { AuthProviderInterface } from '../core/auth-provider';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, ConfigurationError } from '../errors';
import { parseBasicCredentials } from '../providers/basic-credentials';
import { Throttle, type ThrottleOptions } from '../throttle/throttle';
import { isInstance } from '../util/instance';
import { LdapUserstore } from './ldap-userstore';

export interface LdapProviderOptions {
  /** How many failures are free before tries are delayed; false for no delays. @default as of PasswordProvider */
  readonly throttle?: ThrottleOptions | Throttle | false;
}

/**
 * Authenticates HTTP Basic credentials by a bind to the directory as the user that an {@link LdapUserstore} found.
 * Nothing of the password is kept, so each request is a bind.
 *
 * Users of other stores are none of its own, and their passwords never count as tries here: in front of a
 * `PasswordProvider` both kinds log in. Whoever is unknown takes a bind as well.
 *
 * Failures are counted by account and by client address, and too many delay the next try.
 * @see RFC 7617 section 2, RFC 4513 section 5.1.3
 */
export class LdapProvider<U extends User = User> implements AuthProviderInterface<U>, ProblemSource {
  readonly credential: string = 'authorization';
  declare readonly name?: string;
  readonly #store: LdapUserstore;
  readonly #throttle: Throttle | undefined;

  /** @throws ConfigurationError without an LdapUserstore, or for options out of bounds */
  constructor(store: LdapUserstore, { throttle }: LdapProviderOptions = {}) {
    if (!isInstance<LdapUserstore>(store, LdapUserstore)) {
      throw new ConfigurationError(
        'LdapProvider needs the LdapUserstore whose users it proves: super(store)',
      );
    }
    this.#store = store;
    if (throttle !== false) this.#throttle = throttle instanceof Throttle ? throttle : new Throttle(throttle);
  }

  /**
   * @throws BadCredentialsError when the user is unknown, another store's, or has another password
   * @throws MalformedCredentialsError when the credentials cannot be read; nothing is asked
   * @throws ThrottledError when the account, the address or both failed too often
   * @throws AccountStatusError when the password is right and the user inactive
   * @throws ServiceUnavailableError when the directory does not answer, or too many are waiting for it
   */
  async authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): Promise<Authentication<U> | null> {
    const credentials = parseBasicCredentials(request.header('authorization'));
    if (credentials === null) return null;
    const { username, password } = credentials;
    const attempt = { username, ip: request.ip };
    await this.#throttle?.check(attempt);
    const user = (await userstore.getUser(username)) ?? undefined;
    if (user !== undefined && !isUser(user)) {
      throw new TypeError('The userstore returned something that is no user');
    }
    const isOther = user !== undefined && !this.#store.has(user);
    const counted = isOther ? undefined : await this.#throttle?.count(attempt);
    let isRight: boolean;
    try {
      isRight = await this.#store.proves(user, username, password);
    } catch (error) {
      await counted?.undecided();
      throw error;
    }
    if (!isRight || user === undefined || isOther) throw new BadCredentialsError();
    if (user.active === false) throw new AccountStatusError();
    await counted?.succeeded();
    return new Authentication(user, { methods: ['pwd'] });
  }

  /** Without a realm, which the chain puts in front. */
  challenge(): Challenge | undefined {
    return { scheme: 'Basic', params: { charset: 'UTF-8' } };
  }

  forget(username: string): void {
    this.#store.forget(username);
  }

  /** Hears from the throttle. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#throttle?.[PROBLEM_SOURCE](listener) ?? (() => undefined);
  }
}
