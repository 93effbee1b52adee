import { Entity, MikroORM, PrimaryKey, Property } from '@mikro-orm/core';
import {
  type PasswordUpdate,
  ServiceUnavailableError,
  type User,
  Userstore,
  type UserstoreInterface,
} from 'securest';

@Entity()
export class Person {
  @PrimaryKey({ type: 'string' })
  username!: string;

  // Hidden from every query that does not populate it, as getUser() does.
  @Property({ type: 'string', nullable: true, lazy: true, hidden: true })
  password!: string | null;

  @Property({ type: 'string', nullable: true })
  email!: string | null;

  @Property({ type: 'boolean' })
  active = true;

  @Property({ type: 'json' })
  roles!: string[];

  @Property({ type: 'json' })
  groups!: string[];

  @Property({ type: 'datetime', nullable: true })
  tokensValidFrom!: Date | null;
}

@Entity()
export class Team {
  @PrimaryKey({ type: 'string' })
  name!: string;

  @Property({ type: 'json' })
  roles!: string[];

  @Property({ type: 'json' })
  groups!: string[];
}

@Userstore()
export class Users implements UserstoreInterface {
  constructor(private readonly orm: MikroORM) {}

  async getUser(username: string): Promise<User | null> {
    // MikroORM writes values into the statement, and SQLite and PostgreSQL cut the statement at a NUL.
    if (username.includes('\0')) return null;
    const person = await this.orm.em
      .fork()
      .findOne(Person, { username }, { populate: ['password'] })
      .catch(unavailable);
    if (person?.username !== username) return null;
    // An entity has references to the connection, so the app gets a plain object.
    const { password, email, active, roles, groups, tokensValidFrom } = person;
    return { username, password, email, active, roles, groups, tokensValidFrom };
  }

  async getGroup(name: string): Promise<Team | null> {
    if (name.includes('\0')) return null;
    const team = await this.orm.em.fork().findOne(Team, { name }).catch(unavailable);
    return team?.name === name ? team : null;
  }

  async updatePassword(user: User, newHash: string, oldHash: string, changes: PasswordUpdate = {}) {
    const given = changes.tokensValidFrom;
    const next = Math.max(given?.getTime() ?? 0, (user.tokensValidFrom?.getTime() ?? -Infinity) + 1000);
    const stamp = given && { tokensValidFrom: new Date(next) };
    const row = { username: user.username, password: oldHash };
    const changed = await this.orm.em
      .fork()
      .nativeUpdate(Person, row, { password: newHash, ...stamp })
      .catch(unavailable);
    return changed === 1;
  }
}

/** MikroORM's messages quote the statement with its values, including the hash, so only the code is passed on. */
function unavailable(error: unknown): never {
  const { name, code } = error as { name: string; code?: unknown };
  throw new ServiceUnavailableError({ cause: new Error(`${name} ${String(code)}`) });
}
