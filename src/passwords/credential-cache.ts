/**
 * Remembers verified credentials. A client that sends a password with every request then costs one hash computation per
 * minute, and a client that sends many requests at once costs one. No part of a password can be read from the cache: an
 * entry's key is a keyed hash.
 */
import type { Clock } from '../util/clock';
import { KeyedDigest } from '../util/keyed-digest';
import { optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { SharedProofs, type Verify } from '../util/shared-proofs';

/** The options of the cache of verified passwords, `credentialCache` of a PasswordProvider. */
export interface CredentialCacheOptions {
  /** How long verified credentials are remembered, from 1 to 3600. @default 60 */
  ttlSeconds?: number;
  /** How many credentials are remembered; the oldest are removed first. From 1 to 1000000. @default 10000 */
  maxEntries?: number;
}

const OPTIONS = {
  ttlSeconds: optional(wholeNumber({ min: 1, max: 3600 }), 60),
  maxEntries: optional(wholeNumber({ min: 1, max: 1_000_000 }), 10_000),
} satisfies Record<keyof CredentialCacheOptions, Kind<unknown>>;

/** The parts that identify credentials: if any of them changes, the credentials must be verified again. */
export interface Credentials {
  /** The store that the user came from. */
  readonly store: object;
  readonly username: string;
  readonly password: string;
  /** The stored hash that the password is verified against. */
  readonly hash: string;
}

/** Credentials that are being verified. */
export interface CacheTicket {
  readonly key: string;
  readonly username: string;
  /** Number of calls of {@link CredentialCache.forget} so far. */
  readonly forgotten: number;
}

export class CredentialCache {
  readonly #digest = new KeyedDigest();
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #now: Clock;
  readonly #entries = new Map<string, { readonly username: string; readonly until: number }>();
  /**
   * Continues from the oldest entry: starting anew each time would pass over all entries deleted at the start. Entries
   * that it has passed are deleted, so it never ends before the entries do.
   */
  readonly #oldest = this.#entries.keys();
  readonly #underWay = new SharedProofs();
  readonly #stores = new WeakMap<object, number>();
  #storeCount = 0;
  #forgotten = 0;

  /**
   * @param now a monotonic clock, in milliseconds
   * @throws ConfigurationError for options that are unknown or out of bounds
   */
  constructor(options: CredentialCacheOptions = {}, now: Clock = () => performance.now()) {
    const { ttlSeconds, maxEntries } = parseOptions('credentialCache', options, OPTIONS);
    this.#ttlMs = 1000 * ttlSeconds;
    this.#maxEntries = maxEntries;
    this.#now = now;
  }

  ticket(credentials: Credentials): CacheTicket {
    const { store, username, password, hash } = credentials;
    const key = this.#digest.of(String(this.#idOf(store)), username, password, hash);
    return { key, username, forgotten: this.#forgotten };
  }

  /** The ticket of the same login for the hash that replaced the previous one. */
  renewed(ticket: CacheTicket, credentials: Credentials): CacheTicket {
    return { ...this.ticket(credentials), forgotten: ticket.forgotten };
  }

  has({ key }: CacheTicket): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    if (this.#now() < entry.until) return true;
    this.#entries.delete(key);
    return false;
  }

  /**
   * True if the credentials are remembered, or verified now. While the same credentials are being verified for any
   * client, it waits for that; if that verification fails, they are verified once more.
   * @throws the error that `verify` throws, and ServiceUnavailableError once the signal aborts
   */
  async prove(
    ticket: CacheTicket,
    verify: Verify,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<boolean> {
    return this.has(ticket) || this.#underWay.prove(ticket.key, verify, signal);
  }

  /** Remembers verified credentials, unless they were forgotten in the meantime. */
  add({ key, username, forgotten }: CacheTicket): void {
    if (forgotten !== this.#forgotten || this.#entries.has(key)) return;
    this.#entries.set(key, { username, until: this.#now() + this.#ttlMs });
    if (this.#entries.size <= this.#maxEntries) return;
    const oldest = this.#oldest.next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  /** Drops all credentials of a user, in any store. */
  forget(username: string): void {
    this.#forgotten += 1;
    for (const [key, entry] of this.#entries) if (entry.username === username) this.#entries.delete(key);
  }

  #idOf(store: object): number {
    const known = this.#stores.get(store);
    if (known !== undefined) return known;
    this.#storeCount += 1;
    this.#stores.set(store, this.#storeCount);
    return this.#storeCount;
  }
}
