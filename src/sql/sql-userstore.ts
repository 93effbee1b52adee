import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import type { Group, User } from '../core/user';
import type { PasswordUpdate, UserstoreInterface } from '../core/userstore';
import { clientWarnings } from './client-warnings';
import { refuseZoneless } from './column-types';
import { missingTable } from './own-answers';
import { ownOrigin, queryOrigin, type RowOrigin, userOrigin } from './row-origin';
import { plainRow, refuseMysqlTypes } from './mysql-columns';
import { groupFrom, rowFault, unpack, userFrom } from './rows';
import type { Dialect } from './schema';
import { isMissing, isUnfit, isUnwritable } from './sql-errors';
import { answerOf, ask, outliveIdleErrors, type SqlAnswer, type SqlClient, type SqlRow } from './sql-client';
import { checkSqlOptions, type SqlUserstoreOptions } from './sql-options';
import { timeText } from './stamp-sql';
import type { Statements } from './statements';

const MAX_NAME = 1024;
const NOBODY: SqlAnswer = { rows: [], fields: undefined, affectedRows: undefined };

/**
 * Users, and their groups, from a database: from securest's own tables, from the app's own table, or by the app's own
 * statements.
 *
 * A name is found only in its exact spelling, whatever the column's collation, so that throttle, cache and store see
 * the same name; only an app's own `getUser` statement may find a user by another name. A database that does not answer
 * is 503, an invalid row 500. The client must be a pool with time limits; an app that starts with any other client
 * reports it. See docs/sql.md.
 */
export class SqlUserstore<U extends User = User> implements UserstoreInterface<U>, ProblemSource {
  readonly #client: SqlClient;
  readonly #dialect: Dialect;
  readonly #statements: Statements;
  readonly #isOwn: boolean;
  readonly #isExact: boolean;
  readonly #userOrigin: RowOrigin;
  readonly #groupOrigin: RowOrigin;
  /** The groups that were loaded with each user. */
  readonly #reach = new WeakMap<User, ReadonlyMap<string, Group>>();
  readonly #problems = new ProblemBoard();
  #isChecked = false;

