/** bcrypt over a digest of the password, so that the whole password counts, in the formats of frameworks. */
import { createHash, createHmac } from 'node:crypto';
import { isLonger } from '../password-text';
import type { Engines } from '../work/engines';
import { MAX_BYTES, plainBcrypt } from './bcrypt';
import type { Scheme } from './scheme';

/** The bcrypt hash within a hash, and the text that it is made from. */
interface Inner {
  readonly bcrypt: string;
  readonly of: (password: string) => string;
}

const PASSLIB =
  /^\$bcrypt-sha256\$(?:(v=2),t=(2[ab]),r=|(2[ab]),)(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;

/** Django's `bcrypt_sha256$`, over the hexadecimal SHA-256. */
export const djangoBcryptSha256: Scheme = over(
  'django-bcrypt-sha256',
  (hash) => hash.startsWith('bcrypt_sha256$'),
  (hash) => ({
    bcrypt: hash.replace('bcrypt_sha256$', ''),
    of: (password) => createHash('sha256').update(password).digest('hex'),
  }),
);

/**
 * passlib's `$bcrypt-sha256$`: over the base64 of an HMAC-SHA-256 keyed with the text of the salt; in the older form,
 * without `v=2`, over the base64 of a SHA-256.
 */
export const passlibBcryptSha256: Scheme = over(
  'passlib-bcrypt-sha256',
  (hash) => hash.startsWith('$bcrypt-sha256$'),
  (hash) => {
    const [, version, type, olderType, rounds = '', salt = '', digest = ''] = PASSLIB.exec(hash) ?? [];
    // passlib writes the cost without a leading zero.
    if (!/^(?:[4-9]|1\d)$/.test(rounds)) return undefined;
    return {
      bcrypt: `$${type ?? olderType ?? ''}$${rounds.padStart(2, '0')}$${salt}${digest}`,
      of: (password) =>
        (version === undefined ? createHash('sha256') : createHmac('sha256', salt))
          .update(password)
          .digest('base64'),
    };
  },
);

/** WordPress from 6.8 on: `$wp` before a bcrypt hash of the base64 of an HMAC-SHA-384. */
export const wordPress: Scheme = over(
  'wordpress',
  (hash) => hash.startsWith('$wp$2y$'),
  (hash) => ({
    bcrypt: hash.slice('$wp'.length),
    of: (password) => createHmac('sha384', 'wp-sha384').update(password).digest('base64'),
  }),
);

/** Ruby writes `$2a$`, while new hashes here are `$2b$`. */
export function isDevise(hash: string): boolean {
  return hash.startsWith('$2a$') && plainBcrypt.workOf(hash) !== undefined;
}

/**
 * True for the password followed by Devise's pepper. bcrypt uses 72 bytes of both together, as it did when the hash was
 * made; the password must lie within them.
 */
export function verifyDevise(password: string, pepper: string, hash: string, engines: Engines): boolean {
  const isTooLong = isLonger(password, MAX_BYTES);
  const isRight = engines.bcrypt().compareSync(isTooLong ? 'stand-in' : password + pepper, hash);
  return isRight && !isTooLong;
}

function over(
  name: string,
  recognises: (hash: string) => boolean,
  read: (hash: string) => Inner | undefined,
): Scheme {
  return {
    name,
    recognises,
    workOf: (hash) => plainBcrypt.workOf(read(hash)?.bcrypt ?? ''),
    verify(password, hash, engines) {
      const inner = read(hash);
      return inner !== undefined && plainBcrypt.verify(inner.of(password), inner.bcrypt, engines);
    },
  };
}
