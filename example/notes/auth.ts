import { ApiKeyProvider, AuthProvider, PasswordProvider, TokenProvider } from 'securest';
import { Keys } from './keys';
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

/** `X-API-Key`, or `Authorization: Bearer`, with a key that `POST /api-keys` gave out. */
@AuthProvider(3)
export class Key extends ApiKeyProvider {
  constructor(keys: Keys) {
    super(keys);
  }
}
