/**
 * Password hashes: `passwords.hash()` for those who store users, `passwords.verify()` for those who check
 * them. Everything goes through the narrow PasswordHasher interface, so that other schemes and other
 * threads can stand behind it. A password is never compared to anything but a hash of a known scheme.
 */
import { BcryptHasher } from './bcrypt';

/** bcrypt at its default cost. */
export const passwords = new BcryptHasher();
