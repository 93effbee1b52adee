/**
 * Access tokens: signed JSON Web Tokens that stand for a login until they expire.
 *
 * An app's service extends {@link TokenService}, issues tokens with `issue` and hands itself to a
 * TokenProvider, which reads them from requests.
 */
import { randomUUID } from 'node:crypto';
import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import type { UserName } from '../core/named-user';
import type { RequestLike } from '../core/request-like';
import type { MaybePromise } from '../core/userstore';
import { BadCredentialsError, ConfigurationError } from '../errors';
import {
  type ClaimsPolicy,
  checkStatement,
  readStatement,
  type TokenStatement,
  type VerifiedToken,
} from './claims';
import { invalid, MAX_TOKEN_LENGTH } from './jws';
import { openJwt, signJwt } from './jwt';
import { KeyUse } from './key-use';
import { refuseUnproved } from '../core/starting-user';
import type { TokenFamily } from './families/list-families';
import type { IssuedTokens, TokenFacts } from './families/parts';
import { isFamilyId } from './families/refresh-token';
import { TokenFamilies } from './families/token-families';
import { checkIsLogin, checkLogin, provedAt } from './login-checks';
import { freezeJson, type JsonObject } from './json';
import { checkTokenOptions, type TokenServiceOptions, type TokenSettings } from './token-service-options';
import { digestOfUserId } from './user-id-digest';
import { VerifiedTokens } from './verified-tokens';
import type { Jwk } from '../util/jwk';

/** The tokens for a client, in a form that can be the response's body. */
export interface IssuedToken {
  readonly token: string;
  readonly tokenType: 'Bearer';
  readonly expiresInSeconds: number;
}

/** The memory of a statement without its claims and scopes, at most. */
const STATEMENT_BYTES = 512;

/**
 * Issues and verifies access tokens: with one secret by HS256, whatever a token's header says, or with a
 * {@link KeySet}, where the header names the key and the key fixes the algorithm. Times are precise to the millisecond
 * (RFC 7519 allows fractions), so that a token is usable even if it was issued in the same second in which older tokens
 * were revoked.
 *
 * The service caches the content of accepted tokens, so that their signature need not be checked again: up to
 * `tokenCache` tokens, in at most 4 KiB each on average. Their times are still checked each time.
 */
export class TokenService {
  readonly #keys: KeyUse;
  readonly #settings: Omit<TokenSettings, 'key' | 'tokenCache' | 'stateful'> & ClaimsPolicy;
  readonly #verified: VerifiedTokens<TokenStatement>;
  readonly #families: TokenFamilies | undefined;

  /** @throws ConfigurationError when an option is missing or not safe; it names the option. */
  constructor(options: TokenServiceOptions) {
    const { key, tokenCache, stateful, ...settings } = checkTokenOptions(options);
    this.#keys = new KeyUse(key);
    const { maxAgeSeconds } = settings;
    const familyMs = stateful?.isRefreshOn === true ? stateful.refresh.maxMs : 0;
    this.#settings = { ...settings, maxFamilyAgeSeconds: Math.max(maxAgeSeconds, familyMs / 1000) };
    this.#verified = new VerifiedTokens(tokenCache);
    this.#families =
      stateful &&
      new TokenFamilies({
        stateful,
        issuer: settings.issuer,
        audience: settings.audience,
        lifeSeconds: settings.ttlSeconds + settings.clockToleranceSeconds,
        clock: settings.clock,
        sign: (facts, latestEnd) => this.#sign(facts, latestEnd),
        name: new.target.name,
      });
  }

  /** The issuer of its tokens (`iss`). */
  get issuer(): string {
    return this.#settings.issuer;
  }

  /**
   * The public keys that its tokens are verified with, for other services that accept them: a JSON Web Key Set, which
   * is empty if tokens are signed with a secret. `jwksController()` serves it.
   * @see RFC 7517 section 5
   */
  jwks(): { keys: readonly Jwk[] } {
    return this.#keys.jwks();
  }

