import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type Libsql from 'libsql';
import { ConfigurationError } from '../errors';
import { loadOptional } from '../util/load-optional';
import type { SqlClient } from './sql-client';

/** How long a write waits for another process. It blocks the event loop, so a busy file soon answers 503. */
const BUSY_MS = 100;

/**
 * An SQLite file, through the optional peer `libsql`. Reads never wait for a writer (write-ahead log); the file
 * belongs on a local disk.
 */
export class SqliteClient implements SqlClient {
  readonly dialect = 'sqlite';
  readonly #database: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();

  /**
   * Opens the file, or makes it, for its owner only.
   * @throws ConfigurationError when `libsql` is not installed, or the file cannot be opened
   */
  constructor(path: string) {
    if (typeof path !== 'string' || path === '' || path.includes('\0')) {
      throw new ConfigurationError("SqliteClient needs the path of a file: new SqliteClient('users.db')");
    }
    const Database = loadOptional('libsql', 'SqliteClient') as typeof Libsql;
    try {
      // The database's own files beside it get its mode.
      if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
      this.#database = new Database(path === ':memory:' ? path : resolve(path), { timeout: BUSY_MS });
      this.#database.pragma('journal_mode = WAL');
      this.#database.pragma('foreign_keys = ON');
    } catch (error) {
      throw new ConfigurationError(`SqliteClient cannot open ${path}`, { cause: error });
    }
  }

  /** Runs one statement. Its parameters are bound by their number, in whatever order it names them. */
  query(sql: string, params: unknown[]): Promise<{ rows: unknown[] }> {
    return new Promise((settle) => {
      settle({ rows: this.#prepare(sql).all(numbered(params)) });
    });
  }

  /** Runs the work, which cannot wait, between BEGIN IMMEDIATE and COMMIT; a throw of it undoes everything. */
  transaction(work: (run: (statements: string) => void, read: (sql: string) => unknown[]) => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work(
        (statements) => this.#database.exec(statements),
        (sql) => this.#database.prepare(sql).all({}),
      );
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Closes the file. What is asked afterwards fails. */
  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): Libsql.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

const MAX_STATEMENTS = 100;

function numbered(params: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(params.map((value, index) => [String(index + 1), bindable(value)]));
}

function bindable(value: unknown): unknown {
  // libsql ends a text at its first NUL: another name would be looked up than was asked for.
  if (typeof value === 'string' && value.includes('\0'))
    throw new RangeError('A string for SQLite must not have a NUL');
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'boolean' ? Number(value) : value;
}
