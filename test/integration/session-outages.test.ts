/** Stores that end or freeze while people log in and out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from '../support/browser';
import { eventually } from '../support/eventually';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { RedisServer, whyNoRedis } from './redis-server';
import { logOut, NAME, PASSWORD, SessionApp, withUsers } from './session-app';

const LIMIT_MS = 500;
const FROZEN_MS = 3000;
const USERS = ['killed', 'frozen'];

interface Store {
  start(): Promise<void>;
  /** At once, in the middle of whatever it does. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

function describeOutages(store: Store, prepare: () => Promise<{ target: string; users: string }>): void {
  let app: SessionApp;
  before(async function () {
    this.timeout(120_000);
    await store.start();
    app = await SessionApp.start({ ...(await prepare()), limitMs: LIMIT_MS, driver: 0 });
  });
  after(async () => {
    await app.stop();
    await store.remove();
  });

  /** Their status once the store answers again. */
  const settled = async (browser: Browser): Promise<number> => {
    let status = 503;
    await eventually(async () => {
      status = await app.who(browser);
      return status !== 503;
    });
    return status;
  };

  it('loses no session that it has acknowledged, and none lives on that has ended, while the store is killed', async () => {
    const [kept, ended]: [Browser[], Browser[]] = [[], []];
    const statuses: number[] = [];
    const over = new AbortController();
    const working = (async () => {
      while (!over.signal.aborted) {
        const { browser, reply } = await app.tryLogin('killed');
        statuses.push(reply.status);
        if (reply.status !== 200) {
          expect(reply.cookies.filter((line) => line.startsWith(`${NAME}=`))).to.deep.equal([]);
          continue;
        }
        // Never so many that the oldest would end.
        if (kept.length < 8) {
          kept.push(browser);
          continue;
        }
        const status = await logOut(browser.copy());
        statuses.push(status);
        if (status === 204) ended.push(browser);
      }
    })();
    const sinceNow = (wanted: number): Promise<void> => {
      const from = statuses.length;
      return eventually(() => statuses.slice(from).includes(wanted));
    };
    try {
      for (let round = 0; round < 2; round += 1) {
        await sinceNow(round === 0 ? 204 : 200);
        await store.kill();
        await sinceNow(503);
        await store.start();
        await sinceNow(200);
      }
    } finally {
      over.abort();
      await working;
    }
    expect(new Set(statuses)).to.deep.equal(new Set([200, 204, 503]));
    expect([kept.length, ended.length > 0]).to.deep.equal([8, true]);
    for (const browser of kept) expect(await settled(browser)).to.equal(200);
    for (const browser of ended) expect(await settled(browser)).to.equal(401);
  });

  it('is 503 while the store is frozen for seconds, also on open actions, and good after it', async () => {
    const [kept, ended] = [await app.login('frozen'), await app.login('frozen')];
    expect(await logOut(ended.copy())).to.equal(204);
    const leaving = await app.login('frozen');
    const leaver = leaving.copy();
    store.freeze();
    const since = performance.now();
    try {
      // What was under way when the store froze may have had its answer before.
      await eventually(async () => (await app.who(kept)) === 503);
      while (performance.now() - since < FROZEN_MS) {
        const [guarded, open, gone, nobody] = await Promise.all([
          app.who(kept),
          kept.get('/open'),
          app.who(ended),
          app.browser().get('/open'),
        ]);
        expect([guarded, open.status, gone]).to.deep.equal([503, 503, 503]);
        expect([nobody.status, nobody.json()]).to.deep.equal([200, { username: null }]);
      }
      const login = await app.tryLogin('frozen');
      expect([login.reply.status, login.reply.cookies]).to.deep.equal([503, []]);
      expect(await logOut(leaver)).to.equal(503);
      expect(leaver.cookies.has(NAME)).to.equal(false);
    } finally {
      store.thaw();
    }
    expect(await settled(kept)).to.equal(200);
    expect(await settled(ended)).to.equal(401);
    // Done by now or not: a retry ends it.
    expect(await logOut(leaving.copy())).to.equal(204);
    expect(await app.who(leaving)).to.equal(401);
    const stepped = await kept.send('POST', '/session/password', { body: { password: PASSWORD } });
    expect(stepped.status, stepped.text).to.equal(200);
    const all = (await kept.get('/session/all')).json() as unknown as { isCurrent?: boolean }[];
    expect(all.filter(({ isCurrent }) => isCurrent === true)).to.have.length(1);
    // A login that was refused meanwhile has left nothing that the store came to later.
    expect(all).to.have.length(1);
  });
}

describeWith(whyNoPostgres(), 'Sessions while PostgreSQL is away', () => {
  const server = new PostgresServer();
  describeOutages(server, async () => {
    const target = await withUsers(server.url, USERS);
    return { target, users: target };
  });
});

describeWith(whyNoRedis(), 'Sessions while Redis is away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'securest-sessions-'));
  const server = new RedisServer({
    settings: [
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
    ],
  });
  describeOutages(server, async () => {
    const users = await withUsers(`sqlite:${join(folder, 'users.db')}`, USERS);
    return { target: `redis:${server.socket}`, users };
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
});
