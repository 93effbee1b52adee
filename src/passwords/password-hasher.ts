/** Makes and checks password hashes. Asynchronous, so that the work can leave the main thread. */
export interface PasswordHasher {
  /** A new hash of the password, with a salt of its own. Rejects for a password that it cannot hash. */
  hash(password: string): Promise<string>;
  /**
   * True when the password is the one behind the hash. False for a hash that cannot be read.
   * @param signal drops work that has not begun
   * @param isRefused the answer to the client is no in any case: a match must take what a mismatch takes
   */
  verify(password: string, hash: string, signal?: AbortSignal, isRefused?: boolean): Promise<boolean>;
  /** True for a hash that a password can match. Cheap, as it runs on the main thread. */
  isReadable(hash: string): boolean;
  /** True when a new hash of the same password would protect it better. */
  needsRehash(hash: string): boolean;
  /** A readable hash of no known password: it is verified where a user or a readable hash is missing. */
  decoy(): string;
  /** Why a hash cannot be read and what helps, for the log. It never quotes the hash. */
  explain?(hash: string): string | undefined;
}
