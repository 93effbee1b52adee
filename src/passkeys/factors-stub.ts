import type { Kind } from '../util/parse-options';
import { hkdfSync } from 'node:crypto';
import type { FactorOwner } from '../factors/second-factor';
import type { MaybePromise } from '../core/userstore';
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

export const secrets: Kind<readonly string[]> = (value, name, report) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const ok = list.length > 0 && list.every((one) => typeof one === 'string' && Buffer.byteLength(one) >= 32);
  if (!ok) report(`${name} must have at least 32 bytes`);
  return list as readonly string[];
};
