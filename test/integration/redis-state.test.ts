import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { PROBLEM_SOURCE, type Problem, type ProblemSource } from '../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../src/errors';
import { RedisState } from '../../src/redis';
import { stateStoreContract } from '../../src/testing';
import { compiled } from '../support/compiled';
import { allowMoreThan } from '../support/deadlines';
import { eventually } from '../support/eventually';
import { describeWith } from './describe-with';
import { freePort } from './ports';
import { RedisClients, VERSIONS } from './redis-clients';
import { RedisServer, whyNoRedis } from './redis-server';

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const unavailable = async (promise: Promise<unknown>): Promise<ServiceUnavailableError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(ServiceUnavailableError);
  return error as ServiceUnavailableError;
};
const problemsOf = (source: ProblemSource): Problem[] => {
  const problems: Problem[] = [];
  source[PROBLEM_SOURCE]((problem) => problems.push(problem));
  return problems;
};
const typesOf = (problems: readonly Problem[]) => problems.map(({ type }) => type ?? 'misconfigured');
/** A command of the client that a script is. */
type Command = (...values: string[]) => Promise<unknown>;
const commandsOf = (client: Redis) => client as unknown as Record<string, Command>;

describeWith(whyNoRedis(), 'RedisState', () => {
  const server = new RedisServer();
  const clients = new RedisClients();

  before(() => server.start());
  afterEach(async () => {
    clients.end();
    await server.kill();
    await server.start();
  });
  after(() => server.remove());

  const ready = () => clients.ready({ path: server.socket });
  const keysOf = async (client: Redis) => (await client.keys('*')).sort();

  for (const [version, Client] of Object.entries(VERSIONS)) {
    describe(`with ioredis ${version}`, () => {
      describe('as a store', () => {
        // How long a RedisState waits.
        allowMoreThan(500);
        stateStoreContract({
          make: async () => new RedisState(await clients.ready({ path: server.socket }, Client)),
        });
      });

      it('keeps an entry, swaps it against its present text only, and lists it', async () => {
        const state = new RedisState(await clients.ready({ path: server.socket }, Client));
        expect(await state.get('rt:1')).to.equal(null);
        expect(await state.set('rt:1', 'a', 'b', inSeconds(60), 'ann')).to.equal(false);
        expect(await state.set('rt:1', 'a', undefined, inSeconds(60), 'ann')).to.equal(true);
        expect(await state.set('rt:1', 'b', undefined, inSeconds(60), 'ann')).to.equal(false);
        expect(await state.set('rt:1', 'b', 'A', inSeconds(60), 'ann')).to.equal(false);
        expect(await state.set('rt:1', 'b', 'a', inSeconds(60), 'ann')).to.equal(true);
        expect(await state.list('ann')).to.deep.equal([['rt:1', 'b']]);
        expect(await state.list('Ann')).to.deep.equal([]);
        expect(await state.delete('rt:1')).to.equal(true);
        expect(await state.delete('rt:1')).to.equal(false);
        expect(await state.list('ann')).to.deep.equal([]);
      });

      for (const [title, options] of Object.entries({
        'the key prefix of its client': { keyPrefix: 'notes:' },
        'numbers as texts': { stringNumbers: true },
        'commands that are sent together': { enableAutoPipelining: true },
      })) {
        it(`works under ${title}`, async () => {
          const client = await clients.ready({ path: server.socket, ...options }, Client);
          const state = new RedisState(client);
          expect(await state.set('rt:1', 'a', undefined, inSeconds(60), 'ann')).to.equal(true);
          expect(await state.set('rt:1', 'b', 'a', inSeconds(60), 'ann')).to.equal(true);
          expect(await state.list('ann')).to.deep.equal([['rt:1', 'b']]);
          const page = await state.revocationLog.read();
          await state.revocationLog.append([{ id: '00112233445566ff', until: 5 }]);
          expect((await state.revocationLog.read(page.cursor)).list).to.have.length(1);
          const keys = await keysOf(await ready());
          const prefix = 'keyPrefix' in options ? options.keyPrefix : '';
          expect(keys.every((key) => key.startsWith(`${prefix}securest:`))).to.equal(true, keys.join());
        });
      }

      it('lets one of 100 at once insert, swap and delete', async () => {
        const states = await Promise.all(
          [0, 1].map(async () => new RedisState(await clients.ready({ path: server.socket }, Client))),
        );
        const attempts = Array.from({ length: 100 }, (_, index) => index);
        const trues = async (act: (state: RedisState, index: number) => Promise<boolean>) =>
          (await Promise.all(attempts.map((index) => act(states[index % 2]!, index)))).filter(Boolean).length;
        expect(await trues((state) => state.set('a', 'first', undefined, inSeconds(60)))).to.equal(1);
        const swap = (state: RedisState, index: number) =>
          state.set('a', String(index), 'first', inSeconds(60));
        expect(await trues(swap)).to.equal(1);
        expect(await trues((state) => state.delete('a'))).to.equal(1);
      });
    });
  }

  it('ends an entry by the clock of Redis, and then takes another', async () => {
    const client = await ready();
    const state = new RedisState(client, { prefix: 'notes' });
    const at = inSeconds(60);
    await state.set('key:1', 'a', undefined, at);
    expect(await client.call('PEXPIRETIME', 'notes:state:key:1')).to.equal(at.getTime());
    expect(await state.set('key:1', 'b', 'a', new Date(Date.now() - 1))).to.equal(true);
    expect(await state.get('key:1')).to.equal(null);
    expect(await state.set('key:1', 'c', 'b', at)).to.equal(false);
    expect(await state.delete('key:1')).to.equal(false);
    await client.set('notes:state:key:1', 'a', 'PX', 1);
    await eventually(async () => state.set('key:1', 'd', undefined, at));
    for (const early of [0, 1]) {
      expect(
        await state.set(
          'key:1',
          `e${String(early)}`,
          await state.get('key:1').then((text) => text ?? undefined),
          new Date(early),
        ),
      ).to.equal(true);
      expect(await state.get('key:1')).to.equal(null);
    }
  });

  it('keeps texts byte for byte', async () => {
    const state = new RedisState(await ready());
    const texts = [
      ' ',
      'a',
      'A',
      'a ',
      '{"a":1,"b":2}',
      '{"b":2,"a":1}',
      '\u0001\u{10ffff}é',
      '\'"\\\r\n',
      'é',
    ];
    for (const text of texts) {
      expect(await state.set('a', text, undefined, inSeconds(60), `ann ${text}`)).to.equal(true);
      expect(await state.get('a')).to.equal(text);
      for (const other of texts) {
        if (other !== text) expect(await state.set('a', 'x', other, inSeconds(60))).to.equal(false);
      }
      expect(await state.list(`ann ${text}`)).to.deep.equal([['a', text]]);
      expect(await state.set('a', 'x', text, inSeconds(60))).to.equal(true);
      await state.delete('a');
    }
  });

  it('refuses what the contract does not allow as a mistake of its caller', async () => {
    const state = new RedisState(await ready());
    const at = inSeconds(60);
    const wrong: (() => Promise<unknown>)[] = [
      () => state.get(''),
      () => state.get('a b'),
      () => state.get('é'),
      () => state.delete('a'.repeat(129)),
      () => state.get(undefined as never),
      () => state.set('a', 'x'.repeat(65_537), undefined, at),
      () => state.set('a', '\ud800', undefined, at),
      () => state.set('a', 'x', '\udc00', at),
      () => state.set('a', 1 as never, undefined, at),
      () => state.set('a', 'x', null as never, at),
      () => state.set('a', 'x', undefined, new Date(NaN)),
      () => state.set('a', 'x', undefined, inSeconds(402 * 24 * 3600)),
      () => state.set('a', 'x', undefined, at.getTime() as never),
      () => state.set('a', 'x', undefined, at, ''),
      () => state.set('a', 'x', undefined, at, 'é'.repeat(257)),
      () => state.list('\ud800'),
    ];
    for (const call of wrong) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error, call.toString()).to.be.instanceOf(TypeError);
    }
    expect(
      await state.set('a'.repeat(128), 'x'.repeat(65_536), undefined, inSeconds(400 * 24 * 3600)),
    ).to.equal(true);
  });

  describe('the set of an owner', () => {
    it('has the key of an entry, lives 400 days, and is without the keys of entries that have ended', async () => {
      const client = await ready();
      const state = new RedisState(client);
      await state.set('rt:1', 'a', undefined, inSeconds(60), 'ann');
      await state.set('rt:2', 'a', undefined, inSeconds(60), 'ann');
      await eventually(async () => (await client.smembers('securest:owner:ann')).length === 2);
      const days = (await client.ttl('securest:owner:ann')) / 24 / 3600;
      expect(days).to.be.within(399.9, 400);
      await client.del('securest:state:rt:1');
      expect(await state.list('ann')).to.deep.equal([['rt:2', 'a']]);
      expect(await client.smembers('securest:owner:ann')).to.deep.equal(['rt:2']);
      await state.delete('rt:2');
      await state.list('ann');
      expect(await client.exists('securest:owner:ann')).to.equal(0);
    });

    it('has the key before the entry exists, also where the process ends in between', async () => {
      const client = await ready();
      const state = new RedisState(client);
      commandsOf(client).securestStateSet = () => Promise.reject(new Error('the process ends here'));
      await unavailable(state.set('rt:1', 'a', undefined, inSeconds(60), 'ann'));
      expect(await client.sismember('securest:owner:ann', 'rt:1')).to.equal(1);
      // Redis has the write, and this process never heard.
      await client.set('securest:state:rt:1', 'a');
      expect(await new RedisState(await ready()).list('ann')).to.deep.equal([['rt:1', 'a']]);
    });

    it('keeps the key of an entry that is made while another lists', async () => {
      const client = await ready();
      const [state, other] = [new RedisState(client), new RedisState(await ready())];
      const set = commandsOf(client).securestStateSet!.bind(client);
      commandsOf(client).securestStateSet = async (...values) => {
        expect(await other.list('ann')).to.deep.equal([]);
        return set(...values);
      };
      expect(await state.set('rt:1', 'a', undefined, inSeconds(60), 'ann')).to.equal(true);
      expect(await other.list('ann')).to.deep.equal([['rt:1', 'a']]);
    });

    it('keeps the key of an entry that is made after another has seen none', async () => {
      const [client, watching] = [await ready(), await ready()];
      const [state, other] = [new RedisState(client), new RedisState(watching)];
      const set = commandsOf(client).securestStateSet!.bind(client);
      const get = commandsOf(watching).securestStateGet!.bind(watching);
      let listing: Promise<unknown> | undefined;
      commandsOf(client).securestStateSet = (...values) =>
        new Promise((made) => {
          commandsOf(watching).securestStateGet = async (...names) => {
            const seen = await get(...names);
            made(set(...values));
            await making;
            // All that the maker has sent is done before the other goes on.
            await client.ping();
            return seen;
          };
          listing = other.list('ann');
        });
      const making = state.set('rt:1', 'a', undefined, inSeconds(60), 'ann');
      expect(await making).to.equal(true);
      expect(await listing).to.deep.equal([]);
      expect(await state.list('ann')).to.deep.equal([['rt:1', 'a']]);
    });

    it('keeps the key of an entry that takes the place of one that another saw to have ended', async () => {
      const [client, watching] = [await ready(), await ready()];
      const [state, other] = [new RedisState(client), new RedisState(watching)];
      await state.set('rt:1', 'a', undefined, inSeconds(60), 'ann');
      await eventually(async () => (await client.smembers('securest:owner:ann')).length === 1);
      await state.delete('rt:1');
      const get = commandsOf(watching).securestStateGet!.bind(watching);
      commandsOf(watching).securestStateGet = async (...names) => {
        const seen = await get(...names);
        expect(await state.set('rt:1', 'b', undefined, inSeconds(60), 'ann')).to.equal(true);
        await client.ping();
        return seen;
      };
      expect(await other.list('ann')).to.deep.equal([]);
      expect(await state.list('ann')).to.deep.equal([['rt:1', 'b']]);
    });

    it('loses what was never made, in time', async () => {
      const client = await ready();
      await client.sadd('securest:owner:ann', 'rt:1', `rt:1 ${String(Date.now() - 61_000)}`);
      await client.sadd('securest:owner:ann', 'rt:2', `rt:2 ${String(Date.now())}`);
      expect(await new RedisState(client).list('ann')).to.deep.equal([]);
      expect((await client.smembers('securest:owner:ann')).map((key) => key.split(' ')[0])).to.have.members([
        'rt:2',
        'rt:2',
      ]);
    });

    it('lists more than a hundred', async () => {
      const state = new RedisState(await ready());
      const keys = Array.from({ length: 250 }, (_, index) => `key:${String(index)}`);
      await Promise.all(keys.map((key) => state.set(key, key, undefined, inSeconds(60), 'ann')));
      await Promise.all(keys.slice(0, 120).map((key) => state.delete(key)));
      expect((await state.list('ann')).map(([key]) => key)).to.have.members(keys.slice(120));
    });
  });

  describe('a write that Redis comes to late', () => {
    it('does nothing', async () => {
      const client = await ready();
      const state = new RedisState(client);
      await state.set('a', 'x', undefined, inSeconds(60));
      const [set, remove] = [commandsOf(client).securestStateSet!, commandsOf(client).securestStateDelete!];
      const before = String(Date.now() - 1000);
      const key = 'securest:state:a';
      const late = await set.call(client, key, before, 'y', String(Date.now() + 60_000), 'x');
      expect((late as unknown[])[0]).to.equal('late');
      expect(((await remove.call(client, key, before)) as unknown[])[0]).to.equal('late');
      expect(await state.get('a')).to.equal('x');
    });

    it('has a deadline a little after the time that its caller waits', async () => {
      const client = await ready();
      const state = new RedisState(client);
      await state.set('a', 'x', undefined, inSeconds(60));
      const set = commandsOf(client).securestStateSet!.bind(client);
      const deadlines: number[] = [];
      commandsOf(client).securestStateSet = (...values) => {
        deadlines.push(Number(values[1]) - Date.now());
        return set(...values);
      };
      await state.set('a', 'y', 'x', inSeconds(60));
      expect(deadlines).to.have.length(1);
      expect(deadlines[0]).to.be.within(500, 2000);
    });

    for (const hours of [-1000, 1000]) {
      it(`is told from a clock of this process that is ${String(hours)} hours off`, async () => {
        const { now } = Date;
        const client = await ready();
        try {
          Date.now = () => now() + hours * 3600_000;
          const state = new RedisState(client);
          Date.now = now;
          expect(await state.set('a', 'x', undefined, inSeconds(60), 'ann')).to.equal(true);
          expect(await state.set('a', 'y', 'x', inSeconds(60), 'ann')).to.equal(true);
          expect(await state.delete('a')).to.equal(true);
        } finally {
          Date.now = now;
        }
      });
    }

    it('is unavailable where it stays late', async () => {
      const client = await ready();
      const state = new RedisState(client);
      commandsOf(client).securestStateSet = () => Promise.resolve(['late', String(Date.now())]);
      await unavailable(state.set('a', 'x', undefined, inSeconds(60)));
    });
  });

  describe('in an outage', () => {
    const all = (state: RedisState): Promise<unknown>[] => [
      state.get('a'),
      state.set('a', 'x', undefined, inSeconds(60), 'ann'),
      state.delete('a'),
      state.list('ann'),
    ];

    it('is unavailable while Redis is frozen, says so once, and is there when it goes on', async () => {
      const state = new RedisState(await ready());
      const problems = problemsOf(state);
      await state.set('a', 'x', undefined, inSeconds(60));
      server.freeze();
      try {
        for (let round = 0; round < 3; round += 1) await Promise.all(all(state).map(unavailable));
        expect(typesOf(problems)).to.deep.equal(['degraded']);
      } finally {
        server.thaw();
      }
      await eventually(() =>
        state.get('a').then(
          () => true,
          () => false,
        ),
      );
      expect(typesOf(problems)).to.deep.equal(['degraded', 'recovered']);
    });

    it('does not fill the queue of a client that waits for ever', async () => {
      const client = await clients.ready({
        path: server.socket,
        maxRetriesPerRequest: null,
        enableOfflineQueue: true,
      });
      const state = new RedisState(client);
      await state.get('a');
      let sent = 0;
      const get = commandsOf(client).securestStateGet!.bind(client);
      commandsOf(client).securestStateGet = (...values) => {
        sent += 1;
        return get(...values);
      };
      server.freeze();
      try {
        await unavailable(state.get('a'));
        await Promise.all(Array.from({ length: 100 }, () => unavailable(state.get('a'))));
        expect(sent).to.equal(1);
      } finally {
        server.thaw();
      }
    });

    it('starts without Redis, and is there with it', async () => {
      await server.kill();
      const state = new RedisState(clients.connect({ path: server.socket }));
      await Promise.all(all(state).map(unavailable));
      await server.start();
      await eventually(() =>
        state.get('a').then(
          (text) => text === null,
          () => false,
        ),
      );
    });

    it('is there with a Redis that was killed and started again', async () => {
      const state = new RedisState(await ready());
      const problems = problemsOf(state);
      await state.set('a', 'x', undefined, inSeconds(60));
      await server.kill();
      await Promise.all(all(state).map(unavailable));
      await server.start();
      // Without AOF it is empty.
      await eventually(() =>
        state.get('a').then(
          (text) => text === null,
          () => false,
        ),
      );
      expect(await state.set('a', 'x', undefined, inSeconds(60))).to.equal(true);
      expect(typesOf(problems)).to.deep.equal(['degraded', 'recovered']);
    });

    it('reads and deletes where the memory of Redis is full, and writes when it no longer is', async () => {
      const client = await ready();
      const state = new RedisState(client);
      const problems = problemsOf(state);
      await state.set('a', 'x', undefined, inSeconds(60), 'ann');
      await state.set('b', 'x', undefined, inSeconds(60));
      await client.config('SET', 'maxmemory', '1');
      await unavailable(state.set('a', 'y', 'x', inSeconds(60), 'ann'));
      for (let round = 0; round < 3; round += 1) {
        expect(await state.get('a')).to.equal('x');
        expect(await state.list('ann')).to.deep.equal([['a', 'x']]);
        await unavailable(state.set('c', 'x', undefined, inSeconds(60)));
      }
      expect(await state.delete('b')).to.equal(true);
      expect(problems.map(({ problem }) => problem).join()).to.match(/^Redis refuses with OOM/);
      await client.config('SET', 'maxmemory', '0');
      await eventually(() => state.set('a', 'y', 'x', inSeconds(60)).catch(() => false));
      expect(typesOf(problems)).to.deep.equal(['degraded', 'recovered']);
    });

    it('does not read from what has become a replica', async () => {
      const client = await ready();
      const state = new RedisState(client);
      const problems = problemsOf(state);
      await state.set('a', 'x', undefined, inSeconds(60));
      await client.replicaof('127.0.0.1', 1);
      await unavailable(state.set('a', 'y', 'x', inSeconds(60)));
      for (let round = 0; round < 3; round += 1) await unavailable(state.get('a'));
      await client.replicaof('NO', 'ONE');
      await eventually(() =>
        state.get('a').then(
          (text) => text === 'x',
          () => false,
        ),
      );
      expect(problems[0]?.problem).to.match(/^Redis refuses with READONLY, since it is a read-only replica/);
      expect(typesOf(problems)).to.deep.equal(['degraded', 'recovered']);
    });

    it('is unavailable for a key alone whose value is another program’s', async () => {
      const client = await ready();
      const state = new RedisState(client);
      const problems = problemsOf(state);
      await client.rpush('securest:state:a', 'x');
      await unavailable(state.get('a'));
      await unavailable(state.set('a', 'x', undefined, inSeconds(60)));
      expect(await state.set('b', 'x', undefined, inSeconds(60))).to.equal(true);
      expect(problems).to.deep.equal([]);
    });

    it('loses nothing that it has acknowledged over a kill -9, with AOF at each write', async function () {
      this.timeout(60_000);
      const durable = new RedisServer({
        settings: [
          ['appendonly', 'yes'],
          ['appendfsync', 'always'],
        ],
      });
      await durable.start();
      try {
        const client = await clients.ready({ path: durable.socket });
        const state = new RedisState(client);
        for (let round = 0; round < 2; round += 1) {
          const acknowledged: string[] = [];
          const load = Array.from({ length: 8 }, async (_, worker) => {
            for (let count = 0; ; count += 1) {
              const key = `key:${[round, worker, count].join(':')}`;
              const isSet = await state.set(key, key, undefined, inSeconds(600), 'ann').catch(() => false);
              if (!isSet) return;
              acknowledged.push(key);
            }
          });
          await eventually(() => acknowledged.length > 200);
          await durable.kill();
          await Promise.all(load);
          await durable.start();
          await eventually(() =>
            state.get('a').then(
              () => true,
              () => false,
            ),
          );
          const listed = new Map(await state.list('ann'));
          for (const key of acknowledged) expect(listed.get(key), key).to.equal(key);
        }
      } finally {
        await durable.remove();
      }
    });
  });

  describe('with replicas', () => {
    const replicated = async () => {
      const [port, other] = [await freePort(), await freePort()];
      const master = new RedisServer({ port });
      const replica = new RedisServer({ port: other });
      await Promise.all([master.start(), replica.start()]);
      await (await clients.ready({ path: master.socket })).config('SET', 'repl-diskless-sync-delay', '0');
      const admin = await clients.ready({ path: replica.socket });
      await admin.replicaof('127.0.0.1', port);
      await eventually(async () => (await admin.info('replication')).includes('master_link_status:up'));
      return {
        master,
        replica: admin,
        [Symbol.asyncDispose]: async () => {
          await Promise.all([master.remove(), replica.remove()]);
        },
      };
    };

    for (const [version, Client] of Object.entries(VERSIONS)) {
      it(`is there with a replica that has what was written, by ioredis ${version}`, async () => {
        await using pair = await replicated();
        const client = await clients.ready({ path: pair.master.socket, keyPrefix: 'notes:' }, Client);
        const state = new RedisState(client, { replicas: 1 });
        await eventually(() => state.set('a', '0', undefined, inSeconds(60), 'ann').catch(() => false));
        for (let count = 0; count < 50; count += 1) {
          expect(await state.set('a', String(count + 1), String(count), inSeconds(60), 'ann')).to.equal(true);
          expect(await pair.replica.get('notes:securest:state:a')).to.equal(String(count + 1));
        }
        expect(await state.set('a', 'x', 'y', inSeconds(60), 'ann')).to.equal(false);
        expect(await pair.replica.sismember('notes:securest:owner:ann', 'a')).to.equal(1);
        expect(await state.delete('a')).to.equal(true);
        expect(await pair.replica.exists('notes:securest:state:a')).to.equal(0);
      });
    }

    it('refuses writes without a replica, still reads, and is there when there is one again', async () => {
      await using pair = await replicated();
      const state = new RedisState(await clients.ready({ path: pair.master.socket }), { replicas: 1 });
      const problems = problemsOf(state);
      await eventually(() => state.set('a', 'x', undefined, inSeconds(60)).catch(() => false));
      problems.length = 0;
      const [, host, port] = /master_host:(.*)\r\nmaster_port:(\d+)/.exec(
        await pair.replica.info('replication'),
      )!;
      await pair.replica.replicaof('127.0.0.1', 1);
      await unavailable(state.set('a', 'y', 'x', inSeconds(60)));
      expect(await state.get('a')).to.be.oneOf(['x', 'y']);
      await unavailable(state.set('b', 'y', undefined, inSeconds(60)));
      expect(problems[0]?.problem).to.match(/^Fewer than 1 replicas of Redis/);
      await pair.replica.replicaof(host!, Number(port));
      await eventually(() => state.set('c', 'x', undefined, inSeconds(60)).catch(() => false));
      expect(typesOf(problems)).to.deep.equal(['degraded', 'recovered']);
    });

    it('refuses writes where there never was a replica', async () => {
      const state = new RedisState(await ready(), { replicas: 1 });
      await unavailable(state.set('a', 'x', undefined, inSeconds(60)));
      await unavailable(state.delete('a'));
      expect(await new RedisState(await ready()).set('b', 'x', undefined, inSeconds(60))).to.equal(true);
    });
  });

  describe('the policy of a full memory', () => {
    it('is reported where it drops entries', async () => {
      const admin = await ready();
      await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
      const problems = problemsOf(new RedisState(await ready()));
      await eventually(() => problems.length > 0);
      expect(typesOf(problems)).to.deep.equal(['misconfigured']);
      expect(problems[0]?.problem).to.include('volatile-lru').and.include('noeviction');
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
    });

    it('is reported once it can be known, where Redis was down at first', async () => {
      await server.kill();
      const state = new RedisState(clients.connect({ path: server.socket }));
      const problems = problemsOf(state);
      await unavailable(state.get('a'));
      await server.start();
      const admin = await ready();
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const isReported = () => problems.some(({ type }) => type === undefined);
      await eventually(() => state.get('a').then(isReported, isReported));
      for (let round = 0; round < 5; round += 1) await state.get('a');
      expect(problems.filter(({ type }) => type === undefined)).to.have.length(1);
    });

    it('is not asked for more than once where the user of the client may not', async () => {
      const admin = await ready();
      await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-info', '-config');
      const client = await clients.ready({
        path: server.socket,
        username: 'app',
        password: 'secret',
        enableReadyCheck: false,
      });
      const state = new RedisState(client);
      const problems = problemsOf(state);
      for (let round = 0; round < 5; round += 1) await state.get('a');
      expect(problems).to.deep.equal([]);
      expect(await admin.info('commandstats')).to.match(/cmdstat_info:.*rejected_calls=[12],/);
    });

    it('does not connect a client that connects when it is used', async () => {
      const client = clients.connect({ path: server.socket, lazyConnect: true, enableOfflineQueue: true });
      const state = new RedisState(client);
      await new Promise(setImmediate);
      expect(client.status).to.equal('wait');
      expect(await state.get('a')).to.equal(null);
    });
  });

  it('shows nothing of what it keeps in errors and to inspect()', async () => {
    const client = await ready();
    const state = new RedisState(client);
    await client.rpush('securest:state:rt:canary', 'x');
    const wrong = await unavailable(state.set('rt:canary', 'canary', 'canary2', inSeconds(60)));
    await client.config('SET', 'maxmemory', '1');
    const full = await unavailable(state.set('rt:canary2', 'canary', undefined, inSeconds(60), 'canary'));
    await client.config('SET', 'maxmemory', '0');
    for (const value of [wrong, full, state]) {
      expect(inspect(value, { depth: 10, showHidden: true })).to.not.include('canary');
    }
  });

  describe('in two processes', () => {
    const processes: ChildProcess[] = [];
    afterEach(() => {
      for (const started of processes.splice(0)) started.kill();
    });

    it('tells true once for each swap, insert and deletion', async function () {
      this.timeout(180_000);
      const rounds = 300;
      const file = compiled('test/fixtures/redis/state-worker.ts');
      for (let count = 0; count < 2; count += 1) {
        const args = [file, server.socket, String(rounds)];
        processes.push(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
      }
      await Promise.all(processes.map(({ stdout }) => once(stdout!, 'data')));
      const ends = processes.map(({ stdout }) => once(stdout!, 'data'));
      for (const { stdin } of processes) stdin!.write('go\n');
      const told = (await Promise.all(ends)).map(
        ([text]) => JSON.parse(String(text)) as Record<'swaps' | 'inserts' | 'deletes', number>,
      );
      const sum = (name: 'swaps' | 'inserts' | 'deletes') => told.reduce((all, one) => all + one[name], 0);
      expect({ swaps: sum('swaps'), inserts: sum('inserts'), deletes: sum('deletes') }).to.deep.equal({
        swaps: 2 * rounds,
        inserts: rounds,
        deletes: rounds,
      });
      expect(await new RedisState(await ready()).get('count')).to.equal(String(2 * rounds));
    });
  });
});

