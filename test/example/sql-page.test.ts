/** The client and the statements for SQLite of docs/sql.md work as the page says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import libsql from 'libsql';
import { CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  AuthProvider,
  passwordController,
  type PasswordUpdate,
  securest,
  type User,
  Userstore,
  type UserstoreInterface,
} from '../../src';
import { migrate, type SqlClient, SqliteClient, SqlState } from '../../src/sql';
import { stateStoreContract } from '../../src/testing';
import { PATIENCE_MS } from '../support/deadlines';
import { basic, DRIVERS, TestServer } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';

const PASSWORD = 'an old password of ann';
const CHANGED = 'a new password of ann';

/** The block of the page that has this text. */
function blockWith(text: string): string {
  const found = blocksOf('sql.md', 'ts').find((block) => block.includes(text));
  if (found === undefined) throw new Error(`sql.md has no block with ${text}`);
  return found;
}

/** The client of the page. libsql has the interface of better-sqlite3. */
function pageClient(path: string): SqlClient {
  const source = blockWith("'better-sqlite3'")
    .replace("'better-sqlite3'", "'libsql'")
    .replace("'app.db'", 'path');
  return (runBlock(`${source}\nexport { client };`, { path }) as { client: SqlClient }).client;
}

/** The userstore of the page with statements of its own for SQLite. */
function pageStore(client: SqlClient): new () => UserstoreInterface {
  const source = blockWith("new SqliteClient('people.db')")
    .replace('new SqlUserstore({', 'export class Users extends SqlUserstore { constructor() { super({')
    .replace("new SqliteClient('people.db')", 'client')
    .replace(/\}\);\n$/, '}); } }');
  const imported = "import { SqlUserstore } from 'securest/sql';\n";
  return (runBlock(imported + source, { client }) as { Users: new () => UserstoreInterface }).Users;
}

describe('The SQLite code of docs/sql.md', () => {
  let folder: string;
  let path: string;
  let people: libsql.Database;
  let sqlite: SqliteClient | undefined;

  beforeEach(async () => {
    reset();
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'app.db');
    people = new libsql(path);
    people.exec(
      `CREATE TABLE people (id INTEGER PRIMARY KEY, login TEXT UNIQUE NOT NULL, hash TEXT NOT NULL,
        roles TEXT NOT NULL DEFAULT '', blocked INTEGER NOT NULL DEFAULT 0)`,
    );
    people.exec('ALTER TABLE people ADD COLUMN tokens_valid_from TEXT');
    const hash = await cheapPasswords.hash(PASSWORD);
    const add = people.prepare('INSERT INTO people (login, hash, roles, blocked) VALUES (?, ?, ?, ?)');
    add.run('ann', hash, 'admin,editor', 0n);
    add.run('bob', hash, '', 1n);
    add.run('eve', hash, 'a"],["admin', 0n);
  });
  afterEach(() => {
    people.close();
    sqlite?.close();
    sqlite = undefined;
    rmSync(folder, { recursive: true });
  });

  const clients: [string, () => SqlClient][] = [
    ['a SqliteClient', () => (sqlite = new SqliteClient(path))],
    ['the client of the page', () => pageClient(path)],
  ];
  for (const [name, clientOf] of clients) {
    for (const driver of DRIVERS) {
      it(`logs users in and changes a password through ${name} on ${driver.name}`, async () => {
        class Users extends pageStore(clientOf()) {}
        Userstore()(Users);
        @AuthProvider(1)
        class Password extends CheapPasswordProvider {}
        @JsonController('/me')
        class MeController {
          @Get('/') me(@CurrentUser() user: User) {
            return user;
          }
        }
        const options = securest({
          controllers: [MeController, passwordController()],
          security: {
            default: 'authenticated',
            logger: new MemoryLogger(),
            deadlineMs: PATIENCE_MS,
            userstores: [Users],
            providers: [Password],
          },
        });
        await using server = await TestServer.start(driver.build(options));
        const me = (username: string, password: string) =>
          server.fetch('/me', { headers: basic(username, password) });
        const reply = await me('ann', PASSWORD);
        expect(await reply.json())
          .to.include({ username: 'ann', id: 1 })
          .and.to.deep.include({
            roles: ['admin', 'editor'],
          });
        expect((await me('bob', PASSWORD)).status).to.equal(401);
        const change = (from: string, to: string) =>
          server.fetch('/password', {
            method: 'PUT',
            headers: { ...basic('ann', from), 'content-type': 'application/json' },
            body: JSON.stringify({ currentPassword: from, newPassword: to }),
          });
        expect((await change(PASSWORD, CHANGED)).status).to.equal(204);
        const after = [await me('ann', PASSWORD), await me('ann', CHANGED)];
        expect(after.map(({ status }) => status)).to.deep.equal([401, 200]);
      });
    }

    it(`replaces only the hash that was read, and never repeats a time, through ${name}`, async () => {
      const store = new (pageStore(clientOf()))();
      const ann = (await store.getUser('ann'))!;
      const hash = ann.password!;
      const tokensValidFrom = new Date(Date.UTC(2026, 0, 31));
      const change = (to: string, from: string, changes?: PasswordUpdate) =>
        store.updatePassword?.(ann, to, from, changes);
      const since = async () => (await store.getUser('ann'))?.tokensValidFrom;
      expect(await change('hash 2', hash, { tokensValidFrom })).to.equal(true);
      expect(await change('hash 3', hash, { tokensValidFrom })).to.equal(false);
      expect(await since()).to.deep.equal(tokensValidFrom);
      expect(await change('hash 3', 'hash 2', { tokensValidFrom })).to.equal(true);
      const later = new Date(tokensValidFrom.getTime() + 1000);
      expect(await since()).to.deep.equal(later);
      expect(await change('hash 4', 'hash 3')).to.equal(true);
      expect(await since()).to.deep.equal(later);
      expect((await store.getUser('ann'))?.password).to.equal('hash 4');
    });

    it(`takes a list apart at its commas alone through ${name}`, async () => {
      const store = new (pageStore(clientOf()))();
      expect((await store.getUser('eve'))?.roles).to.deep.equal(['a"]', '["admin']);
      expect((await store.getUser('bob'))?.roles).to.deep.equal([]);
    });
  }
});

describe('SqlState through the client of docs/sql.md', () => {
  let folder: string;
  const states: SqlState[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    const maker = new SqliteClient(join(folder, 'app.db'));
    await migrate(maker);
    maker.close();
  });
  afterEach(async () => {
    await Promise.all(states.splice(0).map((state) => state.close()));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  stateStoreContract({
    time: 'given',
    make: ({ clock }) => {
      const state = new SqlState({ client: pageClient(join(folder, 'app.db')), clock });
      states.push(state);
      return state;
    },
  });
});
