import { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import { isActiveUser, type UserstoreInterface } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, ConfigurationError } from '../errors';
import { BASIC_OPTIONS, BasicProvider, BY_PASSWORD, type BasicProviderOptions } from '../providers/basic';
import { isInstance } from '../util/instance';
import { parseOptions, withoutContainer } from '../util/parse-options';
import { LdapUserstore } from './ldap-userstore';

/** The options of {@link LdapProvider}. */
export type LdapProviderOptions = BasicProviderOptions;

/**
 * Authenticates HTTP Basic credentials by a bind to the directory as the user that an {@link LdapUserstore} found.
 * The password is not kept, so each request costs a bind; equal concurrent requests from one address share a bind.
 *
 * It does not authenticate users of other stores, and does not count their failures: with a `PasswordProvider` after it
 * in the chain, users of both stores can log in. An unknown user costs a bind as well.
 *
 * Failures are counted by account and by client address; too many failures delay the next try.
 * @see RFC 7617 section 2, RFC 4513 section 5.1.3
 */
export class LdapProvider<U extends User = User> extends BasicProvider<U> {
  readonly #store: LdapUserstore;

  /** @throws ConfigurationError without an LdapUserstore, and for options that are unknown or out of bounds */
  constructor(store: LdapUserstore, options: LdapProviderOptions = {}) {
    if (!isInstance<LdapUserstore>(store, LdapUserstore)) {
      throw new ConfigurationError(
        'LdapProvider needs the LdapUserstore whose users it proves: super(store)',
      );
    }
    const { basic, throttle } = parseOptions('LdapProvider', withoutContainer(options), BASIC_OPTIONS);
    super({ basic, ...(throttle !== undefined && { throttle }) });
    this.#store = store;
  }

  /**
   * @throws BadCredentialsError when the user is unknown or from another store, or the password is wrong
   * @throws MalformedCredentialsError when the credentials cannot be read; neither store nor directory is asked
   * @throws ThrottledError when the account, the address or both failed too often
   * @throws AccountStatusError when the password is right and the user inactive
   * @throws ServiceUnavailableError when the directory does not answer, or too many requests are waiting for it
   */
  async authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): Promise<Authentication<U> | null> {
    const credentials = this.credentialsOf(request);
    if (credentials === null) return null;
    const { username, password } = credentials;
    const login = { username, password, ip: request.ip };
    await this.checkThrottle(login);
    const user = await this.load(userstore, username);
    if (user !== undefined && !this.#store.has(user)) {
      // This costs a bind like any other login; the provider of the other store counts the failure.
      await this.#store.proves(undefined, username, password, request.signal);
      throw new BadCredentialsError();
    }
    this.checkThrottleAgain(login);
    const outcome = { isInactive: false };
    const isActive = user === undefined || isActiveUser(userstore, user);
    const against = [String(isActive), this.#store.entryOf(user) ?? ''];
    const isGranted = await this.proveOnce(request, login, against, (signal) =>
      this.counted(signal, login, async () => {
        const isRight = await this.#store.proves(user, username, password, signal);
        outcome.isInactive = isRight && !isActive;
        return isRight && !outcome.isInactive;
      }),
    );
    if (outcome.isInactive) throw new AccountStatusError();
    if (!isGranted || user === undefined) throw new BadCredentialsError();
    return new Authentication(user, BY_PASSWORD);
  }
}
