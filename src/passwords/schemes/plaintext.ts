import { createHash, timingSafeEqual } from 'node:crypto';
import { isHashable, isLonger, MAX_PASSWORD_BYTES } from '../password-text';
import { NO_WORK } from '../work/work';
import { couldBeHash } from './hash-like';
import type { Scheme } from './scheme';

/** The marks of LDAP servers, Dovecot and Spring. The text after a mark is the password, whatever it looks like. */
const MARK = /^\{(?:plain|clear|cleartext|noop)\}/i;

/** No hash at all: `{PLAIN}secret`, or the bare text if it could not be a hash of any kind. */
export const plaintext: Scheme = {
  name: 'plaintext',
  optIn: 'plaintext',
  recognises: (text) => MARK.test(text) || (isPassword(text) && !couldBeHash(text)),
  workOf: (text) => (isPassword(text.replace(MARK, '')) ? NO_WORK : undefined),
  verify: (password, text) => timingSafeEqual(sha256(password), sha256(text.replace(MARK, ''))),
};

/** False for a password that no login accepts. */
function isPassword(text: string): boolean {
  return !isLonger(text, MAX_PASSWORD_BYTES) && isHashable(text);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
