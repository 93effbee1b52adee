/** All that any login takes. */
export const MAX_PASSWORD_BYTES = 1024;

/** True for more bytes in UTF-8; cheap however long the text is. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes || Buffer.byteLength(text) > bytes;
}

/**
 * False for what no hash can be of: an empty password, NUL, half a surrogate pair. bcrypt repeats its key, ended by
 * NUL, so that "a\0a" would match the hash of "a"; DES and others end at it.
 */
export function isHashable(password: string): boolean {
  return password !== '' && password.isWellFormed() && !password.includes('\0');
}

/** The form that new hashes are made of, so that it does not matter how a keyboard or a system writes a letter. */
export function normalForm(password: string): string {
  return password.normalize('NFC');
}

/**
 * What a typed password may have been hashed as: itself first, then the other normal forms. How many they are depends
 * on the typed text alone, never on whom it is tried for.
 * @see NIST SP 800-63B-4 section 3.1.1.2
 */
export function formsOf(password: string): readonly [string, ...string[]] {
  const others = new Set([normalForm(password), password.normalize('NFD')]);
  others.delete(password);
  return [password, ...others];
}
