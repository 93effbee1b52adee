import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ServiceUnavailableError } from '../errors';
import { checkEntry, checkKey, checkOwner } from '../state/limits';
import type { StateStoreInterface } from '../state/state-store';
import type { Clock } from '../util/clock';
import { callable, optional, unchecked } from '../util/option-kinds';
import { parseOptions, withoutContainer } from '../util/parse-options';
import { ClientProblems } from './client-problems';
import { changedRows, ownAnswer } from './own-answers';
import {
  checkSqlClient,
  type DatabaseClient,
  outliveIdleErrors,
  type SqlAnswer,
  type SqlClient,
} from './sql-client';
import { isTaken } from './sql-errors';
import { SqlRevocationLog } from './sql-revocation-log';
import { type StateStatements, stateStatements } from './state-statements';
import { Sweeping } from './sweeper';

/** The options of {@link SqlState}. */
export interface SqlStateOptions {
  /** A `Pool` of `pg`, a pool of `mysql2`, a {@link SqliteClient}, or a client of the same form. */
  readonly client: DatabaseClient;
  /** For tests: the clock that decides when entries end, in every dialect. @default Date.now */
  readonly clock?: Clock;
}

const OPTIONS = {
  // `checkSqlClient` checks it.
  client: unchecked<unknown>(),
  clock: optional(callable<Clock>(), Date.now),
};

/** How often an insert is tried while other callers insert the same key and those entries end. */
const MAX_INSERTS = 5;

/**
 * Keeps token families, API keys and sessions in a table of PostgreSQL, MySQL, MariaDB or SQLite, for all processes
 * that share the database. `securest sql migrate`, or `migrate(client)`, creates the table.
 *
 * A database that does not answer within the client's time limits is 503; an app that starts with a client without time
 * limits reports this. Once a minute up to 1,000 ended rows are deleted, by a timer that keeps no process alive and
 * ends with `close()`; `securest sql clean` deletes all of them. The client belongs to the app, which closes it.
 *
 * @example class Tokens extends TokenService { constructor() { super({ secret, state: new SqlState({ client: pool }) }); } }
 */
export class SqlState implements StateStoreInterface, ProblemSource {
  /** The revocation log in the same database. */
  readonly revocationLog: SqlRevocationLog;
  readonly #client: SqlClient;
  readonly #sql: StateStatements;
  readonly #clock: Clock;
  readonly #sweeping: Sweeping;
  readonly #problems: ClientProblems;

  /** Does not connect to the database yet. @throws ConfigurationError for unknown or invalid options */
  constructor(options: SqlStateOptions) {
    const { client, clock } = parseOptions('SqlState', withoutContainer(options), OPTIONS);
    this.#client = checkSqlClient('SqlState', client);
    this.#sql = stateStatements(this.#client.dialect ?? 'postgres');
    this.#clock = clock;
    outliveIdleErrors(this.#client);
    const sweep = (): Promise<unknown> => this.#ask(this.#sql.sweep, [this.#now()]);
    this.#sweeping = new Sweeping(client as object, 'securest_state', sweep);
    this.#problems = new ClientProblems('SqlState', this.#client);
    this.revocationLog = new SqlRevocationLog({ client: client as DatabaseClient });
  }

  /**
   * @throws TypeError for an invalid key
   * @throws ServiceUnavailableError if the database cannot answer now
   */
  async get(key: string): Promise<string | undefined> {
    checkKey(key);
    this.#sweeping.use();
    const { rows } = await this.#ask(this.#sql.get, [key, this.#now()]);
    return rows.map(({ value }) => textOf(value))[0];
  }

  /**
   * @throws TypeError for an argument that is out of bounds, and for a value that does not change
   * @throws ServiceUnavailableError if the database cannot answer now; the entry may or may not have been written
   */
  async set(
    key: string,
    value: string,
    previous: string | undefined,
    expiresAt: Date,
    owner?: string,
  ): Promise<boolean> {
    const now = this.#now();
    checkEntry(key, value, previous, expiresAt, owner, now);
    this.#sweeping.use();
    const end = expiresAt.getTime();
    if (previous === undefined) return this.#insert([key, value, owner ?? null, end], now);
    return this.#hasChanged(await this.#ask(this.#sql.swap, [key, value, previous, end, now]));
  }

  /**
   * @throws TypeError for an invalid key
   * @throws ServiceUnavailableError if the database cannot answer now; the entry may or may not have been deleted
   */
  async delete(key: string): Promise<boolean> {
    checkKey(key);
    this.#sweeping.use();
    return this.#hasChanged(await this.#ask(this.#sql.delete, [key, this.#now()]));
  }

  /**
   * @throws TypeError for an invalid owner
   * @throws ServiceUnavailableError if the database cannot answer now
   */
  async list(owner: string): Promise<readonly (readonly [key: string, value: string])[]> {
    checkOwner(owner);
    this.#sweeping.use();
    const { rows } = await this.#ask(this.#sql.list, [owner, this.#now()]);
    return rows.map(({ id, value }) => [textOf(id), textOf(value)] as const);
  }

  /** Stops the timer, and the timer of {@link revocationLog}. */
  async close(): Promise<void> {
    this.#sweeping.close();
    await this.revocationLog.close();
  }

  /** Subscribes to warnings about the client, which is checked when an app starts to use the store. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  async #insert(entry: readonly unknown[], now: number): Promise<boolean> {
    const { insert, clear } = this.#sql;
    if (clear === undefined) return this.#hasChanged(await this.#ask(insert, [...entry, now]));
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#ask(insert, [...entry]);
        return true;
      } catch (error) {
        if (!isTaken(error, 'PRIMARY')) throw error;
      }
      if (tries >= MAX_INSERTS) return false;
      const isCleared = this.#hasChanged(await this.#ask(clear, [entry[0], now]));
      // If no ended entry was cleared, the entry is live, or another caller has just cleared it.
      if (!isCleared && (await this.#isLive(entry[0], now))) return false;
    }
  }

  async #isLive(key: unknown, now: number): Promise<boolean> {
    return (await this.#ask(this.#sql.get, [key, now])).rows.length > 0;
  }

  #hasChanged(answer: SqlAnswer): boolean {
    return changedRows(this.#client, answer) > 0;
  }

  #ask(sql: string, params: unknown[]): Promise<SqlAnswer> {
    return ownAnswer(this.#client, 'SqlState', sql, params);
  }

  /** Whole milliseconds, like the ends of entries. */
  #now(): number {
    return Math.floor(this.#clock());
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ServiceUnavailableError({ cause: new Error('securest_state has a row that is not text') });
}
