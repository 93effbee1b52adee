import { setTimeout as pause } from 'node:timers/promises';
import type { User } from '../core/user';
import { type UserChange, type UserDirectory, UserRefusedError } from '../core/user-directory';
import { printable } from '../util/printable';
import { refuseFields } from '../userstores/record-fields';
import { directoryStatements, type DirectoryStatements, PAGE } from './directory-statements';
import { ownOrigin } from './row-origin';
import { unpack, userFrom } from './rows';
import type { SqlClient, SqlRow } from './sql-client';
import type { Dialect } from './schema';
import { isConflict, isTaken } from './sql-errors';
import { timeText } from './stamp-sql';

/** How long a change is retried while other transactions change the same users. */
const CONFLICT_MS = 30_000;

/** An error of the database, which is its cause. */
export class SqlFault extends Error {
  override readonly name = 'SqlFault';
}

/**
 * The users of securest's own tables, for the management of users. Each change is one transaction.
 *
 * @param client a connection of its own instead of a pool: all statements of a transaction must use the same connection
 */
export class SqlUserDirectory implements UserDirectory {
  readonly #dialect: Dialect;
  readonly #sql: DirectoryStatements;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: SqlClient) {
    this.#dialect = client.dialect ?? 'postgres';
    this.#sql = directoryStatements(this.#dialect);
  }

  get(username: string): Promise<User | undefined> {
    return this.#inTurn(() => this.#find(username));
  }

  async *list(): AsyncIterable<User> {
    for (let last = ''; ;) {
      const page = await this.#inTurn(() => this.#ask(this.#sql.page, [last]));
      const users = page.map((row) => this.#toUser(row));
      yield* users;
      if (users.length < PAGE) return;
      last = users.at(-1)?.username ?? '';
    }
  }

  async existing(usernames: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#inTurn(() => this.#existing(usernames.filter((name) => isText(name))));
  }

  async add(user: User): Promise<boolean> {
    return (await this.addAll([user])).length === 0;
  }

  update(username: string, change: (user: User) => UserChange): Promise<boolean> {
    return this.#transaction(async () => {
      if (!isText(username) || (await this.#ask(this.#sql.lock, [username])).length === 0) return false;
      const user = await this.#find(username);
      if (user === undefined) return false;
      const changes = change(user);
      const after = { ...user, ...changes, username };
      // Only the changes are checked: a user with invalid stored fields can still be disabled.
      refuseFields({ ...changes, username: 'x' });
      const { password, email, active, tokensValidFrom, roles, groups } = after;
      await this.#ask(this.#sql.update, [
        ...[username, password ?? null, email ?? null],
        ...[active !== false, tokensValidFrom ? timeText(tokensValidFrom, this.#dialect) : null],
      ]);
      if ('roles' in changes) {
        await this.#ask(this.#sql.roles.clear, [username]);
        await this.#ask(this.#sql.roles.add, [pairs([[username, roles]])]);
      }
      if ('groups' in changes) {
        await this.#refuseGroups([after]);
        await this.#ask(this.#sql.memberships.clear, [username]);
        await this.#ask(this.#sql.memberships.add, [pairs([[username, groups]])]);
      }
      return true;
    });
  }

  remove(username: string): Promise<boolean> {
    return this.#transaction(async () => {
      if (!isText(username) || (await this.#ask(this.#sql.lock, [username])).length === 0) return false;
      // SQLite enforces foreign keys only if the connection enables them.
      await this.#ask(this.#sql.roles.clear, [username]);
      await this.#ask(this.#sql.memberships.clear, [username]);
      await this.#ask(this.#sql.remove, [username]);
      return true;
    });
  }

  async addAll(users: readonly User[]): Promise<readonly string[]> {
    const first = new Map<string, User>();
    const again: string[] = [];
    for (const user of users) {
      refuseFields(user);
      if (first.has(user.username)) again.push(user.username);
      else first.set(user.username, user);
    }
    const added = [...first.values()];
    return this.#transaction(async () => {
      await this.#refuseGroups(added);
      const names = await this.#insert(added);
      const others = [...first.keys()].filter((name) => !names.has(name));
      await this.#refuseTwins(others);
      const fresh = added.filter(({ username }) => names.has(username));
      await this.#ask(this.#sql.roles.add, [pairs(fresh.map(({ username, roles }) => [username, roles]))]);
      await this.#ask(this.#sql.memberships.add, [
        pairs(fresh.map(({ username, groups }) => [username, groups])),
      ]);
      return [...others, ...again];
    });
  }

  groupNames(): Promise<ReadonlySet<string>> {
    return this.#inTurn(() => this.#groupNames());
  }

  async #find(username: string): Promise<User | undefined> {
    if (!isText(username)) return undefined;
    return (await this.#ask(this.#sql.get, [username])).map((row) => this.#toUser(row))[0];
  }

  /** The names of the added users. */
  async #insert(users: readonly User[]): Promise<ReadonlySet<unknown>> {
    const { add, twins } = this.#sql;
    const names = users.map(({ username }) => username);
    const there = twins === undefined ? new Set<string>() : await this.#existing(names);
    const others = users.filter(({ username }) => !there.has(username));
    const list = JSON.stringify(others.map((user) => ({ ...user, active: user.active !== false })));
    if (twins === undefined) {
      const rows = await this.#ask(add, [list]);
      return new Set(rows.map(({ username }) => username));
    }
    const fresh = others.map(({ username }) => username);
    const [twin] = await this.#ask(twins, [JSON.stringify(fresh)]);
    if (twin !== undefined) throw twinFault(String(twin['username']));
    try {
      await this.#ask(add, [list]);
    } catch (error) {
      if (!(error instanceof SqlFault) || !isTaken(error.cause, 'securest_users_folded')) throw error;
      const folded = fresh.map((name) => name.toLowerCase());
      throw twinFault(fresh.find((_, at) => folded.indexOf(folded[at] ?? '') < at) ?? '');
    }
    return new Set(fresh);
  }

  async #existing(usernames: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#ask(this.#sql.existing, [JSON.stringify(usernames)]);
    return new Set(rows.map(({ username }) => String(username)));
  }

  async #groupNames(): Promise<ReadonlySet<string>> {
    return new Set((await this.#ask(this.#sql.groups, [])).map(({ name }) => String(name)));
  }

  async #refuseGroups(users: readonly User[]): Promise<void> {
    if (users.every(({ groups }) => (groups ?? []).length === 0)) return;
    const known = await this.#groupNames();
    const missing = users.flatMap(({ groups }) => groups ?? []).find((name) => !known.has(name));
    if (missing !== undefined) throw new UserRefusedError(`There is no group ${printable(missing)}`);
  }

  /** A user who was not added exists already, or another user's name differs only in case: this is an error. */
  async #refuseTwins(usernames: readonly string[]): Promise<void> {
    if (usernames.length === 0) return;
    const there = await this.#existing(usernames);
    const twin = usernames.find((name) => !there.has(name));
    if (twin === undefined) return;
    throw twinFault(twin);
  }

  async #transaction<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + CONFLICT_MS;
    for (;;) {
      try {
        return await this.#inTurn(() => this.#attempt(work));
      } catch (error) {
        const isLater = error instanceof SqlFault && isConflict(error.cause);
        if (!isLater || performance.now() > until) throw error;
        await pause(10 + Math.random() * 40);
      }
    }
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      for (const statement of this.#sql.begin) await this.#ask(statement, []);
      const result = await work();
      await this.#ask('COMMIT', []);
      return result;
    } catch (error) {
      // If the connection is lost or the server is stuck, closing the connection rolls the transaction back.
      await this.#ask('ROLLBACK', []).catch(() => undefined);
      throw error;
    }
  }

  #toUser(row: SqlRow): User {
    return userFrom(unpack(row, this.#dialect), 'postgres', ownOrigin);
  }

  /** A connection can have one transaction at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #ask(statement: string, params: unknown[]): Promise<SqlRow[]> {
    try {
      return (await this.client.query(statement, params)).rows as SqlRow[];
    } catch (cause) {
      throw new SqlFault('The database failed', { cause });
    }
  }
}

function twinFault(name: string): UserRefusedError {
  return new UserRefusedError(`A user exists whose name differs from ${printable(name)} only in case`);
}

function pairs(of: readonly (readonly [string, readonly string[] | null | undefined])[]): string {
  return JSON.stringify(
    of.flatMap(([username, names]) => [...new Set(names)].map((name) => [username, name])),
  );
}

/** False for a name with a NUL or a lone surrogate, which JSON and parameters cannot carry, and for an empty name. */
function isText(name: string): boolean {
  return name !== '' && !/[\0\p{Surrogate}]/u.test(name);
}
