/**
 * The challenges that passkeys sign. Each contains its time and proves its purpose and user by an HMAC, so that none of
 * them has to be stored: an anonymous client cannot fill the store by asking for challenges. Only a used challenge is
 * recorded, by the code that accepts it.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isBase64url } from './responses';

/** The purpose of a challenge; a challenge is invalid for any other purpose. */
export type Purpose = 'login' | 'factor' | 'add';

/** A challenge that can be used once. */
export interface OpenChallenge {
  /** The name under which its use is recorded. */
  readonly digest: string;
  /** Until when its use must be remembered, in milliseconds since the epoch. */
  readonly until: number;
}

const TIME_BYTES = 8;
const RANDOM_BYTES = 16;
const HEAD_BYTES = TIME_BYTES + RANDOM_BYTES;
const BYTES = HEAD_BYTES + 32;
const LENGTH = Math.ceil((BYTES * 4) / 3);
/** The maximum difference between the clocks of several processes. */
const TOLERANCE_MS = 30_000;

export class Challenges {
  readonly #keys: readonly Buffer[];
  readonly #ms: number;
  readonly #now: () => number;

  /** @param keys the first key signs, all keys are accepted */
  constructor(keys: readonly Buffer[], seconds: number, now: () => number) {
    this.#keys = keys;
    this.#ms = seconds * 1000;
    this.#now = now;
  }

  /** @param owner the user whose passkey must sign it; empty if any user may log in with it */
  issue(purpose: Purpose, owner: string): string {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeBigUInt64BE(BigInt(Math.max(0, Math.trunc(this.#now()))));
    randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
    const [key] = this.#keys as [Buffer];
    return Buffer.concat([head, sealOf(key, head, purpose, owner)]).toString('base64url');
  }

  /** Undefined for a challenge of another purpose or user, an altered challenge, and an expired challenge. */
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
    // Written so that a broken clock never yields a valid age.
    const isFresh = age >= -TOLERANCE_MS && age < this.#ms;
    if (!isOurs || !isFresh) return undefined;
    const digest = createHash('sha256').update(bytes).digest('base64url');
    return { digest, until: time + this.#ms + 2 * TOLERANCE_MS };
  }
}

/** The head has a fixed length, so that no part of it can be read as another purpose. */
function sealOf(key: Buffer, head: Buffer, purpose: Purpose, owner: string): Buffer {
  return createHmac('sha256', key)
    .update(head)
    .update(JSON.stringify([purpose, owner]))
    .digest();
}
