/** scrypt in the formats of frameworks. */
import { fromBase64, fromHex } from './encodings';
import type { Scheme } from './scheme';
import { isScrypt, scryptForm, type StoredScrypt } from './scrypt';

const WERKZEUG = /^scrypt:(\d{1,7}):(\d{1,3}):(\d{1,3})\$([!-#%-~]{1,128})\$([0-9a-f]{128})$/;
const DJANGO = /^scrypt\$(\d{1,7})\$([!-#%-~]{1,128})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/]{86}==)$/;
const SPRING =
  /^\{scrypt(?:@SpringSecurity_v5_8)?\}\$([1-9a-f][0-9a-f]{4,5})\$([A-Za-z0-9+/=]{4,172})\$([A-Za-z0-9+/]{43}=)$/;

/** `scrypt:N:r:p$salt$digest`, with the salt as a text and the digest in hexadecimal digits. */
export const werkzeugScrypt: Scheme = scryptForm(
  'werkzeug-scrypt',
  (hash) => hash.startsWith('scrypt:'),
  (hash) => {
    const [, n, blockSize, parallelism, salt = '', digest = ''] = WERKZEUG.exec(hash) ?? [];
    return stored([n, blockSize, parallelism], Buffer.from(salt), fromHex(digest));
  },
);

/** `scrypt$N$salt$r$p$digest`, with the salt as a text and the digest in base64. */
export const djangoScrypt: Scheme = scryptForm(
  'django-scrypt',
  (hash) => hash.startsWith('scrypt$'),
  (hash) => {
    const [, n, salt = '', blockSize, parallelism, digest = ''] = DJANGO.exec(hash) ?? [];
    return stored([n, blockSize, parallelism], Buffer.from(salt), fromBase64(digest));
  },
);

/** `{scrypt}$numbers$salt$digest`: the binary logarithm of N, r and p are the bytes of a hexadecimal number. */
export const springScrypt: Scheme = scryptForm(
  'spring-scrypt',
  (hash) => /^\{scrypt(?:@SpringSecurity_v5_8)?\}/.test(hash),
  (hash) => {
    const [, digits, salt = '', digest = ''] = SPRING.exec(hash) ?? [];
    if (digits === undefined) return undefined;
    const numbers = Number.parseInt(digits, 16);
    const written = [2 ** (numbers >>> 16), (numbers >>> 8) & 255, numbers & 255].map(String);
    return stored(written, fromBase64(salt), fromBase64(digest));
  },
);

/** Undefined if N is not a power of two, a number has leading zeros, or a value is out of bounds. */
function stored(
  written: readonly (string | undefined)[],
  salt: Buffer | undefined,
  digest: Buffer | undefined,
): StoredScrypt | undefined {
  const [n = 0, blockSize = 0, parallelism = 0] = written.map(Number);
  if (written.some((text) => !/^[1-9]\d*$/.test(text ?? '')) || !salt || !digest) return undefined;
  const settings = { cost: Math.log2(n), blockSize, parallelism };
  if (!Number.isInteger(settings.cost) || settings.cost < 1 || !isScrypt(settings)) return undefined;
  return { settings, salt, digest };
}
