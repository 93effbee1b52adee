import { passwordFault } from '../account/password-strength';
import { passwords } from '../passwords/passwords';
import { type Call, RefusedError } from './command';
import { readPassword } from './read-password';

const MIN_LENGTH = 12;

export const NEW_PASSWORD_OPTIONS = {
  'password-stdin': { type: 'boolean' },
  weak: { type: 'boolean' },
} as const;

/** What is wrong with a new password; undefined where nothing is, or where it is said to be meant. */
export function weakness(password: string, names: readonly unknown[], isMeant: boolean): string | undefined {
  if (password === '') return 'may not be empty';
  return isMeant ? undefined : passwordFault(password, MIN_LENGTH, names);
}

/** Reads a new password, and hashes it. @throws {RefusedError} for one that will not do */
export async function newHash(call: Call, names: readonly unknown[]): Promise<string> {
  const password = await readPassword(call);
  const fault = weakness(password, names, call.flag('weak'));
  if (fault === undefined) return passwords.hash(password);
  throw new RefusedError(`The password ${fault}${password === '' ? '' : '. If it is meant: --weak'}`);
}
