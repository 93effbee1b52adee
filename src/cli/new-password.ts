import { passwordFault } from '../account/password-strength';
import { isLonger, MAX_PASSWORD_BYTES } from '../passwords/password-text';
import { passwords } from '../passwords/passwords';
import { type Call, RefusedError } from './command';
import { readPassword } from './read-password';

const MIN_LENGTH = 12;

export const NEW_PASSWORD_OPTIONS = {
  'password-stdin': { type: 'boolean' },
  weak: { type: 'boolean' },
} as const;

/**
 * The fault of a new password; undefined if it is acceptable.
 * @param isMeant true accepts a weak password
 */
export function weakness(password: string, names: readonly unknown[], isMeant: boolean): string | undefined {
  return unusable(password) ?? (isMeant ? undefined : passwordFault(password, MIN_LENGTH, names));
}

/** Reads a new password and hashes it. @throws {RefusedError} for an unacceptable password */
export async function newHash(call: Call, names: readonly unknown[]): Promise<string> {
  const password = await readPassword(call);
  const fault = weakness(password, names, call.flag('weak'));
  if (fault === undefined) return passwords.hash(password);
  const hint = unusable(password) === undefined ? ': use --weak to accept it' : '';
  throw new RefusedError(`The password ${fault}${hint}`);
}

/** The reason why no login would accept the password, even with `--weak`. */
export function unusable(password: string): string | undefined {
  if (password === '') return 'must not be empty';
  if (isLonger(password, MAX_PASSWORD_BYTES)) {
    return `must have at most ${String(MAX_PASSWORD_BYTES)} bytes`;
  }
  return /[\p{Cc}\p{Cs}]/u.test(password) ? 'must not have control characters' : undefined;
}
