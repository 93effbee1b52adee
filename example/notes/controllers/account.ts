import { apiKeyController, passwordController, tokenController } from 'securest';
import type { User } from 'securest';
import { CurrentUser, Get, JsonController } from 'routing-controllers';
import { Keys } from '../keys';
import { Tokens } from '../tokens';

@JsonController()
export class AccountController {
  /** The user record as it is: securest has taken the password hash out of it. */
  @Get('/me')
  me(@CurrentUser() user: User) {
    return user;
  }
}

/** What users do about their own logins: `/me`, `/token`, `/password` and `/api-keys`. */
export function accountControllers() {
  return [
    AccountController,
    tokenController({ tokens: Tokens }),
    passwordController({ tokens: Tokens }),
    apiKeyController({ keys: Keys }),
  ];
}
