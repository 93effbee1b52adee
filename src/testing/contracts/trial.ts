import { randomBytes } from 'node:crypto';
import type { StateStoreInterface } from '../../state/state-store';
import { absent, same } from './check';
import type { ContractTime } from './contract-time';

/** How many callers race for one entry. */
const RACERS = 20;

/**
 * One test of a store. It has keys of its own, so the store may hold other entries, and it leaves no entries behind.
 */
export class Trial {
  readonly #keys = new Set<string>();
  readonly #name = randomBytes(9).toString('hex');

  constructor(
    private readonly store: StateStoreInterface,
    readonly time: ContractTime,
  ) {}

  /** A key that no other test has. */
  key(rest = ''): string {
    return `${this.#name}:${rest}`;
  }

  /** The name of an owner that no other test has. */
  owner(rest = ''): string {
    return `${this.#name}:${rest}`;
  }

  async get(key: string): Promise<string | null | undefined> {
    return this.store.get(key);
  }

  async set(
    key: string,
    value: string,
    previous?: string,
    end = this.time.later(),
    owner?: string,
  ): Promise<boolean> {
    this.#keys.add(key);
    return this.store.set(key, value, previous, end, owner);
  }

  async delete(key: string): Promise<boolean> {
    return this.store.delete(key);
  }

  /** This test's entries of an owner, in the order of their keys. */
  async list(owner: string): Promise<readonly (readonly [key: string, value: string])[]> {
    const entries = await this.store.list(owner);
    same(Array.isArray(entries), true, 'list() answers a list');
    return entries
      .filter(([key]) => this.#keys.has(key))
      .map(([key, value]) => [key, value] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1));
  }

  async add(key: string, value: string, owner?: string): Promise<void> {
    same(await this.set(key, value, undefined, undefined, owner), true, 'set() of a new entry');
  }

  /** Adds an entry, and waits until it has expired. */
  async addEnded(key: string, value: string, owner?: string): Promise<void> {
    const end = this.time.soon();
    same(await this.set(key, value, undefined, end, owner), true, 'set() of a new entry');
    await this.time.pass(end);
  }

  /** Checks the present value of an entry; undefined for a missing entry. */
  async holds(key: string, value: string | undefined, what: string): Promise<void> {
    const found = await this.get(key);
    if (value === undefined) absent(found, what);
    else same(found, value, what);
  }

  /** The answers to several concurrent callers. */
  async race<T>(call: (racer: number) => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from({ length: RACERS }, (_, racer) => call(racer)));
  }

  /** Runs a test, and deletes its entries. */
  async run(body: Case[1]): Promise<void> {
    const clear = async (): Promise<unknown> => Promise.all([...this.#keys].map((key) => this.delete(key)));
    try {
      await body(this);
    } catch (error) {
      // The test's own failure must be reported, not that a broken store cannot be cleared.
      await clear().catch(() => undefined);
      throw error;
    }
    await clear();
  }
}

export type Case = readonly [title: string, body: (trial: Trial) => Promise<void>];

/** A value in the form that the library writes. */
export function valueOf(rest: unknown): string {
  return JSON.stringify({ v: 1, rest });
}
