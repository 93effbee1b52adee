import type { MaybePromise } from '../core/userstore';
import type { RevocationLogInterface } from './revocation-log';

/**
 * Keeps small texts for a time: token families, API keys, sessions. Its one atomic step is compare-and-swap.
 *
 * A key is at most 128 printable ASCII characters without spaces, an owner at most 512 bytes, a value at most 64 KiB of
 * JSON, `expiresAt` at most 400 days ahead. The owner of a key never changes. A store that cannot answer throws
 * ServiceUnavailableError (503); any other throw is taken as a bug (500).
 */
export interface StateStoreInterface {
  /** The text of an entry; null or undefined where there is none, or it has ended. */
  get(key: string): MaybePromise<string | null | undefined>;
  /**
   * Writes, and returns true, only where the present text equals `previous` byte for byte.
   *
   * @param previous undefined where no entry, or one that has ended, is expected
   * @param owner whose entry it is, for {@link list}; a swap that names none keeps it
   */
  set(
    key: string,
    value: string,
    previous: string | undefined,
    expiresAt: Date,
    owner?: string,
  ): MaybePromise<boolean>;
  /** True for exactly one of several callers. */
  delete(key: string): MaybePromise<boolean>;
  /** All live entries of an owner, in any order. */
  list(owner: string): MaybePromise<readonly (readonly [key: string, value: string])[]>;
  /** Where revoked tokens are told to other processes. */
  readonly revocationLog?: RevocationLogInterface;
}
