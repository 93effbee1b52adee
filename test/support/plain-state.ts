import type { StateStoreInterface } from '../../src';
import type { Clock } from '../../src';

export interface PlainEntry {
  value: string;
  ends: number;
  owner: string | undefined;
}

/** A minimal store, whose parts a test replaces to break it. */
export class PlainState implements StateStoreInterface {
  readonly entries = new Map<string, PlainEntry>();

  constructor(readonly clock: Clock) {}

  find(key: string): PlainEntry | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && entry.ends > this.clock() ? entry : undefined;
  }

  async get(key: string): Promise<string | null | undefined> {
    return Promise.resolve(this.find(key)?.value);
  }

  async set(
    key: string,
    value: string,
    previous: string | undefined,
    expiresAt: Date,
    owner?: string,
  ): Promise<boolean> {
    const present = this.find(key);
    if (present?.value !== previous) return Promise.resolve(false);
    this.entries.set(key, { value, ends: expiresAt.getTime(), owner: owner ?? present?.owner });
    return Promise.resolve(true);
  }

  async delete(key: string): Promise<boolean> {
    const isLive = this.find(key) !== undefined;
    this.entries.delete(key);
    return Promise.resolve(isLive);
  }

  async list(owner: string): Promise<readonly (readonly [key: string, value: string])[]> {
    const live = [...this.entries].filter(([key, entry]) => entry.owner === owner && this.find(key));
    return Promise.resolve(live.map(([key, { value }]) => [key, value] as const));
  }
}
