import {
  type PasswordUpdate,
  ServiceUnavailableError,
  type User,
  Userstore,
  type UserstoreInterface,
} from 'securest';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

@Entity()
export class Person implements User {
  @PrimaryColumn('text')
  username!: string;

  // Left out of every query that does not select it explicitly, as getUser() does.
  @Column('text', { nullable: true, select: false })
  password!: string | null;

  @Column('text', { nullable: true })
  email!: string | null;

  @Column('boolean', { default: true })
  active!: boolean;

  @Column('simple-json')
  roles!: string[];

  @Column('simple-json')
  groups!: string[];

  // In PostgreSQL 'timestamptz'.
  @Column({ type: Date, nullable: true })
  tokensValidFrom!: Date | null;
}

@Entity()
export class Team {
  @PrimaryColumn('text')
  name!: string;

  @Column('simple-json')
  roles!: string[];

  @Column('simple-json')
  groups!: string[];
}

@Userstore()
export class Users implements UserstoreInterface<Person> {
  constructor(private readonly database: DataSource) {}

  async getUser(username: string): Promise<Person | null> {
    const people = this.database
      .getRepository(Person)
      .createQueryBuilder('person')
      .addSelect('person.password');
    const person = await people.where({ username }).getOne().catch(unavailable);
    return person?.username === username ? person : null;
  }

  async getGroup(name: string): Promise<Team | null> {
    const team = await this.database.manager.findOneBy(Team, { name }).catch(unavailable);
    return team?.name === name ? team : null;
  }

  async updatePassword(user: User, newHash: string, oldHash: string, changes: PasswordUpdate = {}) {
    const given = changes.tokensValidFrom;
    const next = Math.max(given?.getTime() ?? 0, (user.tokensValidFrom?.getTime() ?? -Infinity) + 1000);
    const stamp = given && { tokensValidFrom: new Date(next) };
    const row = { username: user.username, password: oldHash };
    const { affected } = await this.database.manager
      .update(Person, row, { password: newHash, ...stamp })
      .catch(unavailable);
    return affected === 1;
  }
}

function unavailable(cause: unknown): never {
  throw new ServiceUnavailableError({ cause });
}
