/** Two processes of one app with one store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../src/cli/open-database';
import { migrate } from '../../src/sql';
import { eventually } from '../support/eventually';
import { familyIdOf } from '../support/families';
import { AppProcess } from './app-process';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { RedisServer, whyNoRedis } from './redis-server';

/** Each process begins one of them. */
const ROUNDS = [1, 2];

async function withTables(target: string): Promise<string> {
  const { client, close } = await openDatabase(target, true);
  await migrate(client);
  await close();
  return target;
}

function describeProcesses(start: () => Promise<string>): void {
  let target = '';
  let apps: AppProcess[] = [];
  let [one, two]: AppProcess[] = [];
  const either = (at: number): AppProcess => apps[at % 2]!;
  const times = <T>(count: number, work: (app: AppProcess) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, at) => work(either(at))));

  before(async function () {
    this.timeout(120_000);
    target = await start();
    apps = await Promise.all([AppProcess.start(target), AppProcess.start(target)]);
    [one, two] = apps;
  });
  after(() => Promise.all(apps.map((app) => app.stop())));

  const rotations = async (refreshToken: string): Promise<unknown> =>
    (await two!.entry(`rt:${familyIdOf(refreshToken)}`))?.['n'];

  it('gives a hundred refreshes of one token one successor', async () => {
    for (const round of ROUNDS) {
      const { refreshToken } = await either(round).login();
      const first = Number(await rotations(refreshToken));
      const replies = await times(100, (app) => app.refresh(refreshToken));
      expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([200]));
      const successors = new Set(replies.map((reply) => reply.refreshToken));
      expect(successors.size).to.equal(1);
      expect(await rotations(refreshToken)).to.equal(first + 1);
      const [next = ''] = successors;
      expect(next).to.not.equal(refreshToken);
      expect((await either(round).refresh(next)).status).to.equal(200);
      expect(await rotations(refreshToken)).to.equal(first + 2);
    }
  });

  it('leaves no token usable of a family that ends while it is refreshed', async () => {
    for (const round of ROUNDS) {
      const { token: accessToken, refreshToken } = await either(round).login();
      const [replies, ended] = await Promise.all([
        times(10, (app) => app.refresh(refreshToken)),
        either(round).end(accessToken),
      ]);
      expect(ended).to.equal(204);
      for (const { status } of replies) expect(status).to.be.oneOf([200, 401]);
      const access = [accessToken, ...replies.flatMap((reply) => reply.token ?? [])];
      const refresh = [refreshToken, ...replies.flatMap((reply) => reply.refreshToken ?? [])];
      for (const app of apps) await eventually(async () => (await app.who(accessToken)) === 401);
      for (const app of apps) {
        const seen = await Promise.all(access.map((token) => app.who(token)));
        const again = await Promise.all(refresh.map(async (token) => (await app.refresh(token)).status));
        expect(new Set([...seen, ...again])).to.deep.equal(new Set([401]));
      }
    }
  });

  it('keeps a key ended that is used while it ends', async () => {
    for (const round of ROUNDS) {
      const { key, id } = await either(round).newKey();
      const [seen, ended] = await Promise.all([
        times(20, (app) => app.whoByKey(key)),
        either(round).endKey(id),
      ]);
      expect(ended).to.equal(204);
      for (const status of seen) expect(status).to.be.oneOf([200, 401]);
      expect(new Set(await times(20, (app) => app.whoByKey(key)))).to.deep.equal(new Set([401]));
      expect(await two!.entry(`key:${id}`)).to.equal(null);
    }
  });

  it('refuses in one what ended in the other, and goes on to', async () => {
    const [kept, ended] = [await one!.login(), await one!.login()];
    expect(await two!.who(ended.token)).to.equal(200);
    expect(await one!.end(ended.token)).to.equal(204);
    expect(await one!.who(ended.token)).to.equal(401);
    await eventually(async () => (await two!.who(ended.token)) === 401);
    const after = await times(50, (app) => app.who(ended.token));
    expect(new Set(after)).to.deep.equal(new Set([401]));
    expect(new Set(await times(4, (app) => app.who(kept.token)))).to.deep.equal(new Set([200]));
  });

  it('gives the successor to a retry after the process was killed before it replied', async () => {
    const { refreshToken } = await one!.login();
    const first = Number(await rotations(refreshToken));
    await one!.dieAtNextSwap();
    const lost = await one!.refresh(refreshToken).catch(() => 'no reply');
    expect([lost, await one!.ended()]).to.deep.equal(['no reply', 'SIGKILL']);
    expect(await rotations(refreshToken)).to.equal(first + 1);
    apps = [await AppProcess.start(target), two!];
    [one] = apps;
    const retries = await times(4, (app) => app.refresh(refreshToken));
    expect(new Set(retries.map(({ status }) => status))).to.deep.equal(new Set([200]));
    expect(new Set(retries.map((reply) => reply.refreshToken)).size).to.equal(1);
    expect(await rotations(refreshToken)).to.equal(first + 1);
    let token = retries[0]!.refreshToken!;
    for (let count = 0; count < 4; count += 1) {
      const reply = await either(count).refresh(token);
      expect(reply.status).to.equal(200);
      token = reply.refreshToken!;
    }
    expect(await rotations(refreshToken)).to.equal(first + 5);
  });
}

describe('Two processes with one SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'securest-families-'));
  describeProcesses(() => withTables(`sqlite:${join(folder, 'state.db')}`));
  after(() => {
    rmSync(folder, { recursive: true });
  });
});

describeWith(whyNoPostgres(), 'Two processes with one PostgreSQL', () => {
  const server = new PostgresServer();
  describeProcesses(async () => {
    await server.start();
    return withTables(server.url);
  });
  after(() => server.remove());
});

describeWith(whyNoMariadb(), 'Two processes with one MariaDB', () => {
  const server = new MariadbServer();
  describeProcesses(async () => {
    await server.start();
    return withTables(server.url);
  });
  after(() => server.remove());
});

describeWith(whyNoRedis(), 'Two processes with one Redis', () => {
  const server = new RedisServer();
  describeProcesses(async () => {
    await server.start();
    return `redis:${server.socket}`;
  });
  after(() => server.remove());
});