  /**
   * Issues a token for a proved login. The token lives `ttlSeconds`, but never longer than `maxAgeSeconds` after that
   * login, however often it is exchanged for a new token. It keeps the login's scopes. It is valid as long as the
   * user's `tokensValidFrom` is the same as at the login. In an app with several userstores it is valid only in the
   * userstore that the login's user came from. A login that the app states itself names no store, so its token is valid
   * only in apps with one store. The token of a session's login ends with the planned end of the session at the latest;
   * it does not end earlier if the session is ended earlier.
   * @throws BadCredentialsError when the login is too long ago, so that the user must log in again; and when the user's
   * `tokensValidFrom` is later than the login by more than the accepted clock difference.
   * @throws TypeError when given anything but an Authentication, for example a bare user. Also for a login that is
   * bound to a key, has no known time or adds roles, and for a login with a user from a provider and no userstore (its
   * token would be valid for the userstore's user of the same name). A token outlives the credential that it is issued
   * for, including a credential of another issuer: guard the action with `recentLogin()`.
   */
  issue(login: Authentication): IssuedToken {
    checkLogin('issue', login);
    const authenticatedAt = this.#loginTime('issue', login);
    const { methods, scopes, stamp, familyId, provedBy, expiresAt } = login;
    // The server can end a session early, which its tokens do not notice. They are limited by the session's planned
    // end.
    const sessionEnd = provedBy === 'session' ? (expiresAt?.getTime() ?? Infinity) : Infinity;
    const issued = this.#sign(
      {
        username: login.user.username,
        userstore: Authentication.homeOf(login),
        authenticatedAt,
        methods,
        scopes,
        stamp,
        familyId,
        userId: Authentication.userIdOf(login),
      },
      Math.min(authenticatedAt + this.#settings.maxAgeSeconds * 1000, sessionEnd),
    );
    if (issued !== undefined) return issued;
    throw new BadCredentialsError({ cause: new Error('The login is older than maxAgeSeconds') });
  }

  /**
   * The content of a token, after its signature, type and claims have been checked. This method does not check that the
   * user still exists and may log in. Claims, methods and scopes are frozen.
   * @throws TokenInvalidError for every invalid token; it throws no other error.
   * @see RFC 7519 section 7.2, RFC 8725 section 3
   */
  verify(token: string): VerifiedToken {
    if (typeof token !== 'string') throw invalid('The token is no string');
    const known = this.#verified.find(token, this.#keys);
    if (known !== undefined) return this.#check(known);
    const { key, claims: stated } = openJwt(this.#keys.verifying, token);
    const statement = readStatement(stated);
    const { claims, methods, scopes } = statement;
    const bytes = STATEMENT_BYTES + freezeJson(claims) + freezeJson(methods) + freezeJson(scopes);
    const verified = this.#check(statement);
    // Only now, so that a refused token never takes the place of another.
    this.#verified.add(token, key, statement, bytes);
    return verified;
  }

  /**
   * Starts a token family: issues the first access token and refresh token of a login, see {@link refresh}. The login
   * must have been proved in this very request, with a user of a userstore, or it must be stated by the app itself with
   * `new Authentication(user)` in an app with one store.
   * @param request the request of the login, as `@Req()` or `@Ctx()` injects it: its address is shown to the user, and
   * `refresh.client` receives it
   * @throws AccessDeniedError for a login by a token, a key or a session, or if its user may not log in
   * @throws BadCredentialsError for a login that is too long ago, when the user's `tokensValidFrom` is later than the
   * login, and when all logins of the user are ended meanwhile
   * @throws ServiceUnavailableError when the state store, the revocation log or the userstore is unavailable
   * @throws TypeError as {@link issue} does, and if `request` is not the request of an action that runs
   * @throws ConfigurationError without `state`, with `refresh: false`, and before an app with this service has started
   */
  async start(login: Authentication, request?: RequestLike): Promise<IssuedTokens> {
    const families = this.#stateful('start');
    if (!families.isRefreshOn) throw new ConfigurationError('TokenService.start(): `refresh` is false');
    checkIsLogin('start', login);
    refuseUnproved(login);
    checkLogin('start', login);
    return families.start(login, this.#loginTime('start', login), request);
  }

  /**
   * Exchanges a refresh token for new tokens. The login behind them stays the same, with its time, methods and scopes.
   * A refresh token can be used once. Within `graceSeconds`, a repeated token gets the same successor. Later, a
   * repeated token ends the family, since the token may have been stolen (`token_reused`).
   * @param request as for {@link start}
   * @throws TypeError if `request` is not the request of an action that runs
   * @throws TokenInvalidError for an invalid token, and when its user may not log in or has changed the password
   * @throws ServiceUnavailableError when the state store or the userstore is unavailable; the token is not used up then
   * @see RFC 9700 section 4.14.2
   */
  async refresh(refreshToken: string, request?: RequestLike): Promise<IssuedTokens> {
    const families = this.#stateful('refresh');
    if (!families.isRefreshOn) throw new ConfigurationError('TokenService.refresh(): `refresh` is false');
    if (typeof (refreshToken as unknown) !== 'string') throw invalid('The refresh token is not a string');
    return families.refresh(refreshToken, request);
  }

  /**
   * Whether a verified token, its family or all tokens of its user have been revoked. The answer is synchronous, unless
   * the log has to be read again first. Always false without `state`, or with `revocation: false`.
   * @throws ServiceUnavailableError when the log cannot be read, see {@link RevocationOptions}
   */
  isRevoked(token: VerifiedToken): MaybePromise<boolean> {
    return this.#families?.isRevoked(token) ?? false;
  }

  /**
   * Revokes one access token: in this process at once, in other processes within `revocation.maxDelayMs`. The refresh
   * token of its family stays valid.
   * @throws ServiceUnavailableError when the revocation could not be written to the log yet; the service tries again
   * until it succeeds
   * @throws ConfigurationError without `state`, and with `revocation: false`
   */
  async revokeToken(token: VerifiedToken): Promise<void> {
    await this.#stateful('revokeToken').revokeToken(token);
  }

  /**
   * Ends a family: its refresh token, and its access tokens as {@link revokeToken} does. An unknown or ended family
   * causes no error.
   * @param familyId {@link Authentication.familyId}, or the `id` of {@link TokenFamily}
   * @throws TypeError when the value is not a family id
   * @throws ServiceUnavailableError when not all processes are certain to learn of the end
   */
  async revokeFamily(familyId: string): Promise<void> {
    if (!isFamilyId(familyId)) throw new TypeError('TokenService.revokeFamily() takes the id of a family');
    await this.#stateful('revokeFamily').revokeFamily(familyId);
  }

  /**
   * Ends all families of a user, and all access tokens that have been issued so far, including those of {@link issue}.
   * @throws TypeError when the user cannot be identified
   * @throws ServiceUnavailableError when not all processes are certain to learn of the end
   */
  async revokeUser(user: Authentication | UserName): Promise<void> {
    await this.#stateful('revokeUser').revokeUser(user);
  }

  /**
   * The families of a user that can still be refreshed, the most recently used family first.
   * @throws TypeError when the user cannot be identified
   * @throws ServiceUnavailableError when the state store or the userstore is unavailable
   */
  async families(user: Authentication | UserName): Promise<readonly TokenFamily[]> {
    return this.#stateful('families').list(user);
  }

  /**
   * Resolves when the revoked tokens are known; until then, requests with a token get status 503. Await it before the
   * server listens. Resolves at once without `state`, or with `revocation: false`.
   */
  get ready(): Promise<void> {
    return this.#families?.ready.then(() => undefined) ?? Promise.resolve();
  }

  /**
   * Starts reading the revocation log, and reports faults in a new version of a {@link KeyFile} to the app. Called by
   * the TokenProvider that holds the service.
   */
  onStart(app: AppFacts): void {
    this.#keys.start((problem) => {
      app.report(problem);
    });
    this.#families?.onStart(app);
  }

