/**
 * ASP.NET Core Identity: base64 of a version, its numbers, salt and digest. Version 2 is PBKDF2 with SHA-1 and 1,000
 * iterations, and version 3 states its hash function and iterations.
 */
import { fromBase64 } from './encodings';
import { checkedPbkdf2, type Digest, pbkdf2Form, type Stored } from './pbkdf2';
import type { Scheme } from './scheme';

const SALT = 16;
const DIGEST = 32;
const HEADER = 13;
const V2_ITERATIONS = 1000;
const DIGESTS: readonly Digest[] = ['sha1', 'sha256', 'sha512'];

export const aspNetV3: readonly Scheme[] = DIGESTS.map((digest, prf) => {
  const ident = `AQAAAA${'AEI'.charAt(prf)}`;
  return {
    ...pbkdf2Form(
      `aspnet-v3-${digest}`,
      // The length of 84 characters is checked, since a password may begin the same way.
      (hash) => hash.startsWith(ident) && /^[A-Za-z0-9+/]{82}==$/.test(hash),
      digest,
      (hash) => readV3(hash, digest),
    ),
    ...(digest === 'sha1' && { optIn: 'pbkdf2-sha1' as const }),
  };
});

export const aspNetV2: Scheme = {
  ...pbkdf2Form('aspnet-v2', (hash) => /^A[A-P][A-Za-z0-9+/]{64}==$/.test(hash), 'sha1', readV2),
  optIn: 'pbkdf2-sha1',
};

function readV3(hash: string, digest: Digest): Stored | undefined {
  const bytes = fromBase64(hash);
  if (bytes?.length !== HEADER + SALT + DIGEST || bytes.readUInt32BE(9) !== SALT) return undefined;
  return stored(bytes.readUInt32BE(5), bytes.subarray(HEADER), digest);
}

function readV2(hash: string): Stored | undefined {
  const bytes = fromBase64(hash);
  return bytes?.length === 1 + SALT + DIGEST ? stored(V2_ITERATIONS, bytes.subarray(1), 'sha1') : undefined;
}

function stored(iterations: number, saltAndDigest: Buffer, digest: Digest): Stored | undefined {
  if (iterations < 1) return undefined;
  const salt = saltAndDigest.subarray(0, SALT);
  return checkedPbkdf2(
    ['', String(iterations)],
    digest,
    () => salt,
    () => saltAndDigest.subarray(SALT),
    [DIGEST],
  );
}
