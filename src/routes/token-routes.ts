import { type TokenControllerOptions, tokenTable } from '../account/token-table';
import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';

/**
 * The routes of `tokenController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`.
 *
 * - `POST /token`, for a login that is proved in this request: 200 with `IssuedTokens`.
 * - `POST /token/refresh` with `{ refreshToken }`, open: 200 with the next tokens.
 * - `DELETE /token`: the family of the access token ends. `GET /token/families`, `DELETE /token/families`,
 *   `DELETE /token/families/:id`: the user's own families.
 *
 * @throws ConfigurationError for unknown options, for invalid values, and for a path that other routes of the library
 * have; once the app has started, also if the service keeps no token families
 * @example app.use(tokenRoutes(security, { tokens: Tokens }));
 */
export function tokenRoutes(security: BaseSecurity, options: TokenControllerOptions): Middleware {
  return serveTable(security, tokenTable('tokenRoutes()', options));
}
