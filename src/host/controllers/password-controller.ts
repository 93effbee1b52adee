import {
  Authorized,
  Body,
  createParamDecorator,
  JsonController,
  OnUndefined,
  Put,
} from 'routing-controllers';
import type { Authentication } from '../../core/authentication';
import type { MaybePromise } from '../../core/userstore';
import { answered } from '../../decorators/answers';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import type { SessionService } from '../../sessions/session-service';
import { noteApp } from '../../core/apps';
import { type IssuedToken, TokenService } from '../../tokens/token-service';
import { callable, kind, optional } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import { MIN_LENGTH } from '../../account/password-strength';
import { renewAfterChange } from '../../account/renew-after-change';

/** The options of {@link passwordController}. */
export interface PasswordControllerOptions {
  /** Where the action is, under the app's prefix. @default '/password' */
  path?: string;
  /** Of new passwords, in characters, 8 to 64. @default 12 */
  minLength?: number;
  /**
   * Gives the client a new token in place of the one that the change has ended, with a refresh token where the service
   * has `state` and `refresh` is on. @default 204 without a body
   */
  tokens?: Constructor<TokenService>;
  /**
   * A change by a session lets that session go on, while all others end: it gets a new secret, and no token is issued.
   * @default the session ends too
   */
  sessions?: Constructor<SessionService>;
}

/** What the action asks the instance for that secures its server. */
interface Own {
  changePassword(body: unknown, minLength: number): Promise<Authentication>;
  /** True where the request came by one of these sessions, which goes on. */
  renewSession(cls: Constructor<SessionService>, login: Authentication): Promise<boolean>;
  tokensFor(cls: Constructor<TokenService>, login: Authentication): MaybePromise<IssuedToken>;
}

function OwnInstance(): ParameterDecorator {
  return createParamDecorator({
    value: answered('passwordController()', (answers, action): Own => ({
      changePassword: (body, minLength) => answers.changePassword(action, body, minLength),
      renewSession: (cls, login) =>
        answers.settle(async () => {
          const before = await answers.authentication(action);
          const request = answers.request(action);
          noteApp(request, answers.app());
          return renewAfterChange(answers.resolve(cls), { before, login }, request);
        }),
      tokensFor: (cls, login) => {
        const tokens = answers.resolve(cls);
        if (TokenService.familiesOf(tokens)?.isRefreshOn !== true) return tokens.issue(login);
        const request = answers.request(action);
        noteApp(request, answers.app());
        return tokens.start(login, request);
      },
    })),
  }) as ParameterDecorator;
}

const OPTIONS = {
  path: optional(
    kind<string>(
      'must begin with a slash, such as /password',
      (value) => typeof value === 'string' && /^\/[^\s?#]+$/.test(value),
    ),
    '/password',
  ),
  minLength: MIN_LENGTH,
  tokens: optional(callable<Constructor<TokenService>>()),
  sessions: optional(callable<Constructor<SessionService>>()),
} satisfies Record<keyof PasswordControllerOptions, Kind<unknown>>;

const made = new WeakSet<object>();

/** True for what {@link passwordController} made. */
export function isPasswordController(target: object): boolean {
  return made.has(target);
}

/**
 * A controller by which users change their own password: `PUT /password` with
 * `{ currentPassword, newPassword }`. The reply is 204, or 200 with a new token.
 *
 * It takes a session, or a login of the last five minutes (401 else), and the current password (403 `wrong_password`; wrong ones
 * count as failed logins, 429). A new password that {@link StrongPassword} would refuse is 400 `weak_password`. The
 * change ends every token that was issued before.
 *
 * At start it asks for a `PasswordProvider` and a userstore whose `updatePassword` takes the changes.
 * @throws ConfigurationError for options that are unknown or not valid
 */
export function passwordController(options: PasswordControllerOptions = {}): Constructor<object> {
  const { path, minLength, tokens, sessions } = parseOptions('passwordController()', options, OPTIONS);

  @registerService
  @Authorized()
  @JsonController()
  class PasswordController {
    @Put(path)
    @OnUndefined(204)
    async change(@OwnInstance() own: Own, @Body() body: unknown): Promise<IssuedToken | undefined> {
      const login = await own.changePassword(body, minLength);
      if (sessions !== undefined && (await own.renewSession(sessions, login))) return undefined;
      return tokens && (await own.tokensFor(tokens, login));
    }
  }
  made.add(PasswordController);
  return PasswordController;
}
