import { ApiKeyProvider, AuthProvider, PasswordProvider, TokenProvider } from 'securest';
import { Keys } from './keys';
import { Tokens } from './tokens';

/** `Authorization: Basic`, verified against the userstore. */
@AuthProvider(1)
export class Password extends PasswordProvider {}

/** `Authorization: Bearer`, with a token of `POST /token`. */
@AuthProvider(2)
export class Token extends TokenProvider {
  constructor(tokens: Tokens) {
    super(tokens);
  }
}

/** `X-API-Key`, or `Authorization: Bearer`, with a key of `POST /api-keys`. */
@AuthProvider(3)
export class Key extends ApiKeyProvider {
  constructor(keys: Keys) {
    super(keys);
  }
}