  /**
   * Stops reading the revocation log, and closes a {@link KeyFile} with the last service that holds it. Called by the
   * last TokenProvider that holds the service.
   */
  async close(): Promise<void> {
    await Promise.all([this.#families?.close(), this.#keys.close()]);
  }

  /** Gives the library's own controllers access to the families. Undefined without `state`. @internal */
  static familiesOf(tokens: TokenService): TokenFamilies | undefined {
    return tokens.#families;
  }

  #stateful(call: string): TokenFamilies {
    if (this.#families !== undefined) return this.#families;
    throw new ConfigurationError(
      `TokenService.${call}() needs the option \`state\`, where families are kept`,
    );
  }

  #check(statement: TokenStatement): VerifiedToken {
    return checkStatement(statement, this.#settings, this.#settings.clock());
  }

  /**
   * The time of the login, in milliseconds.
   * @throws BadCredentialsError when the user's stamp is later than the login
   */
  #loginTime(call: string, login: Authentication): number {
    const authenticatedAt = Math.min(provedAt(call, login).getTime(), this.#settings.clock());
    // A change moves the stamp by at least a second, so that two changes in one second set it ahead of the clock.
    if (login.stamp <= authenticatedAt + 1000 * (this.#settings.clockToleranceSeconds + 1)) {
      return authenticatedAt;
    }
    throw new BadCredentialsError({ cause: new Error('tokensValidFrom is ahead of the login') });
  }

  #sign(facts: TokenFacts, latestEnd: number): IssuedToken | undefined {
    const { issuer, audience, ttlSeconds, clock } = this.#settings;
    const now = clock();
    const expiresAt = Math.min(now + ttlSeconds * 1000, latestEnd);
    const expiresInSeconds = Math.floor((expiresAt - now) / 1000);
    if (!(expiresInSeconds >= 1)) return undefined;
    const token = signJwt(this.#keys.signing(), {
      iss: issuer,
      aud: audience,
      sub: facts.username,
      iat: now / 1000,
      exp: expiresAt / 1000,
      jti: randomUUID(),
      // The clock of the process that accepted the login may be ahead.
      auth_time: Math.min(facts.authenticatedAt, now) / 1000,
      tvf: facts.stamp,
      ...loginClaims(facts),
    });
    if (token.length > MAX_TOKEN_LENGTH) throw new TypeError('The login does not fit into a token');
    return { token, tokenType: 'Bearer', expiresInSeconds };
  }
}

function loginClaims({ methods, scopes, userstore, familyId, userId }: TokenFacts): JsonObject {
  return {
    ...(methods.length > 0 && { amr: methods }),
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
    ...(userstore !== undefined && { userstore }),
    // Without it the token would outlive the logout of its family.
    ...(familyId !== undefined && { sid: familyId }),
    ...(userId !== undefined && { uid: digestOfUserId(userId) }),
  };
}
