import type { Revocation } from '../../state/revocation-log';
import { RevokedIds } from './revoked-ids';

const MAX_USERS = 100_000;
/** How many of the 256 parts of the table are swept at once. */
const SWEPT = 16;

/** The parts of a token by which it can be revoked. */
export interface RevocableToken {
  /** 16 hex digits. */
  readonly id: string;
  /** 16 hex digits. */
  readonly familyId: string | undefined;
  /** `store:name`, `:name` in an app with one store. */
  readonly user: string;
  /** In milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** The revocations that one process knows. */
export class KnownRevocations {
  readonly #ids: RevokedIds;
  readonly #users = new Map<string, { readonly before: number; readonly until: number }>();
  #part = 0;
  #maySweep = true;
  /** Tokens issued until this time are refused, because there was no room for all revocations. */
  #refusedUntil = -Infinity;
  /** Until when the revocations without room are in effect. */
  #missingUntil = -Infinity;

  /** @param onFull is called when the room is used up, and when there is room again */
  constructor(
    maxEntries: number,
    private readonly onFull: (isFull: boolean) => void,
  ) {
    this.#ids = new RevokedIds(maxEntries);
  }

  /** The number of revoked tokens and families that are kept; some of them may have ended. */
  get size(): number {
    return this.#ids.size;
  }

  /** True also if the token may have been revoked, but this is uncertain. */
  has(token: RevocableToken, now: number): boolean {
    // Written so that a NaN leads to a refusal.
    return !(token.issuedAt > this.#refusedUntil) || this.names(token, now);
  }

  /** True if the token, its family or all tokens of its user are known to have been revoked. */
  names({ id, familyId, user, issuedAt }: RevocableToken, now: number): boolean {
    if (this.#ids.has(id, now) || (familyId !== undefined && this.#ids.has(familyId, now))) return true;
    if (this.#users.size === 0) return false;
    const ended = this.#users.get(user);
    return ended !== undefined && ended.until > now && !(issuedAt >= ended.before);
  }

  add(entry: Revocation, now: number): void {
    if (entry.until <= now) return;
    const isKept =
      entry.before === undefined ? this.#addId(entry, now) : this.#addUser(entry, entry.before, now);
    if (isKept) return;
    if (this.#missingUntil === -Infinity) this.onFull(true);
    this.#refusedUntil = Math.max(this.#refusedUntil, now);
    this.#missingUntil = Math.max(this.#missingUntil, entry.until);
  }

  /** Removes some of the ended entries, and forgets that some are missing once all the missing entries have ended. */
  sweep(now: number): void {
    this.#maySweep = true;
    this.#sweepParts(1, now);
    if (!(now > this.#missingUntil) || this.#missingUntil === -Infinity) return;
    this.#missingUntil = -Infinity;
    this.#refusedUntil = -Infinity;
    this.onFull(false);
  }

  /** All entries that have not ended, in lists that each take little time. */
  *live(now: () => number): Generator<readonly Revocation[], void> {
    yield [...this.#users].map(([id, ended]) => ({ id, ...ended }));
    for (let part = 0; part < RevokedIds.segments; part += 1) yield this.#ids.live(part, now());
  }

  #addId({ id, until }: Revocation, now: number): boolean {
    if (this.#ids.add(id, until, now)) return true;
    // Only once between two sweeps: otherwise each entry of a flood would cost as much.
    if (!this.#maySweep) return false;
    this.#maySweep = false;
    this.#sweepParts(SWEPT, now);
    return this.#ids.add(id, until, now);
  }

  #sweepParts(count: number, now: number): void {
    for (let swept = 0; swept < count; swept += 1) {
      this.#ids.sweep(this.#part, now);
      this.#part = (this.#part + 1) % RevokedIds.segments;
    }
  }

  #addUser({ id, until }: Revocation, before: number, now: number): boolean {
    const known = this.#users.get(id);
    if (known === undefined && this.#users.size >= MAX_USERS && this.#maySweep) {
      this.#maySweep = false;
      for (const [user, ended] of this.#users) if (ended.until <= now) this.#users.delete(user);
    }
    if (known === undefined && this.#users.size >= MAX_USERS) return false;
    this.#users.set(id, {
      before: Math.max(before, known?.before ?? 0),
      until: Math.max(until, known?.until ?? 0),
    });
    return true;
  }
}
