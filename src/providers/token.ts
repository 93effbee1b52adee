import { Authentication, type ProvedBy } from '../core/authentication';
import type {
  AppFacts,
  AuthenticationResult,
  AuthProviderInterface,
  ProviderDescription,
} from '../core/auth-provider';
import { hold, release } from '../components/holders';
import { frozenNames } from '../core/frozen-json';
import type { Challenge } from '../core/challenge';
import type { SecurityRequest } from '../core/request';
import { isUser, type User, userIdOf } from '../core/user';
import { stampOf } from '../core/stamp';
import { type MaybePromise, type UserstoreInterface, userstoreOf } from '../core/userstore';
import {
  ConfigurationError,
  InvalidRequestError,
  MalformedCredentialsError,
  TokenInvalidError,
} from '../errors';
import { isVerifiedToken, type VerifiedToken } from '../tokens/claims';
import { bearerToken, isB64Token } from '../http/bearer-token';
import { isIssuedBy } from '../tokens/token-issuer';
import { TokenService } from '../tokens/token-service';
import { digestOfUserId } from '../tokens/user-id-digest';
import { isThenable } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';

/** Verifies the tokens of a {@link TokenProvider}: a TokenService, or an app's own verifier. */
export interface TokenVerifier {
  /** The verified contents of a token. @throws TokenInvalidError for an invalid token */
  verify(token: string): VerifiedToken | PromiseLike<VerifiedToken>;
  /**
   * The issuer of the tokens, as stated in their `iss`: a JWT of another issuer, and a token that is not a JWT, are
   * then left to other providers. @default every token is its own
   */
  readonly issuer?: string;
  /** Whether a verified token has been revoked. @default no token is revoked */
  isRevoked?(token: VerifiedToken): MaybePromise<boolean>;
  /** Called when a provider that holds the verifier starts in an app. @see AuthProviderInterface.onStart */
  onStart?(app: AppFacts): void;
  /** Releases its resources, when the last provider that holds the verifier is closed. */
  close?(): void | Promise<void>;
}

/** @param cls has either no constructor, or a constructor that was called without the service */
function withoutService({ name, length }: { readonly name: string; readonly length: number }): string {
  if (length === 0) {
    return (
      `${name} needs a token service: constructor(tokens: Tokens) { super(tokens); }, ` +
      'where Tokens is your @Service() class that extends TokenService'
    );
  }
  return (
    `${name} was given no token service, though its constructor asks for one: its type must be your @Service() class ` +
    'itself, for TypeDI finds nothing for an interface, for what import type brings, and for a class whose file imports ' +
    'this one in turn'
  );
}

/**
 * Authenticates access tokens, from `Authorization: Bearer` and from the `Authentication-Token` header. A query or form
 * parameter is never read: URLs end up in logs. The user is loaded on every request. It must still exist, in the same
 * userstore if there are several, and still have the `tokensValidFrom` of the login behind the token.
 * @see RFC 6750 section 2.1
 */
export class TokenProvider<U extends User = User> implements AuthProviderInterface<U> {
  readonly credential = 'authorization';
  readonly schemes: readonly string[] = ['bearer'];
  readonly proves: ProvedBy = 'token';
  readonly #tokens: TokenVerifier;
  #isStarted = false;

  /** @throws ConfigurationError without a token service. */
  constructor(tokens: TokenVerifier) {
    // TypeDI passes its container to a class that declares no constructor.
    if (typeof (tokens as Partial<TokenVerifier> | null | undefined)?.verify !== 'function') {
      throw new ConfigurationError(withoutService(new.target));
    }
    this.#tokens = tokens;
  }

  /** Synchronous if neither the verifier nor the store has to be awaited; a refusal rejects. */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return attempted(() => {
      const { token, isOfHeader } = readToken(request);
      if (token === undefined) return null;
      const issuer = isOfHeader ? undefined : this.#tokens.issuer;
      // For a local service, verifying is faster than reading the issuer first.
      const isLocal = this.#tokens instanceof TokenService;
      if (issuer !== undefined && !isLocal && !isIssuedBy(token, issuer)) return null;
      return chained(this.#verify(token, issuer), (verified) => {
        if (verified === OF_ANOTHER_ISSUER) return null;
        if (!isVerifiedToken(verified)) throw new TypeError('The verifier did not return a VerifiedToken');
        return chained(this.#isRevoked(verified), (isRevoked) => {
          refuseRevoked(isRevoked);
          return chained(userstore.getUser(verified.subject), (user) => loginOf(verified, userstore, user));
        });
      });
    });
  }

  /** Authenticates again: a token may be presented any number of times. */
  recheck(
    _login: Authentication<U>,
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return this.authenticate(request, userstore);
  }

  challenge(): Challenge {
    return { scheme: 'Bearer' };
  }

  onStart(app: AppFacts): void {
    if (!this.#isStarted) hold(this.#tokens);
    this.#isStarted = true;
    // A verifier of the app may return a promise, which the start refuses.
    return this.#tokens.onStart?.(app);
  }

  /** Closes the token service, with the last provider that holds it. */
  async close(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    if (release(this.#tokens)) await this.#tokens.close?.();
  }

  describe(): ProviderDescription {
    const { issuer } = this.#tokens;
    return { ...(issuer !== undefined && { issuer }), securitySchemes: SECURITY_SCHEMES };
  }

  #isRevoked(token: VerifiedToken): MaybePromise<boolean> {
    return this.#tokens.isRevoked === undefined ? false : this.#tokens.isRevoked(token);
  }

  #verify(token: string, issuer: string | undefined): MaybePromise<VerifiedToken | typeof OF_ANOTHER_ISSUER> {
    const failed = (error: unknown): typeof OF_ANOTHER_ISSUER => {
      const isInvalid = isInstance(error, TokenInvalidError);
      if (isInvalid && issuer !== undefined && !isIssuedBy(token, issuer)) return OF_ANOTHER_ISSUER;
      throw error;
    };
    try {
      const verified = this.#tokens.verify(token);
      return isThenable(verified) ? Promise.resolve(verified).catch(failed) : verified;
    } catch (error) {
      return failed(error);
    }
  }
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  authenticationToken: { type: 'apiKey', in: 'header', name: 'Authentication-Token' },
} as const satisfies ProviderDescription['securitySchemes'];

