/** What no longer counts: one token, one family, or all of a user's tokens of before a time. */
export interface Revocation {
  /** 16 hex digits of a token or family; with `before` a user: `store:name`, `:name` in an app with one store. */
  readonly id: string;
  /** Until when it must be known, in milliseconds since the epoch. */
  readonly until: number;
  /** Tokens of the user that were issued before then, in milliseconds since the epoch. */
  readonly before?: number;
}

/** What is new in a log. */
export interface RevocationPage {
  /** Where the next page begins. */
  readonly cursor: string;
  readonly list: readonly Revocation[];
  /** Names this log; another one means that the log was made anew. */
  readonly epoch: string;
  /** Since when it has been written, in milliseconds since the epoch; 0 where it never was lost. */
  readonly beganAt: number;
  /** True where what the cursor stands for is gone: the log may have lost entries. */
  readonly lost?: boolean;
  /** True where the next page is there already. */
  readonly more?: boolean;
}

/** Tells all processes of an app what was revoked. */
export interface RevocationLogInterface {
  /**
   * Resolves when others can read it. Appending twice does no harm.
   * @throws ServiceUnavailableError when it could not be written
   */
  append(list: readonly Revocation[]): Promise<void>;
  /**
   * What is new since a cursor; from the start without one.
   * @throws ServiceUnavailableError when it could not be read
   */
  read(cursor?: string): Promise<RevocationPage>;
  /** How long entries stay at least; no limit where it is not given. */
  readonly keepSeconds?: number;
}
