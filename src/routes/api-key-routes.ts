import { type ApiKeyControllerOptions, apiKeyTable } from '../account/api-key-table';
import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';

/**
 * The routes of `apiKeyController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`. `GET /api-keys` lists the user's own keys, `POST /api-keys` with `{ name, scopes, days }` creates a
 * key, `DELETE /api-keys/:id` revokes one.
 * @throws ConfigurationError for unknown, missing or invalid options, and for a path that other routes of the library
 * have
 * @example app.use(apiKeyRoutes(security, { keys: Keys }));
 */
export function apiKeyRoutes(security: BaseSecurity, options: ApiKeyControllerOptions): Middleware {
  return serveTable(security, apiKeyTable('apiKeyRoutes()', options));
}
