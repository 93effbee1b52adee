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
  /** The path of the action, under the app's prefix. @default '/password' */
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

/** The services of the instance that secures the server, for the action. */
interface Own {
  changePassword(body: unknown, minLength: number): Promise<Authentication>;
  /** Resolves to true if the request used one of these sessions, which then continues. */
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

/** True for a controller that {@link passwordController} made. */
export function isPasswordController(target: object): boolean {
  return made.has(target);
}

/**
 * A controller for users to change their own password: `PUT /password` with `{ currentPassword, newPassword }`. The
 * reply is 204, or 200 with a new token.
 *
 * It requires a session, or a login of the last five minutes (else 401, or 403 if the login used neither Bearer nor
 * DPoP), and the current password (else 403 `wrong_password`; wrong passwords count as failed logins, 429). A new
 * password that {@link StrongPassword} would refuse is answered with 400 `weak_password`. The change ends every token
 * that was issued before.
 *
 * At start it requires a `PasswordProvider` and a userstore whose `updatePassword` accepts the changes.
 * @throws ConfigurationError for unknown options and for invalid values
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