/** A value that no verifier of the app can return. */
const OF_ANOTHER_ISSUER = Symbol('of another issuer');

/** For tokens that do not state how their login was proved. */
const BY_TOKEN = frozenNames('token');

function refuseRevoked(isRevoked: unknown): void {
  if (isRevoked === false) return;
  if (isRevoked !== true) throw new TypeError('isRevoked() must return true or false');
  throw new TokenInvalidError({ cause: new Error('The token has been revoked') });
}

/** The login of a token, with the user that the store has just returned. */
function loginOf<U extends User>(
  verified: VerifiedToken,
  userstore: UserstoreInterface<U>,
  user: U | null | undefined,
): AuthenticationResult<U> {
  if (user === null || user === undefined) {
    throw new TokenInvalidError({ cause: new Error('The token is for an unknown user') });
  }
  // The chain reports a store that returns something that is not a user.
  if (!isUser(user)) return user;
  if (!isAtHome(verified, userstore, user)) {
    throw new TokenInvalidError({ cause: new Error('The token is for a user of another userstore') });
  }
  if (isOfAnother(verified, user)) {
    throw new TokenInvalidError({ cause: new Error('The token is for a former user of that name') });
  }
  if (isOutdated(verified, user)) {
    throw new TokenInvalidError({
      cause: new Error('The tokensValidFrom of the user has changed since the login'),
    });
  }
  return new Authentication(user, {
    authenticatedAt: verified.authenticatedAt,
    methods: verified.methods ?? BY_TOKEN,
    scopes: verified.scopes,
    expiresAt: verified.expiresAt,
    acceptedUntil: verified.acceptedUntil,
    claims: verified.claims,
    familyId: verified.familyId,
  });
}

interface ReadToken {
  readonly token: string | undefined;
  /** True for a token of the header `Authentication-Token`, which no other provider reads. */
  readonly isOfHeader: boolean;
}

/** The request's token; undefined when it has none. */
function readToken(request: SecurityRequest): ReadToken {
  const bearer = bearerToken(request);
  const header = request.header('authentication-token');
  if (bearer !== undefined && header !== undefined) {
    throw new InvalidRequestError({ cause: new Error('Two tokens in one request') });
  }
  if (header !== undefined && !isB64Token(header)) throw new MalformedCredentialsError();
  return { token: bearer ?? header, isOfHeader: header !== undefined };
}

/** A user of the same name in another store is another user. */
function isAtHome<U extends User>(token: VerifiedToken, userstore: UserstoreInterface<U>, user: U): boolean {
  const home = userstoreOf(userstore, user);
  if (home === undefined) return true;
  return token.userstore === undefined ? !home.isOneOfSeveral : token.userstore === home.name;
}

/** Whether the record has another `id` than the record of the login. */
function isOfAnother({ userIdDigest }: VerifiedToken, user: User): boolean {
  if (userIdDigest === undefined) return false;
  const id = userIdOf(user);
  return id === undefined || digestOfUserId(id) !== userIdDigest;
}

/**
 * A token is valid while the user still has the `tokensValidFrom` of its login. No clock is involved, so neither a slow
 * store nor a login under way leaves a gap. Tokens from before 0.1.0 have no stamp. They are compared by time, both the
 * token's and its login's: just after a change, an earlier token may still have been exchanged for a new one.
 */
function isOutdated(token: VerifiedToken, user: User): boolean {
  if (token.stamp !== undefined) return token.stamp !== stampOf(user);
  const { tokensValidFrom } = user;
  if (tokensValidFrom === null || tokensValidFrom === undefined) return false;
  return !(token.issuedAt >= tokensValidFrom && token.authenticatedAt >= tokensValidFrom);
}
