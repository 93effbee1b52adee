/** The revocation of a token, of a token family, or of all tokens that a user got before a time. */
export interface Revocation {
  /**
   * 16 hex digits of a token or family. With `before` it is a user: `userstore:name`, or `:name` in an app with one
   * userstore.
   */
  readonly id: string;
  /** When the revocation may be forgotten, in milliseconds since the epoch. */
  readonly until: number;
  /** The user's tokens that were issued before this time are revoked, in milliseconds since the epoch. */
  readonly before?: number;
}

/** A page of new entries of a log. */
export interface RevocationPage {
  /** The position of the next page. */
  readonly cursor: string;
  readonly list: readonly Revocation[];
  /** Names this log; another value means that the log was recreated. */
  readonly epoch: string;
  /** The time since which the log is complete, in milliseconds since the epoch; 0 if it was never lost. */
  readonly beganAt: number;
  /** True if the position of the cursor is gone: the log may have lost entries. */
  readonly lost?: boolean;
  /** True if the next page is available already. */
  readonly more?: boolean;
}

/** Announces revocations to all processes of an app. */
export interface RevocationLogInterface {
  /**
   * Resolves when other processes can read the entries. Appending an entry twice does no harm.
   * @throws ServiceUnavailableError if the entries could not be written
   */
  append(list: readonly Revocation[]): Promise<void>;
  /**
   * The entries since a cursor; from the start without a cursor.
   * @throws ServiceUnavailableError if the log could not be read
   */
  read(cursor?: string): Promise<RevocationPage>;
  /** How long entries stay at least, in seconds; without it there is no limit. */
  readonly keepSeconds?: number;
}
