import { type TokenControllerOptions, tokenTable } from '../../account/token-table';
import type { Constructor } from '../../components/constructor';
import { ownController } from './own-controller';

/**
 * A controller for tokens that are refreshed. Caches keep no reply, and refresh tokens are sent in bodies only.
 *
 * - `POST /token`, for a login that is proved in this request: 200 with `IssuedTokens`; 403 for tokens, keys and
 *   sessions.
 * - `POST /token/refresh` with `{ refreshToken }`, public: 200 with the next tokens; 401 with one challenge, which
 *   makes no browser ask for a password; 400 `invalid_request` for another body.
 * - `DELETE /token`, with an access token of a family: 204, the family ends; 403 for other credentials.
 * - `GET /token/families`: the user's own families, as `TokenFamily`; `DELETE /token/families` ends them and all
 *   other tokens of the user, 204; `DELETE /token/families/:id` ends one family, 204, or 404 if the user has no such
 *   family. 403 for API keys and for credentials that scopes limit.
 *
 * @throws ConfigurationError for unknown options and for invalid values
 * @example controllers: [tokenController({ tokens: Tokens })]
 */
export function tokenController(options: TokenControllerOptions): Constructor<object> {
  return ownController('TokenController', tokenTable('tokenController()', options));
}
