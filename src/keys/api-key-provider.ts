import { hold, release } from '../components/holders';
import type {
  AppFacts,
  AuthenticationResult,
  AuthProviderInterface,
  ProviderDescription,
} from '../core/auth-provider';
import { Authentication, type ProvedBy } from '../core/authentication';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { frozenNames } from '../core/frozen-json';
import { noteLookup } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import { stampOf } from '../core/stamp';
import { claimPrefixes, refuseSharedPrefixes } from '../core/token-prefix';
import { isUser, type User, userIdOf } from '../core/user';
import { isActiveUser, type MaybePromise, type UserstoreInterface, userstoreOf } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, ConfigurationError, InvalidRequestError } from '../errors';
import { bearerToken } from '../http/bearer-token';
import { flag, kind, optional } from '../util/option-kinds';
import { attempted, chained } from '../util/maybe-promise';
import { type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { type ApiKeys, isApiKeys, type KeyVerifier, verifierOf } from './api-keys';
import { hasKeyPrefix } from './key-form';
import type { StoredKey } from './key-row';

/** The options of {@link ApiKeyProvider}. */
export interface ApiKeyProviderOptions {
  /** The header that contains a key and nothing else. @default 'x-api-key' */
  header?: string;
  /** Whether keys are also accepted in `Authorization: Bearer`, where their prefix identifies them. @default true */
  bearer?: boolean;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that other components read, and credentials that are not headers. */
const TAKEN = [
  'authorization',
  'authentication-token',
  'body',
  'cookie',
  'dpop',
  'proxy-authorization',
  'tls',
];

const OPTIONS = {
  header: optional(
    kind<string>(
      'must be the name of a header that nothing else is read from, such as x-api-key',
      (value) => typeof value === 'string' && TOKEN.test(value) && !TAKEN.includes(value.toLowerCase()),
    ),
    'x-api-key',
  ),
  bearer: optional(flag, true),
} satisfies Record<keyof ApiKeyProviderOptions, Kind<unknown>>;

const METHODS = frozenNames('api_key');

/**
 * Authenticates with API keys, from a header of their own and from `Authorization: Bearer`. A query parameter is never
 * read: URLs end up in logs. The user is loaded at every request. A key adds no permissions to those of its user, and
 * its scopes limit them. A key is not a login: `recentLogin()` refuses it.
 *
 * @example
 * ```ts
 * @AuthProvider(3)
 * class Key extends ApiKeyProvider {
 *   constructor(keys: Keys) {
 *     super(keys);
 *   }
 * }
 * ```
 */
export class ApiKeyProvider<U extends User = User> implements AuthProviderInterface<U>, ProblemSource {
  readonly credential: readonly string[];
  readonly schemes: readonly string[];
  readonly proves: ProvedBy = 'key';
  readonly #keys: KeyVerifier;
  readonly #header: string;
  readonly #isBearer: boolean;
  /** The prefixes of other keys in the same header. */
  #others: readonly string[] = [];
  #isStarted = false;

  /** @throws ConfigurationError when the first argument is not an app's `ApiKeys`, and for invalid options */
  constructor(keys: ApiKeys, options: ApiKeyProviderOptions = {}) {
    // TypeDI hands its container to a class that declares no constructor.
    if (!isApiKeys(keys)) {
      throw new ConfigurationError(
        `${new.target.name} needs the keys of the app: constructor(keys: Keys) { super(keys); }, ` +
          'where Keys is your @Service() class that extends ApiKeys',
      );
    }
    const { header, bearer } = parseOptions(new.target.name, withoutContainer(options), OPTIONS);
    this.#keys = verifierOf(keys);
    this.#header = header.toLowerCase();
    this.#isBearer = bearer;
    this.credential = Object.freeze(bearer ? [this.#header, 'authorization'] : [this.#header]);
    this.schemes = Object.freeze(bearer ? ['bearer'] : []);
    claimPrefixes(this, [this.#keys.prefix], this.#keys);
  }

  /** Synchronous unless the state store or the userstore has to be waited for; every refusal is a rejection. */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return this.#loginIn(request, userstore, true);
  }

  /** The same for a continued login, such as that of a socket: it does not count as a use of the key. */
  recheck(
    _login: Authentication<U>,
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return this.#loginIn(request, userstore, false);
  }

  challenge(): Challenge {
    return { scheme: this.#isBearer ? 'Bearer' : 'ApiKey' };
  }

  describe(): ProviderDescription {
    return { apiKey: { header: this.#header } };
  }

  /** @throws ConfigurationError when the owner of a key would be ambiguous by its prefix */
  onStart(app: AppFacts): void {
    refuseSharedPrefixes(this, app);
    this.#others = app.providers.flatMap((other) => this.#prefixBeside(other) ?? []);
    if (!this.#isStarted) hold(this.#keys);
    this.#isStarted = true;
    this.#keys.onStart(app);
  }

  forget(username: string): void {
    this.#keys.forget(username);
  }

  /** Drops the cached keys, with the last provider of these keys. */
  async close(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    if (release(this.#keys)) await this.#keys.close();
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#keys.listen(listener);
  }

  #loginIn(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    isUse: boolean,
  ): MaybePromise<AuthenticationResult<U>> {
    return attempted(() => {
      const text = this.#sentKey(request);
      if (text === undefined) return null;
      const onLookup = (isHit: boolean): void => {
        noteLookup(request, isHit);
      };
      return chained(this.#keys.find(text, onLookup), (key) => {
        if (key === undefined) throw refusal('The API key is not right, or has ended');
        return chained(userstore.getUser(key.user), (user) => {
          // The chain reports a store that returns something that is not a user.
          if (user !== null && user !== undefined && !isUser(user)) return user;
          return this.#login(key, userstore, user, isUse);
        });
      });
    });
  }

  /** @throws InvalidRequestError when both places contain a key */
  #sentKey(request: SecurityRequest): string | undefined {
    const text = request.header(this.#header);
    const { prefix } = this.#keys;
    const token = this.#isBearer ? bearerToken(request) : undefined;
    const bearer = token !== undefined && hasKeyPrefix(prefix, token) ? token : undefined;
    if (text === undefined) return bearer;
    if (bearer !== undefined) {
      throw new InvalidRequestError({ final: true, cause: new Error('Two keys in one request') });
    }
    // Another provider of keys reads this header too.
    return this.#others.some((other) => hasKeyPrefix(other, text)) ? undefined : text;
  }

  #prefixBeside(other: AuthProviderInterface): string | undefined {
    if (!(other instanceof ApiKeyProvider)) return undefined;
    const { prefix } = other.#keys;
    return other.#header === this.#header && prefix !== this.#keys.prefix ? prefix : undefined;
  }

  #login(
    key: StoredKey,
    userstore: UserstoreInterface<U>,
    user: U | null | undefined,
    isUse: boolean,
  ): AuthenticationResult<U> {
    if (user === null || user === undefined) throw refusal('The API key is of an unknown user');
    if (!isAtHome(key, userstore, user)) throw refusal('The API key is of a user of another userstore');
    if (key.userId !== userIdOf(user)) throw refusal('The API key is of a former user of that name');
    if (!this.#keys.hasStamp(key, stampOf(user))) {
      throw refusal('The tokensValidFrom of the user has changed since the API key was made');
    }
    // Checked here and not left to the chain, so that no other provider sees the key.
    if (!isActiveUser(userstore, user)) throw new AccountStatusError({ final: true });
    if (isUse) this.#keys.noteUse(key);
    return new Authentication(user, {
      authenticatedAt: null,
      methods: METHODS,
      scopes: key.scopes,
      expiresAt: new Date(key.expiresAt),
      claims: { keyId: key.id },
    });
  }
}

/** Its prefix shows that it belongs to this provider, so no other provider may see it. */
function refusal(why: string): BadCredentialsError {
  return new BadCredentialsError({ final: true, cause: new Error(why) });
}

/** A user of the same name in another store is another person. */
function isAtHome<U extends User>(key: StoredKey, userstore: UserstoreInterface<U>, user: U): boolean {
  const home = userstoreOf(userstore, user);
  if (home === undefined) return true;
  return key.userstore === undefined ? !home.isOneOfSeveral : key.userstore === home.name;
}
