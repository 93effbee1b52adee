/** The rules for user names at login, whichever store holds the users. */

/** In UTF-16 units. */
export const MAX_USERNAME_LENGTH = 255;

/** The reason why this user name cannot log in, as the end of a sentence; undefined for a valid name. */
export function usernameFault(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (name.length > MAX_USERNAME_LENGTH) {
    return `must have at most ${String(MAX_USERNAME_LENGTH)} characters`;
  }
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return 'must not have control characters';
  return nameFault(name);
}

/** The reason why a new user, role or group should not get this name, though an existing one may have it. */
export function nameFault(name: string): string | undefined {
  // White space is invisible there, so two names would look the same.
  return name === name.trim() ? undefined : 'must not begin or end with white space';
}
