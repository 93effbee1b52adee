import { CurrentAuthentication } from 'securest';
import type { Authentication, User } from 'securest';
import { CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import { Tokens } from '../tokens';

@JsonController()
export class AccountController {
  constructor(private readonly tokens: Tokens) {}

  /** The user record as it is: securest has taken the password hash out of it. */
  @Get('/me')
  me(@CurrentUser() user: User) {
    return user;
  }

  /** A token for whoever is logged in, by password or by an older token. */
  @Post('/token')
  token(@CurrentAuthentication() login: Authentication) {
    return this.tokens.issue(login);
  }
}
