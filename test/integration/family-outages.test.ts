/** Stores that end, freeze or forget while tokens are refreshed and revoked. */
import { expect } from 'chai';
import { openDatabase } from '../../src/cli/open-database';
import { migrate } from '../../src/sql';
import { eventually } from '../support/eventually';
import { familyIdOf } from '../support/families';
import { AppProcess } from './app-process';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { RedisServer, whyNoRedis } from './redis-server';

const LIMIT_MS = 500;

interface Store {
  start(): Promise<void>;
  /** At once, in the middle of whatever it does. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
  readonly target: string;
}

function describeOutages(store: Store, prepare: () => Promise<void>): void {
  let app: AppProcess;
  before(async function () {
    this.timeout(120_000);
    await store.start();
    await prepare();
    app = await AppProcess.start(store.target, LIMIT_MS);
  });
  after(async () => {
    await app.stop();
    await store.remove();
  });

  it('is 503 while the store is killed twice, breaks no family and spends nothing twice', async () => {
    const { refreshToken } = await app.login();
    const given = [refreshToken];
    const statuses: number[] = [];
    const over = new AbortController();
    const chain = (async () => {
      while (!over.signal.aborted) {
        const { status, refreshToken: next } = await app.refresh(given.at(-1)!);
        statuses.push(status);
        if (next !== undefined) given.push(next);
      }
    })();
    const sinceNow = (wanted: number): Promise<void> => {
      const from = statuses.length;
      return eventually(() => statuses.slice(from).includes(wanted));
    };
    for (let round = 0; round < 2; round += 1) {
      await sinceNow(200);
      await store.kill();
      await sinceNow(503);
      await store.start();
      await sinceNow(200);
    }
    over.abort();
    await chain;
    expect(new Set(statuses)).to.deep.equal(new Set([200, 503]));
    expect(new Set(given).size).to.equal(given.length);
    const entry = await app.entry(`rt:${familyIdOf(refreshToken)}`);
    expect(entry?.['n']).to.equal(given.length - 1);
  });

  it('is 503 while the store is frozen, and never lets in what was revoked', async () => {
    const [kept, ended] = [await app.login(), await app.login()];
    expect(await app.end(ended.token)).to.equal(204);
    const seen: number[] = [];
    const askEnded = async () => seen.push(await app.who(ended.token));
    store.freeze();
    try {
      await eventually(async () => {
        await askEnded();
        return (await app.who(kept.token)) === 503;
      });
      expect((await app.refresh(kept.refreshToken)).status).to.equal(503);
      await askEnded();
    } finally {
      store.thaw();
    }
    await eventually(async () => {
      await askEnded();
      return (await app.who(kept.token)) === 200;
    });
    await askEnded();
    expect(new Set(seen)).to.deep.equal(new Set([401]));
    await eventually(async () => (await app.refresh(kept.refreshToken)).status === 200);
  });

  it('serves at once after the app was paused, and not what was revoked meanwhile', async () => {
    const other = await AppProcess.start(store.target, LIMIT_MS);
    try {
      const [kept, ended] = [await app.login(), await app.login()];
      await eventually(async () => (await app.who(kept.token)) === 200);
      app.freeze();
      // They are the first that it sees after the pause.
      const asked = Promise.all([app.who(kept.token), app.who(ended.token)]);
      await eventually(async () => (await other.end(ended.token)) === 204);
      await new Promise((resume) => setTimeout(resume, 3000));
      app.thaw();
      expect(await asked).to.deep.equal([200, 401]);
    } finally {
      app.thaw();
      await other.stop();
    }
  });
}

describeWith(whyNoPostgres(), 'Tokens while PostgreSQL is away', () => {
  const server = new PostgresServer();
  const store: Store = {
    start: () => server.start(),
    kill: () => server.kill(),
    freeze: () => {
      server.freeze();
    },
    thaw: () => {
      server.thaw();
    },
    remove: () => server.remove(),
    get target() {
      return server.url;
    },
  };
  describeOutages(store, async () => {
    const { client, close } = await openDatabase(server.url);
    await migrate(client);
    await close();
  });
});

describeWith(whyNoRedis(), 'Tokens while Redis is away', () => {
  const server = new RedisServer({
    settings: [
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
    ],
  });
  const store: Store = {
    start: () => server.start(),
    kill: () => server.kill(),
    freeze: () => {
      server.freeze();
    },
    thaw: () => {
      server.thaw();
    },
    remove: () => server.remove(),
    target: `redis:${server.socket}`,
  };
  describeOutages(store, () => Promise.resolve());
});

describeWith(whyNoRedis(), 'Tokens after Redis forgot all', () => {
  const server = new RedisServer();
  const apps: AppProcess[] = [];
  before(async function () {
    this.timeout(120_000);
    await server.start();
    for (let count = 0; count < 2; count += 1)
      apps.push(await AppProcess.start(`redis:${server.socket}`, 500));
  });
  after(async () => {
    await Promise.all(apps.map((app) => app.stop()));
    await server.remove();
  });

  it('are refused in all processes, and a new login is not', async () => {
    const [one, two] = apps as [AppProcess, AppProcess];
    const usable = async (): Promise<{ token: string; refreshToken: string }> => {
      for (;;) {
        const issued = await one.login().catch(() => undefined);
        const seen = issued === undefined ? [] : [await one.who(issued.token), await two.who(issued.token)];
        if (issued !== undefined && seen.every((status) => status === 200)) return issued;
      }
    };
    const [kept, ended] = [await usable(), await usable()];
    expect(await one.end(ended.token)).to.equal(204);
    for (const app of apps) await eventually(async () => (await app.who(ended.token)) === 401);
    await server.kill();
    await server.start();
    for (const app of apps) {
      await eventually(async () => {
        expect(await app.who(ended.token)).to.be.oneOf([401, 503]);
        return (await app.who(kept.token)) === 401;
      });
    }
    await eventually(async () => (await one.refresh(kept.refreshToken)).status === 401);
    const fresh = await usable();
    expect((await two.refresh(fresh.refreshToken)).status).to.equal(200);
    for (const app of apps) {
      for (const { token } of [kept, ended]) expect(await app.who(token)).to.equal(401);
    }
  });
});

describeWith(whyNoRedis(), 'Tokens after FLUSHALL', () => {
  const server = new RedisServer();
  const apps: AppProcess[] = [];
  const startApp = async (whenLost: 'refuseOlder' | 'accept'): Promise<AppProcess> => {
    const app = await AppProcess.start(`redis:${server.socket}`, 500, whenLost);
    apps.push(app);
    return app;
  };
  before(async function () {
    this.timeout(120_000);
    await server.start();
  });
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.stop())));
  after(() => server.remove());

  for (const whenLost of ['refuseOlder', 'accept'] as const) {
    it(`stay revoked in all processes, with '${whenLost}'`, async () => {
      const [one, two] = [await startApp(whenLost), await startApp(whenLost)];
      const [kept, ended] = [await one.login(), await two.login()];
      expect(await one.end(ended.token)).to.equal(204);
      for (const app of apps) await eventually(async () => (await app.who(ended.token)) === 401);
      const seen: number[] = [];
      const over = new AbortController();
      const asking = apps.map(async (app) => {
        while (!over.signal.aborted) {
          seen.push(await app.who(ended.token));
          // Leaves the machine to the others.
          await new Promise((resume) => setTimeout(resume, 20));
        }
      });
      try {
        await server.forget();
        if (whenLost === 'refuseOlder') {
          for (const app of apps) await eventually(async () => (await app.who(kept.token)) === 401);
        }
        // One that knows nothing but what the others tell it.
        let three = await startApp(whenLost);
        if (whenLost === 'accept') {
          expect(await three.who(kept.token)).to.equal(200);
          await eventually(async () => (await three.who(ended.token)) === 401);
          three = await startApp(whenLost);
        }
        for (let count = 0; count < 20; count += 1) expect(await three.who(ended.token)).to.equal(401);
        const isGood = whenLost === 'accept' ? 200 : 401;
        for (const app of apps) expect(await app.who(kept.token)).to.equal(isGood);
        // What was kept in the same Redis is gone.
        for (const { refreshToken } of [kept, ended]) {
          for (const app of apps) expect((await app.refresh(refreshToken)).status).to.equal(401);
        }
      } finally {
        over.abort();
        await Promise.all(asking);
      }
      expect(new Set(seen)).to.deep.equal(new Set([401]));
      // The revocations are told again, so a login counts from the next millisecond on.
      let fresh = await one.login();
      await eventually(async () => {
        if ((await two.who(fresh.token)) === 200) return true;
        fresh = await one.login();
        return false;
      });
      expect((await two.refresh(fresh.refreshToken)).status).to.equal(200);
    });
  }
});
