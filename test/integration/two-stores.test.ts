import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SecurityEvent } from '../../src';
import { SqliteClient, type SqlClient } from '../../src/sql';
import { type Driver, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { hashOf, IN_FILE, IN_SQL, NEXT, startTwoStores } from './two-stores';

interface Ground {
  readonly client: SqlClient;
}

function describeTwoStores(driver: Driver, ground: () => Ground): void {
  beforeEach(reset);

  const named = (events: readonly SecurityEvent[]): unknown[] =>
    events.flatMap((event) => ('user' in event ? [[event.type, event.user]] : []));

  it("takes the first store's record of a user who is in both", async () => {
    await using api = await startTwoStores(driver, ground().client);
    expect(await api.login('ann', IN_FILE)).to.equal(200);
    expect(await api.login('ann', IN_SQL)).to.equal(401);
    const bearer = { authorization: `Bearer ${await api.issue('ann', IN_FILE)}` };
    expect((await api.get('/who', bearer)).status).to.equal(200);
    expect((await api.get('/reader', bearer)).status).to.equal(403);
    // Of a login that the app states itself nobody knows the store.
    const stated = { authorization: `Bearer ${api.tokenOf('ann')}` };
    expect((await api.get('/who', stated)).status).to.equal(401);
  });

  it('gives each the roles of the groups of its own store only', async () => {
    await using api = await startTwoStores(driver, ground().client);
    const [root, bob] = [IN_FILE, IN_SQL];
    expect([await api.login('root', root, '/admin'), await api.login('root', root, '/reader')]).to.deep.equal(
      [200, 403],
    );
    expect([await api.login('bob', bob, '/admin'), await api.login('bob', bob, '/reader')]).to.deep.equal([
      403, 200,
    ]);
  });

  it('names users in events with their store', async () => {
    await using api = await startTwoStores(driver, ground().client);
    await api.login('bob', IN_SQL, '/admin');
    await api.login('root', IN_FILE, '/admin');
    expect(named(api.events)).to.deep.equal([
      ['authenticated', 'sql:bob'],
      ['denied', 'sql:bob'],
      ['authenticated', 'files:root'],
      ['allowed', 'files:root'],
    ]);
    expect(api.events.filter(({ type }) => type === 'failed')).to.deep.equal([]);
  });

  it('knows nobody by a name with the store in front', async () => {
    await using api = await startTwoStores(driver, ground().client);
    for (const name of ['sql:bob', 'sql', 'files:root']) expect(await api.login(name, IN_SQL)).to.equal(401);
    expect(named(api.events)).to.deep.equal([]);
  });

  it('replaces an outdated hash in the store that has the user', async () => {
    await using api = await startTwoStores(driver, ground().client);
    const text = api.yaml();
    expect(await api.login('bob', IN_SQL)).to.equal(200);
    await eventually(async () => (await api.users.getUser('bob'))?.password?.startsWith('$2b$05$') === true);
    expect(api.yaml()).to.equal(text);
    expect(await api.login('ann', IN_FILE)).to.equal(200);
    await eventually(() => api.yaml().match(/\$2b\$05\$/g)?.length === 1);
    expect((await api.users.getUser('ann'))?.password).to.match(/^\$2b\$04\$/);
  });

  it('changes a password in the store that has the user, and ends the tokens there', async () => {
    await using api = await startTwoStores(driver, ground().client);
    const bearer = { authorization: `Bearer ${await api.issue('ann', IN_FILE)}` };
    expect((await api.get('/who', bearer)).status).to.equal(200);
    // The login has the outdated hash replaced, which is another hash for a change at the same time.
    await eventually(() => api.yaml().match(/\$2b\$05\$/g)?.length === 1);
    expect(await api.changePassword('ann', IN_FILE, NEXT)).to.equal(204);
    expect([await api.login('ann', NEXT), await api.login('ann', IN_FILE)]).to.deep.equal([200, 401]);
    expect((await api.get('/who', bearer)).status).to.equal(401);
    const inSql = (await api.users.getUser('ann'))!;
    expect([inSql.password?.slice(0, 7), inSql.tokensValidFrom]).to.deep.equal(['$2b$04$', null]);

    const text = api.yaml();
    expect(await api.changePassword('bob', IN_SQL, NEXT)).to.equal(204);
    expect([await api.login('bob', NEXT), await api.login('bob', IN_SQL)]).to.deep.equal([200, 401]);
    expect(api.yaml()).to.equal(text);
    expect(named(api.events)).to.deep.include(['password_changed', 'files:ann']);
    expect(named(api.events)).to.deep.include(['password_changed', 'sql:bob']);
    expect(api.events.filter(({ type }) => type === 'misconfigured')).to.deep.equal([]);
  });

  it('takes a role that is changed in one store, at once, for the user of that store only', async () => {
    await using api = await startTwoStores(driver, ground().client);
    expect(await api.login('bob', IN_SQL, '/admin')).to.equal(403);
    await ground().client.query(
      "INSERT INTO securest_user_roles VALUES ('bob', 'admin'), ('ann', 'admin')",
      [],
    );
    expect(await api.login('bob', IN_SQL, '/admin')).to.equal(200);
    expect(await api.login('ann', IN_FILE, '/admin')).to.equal(403);
  });

  it("takes the first store's record of a user who is added there later, whatever was remembered", async () => {
    await using api = await startTwoStores(driver, ground().client, { cost: 4, pollMs: 50 });
    const bearer = { authorization: `Bearer ${await api.issue('bob', IN_SQL)}` };
    const statuses = async () => [
      await api.login('bob', IN_SQL, '/reader'),
      await api.login('bob', IN_FILE, '/admin'),
      (await api.get('/reader', bearer)).status,
      (await api.get('/admin', bearer)).status,
    ];
    expect(await statuses()).to.deep.equal([200, 401, 200, 403]);
    const bob = { username: 'bob', password: hashOf(IN_FILE), groups: ['admins'] };
    await api.putInFile(bob);
    expect(await statuses()).to.deep.equal([401, 200, 401, 401]);

    await api.putInFile({ ...bob, tokensValidFrom: new Date() });
    expect(await statuses()).to.deep.equal([401, 200, 401, 401]);
    await api.putInFile({ ...bob, active: false });
    expect(await statuses()).to.deep.equal([401, 401, 401, 401]);
    await api.putInFile(null);
    expect(await statuses()).to.deep.equal([200, 401, 200, 403]);
  });

  it('accepts a token for the user it was issued to, and for no user of that name in another store', async () => {
    await using api = await startTwoStores(driver, ground().client, { cost: 4, pollMs: 50 });
    const statuses = async (token: string): Promise<number[]> => {
      const bearer = { authorization: `Bearer ${token}` };
      const paths = ['/who', '/admin', '/reader'];
      return Promise.all(paths.map(async (path) => (await api.get(path, bearer)).status));
    };
    const ofCustomer = await api.issue('bob', IN_SQL);
    expect(await statuses(ofCustomer)).to.deep.equal([200, 403, 200]);
    await api.putInFile({ username: 'bob', password: hashOf(IN_FILE), groups: ['admins'] });
    expect(await statuses(ofCustomer)).to.deep.equal([401, 401, 401]);
    const ofStaff = await api.issue('bob', IN_FILE);
    expect(await statuses(ofStaff)).to.deep.equal([200, 200, 403]);
    // Who exchanges a token for another stays who it was.
    const { headers, text } = await api.post('/token', { authorization: `Bearer ${ofStaff}` });
    expect(headers['content-type']).to.include('json');
    const exchanged = (JSON.parse(text) as { token: string }).token;
    await api.putInFile(null);
    for (const token of [ofStaff, exchanged]) expect(await statuses(token)).to.deep.equal([401, 401, 401]);
    expect(await statuses(ofCustomer)).to.deep.equal([200, 403, 200]);
  });

  it('has the password of neither store remembered after forget()', async () => {
    await using api = await startTwoStores(driver, ground().client, { cost: 4 });
    const logins = async () => [await api.login('root', IN_FILE), await api.login('bob', IN_SQL)];
    const verified = async (work: () => Promise<unknown>): Promise<number> => {
      const before = api.verified();
      await work();
      return api.verified() - before;
    };
    await logins();
    expect(await verified(logins)).to.equal(0);
    api.security.forget('bob');
    expect(await verified(logins)).to.equal(1);
    api.security.forget('root');
    expect(await verified(logins)).to.equal(1);
    expect(await logins()).to.deep.equal([200, 200]);
  });
}

for (const driver of DRIVERS) {
  describe(`A file and an SQLite file on ${driver.name}`, () => {
    let folder: string;
    let client: SqliteClient;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'securest-'));
      client = new SqliteClient(join(folder, 'users.db'));
    });
    afterEach(() => {
      client.close();
      rmSync(folder, { recursive: true });
    });

    describeTwoStores(driver, () => ({ client }));

    it('lets no user of the second store in while it is out of order, and goes on for users of the first', async () => {
      await using api = await startTwoStores(driver, client);
      await client.query('ALTER TABLE securest_users RENAME TO elsewhere', []);
      expect(await api.login('bob', IN_SQL)).to.equal(500);
      expect(await api.login('nobody', IN_SQL)).to.equal(500);
      expect(await api.login('root', IN_FILE, '/admin')).to.equal(200);
      await client.query('ALTER TABLE elsewhere RENAME TO securest_users', []);
      expect(await api.login('bob', IN_SQL)).to.equal(200);
    });
  });

  describeWith(whyNoPostgres(), `A file and a PostgreSQL on ${driver.name}`, function () {
    const server = new PostgresServer();
    let pool: ReturnType<PostgresServer['pool']>;
    before(async function () {
      this.timeout(60_000);
      await server.start();
    });
    after(() => server.remove());
    beforeEach(async () => {
      pool = server.pool();
      await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    });
    afterEach(() => pool.end());

    describeTwoStores(driver, () => ({ client: pool }));

    it('is 503 for users who are not in the first store while the second is down, and goes on for its users', async () => {
      await using api = await startTwoStores(driver, pool);
      expect(await api.login('bob', IN_SQL)).to.equal(200);
      await server.stop();
      try {
        expect(await api.login('bob', IN_SQL)).to.equal(503);
        expect(await api.login('nobody', IN_SQL)).to.equal(503);
        expect(await api.login('ann', IN_SQL)).to.equal(401);
        expect(await api.login('root', IN_FILE, '/admin')).to.equal(200);
      } finally {
        await server.start();
      }
      expect(await api.login('bob', IN_SQL)).to.equal(200);
    });
  });
}
