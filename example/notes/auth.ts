import { AuthProvider, PasswordProvider, TokenProvider } from 'securest';
import { Tokens } from './tokens';

/** `Authorization: Basic`, against the userstore. */
@AuthProvider(1)
export class Password extends PasswordProvider {}

/** `Authorization: Bearer`, with a token that `POST /token` gave out. */
@AuthProvider(2)
export class Token extends TokenProvider {
  constructor(tokens: Tokens) {
    super(tokens);
  }
}
