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
