import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { passwords } from 'securest';
import { Container } from 'typedi';
import { DataSource } from 'typeorm';
import type * as App from '../../example/typeorm/app';
import type * as People from '../../example/typeorm/person';
import { describeWith } from '../integration/describe-with';
import { PostgresServer, whyNoPostgres } from '../integration/postgres-server';
import { withCheapHashes } from '../support/hashers';
import { basic, listen, loadedExample, loadExample, mute, type RunningApp } from './support';

const SOURCE = resolve(__dirname, '../../example/typeorm/users.ts');

function describePeople(url: () => string | undefined): void {
  mute('info', 'error');
  withCheapHashes();
  let folder: string;
  let app: RunningApp;
  let database: DataSource;
  let hash: string;

  before(async () => {
    hash = await passwords.hash('correct horse');
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'people-'));
    const { connect, createApp } = loadExample('typeorm/app.ts') as typeof App;
    database = await connect(folder, url());
    const { Person } = loadedExample('typeorm/person.ts') as typeof People;
    await database.manager.clear(Person);
    await database.manager.save(Person, [
      { username: 'ann', password: hash, displayName: 'Ann', roles: ['editor'], active: true },
      { username: 'ben', password: hash, displayName: 'Ben', roles: [], active: false },
    ]);
    const handle = createApp(database).callback();
    app = await listen((request, response) => void handle(request, response));
  });
  afterEach(async () => {
    await app.close();
    // Otherwise the next test that resets the container destroys it once more.
    Container.set({ id: DataSource, value: {} });
    if (database.isInitialized) await database.destroy();
    await rm(folder, { recursive: true });
  });
  const whoAmI = (name: string, password = 'correct horse') =>
    fetch(`${app.url}/whoami`, { headers: basic(name, password) });

  it('lets the people of the entity in, without their hashes in replies', async () => {
    const response = await whoAmI('ann');
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({
      username: 'ann',
      displayName: 'Ann',
      roles: ['editor'],
      active: true,
    });
  });

  it('refuses a wrong password, an inactive and an unknown name', async () => {
    const answers = [
      await whoAmI('ann', 'wrong'),
      await whoAmI('ben'),
      await whoAmI("' OR 1=1 --"),
      await whoAmI('ANN'),
    ];
    expect(answers.map(({ status }) => status)).to.deep.equal([401, 401, 401, 401]);
  });

  it('answers 503 while there is no database', async () => {
    await database.destroy();
    expect((await whoAmI('ann')).status).to.equal(503);
  });
}

describe('TypeORM entity in SQLite', () => {
  describePeople(() => undefined);

  it('needs a userstore of fewer than ten lines', async () => {
    const source = await readFile(SOURCE, 'utf8');
    expect(source.slice(source.indexOf('@Userstore')).trimEnd().split('\n')).to.have.length.below(10);
  });
});

describeWith(whyNoPostgres(), 'TypeORM entity in PostgreSQL', () => {
  const server = new PostgresServer();
  before(() => server.start()).timeout(60_000);
  after(() => server.remove());
  describePeople(() => server.url);
});
