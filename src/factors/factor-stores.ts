import type { MaybePromise } from '../core/userstore';
import type { FactorOwner } from './second-factor';

/**
 * Keeps what belongs to one-time codes: one text for each user, who is known by `username` and `userstore`. A store that
 * cannot answer throws ServiceUnavailableError (503); any other throw is taken as a bug (500).
 */
export interface OtpStoreInterface {
  /** The text of a user; null or undefined where there is none. */
  getOtp(user: FactorOwner): MaybePromise<string | null | undefined>;
  /**
   * Writes, and returns true, only where the present text equals `previous` byte for byte.
   * @param next at most 16 KiB of JSON; undefined removes it
   * @param previous undefined where none is expected
   */
  updateOtp(user: FactorOwner, next: string | undefined, previous: string | undefined): MaybePromise<boolean>;
}

/** A passkey as it is kept: nothing of it is secret. */
export interface PasskeyRecord {
  /** The credential's id, in base64url; at most 1,364 characters. */
  readonly id: string;
  readonly user: FactorOwner;
  /** What the browser knows the user by, in base64url. */
  readonly userHandle: string;
  /** In COSE form, in base64url. */
  readonly publicKey: string;
  /** 0 where the passkey does not count. */
  readonly counter: number;
  /** `multi` where the person's devices share it. */
  readonly device: 'single' | 'multi';
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt?: Date;
}

/** Keeps passkeys. A store that cannot answer throws ServiceUnavailableError (503). */
export interface PasskeyStoreInterface {
  /** The passkey of that credential id; null or undefined where there is none. */
  getPasskey(id: string): MaybePromise<PasskeyRecord | null | undefined>;
  /** All of a user, who is known by `username` and `userstore`, in any order. */
  listPasskeys(user: FactorOwner): MaybePromise<readonly PasskeyRecord[]>;
  /** False: the id is taken. */
  addPasskey(passkey: PasskeyRecord): MaybePromise<boolean>;
  /** Writes, and returns true, only where the present record is still the previous one. */
  updatePasskey(next: PasskeyRecord, previous: PasskeyRecord): MaybePromise<boolean>;
  /** False where the user has no such passkey. */
  removePasskey(user: FactorOwner, id: string): MaybePromise<boolean>;
}
