import type {
  AppFacts,
  AuthenticationResult,
  AuthProviderInterface,
  ProviderDescription,
} from '../core/auth-provider';
import { Authentication, type ProvedBy } from '../core/authentication';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { noteLookup } from '../core/observer';
import type { SecurityRequest } from '../core/request';
import { claimPrefixes, refuseSharedPrefixes } from '../core/token-prefix';
import { isUser, type User } from '../core/user';
import { type MaybePromise, type UserstoreInterface, userstoreOf } from '../core/userstore';
import { TokenInvalidError } from '../errors';
import { lookAt } from '../tokens/token-issuer';
import type { Clock } from '../util/clock';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';
import type { AccessToken, VerifiedAccessToken } from './access-token';
import { AudienceWatch } from './audience-watch';
import { rolesIn } from './claim-roles';
import { checkTimes, readIntrospectedClaims, toVerified } from './claims';
import { Discovery } from './discovery';
import { DpopProofs } from './dpop';
import { refuseEnded } from './ended-token';
import { JsonFetcher } from './fetch-json';
import { refuseMisplaced, type TokenUsers } from './fits-into-app';
import { Introspection } from './introspection';
import { loadJose } from './jose';
import { FetchedKeys, FixedKeys, type KeySource, type Report } from './key-source';
import { KeySet } from './key-set';
import { type AccessTokenOptions, type AccessTokenSettings, checkAccessTokenOptions } from './options';
import type { ProofStore } from './proof-store';
import { sentToken } from './sent-token';
import { TokenBindings } from './token-binding';
import { TokenVerifier } from './token-verifier';

/**
 * Authenticates with access tokens that another server issued: Keycloak, Entra ID, Auth0, Cognito, Okta, any OAuth 2 or
 * OpenID provider. JWTs are verified with the keys of the issuer. Other tokens are verified by asking the issuer, if
 * `introspection` is set. Tokens of other issuers are left to other providers. The user is loaded at every request.
 *
 * @example
 * ```ts
 * @AuthProvider(2)
 * class Company extends AccessTokenProvider {
 *   constructor() {
 *     super({ issuer: 'https://id.example/realms/app', audience: 'notes-api' });
 *   }
 * }
 * ```
 * @see RFC 6750, RFC 9068, RFC 7662, RFC 9449, RFC 8705
 */
export class AccessTokenProvider<U extends User = User> implements AuthProviderInterface<U>, ProblemSource {
  readonly credential = 'authorization';
  readonly proves: ProvedBy = 'token';
  readonly schemes: readonly string[];
  readonly needsUserstore: boolean;
  declare readonly name?: string;
  readonly #settings: AccessTokenSettings;
  readonly #fetcher = new JsonFetcher();
  readonly #discovery: Discovery;
  readonly #keys: KeySource;
  readonly #verifier: TokenVerifier;
  readonly #introspection: Introspection | undefined;
  readonly #proofs: DpopProofs | undefined;
  readonly #bindings: TokenBindings;
  readonly #audience: AudienceWatch;
  readonly #problems = new ProblemBoard();
  /** The roles that a token adds, computed once for each request. */
  readonly #roles = new WeakMap<AccessToken, readonly string[]>();
  #clock: Clock;

