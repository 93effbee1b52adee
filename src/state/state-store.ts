import type { MaybePromise } from '../core/userstore';
import type { RevocationLogInterface } from './revocation-log';

/**
 * Keeps small texts for a limited time: token families, API keys, sessions. Its only atomic step is compare-and-swap.
 *
 * A key is at most 128 printable ASCII characters without spaces, an owner at most 512 bytes, a value at most 64 KiB of
 * JSON, `expiresAt` at most 400 days ahead. The owner of a key never changes. A store that cannot answer throws
 * ServiceUnavailableError (503); any other error counts as a bug (500).
 */
export interface StateStoreInterface {
  /** The text of an entry; null or undefined if it does not exist or has ended. */
  get(key: string): MaybePromise<string | null | undefined>;
  /**
   * Writes, and returns true, only if the present text equals `previous` byte for byte.
   *
   * @param previous undefined if no live entry is expected: a missing or ended entry
   * @param owner the owner of the entry, for {@link list}; a swap without an owner keeps the present owner
   */
  set(
    key: string,
    value: string,
    previous: string | undefined,
    expiresAt: Date,
    owner?: string,
  ): MaybePromise<boolean>;
  /** True for exactly one of several concurrent callers. */
  delete(key: string): MaybePromise<boolean>;
  /** All live entries of an owner, in any order. */
  list(owner: string): MaybePromise<readonly (readonly [key: string, value: string])[]>;
  /** The log that announces revoked tokens to other processes. */
  readonly revocationLog?: RevocationLogInterface;
}
