import { createHmac, randomBytes } from 'node:crypto';
import { isLonger } from '../password-text';
import type { Work } from '../work/work';
import { toBcryptBase64 } from './encodings';
import type { MakingScheme, Scheme } from './scheme';

export interface BcryptSettings {
  readonly scheme: 'bcrypt';
  readonly cost: number;
}

/** The part of a password that bcrypt uses; it ignores the rest. */
export const MAX_BYTES = 72;

// The last characters of salt and digest have unused bits. bcryptjs never matches a hash in which one of them is set,
// so this hash counts as unreadable, and not as a hash that no password matches.
const READABLE = /^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
/** The mark before the bcrypt hash of a pre-hashed password. */
const MARK = '$hmac-sha256';

/** `$2a$`, `$2b$` and `$2y$` of cost 4 to 15. */
export const plainBcrypt: Scheme = {
  name: 'bcrypt',
  recognises: (hash) => /^\$2[a-z]?\$/.test(hash),
  workOf(hash): Work | undefined {
    const cost = READABLE.exec(hash)?.[1];
    return cost === undefined ? undefined : { kind: 'bcrypt', units: 2 ** Number(cost) };
  },
  verify(password, hash, engines) {
    const bcrypt = engines.bcrypt();
    const isTooLong = isLonger(password, MAX_BYTES);
    // The native package does not know `$2y$`, which is equivalent to `$2b$`.
    const isRight = bcrypt.compareSync(isTooLong ? 'stand-in' : password, hash.replace(/^\$2y\$/, '$2b$'));
    return isRight && !isTooLong;
  },
};

/**
 * bcrypt, computed by the native `bcrypt` if that package is installed, otherwise by bcryptjs.
 *
 * A password of more than 72 bytes is pre-hashed, and its hash marked: `$hmac-sha256` precedes the bcrypt hash of the
 * base64 of its HMAC-SHA-256, keyed with the 22 characters of the salt.
 */
export const bcrypt: MakingScheme<BcryptSettings> = {
  name: 'bcrypt',
  recognises: (hash) => plainBcrypt.recognises(unmarked(hash)),
  workOf: (hash) => plainBcrypt.workOf(unmarked(hash)),
  verify(password, hash, engines) {
    const stored = unmarked(hash);
    return plainBcrypt.verify(stored === hash ? password : prehash(password, stored), stored, engines);
  },
  hash(password, { cost }, engines) {
    const salt = newSalt(cost);
    const bcrypt = engines.bcrypt();
    if (!isLonger(password, MAX_BYTES)) return bcrypt.hashSync(password, salt);
    return MARK + bcrypt.hashSync(prehash(password, salt), salt);
  },
  decoy: ({ cost }) => newSalt(cost) + toBcryptBase64(randomBytes(23)),
  isWeaker: (hash, { cost }) => (bcrypt.workOf(hash)?.units ?? 0) < 2 ** cost,
};

function newSalt(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${toBcryptBase64(randomBytes(16))}`;
}

/** @param from a bcrypt hash or its salt: both begin alike. */
function prehash(password: string, from: string): string {
  return createHmac('sha256', from.slice(7, 29)).update(password).digest('base64');
}

function unmarked(hash: string): string {
  return hash.startsWith(MARK) ? hash.slice(MARK.length) : hash;
}
