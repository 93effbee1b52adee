import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ServiceUnavailableError } from '../errors';
import { checkRevocations, isRevocation } from '../state/limits';
import type { Revocation, RevocationLogInterface, RevocationPage } from '../state/revocation-log';
import { unchecked } from '../util/option-kinds';
import { parseOptions, withoutContainer } from '../util/parse-options';
import { ClientProblems } from './client-problems';
import { type LogStatements, logStatements, PAGE_ROWS } from './log-statements';
import { ownAnswer } from './own-answers';
import {
  checkSqlClient,
  type DatabaseClient,
  outliveIdleErrors,
  type SqlClient,
  type SqlRow,
} from './sql-client';
import { Sweeping } from './sweeper';

/** The options of {@link SqlRevocationLog}. */
export interface SqlRevocationLogOptions {
  /** A `Pool` of `pg`, a pool of `mysql2`, a {@link SqliteClient}, or a client of the same form. */
  readonly client: DatabaseClient;
}

const OPTIONS = { client: unchecked<unknown>() };

/** Fewer rows than are read again, so that no single list moves the cursor past the entries of a slow writer. */
const MAX_APPENDED = 500;

/**
 * Announces revocations to all processes that share a database, in a table that `securest sql migrate`, or
 * `migrate(client)`, creates. The log is never lost in part: entries stay an hour past their end, and the newest always
 * stays. `lost` reports an emptied table, or an older copy of it.
 *
 * A database that does not answer within the client's time limits is 503. Once a minute up to 1,000 ended rows are
 * deleted, by a timer that keeps no process alive and ends with `close()`. The client belongs to the app, which closes
 * it.
 */
export class SqlRevocationLog implements RevocationLogInterface, ProblemSource {
  readonly #client: SqlClient;
  readonly #sql: LogStatements;
  readonly #sweeping: Sweeping;
  readonly #problems: ClientProblems;

  /** Does not connect to the database yet. @throws ConfigurationError for unknown or invalid options */
  constructor(options: SqlRevocationLogOptions) {
    const { client } = parseOptions('SqlRevocationLog', withoutContainer(options), OPTIONS);
    this.#client = checkSqlClient('SqlRevocationLog', client);
    this.#sql = logStatements(this.#client.dialect ?? 'postgres');
    outliveIdleErrors(this.#client);
    const sweep = (): Promise<unknown> => this.#rows(this.#sql.sweep, Date.now());
    this.#sweeping = new Sweeping(client as object, 'securest_revocations', sweep);
    this.#problems = new ClientProblems('SqlRevocationLog', this.#client);
  }

  /**
   * Resolves when the entries are committed. If it throws, some of them may have been committed.
   * @throws TypeError for an invalid revocation; nothing is written then
   * @throws ServiceUnavailableError if the database cannot answer now
   */
  async append(list: readonly Revocation[]): Promise<void> {
    checkRevocations(list);
    this.#sweeping.use();
    const entries = list.map(({ id, before, until }) => [id, before ?? null, until]);
    for (let start = 0; start < entries.length; start += MAX_APPENDED) {
      await this.#rows(this.#sql.append, JSON.stringify(entries.slice(start, start + MAX_APPENDED)));
    }
  }

  /**
   * The first page after a cursor begins 1,000 entries before it.
   * @throws ServiceUnavailableError if the database cannot answer now, or has an invalid entry
   */
  async read(cursor?: string): Promise<RevocationPage> {
    this.#sweeping.use();
    const place = placeOf(cursor);
    const page = place && (await this.#readFrom(place));
    return page ?? { ...pageOf(await this.#readRows(this.#sql.more, 0), 0), lost: true };
  }

  /** Stops the timer. */
  close(): Promise<void> {
    this.#sweeping.close();
    return Promise.resolve();
  }

  /** Subscribes to warnings about the client, which is checked when an app starts to use the log. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  /** Undefined if the row of the cursor is gone. */
  async #readFrom({ seq, isMore }: Place): Promise<RevocationPage | undefined> {
    const rows = await this.#readRows(isMore || seq === 0 ? this.#sql.more : this.#sql.read, seq);
    // Rows that ended long ago may be deleted between two pages, but never the newest row.
    const isThere = isMore ? rows.length > 0 : rows.some((row) => row.seq === seq);
    if (seq > 0 && !isThere) return undefined;
    return pageOf(isMore ? rows.filter((row) => row.seq > seq) : rows, seq);
  }

  async #readRows(sql: string, seq: number): Promise<LogRow[]> {
    return (await this.#rows(sql, seq)).map(rowOf);
  }

  async #rows(sql: string, parameter: unknown): Promise<SqlRow[]> {
    return (await ownAnswer(this.#client, 'SqlRevocationLog', sql, [parameter])).rows;
  }
}

/** The position of a cursor. */
interface Place {
  readonly seq: number;
  /** Whether the cursor continues a page that said `more`. */
  readonly isMore: boolean;
}

interface LogRow {
  readonly seq: number;
  readonly entry: Revocation;
}

const CURSOR = /^(0|[1-9]\d{0,15})(\+?)$/;

/** Undefined for a cursor of another log. */
function placeOf(cursor = '0'): Place | undefined {
  const [, seq, more] = CURSOR.exec(cursor) ?? [];
  return seq === undefined ? undefined : { seq: Number(seq), isMore: more === '+' };
}

/** @param from the number of the last row that was read earlier */
function pageOf(rows: readonly LogRow[], from: number): RevocationPage {
  const before = rows.filter(({ seq }) => seq <= from);
  const after = rows.filter(({ seq }) => seq > from);
  const more = after.length > PAGE_ROWS;
  const fresh = after.slice(0, PAGE_ROWS);
  const last = fresh.at(-1)?.seq ?? from;
  return {
    cursor: `${String(last)}${more ? '+' : ''}`,
    list: [...before, ...fresh].map(({ entry }) => entry),
    epoch: 'table',
    beganAt: 0,
    ...(more && { more }),
  };
}

/** Drivers return 64-bit integers as texts. */
function rowOf({ seq, id, before_ms: before, expires_ms: until }: SqlRow): LogRow {
  const number = wholeNumber(seq);
  const entry = {
    id,
    until: wholeNumber(until),
    ...(before !== null && before !== undefined && { before: wholeNumber(before) }),
  };
  if (number !== undefined && isRevocation(entry)) return { seq: number, entry };
  throw new ServiceUnavailableError({
    cause: new Error('securest_revocations has a row of a form that is not known'),
  });
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}
