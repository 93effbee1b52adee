import { and, DrizzleQueryError, eq } from 'drizzle-orm';
import { LibSQLDatabase } from 'drizzle-orm/libsql';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import {
  type PasswordUpdate,
  ServiceUnavailableError,
  type User,
  Userstore,
  type UserstoreInterface,
} from 'securest';

export const people = sqliteTable('people', {
  username: text().primaryKey(),
  password: text(),
  email: text(),
  active: integer({ mode: 'boolean' }).notNull().default(true),
  roles: text({ mode: 'json' }).$type<string[]>().notNull(),
  groups: text({ mode: 'json' }).$type<string[]>().notNull(),
  tokensValidFrom: integer('tokens_valid_from', { mode: 'timestamp_ms' }),
});

export const teams = sqliteTable('teams', {
  name: text().primaryKey(),
  roles: text({ mode: 'json' }).$type<string[]>().notNull(),
  groups: text({ mode: 'json' }).$type<string[]>().notNull(),
});

@Userstore()
export class Users implements UserstoreInterface {
  constructor(private readonly database: LibSQLDatabase) {}

  async getUser(username: string) {
    const query = this.database.select().from(people).where(eq(people.username, username));
    const [person] = await query.catch(unavailable);
    return person?.username === username ? person : null;
  }

  async getGroup(name: string) {
    const [team] = await this.database.select().from(teams).where(eq(teams.name, name)).catch(unavailable);
    return team?.name === name ? team : null;
  }

  async updatePassword(user: User, newHash: string, oldHash: string, changes: PasswordUpdate = {}) {
    const given = changes.tokensValidFrom;
    const next = Math.max(given?.getTime() ?? 0, (user.tokensValidFrom?.getTime() ?? -Infinity) + 1000);
    const stamp = given && { tokensValidFrom: new Date(next) };
    const query = this.database.update(people).set({ password: newHash, ...stamp });
    const row = and(eq(people.username, user.username), eq(people.password, oldHash));
    const changed = await query.where(row).returning({ username: people.username }).catch(unavailable);
    return changed.length === 1;
  }
}

/** The message of Drizzle's error quotes the parameters, including the hash, so only its cause is passed on. */
function unavailable(error: unknown): never {
  throw new ServiceUnavailableError({ cause: error instanceof DrizzleQueryError ? error.cause : error });
}
