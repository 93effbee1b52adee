import type { MaybePromise } from '../core/userstore';
import type { StateStoreInterface } from '../state/state-store';
import type { Clock } from '../util/clock';
import { callable, oneOf, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { ContractTime } from './contracts/contract-time';
import { ENTRY_CASES } from './contracts/entry-cases';
import { OWNER_CASES } from './contracts/owner-cases';
import { RACE_CASES } from './contracts/race-cases';
import { TEXT_CASES } from './contracts/text-cases';
import { Trial } from './contracts/trial';
import { globalRunner, type TestRunner, testRunner } from './test-runner';

/** The argument that a contract passes to `make`. */
export interface ContractFacts {
  /** The time of the test: the real time, or with `time: 'given'` a time that the contract moves. */
  readonly clock: Clock;
}

/** The options of {@link stateStoreContract}. */
export interface StateStoreContractOptions {
  /**
   * Makes the store of a test. It is called for each test, and may return the same store again: each test has keys and
   * owners of its own, and deletes its entries. The caller closes the connections that it opened.
   */
  make: (facts: ContractFacts) => MaybePromise<StateStoreInterface>;
  /**
   * How entries expire. `'real'`: by waiting, about half a second in eight tests; the clock of a server must be within
   * 0.1 s of this machine's. `'given'`: the store reads the time from the `clock` passed to `make`. The tests move this
   * clock, so expiry is checked to the millisecond.
   * @default 'real'
   */
  time?: 'given' | 'real';
  /** @default the global functions of these names, `beforeAll` and `afterAll` included */
  runner?: TestRunner;
}

const OPTIONS = {
  make: callable<StateStoreContractOptions['make']>(),
  time: optional(oneOf('given', 'real'), 'real'),
  runner: optional(testRunner),
} satisfies Record<keyof StateStoreContractOptions, Kind<unknown>>;

const CASES = [...ENTRY_CASES, ...RACE_CASES, ...TEXT_CASES, ...OWNER_CASES];

/**
 * Describes the tests that a store must pass before an app may keep token families, API keys or sessions in it. Most of
 * the faults that they look for show in an app only under a race or a theft: two winners of one swap, an expired entry
 * that becomes live again, different texts or owners that compare as equal.
 *
 * @example
 * // A store of an app's own: SQLite, by the built-in module of Node 22.
 * class NoteState implements StateStoreInterface {
 *   constructor(private readonly db: DatabaseSync, private readonly clock: Clock = Date.now) {
 *     db.exec('CREATE TABLE IF NOT EXISTS state (id TEXT PRIMARY KEY, value TEXT, owner TEXT, ends INTEGER) STRICT');
 *   }
 *   get(key: string) {
 *     const sql = 'SELECT value FROM state WHERE id = ? AND ends > ?';
 *     return this.db.prepare(sql).get(key, this.clock())?.value as string | undefined;
 *   }
 *   set(key: string, value: string, previous: string | undefined, expiresAt: Date, owner?: string) {
 *     const [now, ends] = [this.clock(), expiresAt.getTime()];
 *     if (previous !== undefined) {
 *       const sql = 'UPDATE state SET value = ?, ends = ? WHERE id = ? AND value = ? AND ends > ?';
 *       return Number(this.db.prepare(sql).run(value, ends, key, previous, now).changes) === 1;
 *     }
 *     const sql = `INSERT INTO state VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
 *       SET value = excluded.value, owner = excluded.owner, ends = excluded.ends WHERE ends <= ?`;
 *     return Number(this.db.prepare(sql).run(key, value, owner ?? null, ends, now).changes) === 1;
 *   }
 *   delete(key: string) {
 *     const sql = 'DELETE FROM state WHERE id = ? AND ends > ?';
 *     return Number(this.db.prepare(sql).run(key, this.clock()).changes) === 1;
 *   }
 *   list(owner: string) {
 *     const sql = 'SELECT id, value FROM state WHERE owner = ? AND ends > ?';
 *     const rows = this.db.prepare(sql).all(owner, this.clock()) as { id: string; value: string }[];
 *     return rows.map(({ id, value }) => [id, value] as const);
 *   }
 * }
 * stateStoreContract({ time: 'given', make: ({ clock }) => new NoteState(new DatabaseSync(':memory:'), clock) });
 *
 * // With node:test, which has no globals:
 * import { after, before, describe, it } from 'node:test';
 * stateStoreContract({ make: () => new NoteState(db), runner: { after, before, describe, it } });
 * @throws ConfigurationError for unknown or invalid options
 */
export function stateStoreContract(options: StateStoreContractOptions): void {
  const given = parseOptions('stateStoreContract()', options, OPTIONS);
  const runner = given.runner ?? globalRunner('stateStoreContract');
  runner.describe('The contract of StateStoreInterface', () => {
    for (const [title, body] of CASES) {
      runner.it(title, async () => {
        const time = new ContractTime(given.time === 'given');
        await new Trial(await given.make({ clock: time.clock }), time).run(body);
      });
    }
  });
}