  /** Does not connect to the database yet. @throws ConfigurationError for unknown or invalid options */
  constructor(options: SqlUserstoreOptions) {
    const { client, statements, table, queries } = checkSqlOptions(options);
    this.#client = client;
    this.#dialect = client.dialect ?? 'postgres';
    this.#statements = statements;
    this.#isExact = queries.getUser === undefined;
    this.#isOwn = this.#isExact && table === undefined;
    this.#userOrigin = userOrigin({ table, queries });
    this.#groupOrigin = queries.getGroup === undefined ? ownOrigin : queryOrigin('getGroup');
    outliveIdleErrors(client);
    const { getGroup, updatePassword, listRoles } = statements;
    if (getGroup === undefined) this.#withhold('getGroup');
    if (listRoles === undefined) this.#withhold('listRoles');
    if (updatePassword === undefined) this.#withhold('updatePassword');
    else if (!updatePassword.includes('$4')) {
      this.#withhold('updatePassword', (user: User, newHash: string, oldHash: string) =>
        this.#replace(updatePassword, [newHash, user.username, oldHash]),
      );
    }
  }

  async getUser(identifier: string): Promise<U | null> {
    const row = await this.#one(this.#statements.getUser, identifier, this.#userOrigin, 'username');
    if (row === undefined) return null;
    const user = this.#isOwn
      ? this.#withGroups(unpack(row, this.#dialect))
      : userFrom(row, this.#dialect, this.#userOrigin);
    // A name that a collation treats as equal is another name for the throttle and the cache.
    return this.#isExact && user.username !== identifier ? null : (user as U);
  }

  /** Undefined on a store without a statement for groups, unless a subclass defines it. */
  async getGroup?(name: string, user?: U): Promise<Group | null> {
    const reach = user && this.#reach.get(user);
    if (reach !== undefined) return reach.get(name) ?? null;
    const origin = this.#groupOrigin;
    const row = await this.#one(this.#statement('getGroup'), name, origin, 'name');
    if (row === undefined) return null;
    const group = groupFrom(origin === ownOrigin ? unpack(row, this.#dialect) : row, this.#dialect, origin);
    return group.name === name ? group : null;
  }

  /**
   * Undefined on a store without a statement for it. It has no parameter `changes` if the statement cannot end tokens.
   */
  async updatePassword?(
    user: U,
    newHash: string,
    oldHash: string,
    changes?: PasswordUpdate,
  ): Promise<boolean> {
    const statement = this.#statement('updatePassword');
    const time = changes?.tokensValidFrom ? timeText(changes.tokensValidFrom, this.#dialect) : null;
    const params = [newHash, user.username, oldHash];
    if (statement.includes('$4')) return this.#replace(statement, [...params, time]);
    if (time === null) return this.#replace(statement, params);
    throw new Error('SqlUserstore: updatePassword has no $4, so that tokens would outlive the password');
  }

  /** Undefined on a store without a statement for it. */
  async listRoles?(): Promise<Iterable<string>> {
    const rows = await ask(this.#client, this.#statement('listRoles'), []);
    const roles = rows.map(({ role }) => role);
    if (roles.every((role) => typeof role === 'string')) return roles;
    throw new Error('SqlUserstore: column role of the statement listRoles must be a string');
  }

  /** Subscribes to warnings about the client, which is checked when an app starts to use the store. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    const stop = this.#problems.listen(listener);
    if (this.#isChecked) return stop;
    this.#isChecked = true;
    const { name }: UserstoreInterface<U> = this;
    const component = name ?? this.constructor.name;
    for (const problem of clientWarnings(this.#client)) this.#problems.report({ component, problem });
    return stop;
  }

  #withGroups({ reach, ...fields }: Record<string, unknown>): User {
    const user = userFrom(fields, 'postgres', ownOrigin);
    this.#reach.set(user, groupsOf(reach));
    return user;
  }

  /** Callers skip an undefined method. A method that a subclass defines stays. */
  #withhold(method: 'getGroup' | 'updatePassword' | 'listRoles', instead?: unknown): void {
    if (Reflect.get(this, method) !== Reflect.get(SqlUserstore.prototype, method)) return;
    Object.defineProperty(this, method, { value: instead, configurable: true, writable: true });
  }

  /** A subclass may call a method that the store withholds. */
  #statement(name: 'getGroup' | 'updatePassword' | 'listRoles'): string {
    const statement = this.#statements[name];
    if (statement === undefined) throw new Error(`SqlUserstore: no statement for ${name}`);
    return statement;
  }

  async #replace(statement: string, params: unknown[]): Promise<boolean> {
    const { rows, affectedRows } = await answerOf(this.#client, statement, params);
    const count = this.#dialect === 'mysql' ? affectedRows : rows.length;
    if (count === 0 || count === 1) return count === 1;
    throw new Error(
      'SqlUserstore: updatePassword must change one row, and the client say how many it changed',
    );
  }

  /** The row of a name, if there is one. */
  async #one(
    statement: string,
    name: string,
    origin: RowOrigin,
    key: 'username' | 'name',
  ): Promise<SqlRow | undefined> {
    if (!isName(name)) return undefined;
    const { rows, fields } = await answerOf(this.#client, statement, [name]).catch((error: unknown) => {
      if ((this.#isOwn || origin === ownOrigin) && isMissing(error))
        throw missingTable('SqlUserstore', error);
      // No user has a name that the column cannot hold. Any other text can be compared, so then the statement is wrong.
      if (isUnwritable(error) && /\P{ASCII}/u.test(name)) return NOBODY;
      // A column of integers or UUIDs cannot have this name. The error's message quotes the client's input.
      if (key === 'username' && isUnfit(error, this.#isExact)) return NOBODY;
      if (isUnfit(error, true))
        throw rowFault(key, origin, 'has a value that cannot be converted to its type');
      throw error;
    });
    if (this.#dialect === 'postgres') refuseZoneless(fields, origin);
    if (this.#dialect === 'mysql' && !(this.#isOwn || origin === ownOrigin))
      refuseMysqlTypes(fields, origin, key);
    const [row, another] = rows;
    if (another !== undefined) throw rowFault(key, origin, 'must be unique: several rows have one name');
    return row !== undefined && this.#dialect === 'mysql' ? plainRow(row, fields) : row;
  }
}

/**
 * Whether a database can hold a name. PostgreSQL accepts no NUL, and a lone surrogate would be sent as another
 * character, which could be another user's name.
 */
function isName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name !== '' &&
    name.length <= MAX_NAME &&
    !name.includes('\0') &&
    !/\p{Surrogate}/u.test(name)
  );
}

function groupsOf(reach: unknown): ReadonlyMap<string, Group> {
  const rows = (reach ?? []) as SqlRow[];
  return new Map(
    rows.map((row) => groupFrom(row, 'postgres', ownOrigin)).map((group) => [group.name, group]),
  );
}
