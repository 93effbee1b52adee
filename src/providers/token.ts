import { Authentication } from '../core/authentication';
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
import { isUser, type User } from '../core/user';
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
import { isThenable } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';

/** What verifies the tokens of a {@link TokenProvider}: a TokenService, or an app's own. */
export interface TokenVerifier {
  /** The statements of a token. @throws TokenInvalidError for an invalid token */
  verify(token: string): VerifiedToken | PromiseLike<VerifiedToken>;
  /**
   * Whose tokens these are, as their `iss` has it: a JWT of another issuer, and what is no JWT, is then left to other
   * providers. @default every token is its own
   */
  readonly issuer?: string;
  /** Whether a verified token has been revoked. @default none is */
  isRevoked?(token: VerifiedToken): MaybePromise<boolean>;
  /** Tells it of an app that it works in: when a provider that holds it starts there. @see AuthProviderInterface.onStart */
  onStart?(app: AppFacts): void;
  /** Ends what it began, when the last provider that holds it is closed. */
  close?(): void | Promise<void>;
}

/** @param cls has either no constructor, or one that was given nothing for what it asks for */
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
 * Authenticates access tokens, from `Authorization: Bearer` and from the `Authentication-Token` header.
 * A query or form parameter is never read: URLs end up in logs. The user is loaded at every request and
 * must still exist, with several userstores in the same one, and still have the `tokensValidFrom` that the login
 * behind the token saw.
 * @see RFC 6750 section 2.1
 */
export class TokenProvider<U extends User = User> implements AuthProviderInterface<U> {
  readonly credential = 'authorization';
  readonly schemes: readonly string[] = ['bearer'];
  readonly #tokens: TokenVerifier;
  #isStarted = false;

  /** @throws ConfigurationError when it is not given a token service. */
  constructor(tokens: TokenVerifier) {
    // TypeDI hands its container to a class that declares no constructor.
    if (typeof (tokens as Partial<TokenVerifier> | null | undefined)?.verify !== 'function') {
      throw new ConfigurationError(withoutService(new.target));
    }
    this.#tokens = tokens;
  }

  /** At once where neither the verifier nor the store has to be waited for; what is refused rejects. */
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>> {
    return attempted(() => {
      const { token, isOfHeader } = readToken(request);
      if (token === undefined) return null;
      const issuer = isOfHeader ? undefined : this.#tokens.issuer;
      // A service that needs nobody else finds out sooner by verifying than by looking.
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

  /** The same: a token may be shown any number of times. */
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
    this.#tokens.onStart?.(app);
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

/** Nothing that a verifier of the app could answer. */
const OF_ANOTHER_ISSUER = Symbol('of another issuer');

/** Of tokens that do not say how their login was proved. */
const BY_TOKEN = frozenNames('token');

function refuseRevoked(isRevoked: unknown): void {
  if (isRevoked === false) return;
  if (isRevoked !== true) throw new TypeError('isRevoked() must return true or false');
  throw new TokenInvalidError({ cause: new Error('The token has been revoked') });
}

/** The login of a token, whose user the store has just given. */
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
  /** True for one of the header `Authentication-Token`, which no other provider reads. */
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

/** A user of the same name in another store is somebody else. */
function isAtHome<U extends User>(token: VerifiedToken, userstore: UserstoreInterface<U>, user: U): boolean {
  const home = userstoreOf(userstore, user);
  if (home === undefined) return true;
  return token.userstore === undefined ? !home.isOneOfSeveral : token.userstore === home.name;
}

/**
 * A token holds while the user still has the `tokensValidFrom` that its login saw: no clock is asked, so neither a
 * slow store nor a login under way leaves a gap. Tokens from before 0.1.0 have no stamp and are held against the time,
 * the login's beside the token's: just after a change an earlier token may still have been exchanged for a new one.
 */
function isOutdated(token: VerifiedToken, user: User): boolean {
  if (token.stamp !== undefined) return token.stamp !== stampOf(user);
  const { tokensValidFrom } = user;
  if (tokensValidFrom === null || tokensValidFrom === undefined) return false;
  return !(token.issuedAt >= tokensValidFrom && token.authenticatedAt >= tokensValidFrom);
}
