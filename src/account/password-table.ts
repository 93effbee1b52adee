import type { Constructor } from '../components/constructor';
import { noteApp } from '../core/apps';
import type { Authentication } from '../core/authentication';
import type { Action } from '../core/exchange';
import type { Answers } from '../decorators/answers';
import { NO_STORE } from '../http/own-reply';
import { readJson } from '../http/read-body';
import type { SessionService } from '../sessions/session-service';
import { type IssuedToken, TokenService } from '../tokens/token-service';
import { optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { type OwnTable, classOf, TABLE_PATH } from './own-table';
import { refuseUnchangeable } from './password-change';
import { MIN_LENGTH } from './password-strength';
import { renewAfterChange } from './renew-after-change';

/** The options of `passwordController()` and `passwordRoutes()`. */
export interface PasswordControllerOptions {
  /** The path of the route, under the prefix of the app or of a mount. @default '/password' */
  path?: string;
  /** The minimum length of new passwords, in characters, 8 to 64. @default 12 */
  minLength?: number;
  /**
   * Gives the client a new token in place of the token that the change has ended, with a refresh token if the service
   * has `state` and `refresh` is on. @default 204 without a body
   */
  tokens?: Constructor<TokenService>;
  /**
   * After a change by a session, that session continues with a new secret, while all other sessions end; no token is
   * issued.
   * @default the session ends too
   */
  sessions?: Constructor<SessionService>;
}

const OPTIONS = {
  path: optional(TABLE_PATH, '/password'),
  minLength: MIN_LENGTH,
  tokens: optional(classOf<TokenService>()),
  sessions: optional(classOf<SessionService>()),
} satisfies Record<keyof PasswordControllerOptions, Kind<unknown>>;

/**
 * The route with which users change their own password.
 * @param call the function that makes it for a host, for messages
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function passwordTable(call: string, options: PasswordControllerOptions): OwnTable {
  const { path, minLength, tokens, sessions } = parseOptions(call, options, OPTIONS);
  return {
    call,
    path,
    routes: {
      change: {
        verb: 'put',
        path: '',
        reply: (answers, action) =>
          answers.settle(async () => {
            const body = await readJson(action);
            const login = await answers.changePassword(action, body, minLength);
            const isRenewed = sessions !== undefined && (await renewed(answers, action, sessions, login));
            if (isRenewed || tokens === undefined) return { status: 204, headers: NO_STORE };
            return { status: 200, headers: NO_STORE, json: await tokensFor(answers, action, tokens, login) };
          }),
      },
    },
    needs: {
      refuseUnmet: (app) => {
        refuseUnchangeable(call, app);
      },
    },
  };
}

/** Resolves to true if the request used one of these sessions, which then continues. */
async function renewed(
  answers: Answers,
  action: Action,
  sessions: Constructor<SessionService>,
  login: Authentication,
): Promise<boolean> {
  const before = await answers.authentication(action);
  const request = answers.request(action);
  noteApp(request, answers.app());
  return renewAfterChange(answers.resolve(sessions), { before, login }, request);
}

async function tokensFor(
  answers: Answers,
  action: Action,
  cls: Constructor<TokenService>,
  login: Authentication,
): Promise<IssuedToken> {
  const tokens: TokenService = answers.resolve(cls);
  if (TokenService.familiesOf(tokens)?.isRefreshOn !== true) return tokens.issue(login);
  const request = answers.request(action);
  noteApp(request, answers.app());
  return tokens.start(login, request);
}
