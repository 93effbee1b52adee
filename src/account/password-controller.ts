import {
  type Action,
  Authorized,
  Body,
  createParamDecorator,
  JsonController,
  OnUndefined,
  Put,
} from 'routing-controllers';
import { Service } from 'typedi';
import type { Authentication } from '../core/authentication';
import { executionOf } from '../http/raw';
import { ConfigurationError, SecurityFaultError } from '../errors';
import type { Constructor } from '../components/constructor';
import type { IssuedToken, TokenService } from '../tokens/token-service';
import { checkMinLength } from './password-strength';

export interface PasswordControllerOptions {
  /** Where the action is, under the app's prefix. @default '/password' */
  path?: string;
  /** Of new passwords, in characters, 8 to 64. @default 12 */
  minLength?: number;
  /** Gives the client a token for the one that the change has ended. @default 204 without a body */
  tokens?: Constructor<TokenService>;
}

/** The execution of the action's own request. */
interface Own {
  changePassword(body: unknown, minLength: number): Promise<Authentication>;
  resolve<T>(cls: Constructor<T>): T;
}

function OwnExecution(): ParameterDecorator {
  return createParamDecorator({
    value: (action: Action): Own => {
      const execution = executionOf(action);
      if (execution === undefined) {
        throw new SecurityFaultError({
          cause: new Error('passwordController() on a server without securest'),
        });
      }
      return {
        changePassword: (body, minLength) => execution.changePassword(action, body, minLength),
        resolve: (cls) => execution.resolve(cls),
      };
    },
  }) as ParameterDecorator;
}

const made = new WeakSet<object>();

/** True for what {@link passwordController} made. */
export function isPasswordController(target: object): boolean {
  return made.has(target);
}

/**
 * A controller by which users change their own password: `PUT /password` with
 * `{ currentPassword, newPassword }`. The reply is 204, or 200 with a new token.
 *
 * It takes a login of the last five minutes (401 else) and the current password (403 `wrong_password`; wrong ones
 * count as failed logins, 429). A new password that {@link StrongPassword} would refuse is 400 `weak_password`. The
 * change ends every token that was issued before.
 *
 * At start it asks for a `PasswordProvider` and a userstore whose `updatePassword` takes the changes.
 * @throws ConfigurationError for options that do not hold
 */
export function passwordController(options: PasswordControllerOptions = {}): Constructor<object> {
  const { path = '/password', tokens } = options;
  if (typeof path !== 'string' || !/^\/[^\s?#]+$/.test(path)) {
    throw new ConfigurationError('passwordController(): path must begin with a slash, such as /password');
  }
  const minLength = checkMinLength('passwordController()', options.minLength);

  @Service()
  @Authorized()
  @JsonController()
  class PasswordController {
    @Put(path)
    @OnUndefined(204)
    async change(@OwnExecution() own: Own, @Body() body: unknown): Promise<IssuedToken | undefined> {
      const login = await own.changePassword(body, minLength);
      return tokens && own.resolve(tokens).issue(login);
    }
  }
  made.add(PasswordController);
  return PasswordController;
}