  /**
   * @throws ConfigurationError without the package `jose`, and for options that are unknown, missing or out of bounds
   */
  constructor(options: AccessTokenOptions) {
    const settings = checkAccessTokenOptions(options);
    loadJose();
    this.#settings = settings;
    this.#clock = settings.clock ?? Date.now;
    this.schemes = Object.freeze(settings.dpop === undefined ? ['bearer'] : ['bearer', 'dpop']);
    this.needsUserstore = settings.users === 'userstore';
    const clock: Clock = () => this.#clock();
    const report: Report = (problem) => {
      this.#problems.report({ component: this.#name, ...problem });
    };
    const fetcher = this.#fetcher;
    this.#discovery = new Discovery(settings.issuer, fetcher, clock);
    const { keys } = settings;
    this.#keys =
      keys instanceof KeySet
        ? new FixedKeys(keys)
        : new FetchedKeys(keys ?? this.#discovery, { fetcher, clock, report });
    const policy = { ...settings, dpop: settings.dpop !== undefined };
    this.#verifier = new TokenVerifier(policy, this.#keys, clock);
    this.#introspection =
      settings.introspection &&
      new Introspection(settings.introspection, { discovery: this.#discovery, fetcher, clock, report });
    this.#proofs = settings.dpop && new DpopProofs(settings.dpop, clock);
    this.#bindings = new TokenBindings(this.#proofs, settings.dpop?.required === true);
    this.#audience = new AudienceWatch(settings, report);
    claimPrefixes(this, settings.introspection?.prefix ?? [], this);
  }

  /** Synchronous if the token is cached and the store answers synchronously; every refusal is a rejection. */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return attempted(() => {
      const sent = sentToken(request, this.schemes);
      if (sent === undefined) return null;
      const verified = this.#verify(request, sent.token);
      if (verified === null) return null;
      return chained(verified, (token) =>
        chained(this.#bindings.check(request, sent, token.binding), (nonce) =>
          this.#login(sent.token, token, nonce, userstore),
        ),
      );
    });
  }

  /**
   * The same without a proof of the key that the token is bound to: the request has already proved it, and a proof
   * counts only once.
   */
  recheck(
    _login: Authentication<U>,
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return attempted(() => {
      const sent = sentToken(request, this.schemes);
      if (sent === undefined) return null;
      const verified = this.#verify(request, sent.token);
      if (verified === null) return null;
      return chained(verified, (token) => this.#login(sent.token, token, undefined, userstore));
    });
  }

  /**
   * The user of a token; null or undefined if there is no such user, which leads to 401. By default the user comes from
   * the userstore, or with `users: 'claims'` from the token, with `userPrefix` and the subject as name.
   *
   * An override decides which user a token stands for. An e-mail address identifies a user only if `email_verified` is
   * literally true and the issuer never reassigns addresses.
   */
  findUser(token: AccessToken, userstore: UserstoreInterface<U>): MaybePromise<U | null | undefined> {
    const username = this.#settings.userPrefix + String(token.subject);
    if (this.#settings.users === 'userstore') return userstore.getUser(username);
    const user: User = { username, roles: this.#rolesOf(token) };
    return user as U;
  }

  /**
   * The user that stands for a client that acts for itself, so that a client is never taken for the user of the same
   * name. By default there is no such user.
   */
  findClient(token: AccessToken, userstore: UserstoreInterface<U>): MaybePromise<U | null | undefined>;
  findClient(): MaybePromise<U | null | undefined> {
    return null;
  }

  challenge(): readonly Challenge[] {
    const { dpop } = this.#settings;
    if (dpop === undefined) return [{ scheme: 'Bearer' }];
    const proof = { scheme: 'DPoP', params: { algs: dpop.algorithms.join(' ') } };
    return dpop.required ? [proof] : [{ scheme: 'Bearer' }, proof];
  }

  describe(): ProviderDescription {
    const { issuer, dpop, mtls, roles } = this.#settings;
    return {
      issuer,
      openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      addsRoles: roles !== undefined,
      mtls,
      ...(dpop !== undefined && { dpop: { algorithms: dpop.algorithms, required: dpop.required } }),
    };
  }

  /** @throws ConfigurationError when the provider conflicts with other providers of the app */
  onStart(app: AppFacts): void {
    refuseSharedPrefixes(this, app);
    const { introspection, issuer, clock, keys } = this.#settings;
    refuseMisplaced(
      {
        provider: this,
        name: this.#name,
        issuer,
        takesAllOpaque: introspection !== undefined && introspection.prefix === undefined,
        ...this.#users,
        usersOf: (other) =>
          isInstance<AccessTokenProvider>(other, AccessTokenProvider) ? other.#users : undefined,
      },
      app,
    );
    if (clock === undefined) this.#clock = app.clock;
    // An earlier app of the process may have closed it.
    for (const part of [this.#fetcher, this.#discovery, this.#keys]) part.resume();
    // With introspection at a known address, the issuer may never be asked for anything else.
    if (introspection?.endpoint === undefined || keys !== undefined) this.#keys.start();
  }

  /** Drops the issuer's introspection responses about a user's tokens. */
  forget(username: string): void {
    this.#introspection?.forget(username);
  }

  /** Aborts all requests to the issuer. It asks the issuer again once an app starts it again. */
  close(): void {
    this.#keys.close();
    this.#discovery.close();
    this.#fetcher.close();
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    const store = sourceIn(this.#proofs?.store);
    const stops = [this.#problems.listen(listener), store?.[PROBLEM_SOURCE](listener)];
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  get #name(): string {
    return this.name ?? this.constructor.name;
  }

  get #users(): TokenUsers {
    const { users, userPrefix } = this.#settings;
    const findsUsers = this.findUser !== AccessTokenProvider.prototype.findUser;
    return { users, userPrefix, findsUsers };
  }

  /** Null for a token of another issuer. */
  #verify(request: SecurityRequest, token: string): MaybePromise<VerifiedAccessToken> | null {
    const remembered = this.#verifier.remembered(token);
    if (remembered !== undefined) {
      noteLookup(request, true);
      return remembered;
    }
    const look = lookAt(token);
    if (look.kind === 'jwt') {
      if (look.issuer !== this.#settings.issuer) return null;
      if (this.#settings.tokenCache > 0) noteLookup(request, false);
      return this.#audience.watch(() => this.#verifier.verify(token));
    }
    if (look.kind === 'jwe' || this.#introspection?.covers(token) !== true) return null;
    return this.#introspected(request, token, this.#introspection);
  }

  async #introspected(
    request: SecurityRequest,
    token: string,
    introspection: Introspection,
  ): Promise<VerifiedAccessToken> {
    const policy = { ...this.#settings, dpop: this.#settings.dpop !== undefined };
    try {
      const claims = await introspection.ask(token, (isHit) => {
        noteLookup(request, isHit);
      });
      return await this.#audience.watch(() => {
        const statement = readIntrospectedClaims(claims, policy);
        checkTimes(statement, policy, this.#clock());
        return toVerified(statement, policy);
      });
    } catch (cause) {
      const isKnown = this.#settings.introspection?.prefix !== undefined;
      if (!isKnown || !isInstance(cause, TokenInvalidError)) throw cause;
      // Its prefix shows that it belongs to the issuer, so no other provider may see it.
      throw new TokenInvalidError({ cause, final: true });
    }
  }

  #login(
    sent: string,
    verified: VerifiedAccessToken,
    nonce: string | undefined,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    const { token } = verified;
    // First of all, since a token with unreadable roles must be refused for every user.
    const roles = this.#rolesOf(token);
    const found = token.isClient ? this.findClient(token, userstore) : this.findUser(token, userstore);
    return chained(found, (user) => {
      if (user === null || user === undefined) {
        throw new TokenInvalidError({ cause: new Error(token.isClient ? UNKNOWN_CLIENT : UNKNOWN_USER) });
      }
      // The chain reports a value that is not a user.
      if (!isUser(user)) return user;
      this.#introspection?.noteUser(sent, user.username);
      refuseEnded(verified, user.tokensValidFrom, this.#clock());
      // findUser() may have built its own user from the store's record.
      refuseEnded(verified, userstoreOf(userstore, user)?.tokensValidFrom, this.#clock());
      const authenticatedAt = token.authenticatedAt ?? null;
      return new Authentication(user, {
        authenticatedAt,
        methods: verified.methods,
        factors: [{ method: 'idp', at: authenticatedAt }],
        scopes: token.scopes,
        roles,
        isBound: verified.binding.jkt !== undefined || verified.binding.certificate !== undefined,
        expiresAt: verified.expiresAt,
        acceptedUntil: verified.acceptedUntil,
        claims: token.claims,
        ...(nonce !== undefined && { replyHeaders: { 'DPoP-Nonce': nonce } }),
      });
    });
  }

  #rolesOf(token: AccessToken): readonly string[] {
    const { roles } = this.#settings;
    if (roles === undefined) return NO_ROLES;
    let known = this.#roles.get(token);
    if (known === undefined) this.#roles.set(token, (known = Object.freeze(rolesIn(token.claims, roles))));
    return known;
  }
}

const UNKNOWN_CLIENT =
  'The token belongs to a client that acts for itself, and findClient() returned no user for it';
const UNKNOWN_USER = 'findUser() found no user for the subject';
const NO_ROLES: readonly string[] = Object.freeze([]);
function sourceIn(store: ProofStore | undefined): ProblemSource | undefined {
  return store !== undefined && PROBLEM_SOURCE in store ? (store as ProofStore & ProblemSource) : undefined;
}
