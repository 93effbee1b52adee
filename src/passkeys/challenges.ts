/**
 * The challenges that passkeys sign. Each carries its time and proves by an HMAC what and whom it is for, so that none has to
 * be kept: what an anonymous client asks for takes no room. Only one that was used is noted, by whoever takes it.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isBase64url } from './responses';

/** What a challenge is for: one of another purpose is none. */
export type Purpose = 'login' | 'factor' | 'add';

/** A challenge that is good once. */
export interface OpenChallenge {
  /** The name under which its use is noted. */
  readonly digest: string;
  /** Until when its use must be remembered: milliseconds since the epoch. */
  readonly until: number;
}

const TIME_BYTES = 8;
const RANDOM_BYTES = 16;
const HEAD_BYTES = TIME_BYTES + RANDOM_BYTES;
const BYTES = HEAD_BYTES + 32;
const LENGTH = Math.ceil((BYTES * 4) / 3);
/** How far the clocks of several processes may be apart. */
const TOLERANCE_MS = 30_000;

export class Challenges {
  readonly #keys: readonly Buffer[];
  readonly #ms: number;
  readonly #now: () => number;

  /** @param keys the first signs, all are accepted */
  constructor(keys: readonly Buffer[], seconds: number, now: () => number) {
    this.#keys = keys;
    this.#ms = seconds * 1000;
    this.#now = now;
  }

  /** @param owner whose passkey it is for; empty where anybody may come */
  issue(purpose: Purpose, owner: string): string {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeBigUInt64BE(BigInt(Math.max(0, Math.trunc(this.#now()))));
    randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
    const [key] = this.#keys as [Buffer];
    return Buffer.concat([head, sealOf(key, head, purpose, owner)]).toString('base64url');
  }

  /** Undefined for one of another purpose or user, a changed one, and one that is too old. */
  open(challenge: string, purpose: Purpose, owner: string): OpenChallenge | undefined {
    if (challenge.length !== LENGTH || !isBase64url(challenge)) return undefined;
    const bytes = Buffer.from(challenge, 'base64url');
    const head = bytes.subarray(0, HEAD_BYTES);
    const seal = bytes.subarray(HEAD_BYTES);
    const isOurs = this.#keys
      .map((key) => timingSafeEqual(sealOf(key, head, purpose, owner), seal))
      .includes(true);
    const time = Number(head.readBigUInt64BE());
    const age = this.#now() - time;
    // Written so that a broken clock is no age.
    const isFresh = age >= -TOLERANCE_MS && age < this.#ms;
    if (!isOurs || !isFresh) return undefined;
    const digest = createHash('sha256').update(bytes).digest('base64url');
    return { digest, until: time + this.#ms + 2 * TOLERANCE_MS };
  }
}

/** The head has one length, so that nothing of it can be read as another purpose. */
function sealOf(key: Buffer, head: Buffer, purpose: Purpose, owner: string): Buffer {
  return createHmac('sha256', key)
    .update(head)
    .update(JSON.stringify([purpose, owner]))
    .digest();
}
