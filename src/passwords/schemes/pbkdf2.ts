import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Work } from '../work/work';
import { fromBase64, fromDottedBase64, toDottedBase64 } from './encodings';
import type { MakingScheme, Scheme } from './scheme';

export type Digest = 'sha1' | 'sha256' | 'sha512';

export interface Pbkdf2Settings {
  readonly scheme: 'pbkdf2-sha256' | 'pbkdf2-sha512';
  readonly iterations: number;
}

export const MAX_ITERATIONS = 10_000_000;
const BYTES = { sha1: 20, sha256: 32, sha512: 64 };
const SALT_BYTES = 16;
/** The digest length of Keycloak, for every hash function. */
const LONG = 64;

export interface Stored {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/** RFC 8018, in passlib's format: `$pbkdf2-sha256$rounds$salt$digest`. */
export const pbkdf2Sha256 = passlib('sha256');
export const pbkdf2Sha512 = passlib('sha512');
export const pbkdf2Sha1: Scheme = { ...passlib('sha1'), optIn: 'pbkdf2-sha1' };

/** Django's format: `pbkdf2_sha256$iterations$salt$digest`, with the salt as a text. */
export const djangoPbkdf2Sha256 = django('sha256');
export const djangoPbkdf2Sha1: Scheme = { ...django('sha1'), optIn: 'pbkdf2-sha1' };

/** A format of PBKDF2 with one digest. */
export function pbkdf2Form(
  name: string,
  recognises: (hash: string) => boolean,
  digest: Digest,
  read: (hash: string) => Stored | undefined,
): Scheme {
  return {
    name,
    recognises,
    workOf(hash): Work | undefined {
      const stored = read(hash);
      return stored && { kind: 'pbkdf2', digest, units: stored.iterations * blocksOf(stored.digest, digest) };
    },
    verify(password, hash) {
      const stored = read(hash);
      if (stored === undefined) return false;
      const { salt, iterations, digest: bytes } = stored;
      return timingSafeEqual(pbkdf2Sync(password, salt, iterations, bytes.length, digest), bytes);
    },
  };
}

function passlib(digest: Digest): MakingScheme<Pbkdf2Settings> {
  const ident = digest === 'sha1' ? '$pbkdf2$' : `$pbkdf2-${digest}$`;
  const readable = /^([1-9]\d{0,7})\$([./A-Za-z0-9]{2,171})\$([./A-Za-z0-9]{27,86})$/;
  const read = (hash: string) =>
    checkedPbkdf2(readable.exec(hash.slice(ident.length)), digest, fromDottedBase64, fromDottedBase64, [
      BYTES[digest],
      LONG,
    ]);
  const written = (iterations: number, salt: Buffer, bytes: Buffer) =>
    `${ident}${String(iterations)}$${toDottedBase64(salt)}$${toDottedBase64(bytes)}`;
  return {
    ...pbkdf2Form(`pbkdf2-${digest}`, (hash) => hash.startsWith(ident), digest, read),
    hash(password, { iterations }) {
      const salt = randomBytes(SALT_BYTES);
      return written(iterations, salt, pbkdf2Sync(password, salt, iterations, BYTES[digest], digest));
    },
    decoy: ({ iterations }) => written(iterations, randomBytes(SALT_BYTES), randomBytes(BYTES[digest])),
    isWeaker: (hash, { iterations }) => (read(hash)?.iterations ?? 0) < iterations,
  };
}

function django(digest: Digest): Scheme {
  const ident = `pbkdf2_${digest}$`;
  const readable = /^([1-9]\d{0,7})\$([!-#%-~]{1,128})\$([+/A-Za-z0-9]{27,86}={0,2})$/;
  return pbkdf2Form(
    `django-pbkdf2-${digest}`,
    (hash) => hash.startsWith(ident),
    digest,
    (hash) =>
      checkedPbkdf2(readable.exec(hash.slice(ident.length)), digest, (salt) => Buffer.from(salt), fromBase64),
  );
}

/**
 * The values found in the groups iterations, salt and digest; undefined if they are out of bounds. PBKDF2 produces
 * longer digests by continuing, so a shorter digest would match by its beginning: only complete digests are read.
 */
export function checkedPbkdf2(
  found: readonly string[] | null,
  digest: Digest,
  saltOf: (text: string) => Buffer | undefined,
  digestOf: (text: string) => Buffer | undefined,
  lengths: readonly number[] = [BYTES[digest]],
): Stored | undefined {
  const [, iterations, salt = '', bytes = ''] = found ?? [];
  const stored = { iterations: Number(iterations), salt: saltOf(salt), digest: digestOf(bytes) };
  if (stored.salt === undefined || stored.digest === undefined) return undefined;
  if (!lengths.includes(stored.digest.length)) return undefined;
  if (!(stored.iterations * blocksOf(stored.digest, digest) <= MAX_ITERATIONS)) return undefined;
  return { iterations: stored.iterations, salt: stored.salt, digest: stored.digest };
}

/** Each block of the digest takes all iterations. */
function blocksOf(bytes: Buffer, digest: Digest): number {
  return Math.ceil(bytes.length / BYTES[digest]);
}
