import { type OtpControllerOptions, otpTable } from '../account/otp-table';
import type { Middleware } from '../guards/middleware';
import { type BaseSecurity, serveTable } from '../security/security';

/**
 * The routes of `otpController()` for an app of plain routers, with the same options: a middleware as of
 * `sessionRoutes()`.
 *
 * - `POST /otp/factor` with `{ code, returnTo? }`, open: completes a half login, or steps a session up.
 * - `POST /otp`: a new key; `POST /otp/confirm` with `{ code }` activates it. `POST /otp/recovery`: new recovery codes.
 *   `DELETE /otp`: all codes are removed. These four require a fresh session.
 *
 * @throws ConfigurationError for unknown options, for invalid values, and for a path that other routes of the library
 * have; once the app has started, also if no provider accepts the sessions
 * @example app.use(otpRoutes(security, { otp: Otp, sessions: Sessions }));
 */
export function otpRoutes(security: BaseSecurity, options: OtpControllerOptions): Middleware {
  return serveTable(security, otpTable('otpRoutes()', options));
}
