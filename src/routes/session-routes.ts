import { type SessionControllerOptions, sessionTable } from '../account/session-table';
import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';

/**
 * The routes of `sessionController()` for an app of plain routers, with the same options: a middleware for Koa, Express
 * or node:http that answers them and passes on every other request. Mount it once, in front of or behind the routers of
 * the app; it reads bodies itself, and accepts those that a body parser has read. The paths are below the mount, and
 * are compared exactly: case counts, and so does a final slash.
 *
 * - `POST /session` with `{ username, password, returnTo? }`, open: 200 `{ username }` and the cookie; a form is
 *   redirected to `returnTo`, or to `home`. With a second factor 200 `{ next: ['otp', 'passkey'] }`.
 * - `POST /session/password` with `{ password, returnTo? }`, open: the user of the session proves the password once
 *   more.
 * - `GET /session`, `GET /session/all`: one's own session, all sessions of the user.
 * - `DELETE /session`, and `POST /session/end` for a form, open: the session ends. `DELETE /session/all/:id` ends
 *   another session, `DELETE /session/all` all but the current one.
 *
 * Report and lock file list each route as `METHOD /path`. When the app starts, it needs a provider for the sessions, and
 * with `passwords` one that verifies passwords.
 * @throws ConfigurationError for unknown options, for invalid values, and for a path that other routes of the library
 * have; once the app has started, also if a provider is missing
 * @example app.use(sessionRoutes(security, { sessions: Sessions }));
 */
export function sessionRoutes(security: BaseSecurity, options: SessionControllerOptions): Middleware {
  return serveTable(security, sessionTable('sessionRoutes()', options));
}
