/**
 * All hash formats that are read. The beginning of a hash selects its scheme, and only that scheme is asked. A hash
 * that no scheme recognises, or that its scheme cannot read completely, never matches.
 */
import { argon2 } from './argon2';
import { aspNetV2, aspNetV3 } from './aspnet';
import { bcrypt, plainBcrypt } from './bcrypt';
import { djangoBcryptSha256, passlibBcryptSha256, wordPress } from './bcrypt-forms';
import { desCrypt } from './des-crypt';
import { sha, ssha, ssha256, ssha512 } from './ldap';
import { djangoPbkdf2Sha1, djangoPbkdf2Sha256, pbkdf2Sha1, pbkdf2Sha256, pbkdf2Sha512 } from './pbkdf2';
import { dovecotPbkdf2, ldapPbkdf2, springPbkdf2, werkzeugPbkdf2 } from './pbkdf2-forms';
import { plaintext } from './plaintext';
import { prefixed, type Scheme } from './scheme';
import { scrypt } from './scrypt';
import { djangoScrypt, springScrypt, werkzeugScrypt } from './scrypt-forms';
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
  djangoScrypt,
  passlibBcryptSha256,
  wordPress,
  ...werkzeugPbkdf2,
  werkzeugScrypt,
  ...aspNetV3,
  aspNetV2,
  prefixed('django-bcrypt', /^bcrypt\$/, plainBcrypt),
  prefixed('django-argon2', /^argon2(?=\$argon2)/, argon2),
  ssha,
  ssha256,
  ssha512,
  sha,
  ...[plainBcrypt, sha256Crypt, sha512Crypt, desCrypt].map((scheme) =>
    prefixed(`ldap-${scheme.name}`, CRYPT, scheme),
  ),
  // Dovecot has a separate name for each of them.
  prefixed('dovecot-bcrypt', /^\{blf-crypt\}/i, plainBcrypt),
  prefixed('dovecot-sha256-crypt', /^\{sha256-crypt\}/i, sha256Crypt),
  prefixed('dovecot-sha512-crypt', /^\{sha512-crypt\}/i, sha512Crypt),
  prefixed('dovecot-des-crypt', /^\{des-crypt\}/i, desCrypt),
  prefixed('ldap-argon2', /^\{argon2(?:id|i)?\}/i, argon2),
  ...springPbkdf2,
  ...ldapPbkdf2,
  dovecotPbkdf2,
  springScrypt,
  prefixed('spring-bcrypt', /^\{bcrypt\}/, plainBcrypt),
  prefixed('spring-argon2', /^\{argon2@SpringSecurity_v5_8\}/, argon2),
  ...[ssha, sha].map((scheme) => prefixed(`spring-${scheme.name}`, /^\{ldap\}/, scheme)),
  desCrypt,
  // The last one, since it matches every remaining text.
  plaintext,
];

/** Far above the length of any readable hash. */
const MAX_HASH_LENGTH = 2048;

export function schemeOf(hash: unknown): Scheme | undefined {
  if (typeof hash !== 'string' || hash.length > MAX_HASH_LENGTH) return undefined;
  return SCHEMES.find((scheme) => scheme.recognises(hash));
}
