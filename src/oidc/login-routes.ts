import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';
import type { OidcLoginControllerOptions } from './login-options';
import { oidcLoginTable } from './login-table';

/**
 * The routes of `oidcLoginController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`. All of them are open: `GET /oidc/login`, `GET /oidc/callback`, `POST /oidc/logout` and, unless it
 * is switched off, `POST /oidc/backchannel`.
 *
 * The redirect URI to register at the provider is `baseUrl`, the path of the mount, and `/oidc/callback`. The start
 * prints it without a mount.
 * @throws ConfigurationError without the packages, for options that are unknown, missing or out of bounds, and for a
 * path that other routes of the library have; once the app has started, also if no provider accepts the sessions
 * @example
 * ```ts
 * app.use(
 *   oidcLoginRoutes(security, {
 *     sessions: Sessions,
 *     issuer: 'https://id.example',
 *     clientId: 'notes',
 *     clientSecret: process.env.OIDC_SECRET,
 *     baseUrl: 'https://notes.example',
 *     user: ({ issuer, subject }) => accounts.find(issuer, subject),
 *   }),
 * );
 * ```
 */
export function oidcLoginRoutes(security: BaseSecurity, options: OidcLoginControllerOptions): Middleware {
  return serveTable(security, oidcLoginTable('oidcLoginRoutes()', options));
}
