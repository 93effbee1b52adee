import type { AuthenticationResult, AuthProviderInterface, ProviderDescription } from '../core/auth-provider';
import { Authentication, type ProvedBy } from '../core/authentication';
import type { Challenge } from '../core/challenge';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { BadCredentialsError, ConfigurationError } from '../errors';
import { ignoreRejection, isThenable } from '../util/ignore-rejection';
import { checkPassportOptions, type PassportOptions, type PassportStrategy } from './passport-options';
import { credentialOf, hasCredentials, type Reads, securitySchemesOf } from './reads';
import { withScopes, statedScopes } from './stated-scopes';
import { errorOfError, errorOfFailure } from './strategy-errors';
import { strategyRequest } from './strategy-request';
import { runStrategy } from './strategy-run';

/**
 * Authenticates requests with a Passport strategy. Passport itself is not needed.
 *
 * The strategy is called once for each request that has the credentials named by `reads`. It gets a request object of
 * its own, without a session and without the credentials, cookies or body that `reads` does not name. Strategies that
 * redirect the client to log in elsewhere cannot be auth providers.
 *
 * @example
 * ```ts
 * @AuthProvider(2)
 * class Partner extends PassportProvider {
 *   constructor(partners: Partners) {
 *     super(new BearerStrategy((token, done) => partners.find(token, done)), { reads: { scheme: 'Bearer' } });
 *   }
 * }
 * ```
 */
export class PassportProvider<U extends User = User> implements AuthProviderInterface<U> {
  readonly credential: string;
  readonly proves: ProvedBy;
  readonly needsUserstore: boolean;
  declare readonly schemes?: readonly string[];
  declare readonly name?: string;
  readonly #strategy: PassportStrategy;
  readonly #reads: Reads;
  readonly #challenge: Challenge | undefined;
  readonly #methods: readonly string[];
  readonly #options: object;
  readonly #toUser: PassportOptions['toUser'];
  readonly #isOutage: PassportOptions['isOutage'];

  /** @throws ConfigurationError for a strategy without `authenticate()`, and for unknown or invalid options */
  constructor(strategy: PassportStrategy, options: PassportOptions<U>) {
    if (typeof (strategy as Partial<PassportStrategy> | null | undefined)?.authenticate !== 'function') {
      throw new ConfigurationError(
        'PassportProvider: the first argument must be a strategy, an object with authenticate()',
      );
    }
    const settings = checkPassportOptions(options);
    const { reads } = settings;
    this.credential = credentialOf(reads);
    this.proves = settings.proves;
    this.needsUserstore = settings.needsUserstore;
    if ('scheme' in reads) this.schemes = Object.freeze([reads.scheme.toLowerCase()]);
    this.#strategy = strategy;
    this.#reads = reads;
    this.#challenge =
      settings.challenge === undefined ? challengeOf(reads) : (settings.challenge ?? undefined);
    this.#methods = Object.freeze([...settings.methods]);
    this.#options = settings.options;
    this.#toUser = settings.toUser;
    this.#isOutage = settings.isOutage;
  }

  /**
   * @throws BadCredentialsError when the strategy fails, or `toUser()` finds no user
   * @throws MalformedCredentialsError when the strategy fails with 400
   * @throws InvalidRequestError when its header is on several lines
   * @throws ThrottledError when the strategy fails with 429
   * @throws ServiceUnavailableError when a service that it needs is down
   */
  async authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): Promise<AuthenticationResult<U>> {
    if (!hasCredentials(request, this.#reads)) return null;
    const outcome = await runStrategy(this.#strategy, strategyRequest(request, this.#reads), {
      ...this.#options,
    });
    switch (outcome.call) {
      case 'success':
        // If the deadline has passed, no store is asked.
        request.signal.throwIfAborted();
        return this.#login(request, userstore, outcome);
      case 'fail':
        throw errorOfFailure(outcome, this.#isOutage);
      case 'error':
        throw errorOfError(outcome.error, this.#isOutage);
      case 'redirect':
        throw new Error('The strategy redirects: an interactive login cannot be an authentication provider');
      case 'pass':
        return null;
    }
  }

  challenge(): Challenge | undefined {
    return this.#challenge;
  }

  describe(): ProviderDescription {
    const securitySchemes = securitySchemesOf(this.#reads);
    return securitySchemes === undefined ? {} : { securitySchemes };
  }

  async #login(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    { user, info }: { readonly user: unknown; readonly info: unknown },
  ): Promise<AuthenticationResult<U>> {
    const stated = statedScopes(info) ?? (this.schemes?.[0] === 'bearer' ? [] : undefined);
    const found = this.#toUser === undefined ? user : await this.#mapped(request, userstore, user, info);
    if (found instanceof Authentication) return withScopes(found as Authentication<U>, stated, this.#methods);
    // The chain reports a value that is not a user.
    if (!isUser(found)) return reportable(found) as U;
    return new Authentication(found as U, {
      methods: this.#methods,
      ...(stated !== undefined && { scopes: stated }),
    });
  }

  async #mapped(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
    profile: unknown,
    info: unknown,
  ): Promise<unknown> {
    const more = { info, userstore: userstore as unknown as UserstoreInterface, request };
    const found = await this.#toUser?.(profile, more);
    if (found === null || found === undefined) throw new BadCredentialsError();
    return found;
  }
}

/**
 * Passes an invalid user on to the chain, which reports it. Null and promises are refused here: for the chain null
 * means a request without credentials, and it would await a promise.
 * @throws TypeError for null, undefined and a promise
 */
function reportable(found: unknown): unknown {
  if (found === null || found === undefined) {
    throw new TypeError('The strategy succeeds without a user: set toUser, or call fail()');
  }
  if (isThenable(found)) {
    ignoreRejection(found);
    throw new TypeError('The strategy succeeds with a promise: wait for the user before you call it back');
  }
  return found;
}

/** The scheme of the challenge. The case of a scheme does not matter; by convention it begins with a capital. */
function challengeOf(reads: Reads): Challenge | undefined {
  if (!('scheme' in reads)) return undefined;
  const { scheme } = reads;
  return { scheme: scheme.charAt(0).toUpperCase() + scheme.slice(1) };
}
