import { createHash, timingSafeEqual } from 'node:crypto';
import { NO_WORK } from '../work';
import type { Scheme } from './scheme';

/** The two ways in which LDAP servers mark it. */
const MARK = /^\{(?:plain|cleartext)\}/i;

/** What no bare text may look like, so that no hash is ever taken for the password itself. */
const LIKE_A_HASH = [
  /^[$_!*{]/,
  // Those of Django, werkzeug, GRUB, PostgreSQL and others that name their scheme.
  /^(?:argon2|bcrypt|crypt|grub|hmac|md5|pbkdf2|plain|scram|scrypt|sha|ssha|unsalted)[\w.-]*[:$]/i,
  /^grub\.pbkdf2\./,
  /[$:][\w./+=-]{16,}$/,
  // Digests without a scheme.
  /^(?:md5)?(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{48}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i,
  /^0x[0-9a-f]{16,}$/i,
  /^[A-Za-z0-9+/]{27}=$|^[A-Za-z0-9+/]{43}=$|^[A-Za-z0-9+/]{22}==$|^[A-Za-z0-9+/]{86}==$/,
  // crypt(3) by DES, and its kin: a salt of two and digests of eleven.
  /^[./0-9A-Za-z]{2}(?:[./0-9A-Za-z]{11})+$/,
  // eslint-disable-next-line no-control-regex -- what nobody types, and the line end of a file
  /[\u0000-\u001f\u007f]/,
];

/**
 * No hash at all: `{PLAIN}secret`, `{CLEARTEXT}secret`, or the bare text where it looks like no hash of any kind.
 * Longer ones than any password are none.
 */
export const plaintext: Scheme = {
  name: 'plaintext',
  optIn: 'plaintext',
  recognises: (text) => MARK.test(text) || !LIKE_A_HASH.some((pattern) => pattern.test(text)),
  workOf: (text) => (text.replace(MARK, '') === '' || text.length > 1024 ? undefined : NO_WORK),
  verify: (password, text) => timingSafeEqual(sha256(password), sha256(text.replace(MARK, ''))),
};

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
