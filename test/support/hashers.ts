import { type PasswordHasher, Passwords } from '../../src';

/** New hashes, and so refusals, at the price of the cheap hashes that tests are full of. */
export const cheapPasswords = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });

/** A hasher that does as told, and the rest as another does. */
export function hasherWith(
  own: Partial<PasswordHasher>,
  base: PasswordHasher = cheapPasswords,
): PasswordHasher {
  return {
    hash: (password) => base.hash(password),
    verify: (...args) => base.verify(...args),
    isReadable: (hash) => base.isReadable(hash),
    needsRehash: (hash) => base.needsRehash(hash),
    decoy: () => base.decoy(),
    ...own,
  };
}
