import { expect } from 'chai';
import { Cluster } from 'ioredis';
import { Cluster as Cluster6 } from 'ioredis6';
import { PROBLEM_SOURCE, type Problem } from '../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../src/errors';
import { RedisRevocationLog, RedisState } from '../../src/redis';
import { revocationLogContract, stateStoreContract } from '../../src/testing';
import { allowMoreThan } from '../support/deadlines';
import { eventually } from '../support/eventually';
import { describeWith } from './describe-with';
import { RedisCluster } from './redis-cluster';
import { whyNoRedis } from './redis-server';

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

describeWith(whyNoRedis(), 'RedisState in a cluster', () => {
  const cluster = new RedisCluster();
  const clients: Cluster[] = [];
  // How long a RedisState waits.
  allowMoreThan(500);

  before(() => cluster.start());
  afterEach(async () => {
    await clients[0]?.nodes('master')[0]?.config('SET', 'maxmemory-policy', 'noeviction');
    for (const client of clients.splice(0)) client.disconnect();
  });
  after(() => cluster.remove());

  const connect = (Client: typeof Cluster = Cluster): Cluster => {
    const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }));
    const client = new Client(nodes, { scaleReads: 'all' });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };

  for (const [version, Client] of Object.entries({ 5: Cluster, 6: Cluster6 as unknown as typeof Cluster })) {
    it(`keeps, swaps, lists and deletes entries on all masters, by ioredis ${version}`, async () => {
      const prefix = `ioredis${version}`;
      const [state, other] = [
        new RedisState(connect(Client), { prefix }),
        new RedisState(connect(Client), { prefix }),
      ];
      const keys = Array.from({ length: 60 }, (_, index) => `rt:${String(index)}`);
      const told = await Promise.all(
        [...keys, ...keys].map((key, index) =>
          (index % 2 === 0 ? state : other).set(key, 'a', undefined, inSeconds(60), 'ann'),
        ),
      );
      expect(told.filter(Boolean)).to.have.length(60);
      const swaps = await Promise.all(
        keys.flatMap((key) => [
          state.set(key, 'b', 'a', inSeconds(60), 'ann'),
          other.set(key, 'c', 'a', inSeconds(60), 'ann'),
        ]),
      );
      expect(swaps.filter(Boolean)).to.have.length(60);
      expect((await other.list('ann')).map(([key]) => key)).to.have.members(keys);
      expect(await Promise.all(keys.map((key) => state.delete(key)))).to.deep.equal(keys.map(() => true));
      expect(await other.list('ann')).to.deep.equal([]);
    });

    describe(`by ioredis ${version}`, () => {
      stateStoreContract({ make: () => new RedisState(connect(Client)) });
      revocationLogContract({ make: () => new RedisRevocationLog(connect(Client)) });
    });
  }

  it('loses no swap while slots move from one master to another', async function () {
    this.timeout(120_000);
    const state = new RedisState(connect(), { prefix: 'moving' });
    const log = state.revocationLog;
    let isMoving = true;
    let { cursor } = await log.read();
    const seen = new Set<number>();
    let appended = 0;
    const revoke = async () => {
      while (isMoving) {
        const sent = await log.append([{ id: '00112233445566ff', until: appended + 1 }]).then(
          () => true,
          (error: unknown) => {
            expect(error).to.be.instanceOf(ServiceUnavailableError);
            return false;
          },
        );
        if (sent) appended += 1;
        const page = await log.read(cursor).catch(() => undefined);
        if (page === undefined) continue;
        expect(page.lost).to.equal(undefined);
        cursor = page.cursor;
        for (const { until } of page.list) seen.add(until);
      }
    };
    const count = async (key: string) => {
      let [swaps, refused] = [0, 0];
      while (isMoving) {
        try {
          const present = (await state.get(key)) ?? undefined;
          const isSet = await state.set(
            key,
            String(Number(present ?? 0) + 1),
            present,
            inSeconds(600),
            'ann',
          );
          expect(isSet).to.equal(true);
          swaps += 1;
        } catch (error) {
          expect(error).to.be.instanceOf(ServiceUnavailableError);
          refused += 1;
        }
      }
      return { key, swaps, refused };
    };
    const load = Promise.all(Array.from({ length: 20 }, (_, index) => count(`rt:${String(index)}`)));
    const revoking = revoke();
    await cluster.reshard(1500);
    isMoving = false;
    await revoking;
    for (const { key, swaps, refused } of await load) {
      const found = Number(await state.get(key));
      // What was refused may have been written.
      expect(found, key).to.be.within(swaps, swaps + refused);
      expect(swaps).to.be.greaterThan(0);
    }
    expect(await state.list('ann')).to.have.length(20);
    const rest = await log.read(cursor);
    for (const { until } of rest.list) seen.add(until);
    for (let until = 1; until <= appended; until += 1) expect(seen.has(until)).to.equal(true);
  });

  it('reports a master that drops entries', async () => {
    const client = connect();
    await eventually(() => client.nodes('master').length === 3);
    await client.nodes('master')[0]!.config('SET', 'maxmemory-policy', 'allkeys-random');
    const problems: Problem[] = [];
    new RedisState(client)[PROBLEM_SOURCE]((problem) => problems.push(problem));
    await eventually(() => problems.length > 0);
    expect(problems[0]?.problem).to.include('allkeys-random');
  });

  it('cannot wait for replicas', () => {
    expect(() => new RedisState(connect(), { replicas: 1 })).to.throw(ConfigurationError, 'cluster');
  });
});
