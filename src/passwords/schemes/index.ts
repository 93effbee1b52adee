/**
 * All ways of writing down hashes that are read. A scheme is found by how the hash begins, and only that one is
 * asked; what none recognises, or the one does not read completely, never matches.
 */
import { argon2 } from './argon2';
import { bcrypt, djangoBcryptSha256, plainBcrypt } from './bcrypt';
import { desCrypt } from './des-crypt';
import { sha, ssha, ssha256, ssha512 } from './ldap';
import { djangoPbkdf2Sha1, djangoPbkdf2Sha256, pbkdf2Sha1, pbkdf2Sha256, pbkdf2Sha512 } from './pbkdf2';
import { plaintext } from './plaintext';
import { prefixed, type Scheme } from './scheme';
import { scrypt } from './scrypt';
import { sha256Crypt, sha512Crypt } from './sha-crypt';

const CRYPT = /^\{crypt\}/i;

const SCHEMES: readonly Scheme[] = [
  bcrypt,
  argon2,
  scrypt,
  pbkdf2Sha256,
  pbkdf2Sha512,
  pbkdf2Sha1,
  sha256Crypt,
  sha512Crypt,
  djangoPbkdf2Sha256,
  djangoPbkdf2Sha1,
  djangoBcryptSha256,
  prefixed('django-bcrypt', /^bcrypt\$/, plainBcrypt),
  prefixed('django-argon2', /^argon2(?=\$argon2)/, argon2),
  ssha,
  ssha256,
  ssha512,
  sha,
  ...[plainBcrypt, sha256Crypt, sha512Crypt, desCrypt].map((scheme) =>
    prefixed(`ldap-${scheme.name}`, CRYPT, scheme),
  ),
  desCrypt,
  // The last: it takes all that looks like nothing else.
  plaintext,
];

/** Far above what any readable hash has. */
const MAX_HASH_LENGTH = 2048;

export function schemeOf(hash: unknown): Scheme | undefined {
  if (typeof hash !== 'string' || hash.length > MAX_HASH_LENGTH) return undefined;
  return SCHEMES.find((scheme) => scheme.recognises(hash));
}
