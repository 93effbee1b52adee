/** Creates and verifies password hashes. Asynchronous, so that the work can leave the main thread. */
export interface PasswordHasher {
  /** A new hash of the password, with a salt of its own. Rejects for a password that it cannot hash. */
  hash(password: string): Promise<string>;
  /**
   * True if the password belongs to the hash. False for a hash that cannot be read.
   * @param signal drops work that has not begun
   * @param isRefused true if the client is refused in any case: a match must take as long as a mismatch
   */
  verify(password: string, hash: string, signal?: AbortSignal, isRefused?: boolean): Promise<boolean>;
  /** True for a hash that a password can match. Cheap, as it runs on the main thread. */
  isReadable(hash: string): boolean;
  /** True when a new hash of the same password would protect it better. */
  needsRehash(hash: string): boolean;
  /** A readable hash of no known password: it is verified if a user or a readable hash is missing. */
  decoy(): string;
  /** Why a hash cannot be read, and the remedy, for the log. It never quotes the hash. */
  explain?(hash: string): string | undefined;
}
