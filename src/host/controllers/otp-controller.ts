import { type OtpControllerOptions, otpTable } from '../../account/otp-table';
import type { Constructor } from '../../components/constructor';
import { ownController } from './own-controller';

/**
 * A controller for one-time codes of an authenticator app, and recovery codes. Replies are JSON; a form that proves a
 * code is answered by a redirect. Every request that changes something must come from a page of this app or of
 * `trustedOrigins`.
 *
 * - `POST /otp/factor` with `{ code, returnTo? }`, for a half login or a session: completes the login, or steps up the
 *   session: 200 `{ username }`; a form is redirected to `returnTo`. A recovery code is accepted too, once. 401 for a
 *   wrong code, and for a code that was used before; 429 after several wrong codes. A form is then redirected to
 *   `loginPage?error=...`.
 * - `POST /otp`: 200 `{ secret, uri }`, a new key for the QR code that authenticator apps scan. It counts after
 *   `POST /otp/confirm` with `{ code }`: 200 `{ recoveryCodes }`, ten codes that are shown only this once.
 * - `POST /otp/recovery`: 200 `{ recoveryCodes }`, which replace the previous codes. `DELETE /otp`: 204, all codes are
 *   removed.
 *
 * The last four require a fresh session: its login is at most five minutes old, by two factors if the user has a second
 * factor; else 403 `insufficient_user_authentication`.
 * @throws ConfigurationError for unknown options and for invalid values
 * @example controllers: [otpController({ otp: Otp, sessions: Sessions })]
 */
export function otpController(options: OtpControllerOptions): Constructor<object> {
  return ownController('OtpController', otpTable('otpController()', options));
}
