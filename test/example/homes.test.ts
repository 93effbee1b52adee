/** The userstores that the documentation has for each object mapper, over real databases. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MikroORM } from '@mikro-orm/core';
import { LibSqlDriver } from '@mikro-orm/libsql';
import { createClient } from '@libsql/client';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { drizzle } from 'drizzle-orm/libsql';
import libsql from 'libsql';
import mysql2 from 'mysql2';
import { Sequelize } from 'sequelize';
import { DataSource } from 'typeorm';
import type * as DrizzlePage from '../../example/homes/drizzle';
import type * as MikroPage from '../../example/homes/mikro-orm';
import type * as SequelizePage from '../../example/homes/sequelize';
import type * as TypeOrmPage from '../../example/homes/typeorm';
import { type Constructor, type Group, type User, type UserstoreInterface } from '../../src';
import { ServiceUnavailableError } from '../../src/errors';
import { describeError } from '../../src/util/describe-error';
import { describeUserstore } from '../contract/describe-userstore';
import { describeWith } from '../integration/describe-with';
import { MariadbServer, whyNoMariadb } from '../integration/mariadb-server';
import { basic, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { loadedExample, loadExample } from './support';
import { CheapPasswordProvider } from '../support/hashers';

const ROOT = resolve(__dirname, '../..');
const PASSWORD = 'correct horse';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Home {
  readonly store: UserstoreInterface;
  /** Runs a statement of the test's own. */
  run(sql: string): Promise<unknown>;
  /** Takes the database away. */
  stop(): Promise<void>;
}

type Open = (users: readonly User[], groups: readonly Group[]) => Promise<Home>;

const rowOf = ({ username, password, email, active, roles, groups, tokensValidFrom }: User) => ({
  ...{ username, password: password ?? null, email: email ?? null, active: active ?? true },
  ...{ roles: [...(roles ?? [])], groups: [...(groups ?? [])], tokensValidFrom: tokensValidFrom ?? null },
});
const teamOf = ({ name, roles, groups }: Group) => ({
  name,
  roles: [...(roles ?? [])],
  groups: [...(groups ?? [])],
});

/** A store of the library's, in the folder of a database that goes when it is stopped. */
function inFolder(open: (folder: string) => Promise<Home>): Promise<Home> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-homes-'));
  return open(folder).then((home) => ({
    ...home,
    stop: async () => {
      await home.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  }));
}

const typeorm: Open = (users, groups) =>
  inFolder(async (folder) => {
    const { Person, Team, Users } = loadedExample('homes/typeorm.ts') as typeof TypeOrmPage;
    const database = await new DataSource({
      ...{ type: 'better-sqlite3', driver: libsql, database: join(folder, 'people.db') },
      ...{ entities: [Person, Team], synchronize: true },
    }).initialize();
    await database.manager.save(Person, users.map(rowOf));
    await database.manager.save(Team, groups.map(teamOf));
    return {
      store: new Users(database),
      run: (sql) => database.query(sql),
      stop: () => database.destroy(),
    };
  });

const overDrizzle: Open = (users, groups) =>
  inFolder(async (folder) => {
    const { people, teams, Users } = loadedExample('homes/drizzle.ts') as typeof DrizzlePage;
    const client = createClient({ url: `file:${join(folder, 'people.db')}` });
    const lists = 'roles text NOT NULL, "groups" text NOT NULL';
    await client.executeMultiple(
      `CREATE TABLE people (username text PRIMARY KEY, password text, email text, active integer NOT NULL, ${lists},
         tokens_valid_from integer);
       CREATE TABLE teams (name text PRIMARY KEY, ${lists})`,
    );
    const database = drizzle(client);
    await database.insert(people).values(users.map(rowOf));
    if (groups.length > 0) await database.insert(teams).values(groups.map(teamOf));
    return {
      store: new Users(database),
      run: (sql) => client.execute(sql),
      stop: () => {
        client.close();
        return Promise.resolve();
      },
    };
  });

const mikro: Open = (users, groups) =>
  inFolder(async (folder) => {
    const { Person, Team, Users } = loadedExample('homes/mikro-orm.ts') as typeof MikroPage;
    const orm = await MikroORM.init({
      ...{ driver: LibSqlDriver, dbName: join(folder, 'people.db'), entities: [Person, Team] },
    });
    await orm.schema.createSchema();
    const em = orm.em.fork();
    await em.insertMany(Person, users.map(rowOf));
    if (groups.length > 0) await em.insertMany(Team, groups.map(teamOf));
    const run = (sql: string) => orm.em.getConnection().execute(sql);
    return { store: new Users(orm), run, stop: () => orm.close(true) };
  });

