import type { MaybePromise } from '../core/userstore';
import type { FactorOwner } from './second-factor';

/**
 * Stores the data of one-time codes: one text for each user, identified by `username` and `userstore`. A store that
 * cannot answer throws ServiceUnavailableError (503); any other error counts as a bug (500).
 */
export interface OtpStoreInterface {
  /** The text of a user; null or undefined if the user has none. */
  getOtp(user: FactorOwner): MaybePromise<string | null | undefined>;
  /**
   * Writes and returns true only if the current text equals `previous` byte for byte.
   * @param next at most 16 KiB of JSON; undefined removes it
   * @param previous undefined if no text is expected
   */
  updateOtp(user: FactorOwner, next: string | undefined, previous: string | undefined): MaybePromise<boolean>;
}

/** A stored passkey. No part of it is secret. */
export interface PasskeyRecord {
  /** The credential's id, in base64url; at most 1,364 characters. */
  readonly id: string;
  readonly user: FactorOwner;
  /** The id by which the browser knows the user, in base64url. */
  readonly userHandle: string;
  /** In COSE form, in base64url. */
  readonly publicKey: string;
  /** 0 if the passkey does not count. */
  readonly counter: number;
  /** `multi` if the passkey is shared across the person's devices. */
  readonly device: 'single' | 'multi';
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt?: Date;
}

/** Stores passkeys. A store that cannot answer throws ServiceUnavailableError (503). */
export interface PasskeyStoreInterface {
  /** The passkey with that credential id; null or undefined if it does not exist. */
  getPasskey(id: string): MaybePromise<PasskeyRecord | null | undefined>;
  /** All passkeys of a user, identified by `username` and `userstore`, in any order. */
  listPasskeys(user: FactorOwner): MaybePromise<readonly PasskeyRecord[]>;
  /** False if the id is taken. */
  addPasskey(passkey: PasskeyRecord): MaybePromise<boolean>;
  /** Writes and returns true only if the current record still equals the previous one. */
  updatePasskey(next: PasskeyRecord, previous: PasskeyRecord): MaybePromise<boolean>;
  /** False if the user has no passkey with that id. */
  removePasskey(user: FactorOwner, id: string): MaybePromise<boolean>;
}
