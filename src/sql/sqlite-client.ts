import type Libsql from 'libsql';
import { ConfigurationError } from '../errors';
import { loadOptional } from '../util/load-optional';
import type { SqlClient } from './sql-client';
import { isDown } from './sql-errors';
import { SqliteFile } from './sqlite-file';
import { numbered } from './sqlite-values';

const MAX_STATEMENTS = 100;
/** Matches the start of a statement, after comments. */
const START = String.raw`^(?:\s|--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*`;
/**
 * Matches statements that need no write lock, or that cannot be in a transaction. A common table expression may precede
 * a write.
 */
const READS = new RegExp(
  String.raw`${START}(?:select|values|explain|pragma|with(?![^]*\b(?:insert|update|delete|replace(?!\s*\())\b))\b`,
  'i',
);
const CONTROLS = new RegExp(
  String.raw`${START}(?:begin|commit|end|rollback|savepoint|release|vacuum|attach|detach)\b`,
  'i',
);

/**
 * An SQLite file, through the optional peer `libsql`. Reads never wait for a writer (write-ahead log). The file must be
 * on a local disk. If another file replaces it, such as a restored backup, the client opens the new file; PRAGMA
 * settings, attached databases and temporary tables are lost then. A file without write permission can still be read.
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
   * Opens the file, or creates it with access for its owner only.
   * @throws ConfigurationError if `libsql` is not installed, or the file cannot be opened
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
   * Runs one statement. Its parameters are bound by their number, in any order. A write outside a transaction is a
   * transaction by itself: its result has been committed to disk.
   */
  query(sql: string, params: unknown[]): Promise<{ rows: unknown[] }> {
    return new Promise((settle) => {
      settle({ rows: this.#run(sql, numbered(params)) });
    });
  }

  /**
   * Runs the work, which must be synchronous, between BEGIN IMMEDIATE and COMMIT; if it throws, everything is undone.
   */
  transaction(work: (run: (statements: string) => void, read: (sql: string) => unknown[]) => void): void {
    const database = this.#current();
    this.#write(database, () => {
      work(
        (statements) => database.exec(statements),
        (sql) => database.prepare(sql).all({}),
      );
    });
  }

  /** Closes the file. Later statements fail. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #run(sql: string, params: Record<string, unknown>): unknown[] {
    const database = this.#current();
    if (CONTROLS.test(sql) && Object.keys(params).length === 0) {
      // Not prepared: if the file is busy, a refused prepared statement would stay in progress until it is collected.
      database.exec(sql);
      return [];
    }
    if (database.inTransaction || READS.test(sql)) return this.#all(database, sql, params);
    return this.#write(database, () => this.#all(database, sql, params));
  }

  /**
   * Takes the lock first, in a statement of its own. The driver leaves a write that found the file locked in progress,
   * and later writes would return a result but never be committed.
   */
  #write<T>(database: Libsql.Database, work: () => T): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        // Some errors, such as a full disk, have rolled the transaction back already.
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

  /** The database. It is reopened if the last statement was left in progress, or another file has replaced it. */
  #current(): Libsql.Database {
    if (this.#isClosed) throw new Error('The SqliteClient is closed');
    const database = this.#database;
    if (database !== undefined) {
      // The app's own transaction ends in the file in which it began.
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
