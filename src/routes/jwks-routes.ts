import { type JwksControllerOptions, jwksTable } from '../account/jwks-table';
import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';

/**
 * The route of `jwksController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`. `GET` and `HEAD` of `/.well-known/jwks.json`, open. Mount it at the root of the app.
 * @throws ConfigurationError for unknown options, for invalid values, and for a path that other routes of the library
 * have; once the app has started, also if the class is not a `TokenService`
 * @example app.use(jwksRoutes(security, { tokens: Tokens }));
 * @see RFC 7517 section 5, RFC 8615 section 3
 */
export function jwksRoutes(security: BaseSecurity, options: JwksControllerOptions): Middleware {
  return serveTable(security, jwksTable('jwksRoutes()', options));
}
