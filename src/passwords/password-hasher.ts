/** Makes and checks password hashes. Asynchronous, so that the work can leave the main thread. */
export interface PasswordHasher {
  /** A new hash of the password, with a salt of its own. Rejects for a password that it cannot hash. */
  hash(password: string): Promise<string>;
  /**
   * True when the password is the one behind the hash. False for a hash that cannot be read.
   * @param signal drops work that has not begun
   */
  verify(password: string, hash: string, signal?: AbortSignal): Promise<boolean>;
}