describe('RedisState without a Redis', () => {
  const fake = (answer: unknown) => {
    const run = () => Promise.resolve(answer);
    return {
      ...{ defineCommand() {}, multi() {}, del: () => Promise.resolve(0) },
      ...{
        securestStateGet: run,
        securestStateSet: run,
        securestStateDelete: run,
        securestStateMembers: run,
      },
    };
  };

  for (const answer of [undefined, 1, true, {}, [], ['yes'], ['yes', 'soon'], ['maybe', '5'], 'QUEUED']) {
    it(`is unavailable where the client answers ${inspect(answer)}`, async () => {
      const state = new RedisState(fake(answer));
      if (typeof answer !== 'string') await unavailable(state.get('a'));
      await unavailable(state.set('a', 'x', undefined, inSeconds(60)));
      await unavailable(state.delete('a'));
      if (!Array.isArray(answer) || answer.length > 0) {
        if (!Array.isArray(answer)) await unavailable(state.list('a'));
      }
    });
  }

  it('refuses what is no client, replicas of a cluster or without pipelines, and a prefix that moves keys', () => {
    for (const client of [undefined, null, {}, 'redis://localhost', { del: () => 1 }]) {
      expect(() => new RedisState(client as never)).to.throw(ConfigurationError, 'ioredis');
    }
    const client = fake(null);
    expect(() => new RedisState({ ...client, isCluster: true } as never, { replicas: 1 })).to.throw(
      ConfigurationError,
      'cluster',
    );
    expect(() => new RedisState(client, { replicas: 1 })).to.throw(ConfigurationError, 'pipeline');
    for (const prefix of ['', 'a b', '{a}', 'a}', 'é', 'x'.repeat(65), 1, null]) {
      expect(() => new RedisState(client, { prefix: prefix as never })).to.throw(
        ConfigurationError,
        'prefix',
      );
    }
    for (const replicas of [-1, 0.5, 11, '1', null]) {
      expect(() => new RedisState(client, { replicas: replicas as never })).to.throw(ConfigurationError);
    }
  });
});
