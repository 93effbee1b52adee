import { hold, release } from '../components/holders';
import type {
  AppFacts,
  AuthenticationResult,
  AuthProviderInterface,
  ProviderDescription,
} from '../core/auth-provider';
import { credentialsOf } from '../core/auth-provider';
import { Authentication, type ProvedBy } from '../core/authentication';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import { isActiveUser, type MaybePromise, type UserstoreInterface } from '../core/userstore';
import { AccountStatusError, ConfigurationError } from '../errors';
import { attempted, chained } from '../util/maybe-promise';
import { isUseOld, noteUse, openSession, type OpenSession } from './open-session';
import { endOf, factorsIn, methodsIn } from './session-parts';
import { isSamePerson } from './same-person';
import { isSessionService, keeperOf, type SessionKeeper, type SessionService } from './session-service';

let takes: (provider: AuthProviderInterface, sessions: SessionService) => boolean;

/**
 * Authenticates the session of a request's cookie. The user is loaded at each request. The request is anonymous if the
 * session has ended, or if its user is gone, is inactive or has changed the password. The cookie is not treated as
 * wrong credentials, so that returning users see the login page.
 *
 * A login by session was proved earlier: its `factors` say how and when, and `recentLogin()` requires a new login. A
 * request that changes something must come from a page of the app or of `trustedOrigins`.
 *
 * @example
 * ```ts
 * @AuthProvider(9)
 * class Session extends SessionProvider {
 *   constructor(sessions: Sessions) {
 *     super(sessions);
 *   }
 * }
 * ```
 */
export class SessionProvider<U extends User = User> implements AuthProviderInterface<U>, ProblemSource {
  readonly credential: string = 'cookie';
  readonly schemes: readonly string[] = [];
  readonly proves: ProvedBy = 'session';
  declare readonly name?: string;
  readonly #sessions: SessionKeeper;
  #isStarted = false;

  static {
    takes = (provider, sessions) => #sessions in provider && provider.#sessions === keeperOf(sessions);
  }

  /** @throws ConfigurationError if the argument is not a `SessionService` */
  constructor(sessions: SessionService) {
    // TypeDI hands its container to a class that declares no constructor.
    if (!isSessionService(sessions)) {
      throw new ConfigurationError(
        `${new.target.name} needs the sessions of the app: constructor(sessions: Sessions) { super(sessions); }, ` +
          'where Sessions is your @Service() class that extends SessionService',
      );
    }
    this.#sessions = keeperOf(sessions);
  }

  /** Synchronous if state store and userstore answer synchronously; every failure is a rejected promise. */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return this.#login(request, userstore, true);
  }

  /**
   * The same check for a login that goes on, such as a socket's. It is not activity of the user, so no use is recorded.
   */
  recheck(
    _login: Authentication<U>,
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return this.#login(request, userstore, false);
  }

  challenge(): Challenge {
    return { scheme: 'Session' };
  }

  describe(): ProviderDescription {
    const { name } = this.#sessions.parts.cookies;
    return { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name } } };
  }

  /** @throws ConfigurationError if another service of the app has a cookie of the same name */
  onStart(app: AppFacts): void {
    const { cookies } = this.#sessions.parts;
    const others = app.providers.filter((other) => other instanceof SessionProvider);
    const taken = others
      .filter((other) => other.#sessions !== this.#sessions)
      .flatMap((other) => [other.#sessions.parts.cookies.name, other.#sessions.parts.cookies.halfName]);
    const shared = [cookies.name, cookies.halfName].find((name) => taken.includes(name));
    if (shared !== undefined) {
      throw new ConfigurationError(
        `${this.constructor.name}: two services have the cookie ${shared}: set cookie.name of one of them`,
      );
    }
    if (!this.#isStarted) hold(this.#sessions);
    this.#isStarted = true;
    this.#sessions.onStart(app);
    const later = app.providers.slice(app.providers.findIndex((provider) => provider === this) + 1);
    const readers = later.filter((provider) => credentialsOf(provider).includes('authorization'));
    if (readers.length === 0) return;
    app.report({
      component: this.constructor.name,
      problem:
        `comes before ${readers.map((provider) => provider.name ?? provider.constructor.name).join(', ')}: a request ` +
        'with a cookie and Authorization is authenticated by the cookie. Give it a higher order',
    });
  }

  /** Closes the state store, unless other components still use it. */
  async close(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    if (release(this.#sessions)) await this.#sessions.close();
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#sessions.listen(listener);
  }

  #login(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    isUse: boolean,
  ): MaybePromise<AuthenticationResult<U>> {
    const { parts } = this.#sessions;
    return attempted(() =>
      chained(openSession(parts, request), (open) => {
        if (open === undefined) return null;
        return chained(userstore.getUser(open.stored.record.user), (user) => {
          if (user === null || user === undefined) return null;
          // The chain reports a store that returns something that is not a user.
          if (!isUser(user)) return user;
          const { record } = open.stored;
          const isActive = isActiveUser(userstore, user);
          // A new request stays anonymous; for a login that goes on the error says why it ends.
          if (!isUse && !isActive) throw new AccountStatusError();
          if (!isSamePerson(record, userstore, user) || !isActive) return null;
          const login = this.#loginOf(open, user);
          if (!isUse || !isUseOld(parts, record.seen)) return login;
          return noteUse(parts, open).then(() => login);
        });
      }),
    );
  }

  #loginOf({ stored: { id, record }, factors }: OpenSession, user: U): Authentication<U> {
    const { idp } = record;
    const { settings } = this.#sessions.parts;
    return new Authentication(user, {
      factors: factorsIn(factors),
      methods: methodsIn(factors),
      sessionId: id,
      // The end that nothing extends.
      expiresAt: new Date(endOf({ ...record, seen: Infinity }, settings)),
      ...(idp !== undefined && {
        claims: { issuer: idp.issuer, subject: idp.subject, ...(idp.acr !== undefined && { acr: idp.acr }) },
      }),
    });
  }
}

/** True if the provider authenticates the sessions of this service. */
export function takesSessions(provider: AuthProviderInterface, sessions: SessionService): boolean {
  return takes(provider, sessions);
}
