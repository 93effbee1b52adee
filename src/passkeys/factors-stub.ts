import { hkdfSync } from 'node:crypto';
import type { UserName } from '../core/named-user';
import type { MaybePromise } from '../core/userstore';
export interface FactorOwner extends UserName {
  userId?: string;
}
export interface SecondFactorInterface {
  readonly kind: 'otp' | 'passkey';
  isEnrolled(user: FactorOwner): MaybePromise<boolean>;
}
export type FactorSecret = string | readonly string[] | undefined;
export interface PasskeyRecord {
  id: string;
  user: FactorOwner;
  userHandle: string;
  publicKey: string;
  counter: number;
  device: 'single' | 'multi';
  transports: readonly string[];
  name: string;
  createdAt: Date;
  lastUsedAt?: Date;
}
export interface PasskeyStoreInterface {
  getPasskey(id: string): MaybePromise<PasskeyRecord | null | undefined>;
  listPasskeys(user: FactorOwner): MaybePromise<readonly PasskeyRecord[]>;
  addPasskey(passkey: PasskeyRecord): MaybePromise<boolean>;
  updatePasskey(next: PasskeyRecord, previous: PasskeyRecord): MaybePromise<boolean>;
  removePasskey(user: FactorOwner, id: string): MaybePromise<boolean>;
}
export function keysOf(secrets: readonly string[], purpose: string): Buffer[] {
  return secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
}
