import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type Libsql from 'libsql';

/** How long a statement waits for another process. The wait blocks the event loop, so it is short and ends in 503. */
const BUSY_MS = 100;
const NOT_WRITABLE = ['EACCES', 'EPERM', 'EROFS'];

/** The file at a path, which another file can replace. */
export class SqliteFile {
  readonly #path: string;
  #isReadOnly = false;
  #isImmutable = false;
  #identity: string | undefined;
  #log: string | undefined;

  /** @param path of a file, or `:memory:` */
  constructor(
    private readonly Database: typeof Libsql,
    path: string,
  ) {
    this.#path = path === ':memory:' ? path : resolve(path);
  }

  /** @param create whether to create a missing file, with access for its owner only */
  open(create: boolean): Libsql.Database {
    if (this.#isInMemory) return prepared(new this.Database(this.#path, { timeout: BUSY_MS }), true);
    if (!create && identityOf(this.#path) === undefined) throw new MissingFile();
    this.#isReadOnly = !isWritable(this.#path);
    this.#isImmutable = false;
    // Before the file is opened, so that the next statement notices a replacement during the opening.
    this.#identity = identityOf(this.#path);
    const database = this.#isReadOnly ? this.#openToRead() : this.#open(this.#path);
    this.#log = identityOf(`${this.#path}-wal`);
    return database;
  }

  /** Whether the path now leads to another file than the open file. @throws if the file is missing */
  isReplaced(): boolean {
    if (this.#isInMemory) return false;
    const now = identityOf(this.#path, this.#isImmutable);
    if (now === undefined) throw new MissingFile();
    return now !== this.#identity;
  }

  /**
   * Deletes the log of the replaced file. SQLite finds a log by its name, and would apply it to the new file. First its
   * content is written to the replaced file.
   * @throws while another process writes to the replaced file
   */
  leave(replaced: Libsql.Database): void {
    if (this.#isReadOnly || this.#log === undefined) return;
    replaced.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    // One process at a time, so that no process deletes a log that another has begun for the new file.
    replaced.exec('BEGIN IMMEDIATE');
    try {
      const log = `${this.#path}-wal`;
      if (identityOf(log) !== this.#log) return;
      rmSync(log, { force: true });
      rmSync(`${this.#path}-shm`, { force: true });
    } finally {
      replaced.exec('ROLLBACK');
    }
  }

  get #isInMemory(): boolean {
    return this.#path === ':memory:';
  }

  #openToRead(): Libsql.Database {
    try {
      return this.#open(this.#path);
    } catch (error) {
      // In a read-only folder no log can be created. Without an existing log the file alone is complete.
      if ((statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) throw error;
      this.#isImmutable = true;
      this.#identity = identityOf(this.#path, true);
      return this.#open(`${pathToFileURL(this.#path).href}?immutable=1`);
    }
  }

  #open(name: string): Libsql.Database {
    const database = new this.Database(name, { timeout: BUSY_MS });
    try {
      return prepared(database, !this.#isReadOnly);
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

/** Has the code of the driver's own error. */
class MissingFile extends Error {
  readonly code = 'SQLITE_CANTOPEN';

  constructor() {
    super('The file of the database is gone');
  }
}

/** Reads once, to detect a file that is not a database, and to open its log. */
function prepared(database: Libsql.Database, isWritable: boolean): Libsql.Database {
  if (isWritable) database.pragma('journal_mode = WAL');
  database.pragma('foreign_keys = ON');
  database.exec('SELECT 1 FROM sqlite_schema LIMIT 1');
  return database;
}

function isWritable(path: string): boolean {
  try {
    // SQLite gives the files beside the database the same mode.
    closeSync(openSync(path, 'a', 0o600));
    return true;
  } catch (error) {
    if (NOT_WRITABLE.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** @param content whether a change of the file's content changes its identity too */
function identityOf(path: string, content = false): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { dev, ino, size, mtimeNs } = found;
  return [dev, ino, ...(content ? [size, mtimeNs] : [])].join();
}
