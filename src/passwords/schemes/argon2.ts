import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Argon2Settings } from '../work/engines';
import type { Work } from '../work/work';
import { fromBareBase64, toBareBase64 } from './encodings';
import type { MakingScheme } from './scheme';

export interface Argon2idSettings {
  readonly scheme: 'argon2id';
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** 512 MiB. */
export const MAX_MEMORY_KIB = 512 * 1024;
export const MAX_PASSES = 100;
export const MAX_LANES = 16;
/** The memory that may be filled in all passes together: 4 GiB. */
export const MAX_FILLED_KIB = 4 * 1024 * 1024;

const TYPES = { d: 0, i: 1, id: 2 } as const;
const READABLE =
  /^\$argon2(id|i|d)(?:\$v=(16|19))?\$m=([1-9]\d{0,5}),t=([1-9]\d{0,2}),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

interface Stored extends Omit<Argon2Settings, 'raw' | 'hashLength'> {
  readonly digest: Buffer;
}

/**
 * RFC 9106, in the PHC string format: version 1.3 and, if `v` is 16 or absent, version 1.0. Computed by the package
 * `argon2`.
 */
export const argon2: MakingScheme<Argon2idSettings> = {
  name: 'argon2',
  needs: 'argon2',
  recognises: (hash) => /^\$argon2[a-z]*\$/.test(hash),
  workOf(hash): Work | undefined {
    const stored = read(hash);
    if (stored === undefined) return undefined;
    const { memoryCost: memoryKib, timeCost, parallelism: lanes } = stored;
    return { kind: 'argon2', memoryKib, lanes, units: memoryKib * timeCost };
  },
  async verify(password, hash, engines) {
    const stored = read(hash);
    if (stored === undefined) return false;
    const { digest, ...settings } = stored;
    const engine = engines.argon2();
    const made = await engine.hash(password, { ...settings, raw: true, hashLength: digest.length });
    return made.length === digest.length && timingSafeEqual(made, digest);
  },
  async hash(password, settings, engines) {
    const salt = randomBytes(16);
    const { memoryKib: memoryCost, passes: timeCost, lanes: parallelism } = settings;
    const own = { type: TYPES.id, version: 19, memoryCost, timeCost, parallelism } as const;
    const engine = engines.argon2();
    return written(settings, salt, await engine.hash(password, { ...own, salt, raw: true, hashLength: 32 }));
  },
  decoy: (settings) => written(settings, randomBytes(16), randomBytes(32)),
  isWeaker(hash, { memoryKib, passes }) {
    const stored = read(hash);
    return (
      stored?.type !== TYPES.id ||
      stored.version !== 19 ||
      stored.memoryCost < memoryKib ||
      stored.timeCost < passes
    );
  },
};

function read(hash: string): Stored | undefined {
  const [, type, version = '16', memory, passes, lanes, salt, digest] = READABLE.exec(hash) ?? [];
  if (salt === undefined || digest === undefined) return undefined;
  const stored = {
    type: TYPES[type as keyof typeof TYPES],
    version: Number(version),
    memoryCost: Number(memory),
    timeCost: Number(passes),
    parallelism: Number(lanes),
    salt: fromBareBase64(salt),
    digest: fromBareBase64(digest),
  };
  const { memoryCost, timeCost, parallelism } = stored;
  const isBounded =
    memoryCost <= MAX_MEMORY_KIB &&
    memoryCost >= 8 * parallelism &&
    timeCost <= MAX_PASSES &&
    memoryCost * timeCost <= MAX_FILLED_KIB &&
    parallelism <= MAX_LANES;
  return isBounded && stored.salt && stored.digest
    ? { ...stored, salt: stored.salt, digest: stored.digest }
    : undefined;
}

function written({ memoryKib, passes, lanes }: Argon2idSettings, salt: Buffer, digest: Buffer): string {
  const numbers = `m=${String(memoryKib)},t=${String(passes)},p=${String(lanes)}`;
  return `$argon2id$v=19$${numbers}$${toBareBase64(salt)}$${toBareBase64(digest)}`;
}
