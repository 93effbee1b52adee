import { ConfigurationError } from '../errors';
import { optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { placeholders } from './mysql-placeholders';
import type { SqlClient } from './sql-client';

/** A connection of `mysql2/promise`. */
export interface MysqlConnection {
  execute(options: { sql: string; values?: unknown }): Promise<unknown>;
  query(options: { sql: string }): Promise<unknown>;
  destroy(): void;
  release?(): void;
}

/** A pool of `mysql2/promise`, or of `mysql2`, whose `promise()` returns a pool with promises. */
export type MysqlPool = { getConnection(): Promise<MysqlConnection> } | { promise(): unknown };

/** The options of {@link MysqlClient}. */
export interface MysqlClientOptions {
  /**
   * The time limit of a statement in milliseconds, including the wait for a connection: the driver has no limit.
   * @default 2000
   */
  readonly timeoutMs?: number;
}

export interface MysqlAnswer {
  readonly rows: unknown[];
  readonly fields: unknown;
  /** The number of rows that a statement without a result set matched, whether or not it changed them. */
  readonly affectedRows?: number;
}

/** Runs a statement on one connection. */
export type MysqlAsk = (sql: string, params: unknown[]) => Promise<MysqlAnswer>;

const OPTIONS = {
  timeoutMs: optional(wholeNumber({ min: 1, max: 600_000 }), 2000),
} satisfies Record<keyof MysqlClientOptions, Kind<unknown>>;

/** Clients over a single connection, which is never replaced. */
const OVER_ONE_CONNECTION = new WeakSet();

/** Pools and connections that already have an error listener. */
const SURVIVING = new WeakSet();

/** Overrides the pool's own settings, so that times are always the server's text, and rows are objects. */
const ANSWER = {
  ...{ rowsAsArray: false, nestTables: false, typeCast: true, dateStrings: true, timezone: 'local' },
  ...{ supportBigNumbers: true, bigNumberStrings: false },
};

/**
 * MySQL or MariaDB, through the app's own pool of `mysql2`. The server prepares statements, so no value becomes part of
 * their text. A connection that does not answer in time is closed, and the pool opens another.
 */
export class MysqlClient implements SqlClient {
  readonly dialect = 'mysql';
  readonly #timeoutMs: number;
  readonly #acquire: () => Promise<MysqlConnection>;
  readonly #release: (connection: MysqlConnection) => void;
  /** Connections that are known to commit each statement. */
  readonly #committing = new WeakSet();

  /**
   * @param from a pool, or a single connection, which does not reconnect
   * @throws ConfigurationError if `from` is neither, or the options are invalid
   */
  constructor(from: MysqlPool | MysqlConnection, options: MysqlClientOptions = {}) {
    this.#timeoutMs = parseOptions('MysqlClient', options, OPTIONS).timeoutMs;
    const source = withPromises(from);
    if (isPool(source)) {
      this.#acquire = () => source.getConnection();
      this.#release = (connection) => connection.release?.();
    } else if (isConnection(source)) {
      this.#acquire = () => Promise.resolve(source);
      OVER_ONE_CONNECTION.add(this);
      this.#release = () => undefined;
    } else {
      throw new ConfigurationError(
        'MysqlClient needs a pool of mysql2: new MysqlClient(createPool({ ... }))',
      );
    }
    surviveErrors(source);
  }

  /** Runs one statement. Its parameters are `$1`, `$2` and so on, or a single `?`. */
  query(sql: string, params: unknown[]): Promise<MysqlAnswer> {
    return this.session((ask) => ask(sql, params));
  }

  /**
   * Runs the work on one connection.
   * @param timeoutMs the time limit of each statement, in milliseconds
   */
  async session<T>(work: (ask: MysqlAsk) => Promise<T>, timeoutMs = this.#timeoutMs): Promise<T> {
    const until = performance.now() + timeoutMs;
    const waiting = this.#acquire();
    const connection = await within(timeoutMs, waiting, () => {
      waiting.then((late) => this.#release(late)).catch(() => undefined);
    });
    let isFirst = true;
    const state = { isLost: false };
    const ask: MysqlAsk = async (sql, params) => {
      const ms = isFirst ? Math.max(1, until - performance.now()) : timeoutMs;
      isFirst = false;
      try {
        return await within(ms, this.#answer(connection, sql, params), () => {
          state.isLost = true;
        });
      } catch (error) {
        state.isLost ||= (error as { fatal?: unknown } | null)?.fatal === true;
        throw error;
      }
    };
    try {
      return await work(ask);
    } finally {
      if (state.isLost) connection.destroy();
      else this.#release(connection);
    }
  }

  async #answer(connection: MysqlConnection, sql: string, params: unknown[]): Promise<MysqlAnswer> {
    const of = (connection as { connection?: object }).connection ?? connection;
    if (!this.#committing.has(of)) {
      await refuseOpenTransactions(connection);
      this.#committing.add(of);
    }
    const { text, values } = placeholders(sql, params);
    const options = { ...ANSWER, sql: text };
    const answer: unknown = await (values.length === 0
      ? connection.query(options)
      : connection.execute({ ...options, values: values.map(bindable) }));
    const [rows, fields] = Array.isArray(answer) ? (answer as unknown[]) : [];
    if (Array.isArray(rows)) return { rows: rows as unknown[], fields };
    return { rows: [], fields: undefined, affectedRows: foundRows(rows) };
  }
}

