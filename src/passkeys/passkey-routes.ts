import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';
import { type PasskeyControllerOptions, passkeyTable } from './passkey-table';

/**
 * The routes of `passkeyController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`.
 *
 * - `POST /passkeys/options`, `POST /passkeys/login` and `POST /passkeys/factor`, open: the argument of
 *   `navigator.credentials`, a login, a second factor.
 * - `GET /passkeys`, `POST /passkeys`, `DELETE /passkeys/:id`: the user's passkeys, one more, one less.
 *
 * @throws ConfigurationError for unknown options, for invalid values, and for a path that other routes of the library
 * have; once the app has started, also if no provider accepts the sessions
 * @example app.use(passkeyRoutes(security, { passkeys: Passkeys, sessions: Sessions }));
 */
export function passkeyRoutes(security: BaseSecurity, options: PasskeyControllerOptions): Middleware {
  return serveTable(security, passkeyTable('passkeyRoutes()', options));
}
