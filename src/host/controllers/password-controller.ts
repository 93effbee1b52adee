import { type PasswordControllerOptions, passwordTable } from '../../account/password-table';
import type { Constructor } from '../../components/constructor';
import { ownController } from './own-controller';

/**
 * A controller for users to change their own password: `PUT /password` with `{ currentPassword, newPassword }`. The
 * reply is 204, or 200 with a new token.
 *
 * It requires a session, or a login of the last five minutes (else 401, or 403 if the login used neither Bearer nor
 * DPoP), and the current password (else 403 `wrong_password`; wrong passwords count as failed logins, 429). A new
 * password that {@link StrongPassword} would refuse is answered with 400 `weak_password`. The change ends every token
 * that was issued before.
 *
 * At start it requires a `PasswordProvider` and a userstore whose `updatePassword` accepts the changes.
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function passwordController(options: PasswordControllerOptions = {}): Constructor<object> {
  return ownController('PasswordController', passwordTable('passwordController()', options));
}
