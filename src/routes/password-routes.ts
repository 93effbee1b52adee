import { type PasswordControllerOptions, passwordTable } from '../account/password-table';
import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';

/**
 * The route of `passwordController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`. `PUT /password` with `{ currentPassword, newPassword }`: 204, or 200 with a new token.
 *
 * When the app starts, it needs a `PasswordProvider` and a userstore whose `updatePassword` accepts the changes.
 * @throws ConfigurationError for unknown options, for invalid values, and for a path that other routes of the library
 * have; once the app has started, also if a component is missing
 * @example app.use(passwordRoutes(security, { sessions: Sessions }));
 */
export function passwordRoutes(security: BaseSecurity, options: PasswordControllerOptions = {}): Middleware {
  return serveTable(security, passwordTable('passwordRoutes()', options));
}
