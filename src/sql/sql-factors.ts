import { createHash } from 'node:crypto';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ServiceUnavailableError } from '../errors';
import type { OtpStoreInterface, PasskeyRecord, PasskeyStoreInterface } from '../factors/factor-stores';
import { passkeyText, readPasskey } from '../factors/passkey-text';
import type { FactorOwner } from '../factors/second-factor';
import { unchecked } from '../util/option-kinds';
import { parseOptions, withoutContainer } from '../util/parse-options';
import { ClientProblems } from './client-problems';
import { type FactorStatements, factorStatements } from './factor-statements';
import { changedRows, ownAnswer } from './own-answers';
import {
  checkSqlClient,
  type DatabaseClient,
  outliveIdleErrors,
  type SqlAnswer,
  type SqlClient,
} from './sql-client';
import { isTaken } from './sql-errors';

/** The options of {@link SqlFactors}. */
export interface SqlFactorsOptions {
  /** A `Pool` of `pg`, a pool of `mysql2`, a {@link SqliteClient}, or a client of the same form. */
  readonly client: DatabaseClient;
}

// `checkSqlClient` checks it.
const OPTIONS = { client: unchecked<unknown>() };

const MAX_VALUE_BYTES = 65_536;
const PASSKEY_ID = /^[\w-]{1,1364}$/;

/**
 * Keeps one-time codes and passkeys in tables of PostgreSQL, MySQL, MariaDB or SQLite. `securest sql migrate`, or
 * `migrate(client)`, creates them. A database that does not answer within the client's time limits is 503. The client
 * belongs to the app, which closes it.
 *
 * @example class Otp extends OtpService { constructor() { super({ store: new SqlFactors({ client: pool }), secret }); } }
 */
export class SqlFactors implements OtpStoreInterface, PasskeyStoreInterface, ProblemSource {
  readonly #client: SqlClient;
  readonly #sql: FactorStatements;
  readonly #problems: ClientProblems;

  /** Does not connect to the database yet. @throws ConfigurationError for unknown or invalid options */
  constructor(options: SqlFactorsOptions) {
    const { client } = parseOptions('SqlFactors', withoutContainer(options), OPTIONS);
    this.#client = checkSqlClient('SqlFactors', client);
    this.#sql = factorStatements(this.#client.dialect ?? 'postgres');
    outliveIdleErrors(this.#client);
    this.#problems = new ClientProblems('SqlFactors', this.#client);
  }

  /** @throws ServiceUnavailableError if the database cannot answer now */
  async getOtp(user: FactorOwner): Promise<string | undefined> {
    const { rows } = await this.#ask(this.#sql.getOtp, [ownerOf(user)]);
    return rows.map(({ value }) => textOf(value))[0];
  }

  /**
   * @throws TypeError for a text that is empty, longer than 64 KiB or not well-formed, or has a NUL
   * @throws ServiceUnavailableError if the database cannot answer now; the change may or may not have been written
   */
  async updateOtp(
    user: FactorOwner,
    next: string | undefined,
    previous: string | undefined,
  ): Promise<boolean> {
    const owner = ownerOf(user);
    if (next !== undefined) checkValue(next);
    // MySQL counts no row if nothing changes.
    if (next === previous) return (await this.getOtp(user)) === previous;
    if (previous === undefined) return this.#insert(this.#sql.insertOtp, [owner, user.username, next]);
    if (next === undefined) return this.#change(this.#sql.deleteOtp, [owner, previous]);
    return this.#change(this.#sql.swapOtp, [owner, next, previous]);
  }

  /** @throws ServiceUnavailableError if the database cannot answer now */
  async getPasskey(id: string): Promise<PasskeyRecord | undefined> {
    if (!PASSKEY_ID.test(id)) return undefined;
    const { rows } = await this.#ask(this.#sql.getPasskey, [id]);
    return rows.map(({ value }) => readPasskey(value))[0];
  }

  /** @throws ServiceUnavailableError if the database cannot answer now */
  async listPasskeys(user: FactorOwner): Promise<readonly PasskeyRecord[]> {
    const { rows } = await this.#ask(this.#sql.listPasskeys, [ownerOf(user)]);
    return rows.map(({ value }) => readPasskey(value));
  }

  /** @throws TypeError for an invalid id; ServiceUnavailableError if the database cannot answer now */
  async addPasskey(passkey: PasskeyRecord): Promise<boolean> {
    const { id, user } = passkey;
    if (!PASSKEY_ID.test(id))
      throw new TypeError('The id of a passkey must be base64url of at most 1,364 characters');
    const value = passkeyText(passkey);
    checkValue(value);
    return this.#insert(this.#sql.insertPasskey, [id, ownerOf(user), user.username, value]);
  }

  /** @throws ServiceUnavailableError if the database cannot answer now; the change may or may not have been written */
  async updatePasskey(next: PasskeyRecord, previous: PasskeyRecord): Promise<boolean> {
    if (next.id !== previous.id) return false;
    const [value, before] = [passkeyText(next), passkeyText(previous)];
    checkValue(value);
    if (value === before) {
      const present = await this.getPasskey(next.id);
      return present !== undefined && passkeyText(present) === before;
    }
    return this.#change(this.#sql.swapPasskey, [next.id, value, before, ownerOf(next.user)]);
  }

  /** @throws ServiceUnavailableError if the database cannot answer now; the passkey may or may not be gone */
  async removePasskey(user: FactorOwner, id: string): Promise<boolean> {
    if (!PASSKEY_ID.test(id)) return false;
    return this.#change(this.#sql.deletePasskey, [id, ownerOf(user)]);
  }

  /** Subscribes to warnings about the client, which is checked when an app starts to use the store. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  async #insert(sql: string, params: unknown[]): Promise<boolean> {
    try {
      const answer = await this.#ask(sql, params);
      return changedRows(this.#client, answer) > 0;
    } catch (error) {
      if (isTaken(error, 'PRIMARY')) return false;
      throw error;
    }
  }

  async #change(sql: string, params: unknown[]): Promise<boolean> {
    return changedRows(this.#client, await this.#ask(sql, params)) > 0;
  }

  #ask(sql: string, params: unknown[]): Promise<SqlAnswer> {
    return ownAnswer(this.#client, 'SqlFactors', sql, params);
  }
}

/** A digest of the owner, so that no collation treats two users as equal. */
export function ownerOf({ username, userstore }: FactorOwner): string {
  return createHash('sha256')
    .update(JSON.stringify([userstore ?? null, username]))
    .digest('hex');
}

function checkValue(value: string): void {
  if (
    value !== '' &&
    value.isWellFormed() &&
    !value.includes('\0') &&
    Buffer.byteLength(value) <= MAX_VALUE_BYTES
  ) {
    return;
  }
  throw new TypeError('A stored factor must be a well-formed text of at most 64 KiB without NUL');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ServiceUnavailableError({ cause: new Error('securest_otp has a row that is not text') });
}