/** Whether the client is a {@link MysqlClient} over a single connection. */
export function isOneConnection(client: object): boolean {
  return OVER_ONE_CONNECTION.has(client);
}

/** Whether the client is a pool or a connection of `mysql2`: `pg` has neither `getConnection()` nor `execute()`. */
export function isMysql2(client: unknown): client is MysqlPool | MysqlConnection {
  const source = withPromises(client);
  return isPool(source) || isConnection(source);
}

/**
 * Without autocommit a statement opens a transaction that nothing ends: changes are lost, and every later lookup sees
 * the users as they were at the first one.
 */
async function refuseOpenTransactions(connection: MysqlConnection): Promise<void> {
  const [rows] = (await connection.query({ ...ANSWER, sql: 'SELECT @@autocommit AS autocommit' })) as [
    { autocommit?: unknown }[],
  ];
  if (Number(rows[0]?.autocommit) === 1) return;
  throw new ConfigurationError('MysqlClient: the connections of the pool must have autocommit = 1');
}

/**
 * Depending on its flags, a connection counts the changed rows instead of the matched rows. The server's message begins
 * with the number of matched rows, in each of its languages.
 */
function foundRows(header: unknown): number {
  const { info, affectedRows } = (header ?? {}) as { info?: unknown; affectedRows?: unknown };
  const found = typeof info === 'string' ? /\d+/.exec(info)?.[0] : undefined;
  return Number(found ?? affectedRows);
}

/** Refuses objects: the driver writes some as JSON and others as a list. */
function bindable(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, -1).replace('T', ' ');
  if (typeof value === 'boolean') return Number(value);
  if (value === undefined) return null;
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError('A parameter for MySQL must be a string, a number, a boolean, a Date or null');
}

function within<T>(ms: number, work: Promise<T>, onTimeout: () => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      onTimeout();
      reject(new Error('MySQL did not answer in time (timeout)'));
    }, ms);
    const settle = <V>(end: (value: V) => void): ((value: V) => void) => {
      return (value) => {
        clearTimeout(timer);
        end(value);
      };
    };
    work.then(settle(resolve), settle(reject));
  });
}

function withPromises(from: unknown): unknown {
  const { promise } = (from ?? {}) as { promise?: unknown };
  return typeof promise === 'function' ? (promise.call(from) as unknown) : from;
}

function isPool(source: unknown): source is { getConnection(): Promise<MysqlConnection> } {
  const { getConnection, execute } = (source ?? {}) as Record<string, unknown>;
  return typeof getConnection === 'function' && typeof execute === 'function';
}

function isConnection(source: unknown): source is MysqlConnection {
  const { execute, query, destroy } = (source ?? {}) as Record<string, unknown>;
  return [execute, query, destroy].every((method) => typeof method === 'function');
}

/** Without a listener, the loss of an idle connection would end the process. */
function surviveErrors(source: object): void {
  const { on } = source as { on?: unknown };
  if (typeof on !== 'function' || SURVIVING.has(source)) return;
  SURVIVING.add(source);
  on.call(source, 'error', () => undefined);
}
