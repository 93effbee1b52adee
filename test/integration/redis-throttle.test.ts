import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Redis, type RedisOptions } from 'ioredis';
import { Redis as Redis6 } from 'ioredis6';
import {
  ConfigurationError,
  MemoryUserstore,
  PasswordProvider,
  ThrottledError,
  type ThrottleOptions,
} from '../../src';
import { type RedisClient, RedisThrottle } from '../../src/redis';
import { compiled } from '../support/compiled';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { type Api, startApi } from '../support/scripted';
import { describeWith } from './describe-with';
import { RedisServer, whyNoRedis } from './redis-server';

const STRICT: RedisOptions = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  commandTimeout: 5000,
  connectTimeout: 1000,
  retryStrategy: () => 50,
};
const NAMES = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay', 'gus', 'hal'];
const HASH = hashSync('secret', 4);
/** How long an answer of Redis may take, in milliseconds; here it is longer, as a busy machine has a slow Redis. */
const [MAX_MS, PATIENT_MS] = [100, 1000];

class Users extends MemoryUserstore {
  constructor() {
    super({ users: NAMES.map((username) => ({ username, password: HASH })) });
  }
}

describeWith(whyNoRedis(), 'RedisThrottle', () => {
  const server = new RedisServer();
  const clients: Redis[] = [];
  let admin: Redis;

  const { setTimeout } = globalThis;
  before(() => {
    globalThis.setTimeout = ((callback: () => void, milliseconds?: number, ...rest: []) =>
      setTimeout(
        callback,
        milliseconds === MAX_MS ? PATIENT_MS : milliseconds,
        ...rest,
      )) as typeof setTimeout;
    return server.start();
  });
  after(() => (globalThis.setTimeout = setTimeout));
  beforeEach(async () => {
    reset();
    admin = connect();
    await once(admin, 'ready');
    await admin.flushall();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await server.kill();
    await server.start();
  });
  after(() => server.remove());

  const connect = (options: RedisOptions = STRICT): Redis => {
    const client = new Redis({ path: server.socket, ...options });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const ready = async (options?: RedisOptions): Promise<Redis> => {
    const client = connect(options);
    await once(client, 'ready');
    return client;
  };

  it('lets others in again after a right password, also where they were refused meanwhile', async () => {
    const client = await ready();
    const [one, other] = [
      new RedisThrottle(client, { perPair: 1 }),
      new RedisThrottle(client, { perPair: 1 }),
    ];
    const attempt = { username: 'ann', ip: '192.0.2.1' };
    const right = await one.count(attempt);
    const refused = await other.count(attempt).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ThrottledError);
    for (const throttle of [one, other]) {
      const checked = Promise.resolve(throttle.check(attempt));
      expect(await checked.catch((error: unknown) => error)).to.be.instanceOf(ThrottledError);
    }
    await right.succeeded();
    for (const throttle of [one, other]) await throttle.check(attempt);
  });

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const start = (client: RedisClient, options?: ThrottleOptions): Promise<Api> => {
        class Password extends PasswordProvider {
          constructor() {
            const throttle = new RedisThrottle(client, options);
            super({ credentialCache: false, throttle, passwords: cheapPasswords });
          }
        }
        return startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      };
      const guess = async (api: Api, password: string, username = 'ann') =>
        (await api.get('/guarded', basic(username, password))).status;
      const told = (api: Api, type: string) => api.events.filter((event) => event.type === type);

      /** Logs in as everybody, again and again, until the end is called; how each ended. */
      const load = (api: Api) => {
        const statuses = new Set<number>();
        let isOver = false;
        const clients = NAMES.map(async (username) => {
          while (!isOver) {
            statuses.add(await guess(api, 'secret', username));
          }
        });
        return async () => {
          isOver = true;
          await Promise.all(clients);
          return [...statuses];
        };
      };

      for (const perPair of [1, 10]) {
        it(`takes equal right logins at once for one try, with ${String(perPair)} free`, async () => {
          await using api = await start(await ready(), { perPair });
          for (let round = 0; round < 3; round += 1) {
            const statuses = await Promise.all(Array.from({ length: 30 }, () => guess(api, 'secret')));
            expect(new Set(statuses)).to.deep.equal(new Set([200]));
          }
          const wrong = await Promise.all(Array.from({ length: 30 }, () => guess(api, 'wrong')));
          expect(wrong.filter((status) => status === 401)).to.have.length(perPair);
          expect(wrong.filter((status) => status === 429)).to.have.length(30 - perPair);
          expect(await guess(api, 'secret')).to.equal(429);
        });
      }

      it('counts the failures of several apps together', async () => {
        await using one = await start(await ready());
        await using other = await start(await ready());
        for (let count = 0; count < 5; count += 1) {
          for (const api of [one, other]) expect(await guess(api, 'wrong')).to.equal(401);
        }
        for (const api of [one, other]) {
          const reply = await api.get('/guarded', basic('ann', 'secret'));
          expect(reply.status).to.equal(429);
          expect(reply.headers['retry-after']).to.equal('5');
        }
        expect(await guess(other, 'secret', 'bob')).to.equal(200);
        expect(told(one, 'degraded')).to.deep.equal([]);
      });

      it('of 100 guesses at once at two apps ten are looked at', async () => {
        await using one = await start(await ready());
        await using other = await start(await ready());
        const statuses = await Promise.all(
          Array.from({ length: 100 }, (_, index) =>
            guess(index % 2 === 0 ? one : other, `wrong${String(index)}`),
          ),
        );
        expect(statuses.filter((status) => status === 401)).to.have.length(10);
        expect(statuses.filter((status) => status === 429)).to.have.length(90);
      });

      it('keeps the allowance of an account where it logged in, at each app', async () => {
        await using one = await start(await ready(), { perAccount: 2, perAddress: 2 });
        await using other = await start(await ready(), { perAccount: 2, perAddress: 2 });
        expect(await guess(one, 'secret')).to.equal(200);
        for (const name of ['bob', 'cid', 'dee']) await guess(one, 'wrong', name);
        expect(await guess(other, 'secret', 'eve')).to.equal(429);
        expect(await guess(other, 'secret')).to.equal(200);
      });

      it('logs in while Redis is frozen, and reports when that begins and ends', async () => {
        await using api = await start(await ready());
        const end = load(api);
        await eventually(() => api.ran.length > 20);
        server.freeze();
        await eventually(() => told(api, 'degraded').length > 0);
        const before = api.ran.length;
        await eventually(() => api.ran.length > before + 50);
        server.thaw();
        await eventually(() => told(api, 'recovered').length > 0);
        expect(await end()).to.deep.equal([200]);
      });

      it('logs in while Redis is killed and comes back empty', async () => {
        await using api = await start(await ready());
        const end = load(api);
        await eventually(() => api.ran.length > 20);
        await server.kill();
        await eventually(() => told(api, 'degraded').length > 0);
        const before = api.ran.length;
        await eventually(() => api.ran.length > before + 50);
        await server.start();
        await eventually(() => told(api, 'recovered').length > 0);
        expect(await end()).to.deep.equal([200]);
      });

      it('counts in the process while Redis is gone, with what it counted before, and after', async () => {
        await using api = await start(await ready());
        for (let count = 0; count < 5; count += 1) expect(await guess(api, 'wrong')).to.equal(401);
        await server.kill();
        for (let count = 0; count < 5; count += 1) expect(await guess(api, 'wrong')).to.equal(401);
        expect(await guess(api, 'secret')).to.equal(429);
        await server.start();
        expect(await guess(api, 'secret')).to.equal(429);
        expect(told(api, 'degraded')).to.deep.equal([
          {
            type: 'degraded',
            component: 'RedisThrottle',
            problem: 'Redis does not answer: failed logins are counted by each process for itself',
          },
        ]);
        expect(api.logger.lines.filter((line) => line.includes('RedisThrottle'))).to.have.length(1);
      });
    });
  }

  describe('on every host', () => {
    const [driver] = DRIVERS;
    const start = (throttle: RedisThrottle): Promise<Api> => {
      class Password extends PasswordProvider {
        constructor() {
          super({ throttle, passwords: cheapPasswords });
        }
      }
      return startApi(driver!, { security: { userstores: [Users], providers: [Password] } });
    };
    const guess = async (api: Api, password: string) =>
      (await api.get('/guarded', basic('ann', password))).status;
    const exhaust = async (api: Api) => {
      for (let count = 0; count < 10; count += 1) expect(await guess(api, 'wrong')).to.equal(401);
      expect(await guess(api, 'wrong')).to.equal(429);
    };
    const degraded = (api: Api) => api.events.filter(({ type }) => type === 'degraded').length;

    it('takes a replica, which refuses to write, for one that does not answer', async () => {
      await using api = await start(new RedisThrottle(await ready()));
      await admin.replicaof('127.0.0.1', 1);
      await exhaust(api);
      expect(degraded(api)).to.equal(1);
      await admin.replicaof('NO', 'ONE');
      const recovered = () => api.events.some(({ type }) => type === 'recovered');
      while (!recovered()) await guess(api, 'wrong');
    });

    it('names what Redis says where it refuses, once for an outage', async () => {
      const said = (api: Api) =>
        api.events.flatMap((event) => (event.type === 'degraded' ? [event.problem] : []));
      {
        await using api = await start(new RedisThrottle(await ready()));
        await admin.replicaof('127.0.0.1', 1);
        await exhaust(api);
        await admin.replicaof('NO', 'ONE');
        expect(said(api)).to.have.length(1);
        expect(said(api)[0]).to.match(/^Redis refuses with READONLY, since it is a read-only replica/);
      }
      {
        await using api = await start(new RedisThrottle(await ready()));
        await admin.config('SET', 'maxmemory', '1');
        await guess(api, 'wrong');
        await admin.config('SET', 'maxmemory', '0');
        expect(said(api).join()).to.match(/^Redis refuses with OOM, since its memory is full/);
      }
    });

    it('goes on with its own counts when Redis is flushed', async () => {
      await using api = await start(new RedisThrottle(await ready()));
      for (let count = 0; count < 5; count += 1) await guess(api, 'wrong');
      await admin.flushall();
      for (let count = 0; count < 5; count += 1) expect(await guess(api, 'wrong')).to.equal(401);
      expect(await guess(api, 'secret')).to.equal(429);
      expect(degraded(api)).to.equal(0);
    });

    it('does not read a value that another program wrote as a count', async () => {
      await using api = await start(new RedisThrottle(await ready()));
      await guess(api, 'wrong');
      for (const key of await admin.keys('*')) await admin.set(key, 'many');
      for (let count = 0; count < 9; count += 1) expect(await guess(api, 'wrong')).to.equal(401);
      expect(await guess(api, 'secret')).to.equal(429);
      // Once for each second that this takes: Redis does answer to what is tried then.
      expect(degraded(api)).to.be.greaterThan(0);
    });

    it('takes a slow Redis for one that does not answer, and asks it again when it is fast', async () => {
      await using api = await start(new RedisThrottle(await ready()));
      await admin.call('CLIENT', 'PAUSE', '60000', 'WRITE');
      await exhaust(api);
      expect(degraded(api)).to.equal(1);
      await admin.call('CLIENT', 'UNPAUSE');
      const recovered = () => api.events.some(({ type }) => type === 'recovered');
      while (!recovered()) await guess(api, 'wrong');
    });

    it('does not take the time that its own process was busy for that of Redis', async () => {
      const throttle = new RedisThrottle(await ready());
      await using api = await start(throttle);
      await guess(api, 'wrong');
      const checked = throttle.check({ username: 'ann', ip: '127.0.0.1' });
      // Nothing is read from Redis meanwhile, but what is to be asked is.
      for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * PATIENT_MS);
      await checked;
      expect(degraded(api)).to.equal(0);
    });

    it('starts without Redis', async () => {
      await server.kill();
      await using api = await start(new RedisThrottle(connect()));
      await exhaust(api);
      expect(degraded(api)).to.equal(1);
    });

    it('does not hang with a client that waits for ever', async () => {
      const patient = await ready({ maxRetriesPerRequest: null });
      await using api = await start(new RedisThrottle(patient));
      server.freeze();
      await exhaust(api);
      server.thaw();
    });

    it('leaves nothing in Redis that does not end, and no name', async () => {
      await using api = await start(new RedisThrottle(await ready()));
      await guess(api, 'secret');
      await exhaust(api);
      const keys = await admin.keys('*');
      expect(keys).to.not.be.empty;
      for (const key of keys) {
        expect(key).to.match(/^securest:throttle:[a-z]+(:[a-z]+)?:[\w-]{43}$/);
        expect(await admin.ttl(key), key).to.be.within(1, 7 * 24 * 3600);
      }
    });

    it('leaves nothing in Redis of tries that were right', async () => {
      await using api = await start(new RedisThrottle(await ready()));
      await guess(api, 'secret');
      expect((await admin.keys('*')).filter((key) => !key.includes(':known:'))).to.deep.equal([]);
    });

    it('works with ioredis 6 and under its key prefix', async () => {
      const client = new Redis6({ path: server.socket, keyPrefix: 'notes:' });
      await once(client, 'ready');
      await using api = await start(new RedisThrottle(client));
      await exhaust(api);
      expect(degraded(api)).to.equal(0);
      expect((await admin.keys('*')).every((key) => key.startsWith('notes:securest:'))).to.be.true;
      client.disconnect();
    });

    it('leaves the client open when it is closed', async () => {
      const client = await ready();
      await using api = await start(new RedisThrottle(client));
      await guess(api, 'wrong');
      await api.security.close();
      expect(await client.ping()).to.equal('PONG');
    });

    it('refuses a value that is not a client of ioredis', () => {
      for (const client of [undefined, null, {}, 'redis://127.0.0.1', { del: () => 1 }]) {
        expect(() => new RedisThrottle(client as unknown as RedisClient)).to.throw(
          ConfigurationError,
          'ioredis',
        );
      }
      expect(() => new RedisThrottle(admin, { perPair: 0 })).to.throw(ConfigurationError, 'perPair');
    });
  });

  describe('in two processes', () => {
    const processes: ChildProcess[] = [];
    const urls: string[] = [];

    beforeEach(async function () {
      this.timeout(60_000);
      const file = compiled('test/fixtures/redis/login-server.ts');
      for (let count = 0; count < 2; count += 1) {
        const started = spawn(process.execPath, [file, server.socket], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        processes.push(started);
      }
      const ports = await Promise.all(processes.map(({ stdout }) => once(stdout!, 'data')));
      urls.push(...ports.map(([port]) => `http://127.0.0.1:${String(port).trim()}/guarded`));
    });
    afterEach(() => {
      for (const started of processes.splice(0)) started.kill();
      urls.length = 0;
    });

    const guess = async (url: string, password: string) =>
      (await fetch(url, { headers: basic('ann', password) })).status;

    it('of 100 guesses at once ten are looked at, and then a right password must wait at both', async () => {
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, index) => guess(urls[index % 2]!, `wrong${String(index)}`)),
      );
      expect(statuses.filter((status) => status === 401)).to.have.length(10);
      expect(statuses.filter((status) => status === 429)).to.have.length(90);
      for (const url of urls) expect(await guess(url, 'secret')).to.equal(429);
    });

    it('gives back at one what was right at the other', async () => {
      for (let count = 0; count < 20; count += 1) {
        for (const url of urls) expect(await guess(url, 'secret')).to.equal(200);
      }
      for (let count = 0; count < 5; count += 1) {
        for (const url of urls) expect(await guess(url, 'wrong')).to.equal(401);
      }
      for (const url of urls) expect(await guess(url, 'secret')).to.equal(429);
    });
  });
});
