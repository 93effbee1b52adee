/** PBKDF2 in the formats of frameworks and LDAP servers, other than passlib and Django. Hashes with SHA-1 are weak. */
import { fromDottedBase64, fromHex } from './encodings';
import { checkedPbkdf2, type Digest, pbkdf2Form } from './pbkdf2';
import type { Scheme } from './scheme';

const SPRING_DIGEST = 32;

/** `pbkdf2:sha256:iterations$salt$digest`, with the salt as a text and the digest in hexadecimal digits. */
export const werkzeugPbkdf2 = (['sha256', 'sha512', 'sha1'] as const).map(werkzeug);

/** OpenLDAP's module pw-pbkdf2: `{PBKDF2-SHA256}iterations$salt$digest`; without a digest name it is SHA-1. */
export const ldapPbkdf2 = [
  ldap('sha256', /^\{pbkdf2-sha256\}/i),
  ldap('sha512', /^\{pbkdf2-sha512\}/i),
  ldap('sha1', /^\{pbkdf2(?:-sha1)?\}(?!\$)/i),
];

const DOVECOT = /^\{pbkdf2\}\$1\$([!-#%-~]{1,128})\$([1-9]\d{0,7})\$([0-9a-f]{40})$/i;

/** Dovecot's `{PBKDF2}$1$salt$iterations$digest`. */
export const dovecotPbkdf2: Scheme = {
  ...pbkdf2Form(
    'dovecot-pbkdf2',
    (hash) => /^\{pbkdf2\}\$1\$/i.test(hash),
    'sha1',
    (hash) => {
      const [, salt = '', iterations = '', digest = ''] = DOVECOT.exec(hash) ?? [];
      return checkedPbkdf2(['', iterations, salt, digest], 'sha1', (text) => Buffer.from(text), fromHex);
    },
  ),
  optIn: 'pbkdf2-sha1',
};

/** Spring's format, with salt and digest in hexadecimal digits; its id implies the numbers. */
export const springPbkdf2 = [
  spring('{pbkdf2@SpringSecurity_v5_8}', 'sha256', 310_000, 16),
  spring('{pbkdf2}', 'sha1', 185_000, 8),
];

function werkzeug(digest: Digest): Scheme {
  const ident = `pbkdf2:${digest}:`;
  const readable = /^([1-9]\d{0,7})\$([!-#%-~]{1,128})\$([0-9a-f]{40,128})$/;
  return weakBySha1(
    digest,
    pbkdf2Form(
      `werkzeug-pbkdf2-${digest}`,
      (hash) => hash.startsWith(ident),
      digest,
      (hash) =>
        checkedPbkdf2(readable.exec(hash.slice(ident.length)), digest, (salt) => Buffer.from(salt), fromHex),
    ),
  );
}

function ldap(digest: Digest, prefix: RegExp): Scheme {
  const readable = /^([1-9]\d{0,7})\$([./A-Za-z0-9]{2,171})\$([./A-Za-z0-9]{27,86})$/;
  return weakBySha1(
    digest,
    pbkdf2Form(
      `ldap-pbkdf2-${digest}`,
      (hash) => prefix.test(hash),
      digest,
      (hash) =>
        checkedPbkdf2(readable.exec(hash.replace(prefix, '')), digest, fromDottedBase64, fromDottedBase64),
    ),
  );
}

function spring(ident: string, digest: Digest, iterations: number, saltBytes: number): Scheme {
  const saltDigits = 2 * saltBytes;
  const readable = new RegExp(`^([0-9a-f]{${String(saltDigits)}})([0-9a-f]{${String(2 * SPRING_DIGEST)}})$`);
  return weakBySha1(
    digest,
    pbkdf2Form(
      `spring-pbkdf2-${digest}`,
      (hash) => hash.startsWith(ident) && (ident !== '{pbkdf2}' || readable.test(hash.slice(ident.length))),
      digest,
      (hash) => {
        const [, salt = '', bytes = ''] = readable.exec(hash.slice(ident.length)) ?? [];
        return checkedPbkdf2(['', String(iterations), salt, bytes], digest, fromHex, fromHex, [
          SPRING_DIGEST,
        ]);
      },
    ),
  );
}

function weakBySha1(digest: Digest, scheme: Scheme): Scheme {
  return digest === 'sha1' ? { ...scheme, optIn: 'pbkdf2-sha1' } : scheme;
}
