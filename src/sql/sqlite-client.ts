import type Libsql from 'libsql';
import { ConfigurationError } from '../errors';
import { loadOptional } from '../util/load-optional';
import type { SqlClient } from './sql-client';
import { isDown } from './sql-errors';
import { SqliteFile } from './sqlite-file';
import { numbered } from './sqlite-values';

const MAX_STATEMENTS = 100;
/** Where a statement begins, after comments. */
const START = String.raw`^(?:\s|--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*`;
/** What needs no lock of a writer, or cannot be in a transaction. A common table expression may lead to a write. */
const READS = new RegExp(
  String.raw`${START}(?:select|values|explain|pragma|with(?![^]*\b(?:insert|update|delete|replace(?!\s*\())\b))\b`,
  'i',
);
const CONTROLS = new RegExp(
  String.raw`${START}(?:begin|commit|end|rollback|savepoint|release|vacuum|attach|detach)\b`,
  'i',
);

/**
 * An SQLite file, through the optional peer `libsql`. Reads never wait for a writer (write-ahead log); the file
 * belongs on a local disk. One that another takes the place of, as a restored backup does, is opened anew, and with
 * it what was set by PRAGMA, attached or temporary is gone. A file that may not be written to can be read.
 */
export class SqliteClient implements SqlClient {
  readonly dialect = 'sqlite';
  readonly #file: SqliteFile;
  readonly #statements = new Map<string, Libsql.Statement>();
  #database: Libsql.Database | undefined;
  #isClosed = false;
  /** Whether a statement may have been left in progress. */
  #isStuck = false;
  /** Whether a transaction of a single write has been left in progress. */
  #isBroken = false;

  /**
   * Opens the file, or makes it, for its owner only.
   * @throws ConfigurationError when `libsql` is not installed, or the file cannot be opened
   */
  constructor(path: string) {
    if (typeof path !== 'string' || path === '' || path.includes('\0')) {
      throw new ConfigurationError("SqliteClient needs the path of a file: new SqliteClient('users.db')");
    }
    const Database = loadOptional('libsql', 'SqliteClient') as typeof Libsql;
    this.#file = new SqliteFile(Database, path);
    try {
      this.#database = this.#file.open(true);
    } catch (error) {
      throw new ConfigurationError(`SqliteClient cannot open ${path}`, { cause: error });
    }
  }

  /**
   * Runs one statement. Its parameters are bound by their number, in whatever order it names them. Outside of a
   * transaction a write is one by itself: what it answers with is on the disk.
   */
  query(sql: string, params: unknown[]): Promise<{ rows: unknown[] }> {
    return new Promise((settle) => {
      settle({ rows: this.#run(sql, numbered(params)) });
    });
  }

  /** Runs the work, which cannot wait, between BEGIN IMMEDIATE and COMMIT; a throw of it undoes everything. */
  transaction(work: (run: (statements: string) => void, read: (sql: string) => unknown[]) => void): void {
    const database = this.#current();
    this.#write(database, () => {
      work(
        (statements) => database.exec(statements),
        (sql) => database.prepare(sql).all({}),
      );
    });
  }

  /** Closes the file. What is asked afterwards fails. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #run(sql: string, params: Record<string, unknown>): unknown[] {
    const database = this.#current();
    if (CONTROLS.test(sql) && Object.keys(params).length === 0) {
      // Not prepared: refused because the file is busy, a prepared one would be in progress until it is collected.
      database.exec(sql);
      return [];
    }
    if (database.inTransaction || READS.test(sql)) return this.#all(database, sql, params);
    return this.#write(database, () => this.#all(database, sql, params));
  }

  /**
   * The lock is taken first and by itself. The driver leaves a write that found the file locked in progress, and what
   * is written after it would never be committed, although it answers.
   */
  #write<T>(database: Libsql.Database, work: () => T): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        // A full disk, for one, has undone it already, and then there is nothing to roll back.
        if (database.inTransaction) database.exec('ROLLBACK');
      } catch {
        this.#isBroken = true;
      }
      throw error;
    }
  }

  #all(database: Libsql.Database, sql: string, params: Record<string, unknown>): unknown[] {
    const statement = this.#prepare(database, sql);
    try {
      return statement.all(params);
    } catch (error) {
      this.#statements.delete(sql);
      if (isDown(error)) this.#isStuck = true;
      throw error;
    }
  }

  /** The database, opened anew where the last statement was left in progress or another file is in its place. */
  #current(): Libsql.Database {
    if (this.#isClosed) throw new Error('The SqliteClient is closed');
    const database = this.#database;
    if (database !== undefined) {
      // The app's own transaction comes to its end where it began.
      if (database.inTransaction && !this.#isBroken) return database;
      const isReplaced = this.#file.isReplaced();
      if (!isReplaced && !this.#isStuck && !this.#isBroken) return database;
      if (isReplaced) this.#file.leave(database);
      this.#drop();
    }
    this.#database = this.#file.open(false);
    this.#isStuck = this.#isBroken = false;
    return this.#database;
  }

  #drop(): void {
    const database = this.#database;
    this.#database = undefined;
    this.#statements.clear();
    database?.close();
  }

  #prepare(database: Libsql.Database, sql: string): Libsql.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}
