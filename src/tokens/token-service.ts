/**
 * Access tokens: signed JSON Web Tokens that stand for a login until they expire.
 *
 * An app's service extends {@link TokenService}, issues tokens with `issue` and hands itself to a
 * TokenProvider, which reads them from requests.
 */
import { type JsonWebKey, randomUUID } from 'node:crypto';
import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import { isUser } from '../core/user';
import { BadCredentialsError } from '../errors';
import { checkStatement, readStatement, type TokenStatement, type VerifiedToken } from './claims';
import { invalid, MAX_TOKEN_LENGTH } from './jws';
import { openJwt, signJwt } from './jwt';
import { KeyUse } from './key-use';
import { freezeJson, type JsonObject } from './json';
import { checkTokenOptions, type TokenServiceOptions, type TokenSettings } from './token-service-options';
import { VerifiedTokens } from './verified-tokens';
import { isScope } from '../util/scope-name';

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
  readonly #settings: Omit<TokenSettings, 'key' | 'tokenCache'>;
  readonly #verified: VerifiedTokens<TokenStatement>;

  /** @throws ConfigurationError when an option is missing or not safe; it names the option. */
  constructor(options: TokenServiceOptions) {
    const { key, tokenCache, ...settings } = checkTokenOptions(options);
    this.#keys = new KeyUse(key);
    this.#settings = settings;
    this.#verified = new VerifiedTokens(tokenCache);
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
  jwks(): { keys: readonly JsonWebKey[] } {
    return this.#keys.jwks();
  }

  /** Tells the app what is wrong with a new version of a {@link KeyFile}. Called by the TokenProvider that holds it. */
  onStart(app: Pick<AppFacts, 'report'>): void {
    this.#keys.start(app.report);
  }

  /** Closes a {@link KeyFile}, with the last service that has it. Called by the last TokenProvider that holds it. */
  async close(): Promise<void> {
    await this.#keys.close();
  }

  /**
   * A token for a proved login. It lives `ttlSeconds`, yet never longer than `maxAgeSeconds` after that
   * login, however often it is exchanged for a new one, and keeps the login's scopes.
   * It is good as long as the user still has the `tokensValidFrom` that the login saw, and in an app with several
   * userstores only for the user of the one that had the user. A login that the app states itself names no store, so
   * it is good in apps with one.
   * @throws BadCredentialsError when the login is too long ago, the user must log in again; and when the user's
   * `tokensValidFrom` lies ahead of the login by more than the accepted clock difference.
   * @throws TypeError when given anything but an Authentication, for example a bare user; and for a login whose user
   * came from a provider and no userstore (its token would be for whoever has that name in the userstore), that is
   * bound to a key, whose time is not known, or that adds roles. A token outlives the credential that it is given for,
   * another issuer's too: guard the action with `recentLogin()`.
   */
  issue(login: Authentication): IssuedToken {
    checkLogin(login);
    const now = this.#settings.clock();
    const authenticatedAt = Math.min(provedAt(login).getTime(), now);
    const expiresAt = Math.min(
      now + this.#settings.ttlSeconds * 1000,
      authenticatedAt + this.#settings.maxAgeSeconds * 1000,
    );
    const { clockToleranceSeconds } = this.#settings;
    // A change moves it by at least a second, so that two changes in one second set it ahead.
    if (!(login.stamp <= authenticatedAt + 1000 * (clockToleranceSeconds + 1))) {
      throw new BadCredentialsError({ cause: new Error('tokensValidFrom is ahead of the login') });
    }
    const expiresInSeconds = Math.floor((expiresAt - now) / 1000);
    if (!(expiresInSeconds >= 1)) {
      throw new BadCredentialsError({ cause: new Error('The login is older than maxAgeSeconds') });
    }
    const token = signJwt(this.#keys.signing(), {
      iss: this.#settings.issuer,
      aud: this.#settings.audience,
      sub: login.user.username,
      iat: now / 1000,
      exp: expiresAt / 1000,
      jti: randomUUID(),
      auth_time: authenticatedAt / 1000,
      tvf: login.stamp,
      ...loginClaims(login),
    });
    if (token.length > MAX_TOKEN_LENGTH) throw new TypeError('The login does not fit into a token');
    return { token, tokenType: 'Bearer', expiresInSeconds };
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

  #check(statement: TokenStatement): VerifiedToken {
    return checkStatement(statement, this.#settings, this.#settings.clock());
  }
}

function checkLogin(login: unknown): asserts login is Authentication {
  if (!(login instanceof Authentication)) {
    throw new TypeError(
      'TokenService.issue() takes an Authentication: the one of @CurrentAuthentication(), ' +
        'or new Authentication(user) for a login that was proved just now',
    );
  }
  if (!isUser(login.user)) throw new TypeError('TokenService.issue(): the login has no valid user');
  if (login.source?.kind === 'provider') {
    throw new TypeError(
      `TokenService.issue(): the user comes from ${login.source.name} and no userstore, so the token could be for ` +
        'somebody else: look the user up in the userstore, and state the login by new Authentication(user)',
    );
  }
  if (login.isBound) {
    throw new TypeError(
      'TokenService.issue(): the login is bound to a key of the client, and the token would not be: let the client ' +
        'use the credential that it has',
    );
  }
  if (login.roles.length > 0) {
    throw new TypeError(
      'TokenService.issue(): the credential of the login adds roles that the user does not have, and the token would ' +
        'lose them: give the user its roles in the userstore, and state the login by new Authentication(user)',
    );
  }
}

/** @throws TypeError where nobody knows */
function provedAt({ authenticatedAt }: Authentication): Date {
  if (authenticatedAt !== undefined) return authenticatedAt;
  throw new TypeError(
    'TokenService.issue(): when the login took place is not known, so the token could outlive any limit: guard the ' +
      'action with recentLogin(), which asks the client for a login of known time',
  );
}

function loginClaims(login: Authentication): JsonObject {
  const { methods, scopes, familyId } = login;
  const userstore = Authentication.homeOf(login);
  if (scopes !== undefined && !scopes.every((scope) => isScope(scope))) {
    throw new TypeError('TokenService.issue(): a scope must be printable ASCII without spaces');
  }
  return {
    ...(methods.length > 0 && { amr: methods }),
    ...(scopes !== undefined && { scope: scopes.join(' ') }),
    ...(userstore !== undefined && { userstore }),
    // Or the token would outlive the logout of its family.
    ...(familyId !== undefined && { sid: familyId }),
  };
}
