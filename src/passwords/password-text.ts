/** The longest password that any login accepts. */
export const MAX_PASSWORD_BYTES = 1024;

/** True for more bytes in UTF-8; cheap however long the text is. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes || Buffer.byteLength(text) > bytes;
}

/**
 * False for a text that no hash can have as its password: an empty password, NUL, a lone surrogate. bcrypt repeats its
 * key, terminated by NUL, so that "a\0a" would match the hash of "a"; DES and others stop at NUL.
 */
export function isHashable(password: string): boolean {
  return password !== '' && password.isWellFormed() && !password.includes('\0');
}
