import { once } from 'node:events';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { Redis as Redis6 } from 'ioredis6';
import { PROBLEM_SOURCE, type Problem } from '../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../src/errors';
import { type RedisProofClient, RedisProofStore } from '../../src/redis';
import { eventually } from '../support/eventually';
import { describeWith } from './describe-with';
import { RedisServer, whyNoRedis } from './redis-server';

const STRICT = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  commandTimeout: 5000,
  connectTimeout: 1000,
  retryStrategy: () => 50,
};
/** How long an answer of Redis may take, in milliseconds; here it is longer, as a busy machine has a slow Redis. */
const [MAX_MS, PATIENT_MS] = [100, 1000];

describeWith(whyNoRedis(), 'RedisProofStore', () => {
  const server = new RedisServer();
  const clients: { disconnect(): void }[] = [];

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
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await server.kill();
    await server.start();
  });
  after(() => server.remove());

  const connect = async (Client: typeof Redis = Redis): Promise<Redis> => {
    const client = new Client({ path: server.socket, ...STRICT });
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'ready');
    return client;
  };
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
  const unavailable = async (promise: Promise<boolean>): Promise<void> => {
    const error: unknown = await promise.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
  };
  const listen = (store: RedisProofStore): Problem[] => {
    const problems: Problem[] = [];
    store[PROBLEM_SOURCE]((problem) => problems.push(problem));
    return problems;
  };

  for (const [version, Client] of Object.entries({ 5: Redis, 6: Redis6 as unknown as typeof Redis })) {
    it(`takes one of 50 at once from two processes, by ioredis ${version}`, async () => {
      const stores = [
        new RedisProofStore(await connect(Client)),
        new RedisProofStore(await connect(Client)),
      ] as const;
      const told = await Promise.all(
        Array.from({ length: 50 }, (_, index) => stores[index % 2 === 0 ? 0 : 1].add('a', inSeconds(120))),
      );
      expect(told.filter((isNew) => isNew)).to.have.length(1);
      expect(await stores[1].add('b', inSeconds(120))).to.equal(true);
    });
  }

  it('keeps a proof until its time, and nothing after it', async () => {
    const client = await connect();
    const now = 1_700_000_000_000;
    const store = new RedisProofStore(client, { clock: () => now });
    expect(await store.add('a', new Date(now + 120_000))).to.equal(true);
    const [key, ...others] = await client.keys('*');
    expect(others).to.deep.equal([]);
    expect(key).to.equal('securest:proof:a');
    expect(await client.pttl(key!)).to.be.within(1, 120_000);
    expect(await store.add('a', new Date(now + 500_000))).to.equal(false);
    expect(await client.pttl(key!)).to.be.within(1, 120_000);
  });

  it('tells false for what has expired, or has no time', async () => {
    const client = await connect();
    const store = new RedisProofStore(client, { clock: () => 1000 });
    for (const time of [1000, 0, NaN]) expect(await store.add('a', new Date(time))).to.equal(false);
    expect(await new RedisProofStore(client, { clock: () => NaN }).add('a', new Date(1000))).to.equal(false);
    expect(await client.keys('*')).to.deep.equal([]);
  });

  it('is unavailable while Redis is down, says so once, and is there again with it', async () => {
    const store = new RedisProofStore(await connect());
    const problems = listen(store);
    await store.add('a', inSeconds(60));
    await server.kill();
    for (let index = 0; index < 5; index += 1) await unavailable(store.add(String(index), inSeconds(60)));
    expect(problems.map(({ type }) => type)).to.deep.equal(['degraded']);
    await server.start();
    await eventually(() => store.add(crypto.randomUUID(), inSeconds(60)).catch(() => false));
    expect(problems.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
  });

  it('is unavailable where Redis does not answer', async () => {
    const store = new RedisProofStore(await connect());
    server.freeze();
    try {
      await unavailable(store.add('a', inSeconds(60)));
    } finally {
      server.thaw();
    }
  });

  it('is unavailable where Redis refuses, and says what to do', async () => {
    const client = await connect();
    const store = new RedisProofStore(client);
    const problems = listen(store);
    await client.config('SET', 'maxmemory', '1');
    await unavailable(store.add('a', inSeconds(60)));
    await client.config('SET', 'maxmemory', '0');
    expect(problems[0]?.problem).to.include('raise maxmemory');
  });
});

describe('RedisProofStore without a Redis', () => {
  for (const answer of [undefined, '', 'QUEUED', 1, true, {}]) {
    it(`is unavailable where the client answers ${JSON.stringify(answer)}`, async () => {
      const store = new RedisProofStore({ set: () => Promise.resolve(answer) });
      const error: unknown = await store.add('a', new Date(8e15)).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ServiceUnavailableError);
    });
  }

  it('is unavailable where the client throws at once', async () => {
    const set = (): never => {
      throw new TypeError('closed');
    };
    const error: unknown = await new RedisProofStore({ set })
      .add('a', new Date(8e15))
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
  });

  it('refuses what is no client, and unknown options', () => {
    for (const client of [undefined, null, {}, 'redis://localhost', { set: true }]) {
      expect(() => new RedisProofStore(client as unknown as RedisProofClient)).to.throw(ConfigurationError);
    }
    const client = { set: () => Promise.resolve('OK') };
    expect(() => new RedisProofStore(client, { prefix: 'a' } as never)).to.throw(ConfigurationError);
  });
});
