/**
 * A template for a userstore of your own, here over an SQL database. Copy it and change the statements.
 *
 *   node -r @swc-node/register example/custom-userstore.ts
 *
 * starts an app with it, over a stand-in for the database, and prints a curl line.
 */
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { CurrentUser, Get, JsonController, createKoaServer } from 'routing-controllers';
import {
  AuthProvider,
  PasswordProvider,
  ServiceUnavailableError,
  Userstore,
  passwords,
  securest,
} from 'securest';
import type { Group, PasswordUpdate, User, UserstoreInterface } from 'securest';
import { Container } from 'typedi';

/** The part of a database client that this store needs. A `Pool` of pg fits as it is. */
export abstract class Database {
  abstract query(statement: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** A user may carry fields of your own: actions get them by `@CurrentUser() user: Person`. */
export interface Person extends User {
  displayName: string;
}

export const FIND_USER = `
  SELECT username, password_hash AS password, active, roles, groups, display_name AS "displayName",
    tokens_valid_from AS "tokensValidFrom"
  FROM people WHERE username = $1`;
export const FIND_GROUP = `SELECT name, roles, groups FROM groups WHERE name = $1`;
export const UPDATE_PASSWORD = `
  UPDATE people SET password_hash = $2,
    tokens_valid_from = CASE WHEN $4::timestamptz IS NULL THEN tokens_valid_from
      ELSE GREATEST($4, tokens_valid_from + interval '1 second') END
  WHERE username = $1 AND password_hash = $3 RETURNING username`;

@Userstore()
export class SqlUserstore implements UserstoreInterface<Person> {
  // Constructor parameters come from TypeDI.
  constructor(private readonly database: Database) {}

  /** The only method that a userstore must have. */
  async getUser(identifier: string): Promise<Person | null> {
    // A client chooses the identifier. Bind it as a value; never put it into the statement.
    const [person] = await this.query(FIND_USER, [identifier]);

    // Null means that the user does not exist, and nothing else. Return inactive users too: securest refuses
    // `active: false` after the password, so that clients cannot find out which users exist.
    return (person as Person | undefined) ?? null;
  }

  /** Optional: for users with `groups`. The users get the roles of their groups. Null for an unknown group. */
  async getGroup(name: string): Promise<Group | null> {
    const [group] = await this.query(FIND_GROUP, [name]);
    return (group as Group | undefined) ?? null;
  }

  /**
   * Optional: for `passwordController()`. It compares and replaces in one statement, so that it cannot undo a
   * concurrent password change. `tokensValidFrom` ends earlier tokens: tokens are compared with it, so it must never
   * get a value again that it has had before.
   */
  async updatePassword(
    user: Person,
    newHash: string,
    oldHash: string,
    changes?: PasswordUpdate,
  ): Promise<boolean> {
    const values = [user.username, newHash, oldHash, changes?.tokensValidFrom ?? null];
    const rows = await this.query(UPDATE_PASSWORD, values);
    return rows.length === 1;
  }

  private async query(statement: string, values: unknown[]): Promise<unknown[]> {
    try {
      return (await this.database.query(statement, values)).rows;
    } catch (cause) {
      // An outage of the database must look neither like a wrong password (401) nor like a bug (500). The
      // client gets 503 without details; the cause stays in the process, for the log.
      throw new ServiceUnavailableError({ cause });
    }
  }
}

// From here on: the smallest app that uses the store.

@AuthProvider(1)
export class Password extends PasswordProvider {}

@JsonController()
export class WhoAmIController {
  @Get('/whoami')
  whoAmI(@CurrentUser() person: Person) {
    return person;
  }
}

export function createApp(database: Database): Koa {
  Container.set(Database, database);
  return createKoaServer(
    securest({
      controllers: [WhoAmIController],
      security: { default: 'authenticated', userstores: [SqlUserstore], providers: [Password] },
    }),
  );
}

/** A stand-in for the database, with one user. Use your pool instead: `createApp(new Pool())`. */
export class DemoDatabase extends Database {
  constructor(private readonly person: Person) {
    super();
  }

  async query(statement: string, [key]: unknown[]) {
    const found = statement === FIND_USER && key === this.person.username;
    return { rows: found ? [{ ...this.person }] : [] };
  }
}

async function main(): Promise<void> {
  const password = await passwords.hash('correct horse');
  const app = createApp(new DemoDatabase({ username: 'ann', password, displayName: 'Ann Example' }));
  const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(`curl -u 'ann:correct horse' http://127.0.0.1:${port}/whoami`);
  });
}

if (require.main === module) void main();
