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
import type { SecurityRequest } from '../core/request';
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
import { VerifiedTokens } from './verified-tokens';
import type { Jwk } from '../util/jwk';

/** What a client is given, in a form that can be the reply's body. */
export interface IssuedToken {
  readonly token: string;
  readonly tokenType: 'Bearer';
  readonly expiresInSeconds: number;
}

/** What a statement takes in memory beside its claims and scopes, at most. */
const STATEMENT_BYTES = 512;

/**
 * Issues and verifies access tokens: under one secret by HS256, whatever a token's header says, or under a
 * {@link KeySet}, where the header names the key and the key fixes the algorithm.
 * Times are carried to the millisecond (RFC 7519 allows fractions), so that a token issued in the very
 * second in which older ones were revoked is usable.
 *
 * Of tokens that it accepted it remembers that the signature is right, and what they state: `tokenCache` says how many,
 * with 4 KiB for each at most. Their times are checked each time all the same.
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

  /** Who issues its tokens, as their `iss` has it. */
  get issuer(): string {
    return this.#settings.issuer;
  }

  /**
   * The public keys that its tokens are verified with, for services that take them too: a JSON Web Key Set, without keys
   * where tokens are signed with a secret. `jwksController()` serves it.
   * @see RFC 7517 section 5
   */
  jwks(): { keys: readonly Jwk[] } {
    return this.#keys.jwks();
  }

  /**
   * A token for a proved login. It lives `ttlSeconds`, yet never longer than `maxAgeSeconds` after that
   * login, however often it is exchanged for a new one, and keeps the login's scopes.
   * It is good as long as the user still has the `tokensValidFrom` that the login saw, and in an app with several
   * userstores only for the user of the one that had the user. A login that the app states itself names no store, so
   * it is good in apps with one. That of a session ends with the session at the latest, if nobody ends that before.
   * @throws BadCredentialsError when the login is too long ago, the user must log in again; and when the user's
   * `tokensValidFrom` lies ahead of the login by more than the accepted clock difference.
   * @throws TypeError when given anything but an Authentication, for example a bare user; and for a login whose user
   * came from a provider and no userstore (its token would be for whoever has that name in the userstore), that is
   * bound to a key, whose time is not known, or that adds roles. A token outlives the credential that it is given for,
   * another issuer's too: guard the action with `recentLogin()`.
   */
  issue(login: Authentication): IssuedToken {
    checkLogin('issue', login);
    const authenticatedAt = this.#loginTime('issue', login);
    const { methods, scopes, stamp, familyId, provedBy, expiresAt } = login;
    // A session is ended by the server, and its tokens are bound by the end that it has in any case.
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
      },
      Math.min(authenticatedAt + this.#settings.maxAgeSeconds * 1000, sessionEnd),
    );
    if (issued !== undefined) return issued;
    throw new BadCredentialsError({ cause: new Error('The login is older than maxAgeSeconds') });
  }

  /**
   * What a token says, after its signature, its type, and its claims were found right. Whether its user
   * still exists and may log in is not checked here. Claims, methods and scopes are frozen.
   * @throws TokenInvalidError for everything else, and nothing but it.
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
    // Only now: a token that is not accepted takes nobody's place.
    this.#verified.add(token, key, statement, bytes);
    return verified;
  }

  /**
   * The first tokens of a login that goes on by refresh tokens: see {@link refresh}. Only a login that was proved in
   * this very request starts one, with a user of a userstore, or one that the app states itself by
   * `new Authentication(user)` in an app with one store.
   * @param request that the login came with: its address is shown to the user, and `refresh.client` is asked about it
   * @throws AccessDeniedError for a login by a token, a key or a session, or whose user may not log in
   * @throws BadCredentialsError for a login that is too long ago, when the user's `tokensValidFrom` lies ahead of it, and
   * when all logins of the user are ended meanwhile
   * @throws ServiceUnavailableError when the state store, the revocation log or the userstore cannot say
   * @throws TypeError as {@link issue} does
   * @throws ConfigurationError without `state`, and before an app has started that holds this service
   */
  async start(login: Authentication, request?: SecurityRequest): Promise<IssuedTokens> {
    const families = this.#stateful('start');
    if (!families.isRefreshOn) throw new ConfigurationError('TokenService.start(): `refresh` is false');
    checkIsLogin('start', login);
    refuseUnproved(login);
    checkLogin('start', login);
    return families.start(login, this.#loginTime('start', login), request);
  }

  /**
   * Exchanges a refresh token for new tokens. The login behind them stays the same, with its time, methods and scopes.
   * A token is good once; within `graceSeconds` a repeat gets the same successor, afterwards it ends the family, since
   * the token may have been stolen (`token_reused`).
   * @throws TokenInvalidError for one that is no good, or whose user may not log in or has another password since
   * @throws ServiceUnavailableError when the state store or the userstore cannot say; nothing is spent then
   * @see RFC 9700 section 4.14.2
   */
  async refresh(refreshToken: string, request?: SecurityRequest): Promise<IssuedTokens> {
    const families = this.#stateful('refresh');
    if (!families.isRefreshOn) throw new ConfigurationError('TokenService.refresh(): `refresh` is false');
    if (typeof (refreshToken as unknown) !== 'string') throw invalid('The refresh token is not a string');
    return families.refresh(refreshToken, request);
  }

  /**
   * Whether a verified token, its family or all tokens of its user have been revoked; at once, except where the log has
   * to be asked once more. Never without `state`, or with `revocation: false`.
   * @throws ServiceUnavailableError when the log cannot be read, see {@link RevocationOptions}
   */
  isRevoked(token: VerifiedToken): MaybePromise<boolean> {
    return this.#families?.isRevoked(token) ?? false;
  }

  /**
   * Revokes one access token: here at once, in other processes within `revocation.maxDelayMs`. Its refresh token goes on.
   * @throws ServiceUnavailableError when the others could not be told yet; that is tried on until it is done
   * @throws ConfigurationError without `state`, and with `revocation: false`
   */
  async revokeToken(token: VerifiedToken): Promise<void> {
    await this.#stateful('revokeToken').revokeToken(token);
  }

  /**
   * Ends a family: its refresh token, and its access tokens as {@link revokeToken} does. One that is not there, or has
   * ended, is no fault.
   * @param familyId {@link Authentication.familyId}, or the `id` of {@link TokenFamily}
   * @throws TypeError for what is no id of a family
   * @throws ServiceUnavailableError when that is not certain in all processes
   */
  async revokeFamily(familyId: string): Promise<void> {
    if (!isFamilyId(familyId)) throw new TypeError('TokenService.revokeFamily() takes the id of a family');
    await this.#stateful('revokeFamily').revokeFamily(familyId);
  }

  /**
   * Ends all families of a user, and all access tokens that were issued until now, those of {@link issue} too.
   * @throws TypeError where it cannot be told who is meant
   * @throws ServiceUnavailableError when that is not certain in all processes
   */
  async revokeUser(user: Authentication | UserName): Promise<void> {
    await this.#stateful('revokeUser').revokeUser(user);
  }

  /**
   * The families of a user that can still be refreshed, the last used one first.
   * @throws TypeError where it cannot be told who is meant
   * @throws ServiceUnavailableError when the state store or the userstore cannot say
   */
  async families(user: Authentication | UserName): Promise<readonly TokenFamily[]> {
    return this.#stateful('families').list(user);
  }

  /**
   * Resolves when it is known which tokens have been revoked: before, requests with a token are 503. Await it before the
   * server listens. At once without `state`, or with `revocation: false`.
   */
  get ready(): Promise<void> {
    return this.#families?.ready.then(() => undefined) ?? Promise.resolve();
  }

  /**
   * Begins to read what has been revoked, and tells the app what is wrong with a new version of a {@link KeyFile}. Called
   * by the TokenProvider that holds it.
   */
  onStart(app: AppFacts): void {
    this.#keys.start((problem) => {
      app.report(problem);
    });
    this.#families?.onStart(app);
  }

  /**
   * Ends the reading of what has been revoked, and closes a {@link KeyFile} with the last service that has it. Called by
   * the last TokenProvider that holds it.
   */
  async close(): Promise<void> {
    await Promise.all([this.#families?.close(), this.#keys.close()]);
  }

  /** What the library's own controllers ask beside. Undefined without `state`. @internal */
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

  /** When it took place, in milliseconds. @throws BadCredentialsError when the stamp of its user is ahead of it */
  #loginTime(call: string, login: Authentication): number {
    const authenticatedAt = Math.min(provedAt(call, login).getTime(), this.#settings.clock());
    // A change moves it by at least a second, so that two changes in one second set it ahead.
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
      // The clock of the process where the login took place may be ahead.
      auth_time: Math.min(facts.authenticatedAt, now) / 1000,
      tvf: facts.stamp,
      ...loginClaims(facts),
    });
    if (token.length > MAX_TOKEN_LENGTH) throw new TypeError('The login does not fit into a token');
    return { token, tokenType: 'Bearer', expiresInSeconds };
  }
}

function loginClaims({ methods, scopes, userstore, familyId }: TokenFacts): JsonObject {
  return {
    ...(methods.length > 0 && { amr: methods }),
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
    ...(userstore !== undefined && { userstore }),
    // Or the token would outlive the logout of its family.
    ...(familyId !== undefined && { sid: familyId }),
  };
}
