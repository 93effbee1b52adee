import { createHmac } from 'node:crypto';
import type { FactorOwner } from '../factors/second-factor';

/** A text that identifies a person: a later user of the same name has another text if the store has ids. */
export function ownerKey({ username, userstore, userId }: FactorOwner): string {
  return JSON.stringify([userstore ?? null, userId ?? { username }]);
}

/**
 * The user handle that authenticators store and may disclose to others. It reveals nothing about the user.
 * @see WebAuthn Level 3 section 14.6.1
 */
export function userHandleOf(key: Buffer, owner: FactorOwner): string {
  return createHmac('sha256', key).update(ownerKey(owner)).digest('base64url');
}
