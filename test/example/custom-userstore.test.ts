import { expect } from 'chai';
import { passwords } from 'securest';
import type * as Example from '../../example/custom-userstore';
import type { Person } from '../../example/custom-userstore';
import { basic, listen, loadExample, mute, type RunningApp } from './support';

describe('example/custom-userstore', () => {
  mute('info', 'error');
  let example: typeof Example;
  let ann: Person;
  let app: RunningApp | undefined;

  before(async () => {
    ann = { username: 'ann', password: await passwords.hash('correct horse'), displayName: 'Ann Example' };
  });
  beforeEach(() => {
    example = loadExample('custom-userstore.ts') as typeof Example;
  });
  afterEach(() => app?.close());

  const whoAmI = async (database: Example.Database, password: string) => {
    const handle = example.createApp(database).callback();
    app = await listen((request, response) => void handle(request, response));
    return fetch(`${app.url}/whoami`, { headers: basic('ann', password) });
  };

  it('lets a user of the database in, with the fields of its own and without the hash', async () => {
    const response = await whoAmI(new example.DemoDatabase(ann), 'correct horse');
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({ username: 'ann', displayName: 'Ann Example' });
  });

  it('refuses a wrong password', async () => {
    expect((await whoAmI(new example.DemoDatabase(ann), 'wrong')).status).to.equal(401);
  });

  it('refuses an unknown and an inactive user', async () => {
    const unknown = await whoAmI(new example.DemoDatabase({ ...ann, username: 'ben' }), 'correct horse');
    expect(unknown.status).to.equal(401);
    await app?.close();
    const inactive = await whoAmI(new example.DemoDatabase({ ...ann, active: false }), 'correct horse');
    expect(inactive.status).to.equal(401);
  });

  it('answers 503 without detail while the database is down', async () => {
    class Down extends example.Database {
      query = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.5:5432'));
    }
    const response = await whoAmI(new Down(), 'correct horse');
    expect(response.status).to.equal(503);
    expect(response.headers.get('retry-after')).to.match(/^\d+$/);
    expect(await response.text()).to.not.contain('ECONNREFUSED');
  });

  it('binds the identifier, and replaces a hash only where it is still the old one', async () => {
    const queries: [string, unknown[]][] = [];
    class Recorder extends example.Database {
      async query(statement: string, values: unknown[]) {
        queries.push([statement, values]);
        return { rows: [] };
      }
    }
    const store = new example.SqlUserstore(new Recorder());
    expect(await store.getUser("x' OR '1'='1")).to.equal(null);
    expect(await store.getGroup('staff')).to.equal(null);
    expect(await store.updatePassword(ann, 'new', 'old')).to.equal(false);
    const tokensValidFrom = new Date();
    expect(await store.updatePassword(ann, 'new', 'old', { tokensValidFrom })).to.equal(false);
    expect(queries).to.deep.equal([
      [example.FIND_USER, ["x' OR '1'='1"]],
      [example.FIND_GROUP, ['staff']],
      [example.UPDATE_PASSWORD, ['ann', 'new', 'old', null]],
      [example.UPDATE_PASSWORD, ['ann', 'new', 'old', tokensValidFrom]],
    ]);
  });
});
