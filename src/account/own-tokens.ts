import type { Action } from '../core/exchange';
import type { Constructor } from '../components/constructor';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import type { Answers } from '../decorators/answers';
import {
  AccessDeniedError,
  AuthenticationRequiredError,
  BadCredentialsError,
  InvalidRequestError,
  SecurityError,
  SecurityFaultError,
} from '../errors';
import { rawResponse } from '../http/raw';
import { NO_STORE } from '../http/own-reply';
import { readJson } from '../http/read-body';
import { setHeaders } from '../http/reply';
import { withChallenges } from '../authentication/own-challenges';
import { describeReason } from '../util/describe-error';
import { isInstance } from '../util/instance';
import { noteApp } from '../core/apps';
import type { TokenFamily } from '../tokens/families/list-families';
import type { IssuedTokens } from '../tokens/families/parts';
import type { TokenFamilies } from '../tokens/families/token-families';
import { TokenService } from '../tokens/token-service';

/** Longer than any refresh token; longer text is refused unread. */
const MAX_LENGTH = 4096;

const INVALID_TOKEN = { scheme: 'Bearer', params: { error: 'invalid_token' } } as const;

/** The routes for tokens that are refreshed, for one request. */
export class OwnTokens {
  readonly #call: string;
  readonly #answers: Answers;
  readonly #action: Action;
  readonly #request: SecurityRequest;
  readonly #tokens: TokenService;

  /** @param call the function that made the routes, for messages */
  constructor(call: string, answers: Answers, action: Action, tokens: Constructor<TokenService>) {
    this.#call = call;
    this.#answers = answers;
    this.#action = action;
    this.#request = answers.request(action);
    this.#tokens = answers.resolve(tokens);
    noteApp(this.#request, answers.app());
    // The refresh route is public, so nothing else sets this header.
    setHeaders(rawResponse(action), NO_STORE);
  }

  start(): Promise<IssuedTokens> {
    return this.#settled(async () => {
      const login = await this.#login();
      refuseForeign(login);
      return this.#tokens.start(login, this.#request);
    });
  }

  refresh(): Promise<IssuedTokens> {
    return this.#settled(async () => {
      const refreshToken = await refreshTokenIn(this.#action);
      try {
        return await this.#tokens.refresh(refreshToken, this.#request);
      } catch (error) {
        if (isInstance<BadCredentialsError>(error, BadCredentialsError)) {
          throw withChallenges(error, INVALID_TOKEN);
        }
        throw error;
      }
    });
  }

  endCurrent(): Promise<undefined> {
    return this.#settled(async () => {
      const login = await this.#login();
      if (login.provedBy !== 'token' || login.familyId === undefined) throw refused('No token of a family');
      refuseForeign(login);
      if (!(await this.#families.revokeCurrent(login, login.familyId, this.#request))) {
        throw refused('The family of the token is of another user');
      }
      return undefined;
    });
  }

  families(): Promise<readonly TokenFamily[]> {
    return this.#settled(async () => this.#families.list(await this.#owner(), this.#request));
  }

  endAll(): Promise<undefined> {
    return this.#settled(async () => {
      await this.#families.revokeUser(await this.#owner(), this.#request);
      return undefined;
    });
  }

  /** False if the user has no family of this id. */
  endFamily(id: string): Promise<boolean> {
    return this.#settled(async () => this.#families.revokeOwn(await this.#owner(), id, this.#request));
  }

  get #families(): TokenFamilies {
    const families = TokenService.familiesOf(this.#tokens);
    if (families === undefined) throw new TypeError('The token service has no state');
    return families;
  }

  async #login(): Promise<Authentication> {
    const login = await this.#answers.authentication(this.#action);
    if (login === undefined) throw new AuthenticationRequiredError();
    return login;
  }

  /** A login that may list and end its user's families. */
  async #owner(): Promise<Authentication> {
    const login = await this.#login();
    if (login.provedBy === 'key') throw refused('An API key is no login');
    if (login.scopes !== undefined) throw refused('The credential is limited by scopes');
    refuseForeign(login);
    return login;
  }

  /** Errors that are not SecurityErrors could tell the client internal details. */
  async #settled<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (isInstance(cause, SecurityError)) throw cause;
      this.#answers.app().report({ component: this.#call, problem: describeReason(cause) });
      throw new SecurityFaultError({ cause });
    }
  }
}

/** A user who comes from no userstore only shares the name with the owner of families. */
function refuseForeign({ source }: Authentication): void {
  if (source?.kind === 'provider') throw refused('The user is of no userstore');
}

function refused(reason: string): AccessDeniedError {
  return new AccessDeniedError({ cause: new Error(reason) });
}

/** @throws InvalidRequestError without a challenge, since a login would not help */
async function refreshTokenIn(action: Action): Promise<string> {
  const { refreshToken } = await readJson(action).catch((error: unknown) => {
    throw isInstance(error, InvalidRequestError) ? withChallenges(error) : error;
  });
  if (typeof refreshToken === 'string' && refreshToken.length <= MAX_LENGTH) return refreshToken;
  throw withChallenges(new InvalidRequestError());
}
