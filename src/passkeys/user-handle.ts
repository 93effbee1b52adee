import { createHmac } from 'node:crypto';
import type { FactorOwner } from '../factors/second-factor';

/** One text for each person: a later user of the same name has another, where the store has ids. */
export function ownerKey({ username, userstore, userId }: FactorOwner): string {
  return JSON.stringify([userstore ?? null, userId ?? { username }]);
}

/**
 * What authenticators keep of a user, and give away to whoever may ask them: nothing can be read from it.
 * @see WebAuthn Level 3 section 14.6.1
 */
export function userHandleOf(key: Buffer, owner: FactorOwner): string {
  return createHmac('sha256', key).update(ownerKey(owner)).digest('base64url');
}
