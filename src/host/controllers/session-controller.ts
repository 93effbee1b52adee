import { type SessionControllerOptions, sessionTable } from '../../account/session-table';
import type { Constructor } from '../../components/constructor';
import { ownController } from './own-controller';

/**
 * A controller for logins by a page: JSON for scripts, and forms (`application/x-www-form-urlencoded`) that are
 * answered by redirects (303). Caches keep no reply. Every request that changes something must come from a page of this
 * app or of `trustedOrigins`, so no page needs a CSRF token.
 *
 * - `POST /session` with `{ username, password, returnTo? }`, public: 200 `{ username }` and the cookie; a form is
 *   redirected to `returnTo`, or to `home`. With a second factor 200 `{ next: ['otp', 'passkey'] }`; a form is
 *   redirected to `loginPage?next=otp,passkey`. A wrong password is 401, too many are 429; a form is redirected to
 *   `loginPage?error=...`.
 * - `POST /session/password` with `{ password, returnTo? }`: the user of the session proves the password once more.
 * - `GET /session`: one's own session as {@link SessionInfo}, with `username`; `GET /session/all`: all sessions of the
 *   user.
 * - `DELETE /session`: 204, the session ends; also 204 without a session. `POST /session/end` is the same for a form:
 *   303 to the login page.
 * - `DELETE /session/all/:id`: 204, or 404 if the user has no such session; `DELETE /session/all`: 204, ends all
 *   sessions but the current one.
 *
 * @throws ConfigurationError for unknown options and for invalid values
 * @example controllers: [sessionController({ sessions: Sessions })]
 */
export function sessionController(options: SessionControllerOptions): Constructor<object> {
  return ownController('SessionController', sessionTable('sessionController()', options));
}