const sequelize =
  (server: MariadbServer): Open =>
  async (users, groups) => {
    const { defineModels, Person, Team, Users } = loadedExample('homes/sequelize.ts') as typeof SequelizePage;
    const database = new Sequelize(server.url, {
      ...{ dialect: 'mysql', dialectModule: mysql2, logging: false },
    });
    defineModels(database);
    await database.sync({ force: true });
    await Person.bulkCreate(users.map(rowOf));
    await Team.bulkCreate(groups.map(teamOf));
    return { store: new Users(), run: (sql) => database.query(sql), stop: () => database.close() };
  };

function describeHome(name: string, file: string, table: string, open: Open): void {
  before(() => {
    loadExample(`homes/${file}.ts`);
    reset();
  });

  describeUserstore(name, async (users, groups) => {
    const { store, stop } = await open(users, groups);
    return { store, teardown: stop };
  });

  describe(`The page for ${name}`, () => {
    const hash = hashSync(PASSWORD, 4);
    const ann = { username: 'ann', password: hash, roles: ['admin'] };
    beforeEach(reset);

    it('shows exactly the code that is tested', () => {
      expect(read(`docs/${file}.md`)).to.include(read(`example/homes/${file}.ts`));
    });

    const worksOf = (store: UserstoreInterface) => [
      () => store.getUser('ann'),
      () => store.updatePassword?.(ann, `${hash}x`, hash, { tokensValidFrom: new Date(0) }),
    ];
    const thrownBy = (work: () => unknown): Promise<unknown> =>
      Promise.resolve(work()).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );

    for (const [what, spoil] of [
      ['its database', ({ stop }: Home) => stop()],
      ['its table', ({ run }: Home) => run(`DROP TABLE ${table}`)],
    ] as const) {
      it(`is unavailable without ${what}, and says so without the hash`, async () => {
        const home = await open([ann], []);
        await spoil(home);
        for (const work of worksOf(home.store)) {
          const error = await thrownBy(work);
          expect(error).to.be.instanceOf(ServiceUnavailableError);
          expect((error as Error).cause).to.be.instanceOf(Error);
          const texts = describeError(error) + String((error as Error).cause);
          expect(texts).to.not.include(hash).and.not.include(hash.slice(8));
        }
        if (what === 'its table') await home.stop();
      });
    }

    for (const driver of DRIVERS) {
      it(`logs in, refuses and is 503 in an outage on ${driver.name}`, async () => {
        const { store, stop } = await open([ann, { ...ann, username: 'ben', active: false }], []);
        class Password extends CheapPasswordProvider {}
        const OfPage = function () {
          return store;
        } as unknown as Constructor<UserstoreInterface>;
        await using api = await startApi(driver, {
          security: { userstores: [OfPage], providers: [Password] },
        });
        const statusOf = async (user: string, password = PASSWORD, path = '/admin') =>
          (await api.get(path, basic(user, password))).status;
        expect(await statusOf('ann')).to.equal(200);
        expect((await api.get('/user', basic('ann', PASSWORD))).text).to.not.include(hash.slice(0, 20));
        for (const name of ['ANN', 'ann ', 'ben', 'nobody', "' OR 1=1 --"]) {
          expect(await statusOf(name), name).to.equal(401);
        }
        expect(await statusOf('ann', 'wrong')).to.equal(401);
        await stop();
        expect(await statusOf('ann', `${PASSWORD}.`)).to.equal(503);
        expect(api.logger.lines.join('\n')).to.not.include(hash.slice(0, 20));
      });
    }
  });
}

describe('Users of TypeORM in SQLite', () => {
  describeHome('TypeORM', 'typeorm', 'person', typeorm);
});

describe('Users of Drizzle in SQLite', () => {
  describeHome('Drizzle', 'drizzle', 'people', overDrizzle);
});

describe('Users of MikroORM in SQLite', () => {
  describeHome('MikroORM', 'mikro-orm', 'person', mikro);
});

describeWith(whyNoMariadb(), 'Users of Sequelize in MariaDB', () => {
  const server = new MariadbServer();
  before(() => server.start()).timeout(60_000);
  after(() => server.remove());
  describeHome('Sequelize', 'sequelize', 'People', sequelize(server));
});
