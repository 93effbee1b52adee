import { apiKeyController, passwordController, tokenController } from 'securest';
import type { User } from 'securest';
import { CurrentUser, Get, JsonController } from 'routing-controllers';
import { Keys } from '../keys';
import { Tokens } from '../tokens';

@JsonController()
export class AccountController {
  /** The whole user record: securest has removed the password hash. */
  @Get('/me')
  me(@CurrentUser() user: User) {
    return user;
  }
}

/** The actions of users for their own logins: `/me`, `/token`, `/password` and `/api-keys`. */
export function accountControllers() {
  return [
    AccountController,
    tokenController({ tokens: Tokens }),
    passwordController({ tokens: Tokens }),
    apiKeyController({ keys: Keys }),
  ];
}
