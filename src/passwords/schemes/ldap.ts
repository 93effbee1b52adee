import { createHash, timingSafeEqual } from 'node:crypto';
import { NO_WORK } from '../work/work';
import { fromBase64 } from './encodings';
import type { Scheme } from './scheme';

const MIN_SALT = 4;
const MAX_SALT = 64;

/** One round of SHA over password and salt, as in RFC 2307 and OpenLDAP: `{SSHA}` and base64 of both. */
export const ssha = salted('ssha', 'sha1', 20);
export const ssha256 = salted('ssha256', 'sha256', 32);
export const ssha512 = salted('ssha512', 'sha512', 64);
/** Without a salt. */
export const sha: Scheme = { ...digests('sha', 'sha1', 20, 0, 0), optIn: 'ldap-sha' };

function salted(name: string, digest: string, bytes: number): Scheme {
  return digests(name, digest, bytes, MIN_SALT, MAX_SALT);
}

function digests(name: string, digest: string, bytes: number, minSalt: number, maxSalt: number): Scheme {
  const ident = `{${name}}`;
  const read = (hash: string) => {
    const stored = fromBase64(hash.slice(ident.length));
    if (stored === undefined || stored.length < bytes + minSalt || stored.length > bytes + maxSalt)
      return undefined;
    return { digest: stored.subarray(0, bytes), salt: stored.subarray(bytes) };
  };
  return {
    name: `ldap-${name}`,
    recognises: (hash) => hash.slice(0, ident.length).toLowerCase() === ident,
    workOf: (hash) => read(hash) && NO_WORK,
    verify(password, hash) {
      const stored = read(hash);
      if (stored === undefined) return false;
      return timingSafeEqual(createHash(digest).update(password).update(stored.salt).digest(), stored.digest);
    },
  };
}
