import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileUserstore, MemoryState, MemoryUserstore, type UserstoreInterface } from '../../src';
import { migrate, SqliteClient, SqlState, SqlUserstore } from '../../src/sql';
import { SqlUserDirectory } from '../../src/sql/sql-directory';
import { FileUserDirectory } from '../../src/userstores/file/file-directory';
import { type Accounts, describeAccountRaces, people } from '../support/describe-account-races';
import { DRIVERS } from '../support/drivers';

function inMemory(round?: (time: number) => number): Accounts {
  const store = new MemoryUserstore({ users: people() });
  const coarse: UserstoreInterface = {
    getUser: (name) => {
      const user = store.getUser(name);
      const time = user?.tokensValidFrom?.getTime();
      if (user === null || time === undefined || round === undefined) return user;
      return { ...user, tokensValidFrom: new Date(round(time / 1000) * 1000) };
    },
    updatePassword: (user, newHash, oldHash, changes) =>
      store.updatePassword(user, newHash, oldHash, changes),
  };
  return {
    name: 'memory',
    stores: { Users: round === undefined ? store : coarse },
    state: new MemoryState(),
    close: () => undefined,
  };
}

async function inFile(): Promise<Accounts> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-races-'));
  const target = join(folder, 'users.yaml');
  await new FileUserDirectory({ path: target, create: true, onNotice: () => undefined }).addAll(people());
  const store = new FileUserstore({ path: target, pollMs: 5 });
  return {
    name: 'a file',
    stores: { Users: store },
    state: new MemoryState(),
    target,
    close: () => {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function inSqlite(): Promise<Accounts> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-races-'));
  const path = join(folder, 'users.db');
  const client = new SqliteClient(path);
  await migrate(client);
  await new SqlUserDirectory(client).addAll(people());
  return {
    name: 'SQLite',
    stores: { Users: new SqlUserstore({ client }) },
    state: new SqlState({ client }),
    target: `sqlite:${path}`,
    close: () => {
      client.close();
      rmSync(folder, { recursive: true });
    },
  };
}

for (const driver of DRIVERS) {
  describeAccountRaces(driver, 'users in memory', () => inMemory(), { remembers: false });
  describeAccountRaces(driver, 'times cut to whole seconds', () => inMemory(Math.floor));
  describeAccountRaces(driver, 'times rounded to whole seconds', () => inMemory(Math.round));
  describeAccountRaces(driver, 'a user file', inFile, { hasCommands: true });
  describeAccountRaces(driver, 'SQLite', inSqlite, { hasCommands: true });
}
