/** What user names a login can have, whichever store the users are in. */

/** In UTF-16 units. */
export const MAX_USERNAME_LENGTH = 255;

/** Why no login can have this user name, to follow it in a sentence; undefined where a login can. */
export function usernameFault(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (name.length > MAX_USERNAME_LENGTH) {
    return `must have at most ${String(MAX_USERNAME_LENGTH)} characters`;
  }
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return 'must not have control characters';
  return nameFault(name);
}

/** Why a user, role or group should not have this name, though an existing one may. */
export function nameFault(name: string): string | undefined {
  // Nobody sees them, so two names would look the same.
  return name === name.trim() ? undefined : 'must not begin or end with white space';
}
