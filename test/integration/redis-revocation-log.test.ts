import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { PROBLEM_SOURCE, type Problem } from '../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../src/errors';
import { RedisRevocationLog } from '../../src/redis';
import type { Revocation } from '../../src/state/revocation-log';
import { revocationLogContract } from '../../src/testing';
import { allowMoreThan } from '../support/deadlines';
import { eventually } from '../support/eventually';
import { describeWith } from './describe-with';
import { freePort } from './ports';
import { RedisClients, VERSIONS } from './redis-clients';
import { RedisServer, whyNoRedis } from './redis-server';

const LOG = 'securest:{revoked}:log';
const EPOCH = 'securest:{revoked}:epoch';
const DAY_MS = 24 * 3600 * 1000;

const revoked = (number: number): Revocation => ({
  id: number.toString(16).padStart(16, '0'),
  until: 1_900_000_000_000,
});
const unavailable = async (promise: Promise<unknown>): Promise<void> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(ServiceUnavailableError);
};
const problemsOf = (log: RedisRevocationLog): Problem[] => {
  const problems: Problem[] = [];
  log[PROBLEM_SOURCE]((problem) => problems.push(problem));
  return problems;
};
const followed = async (log: RedisRevocationLog, cursor?: string) => {
  const list: Revocation[] = [];
  for (let place = cursor; ;) {
    const page = await log.read(place);
    list.push(...page.list);
    place = page.cursor;
    if (page.more !== true) return { ...page, list };
  }
};

describeWith(whyNoRedis(), 'RedisRevocationLog', () => {
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

  for (const [version, Client] of Object.entries(VERSIONS)) {
    describe(`with ioredis ${version}`, () => {
      // How long a RedisRevocationLog waits.
      allowMoreThan(500);
      let client: Redis;
      beforeEach(async () => (client = await clients.ready({ path: server.socket }, Client)));
      revocationLogContract({
        make: () => new RedisRevocationLog(client),
        empty: () => client.flushall(),
      });
    });
  }

  it('gives pages of a thousand, and those of users as they were appended', async () => {
    const client = await ready();
    const [log, other] = [new RedisRevocationLog(client), new RedisRevocationLog(await ready())];
    const list = [
      ...Array.from({ length: 2500 }, (_, index) => revoked(index)),
      { id: ':ann \u{10ffff}"', until: 5, before: 4 },
      { id: 'sql:Ann ', until: 0, before: 0 },
    ];
    await log.append(list);
    const page = await other.read();
    expect(page.more).to.equal(true);
    expect(page.list.length).to.be.within(999, 1000);
    expect((await followed(other)).list).to.deep.equal(list);
    expect((await followed(other, page.cursor)).list).to.deep.equal(list.slice(page.list.length));
  });

  it('begins with its first read, with a cursor that stands, and keeps its epoch', async () => {
    const client = await ready();
    const before = Date.now();
    const [log, other] = [new RedisRevocationLog(client), new RedisRevocationLog(await ready())];
    const pages = await Promise.all([log.read(), other.read(), log.read()]);
    expect(new Set(pages.map(({ epoch }) => epoch)).size).to.equal(1);
    expect(pages[0].beganAt).to.be.within(before, Date.now());
    expect(pages.map(({ list }) => list)).to.deep.equal([[], [], []]);
    const { cursor, ...rest } = await log.read(pages[1].cursor);
    expect(cursor).to.equal(pages[1].cursor);
    expect(rest).to.deep.equal({ list: [], epoch: pages[0].epoch, beganAt: pages[0].beganAt });
    expect(await client.pttl(LOG)).to.equal(-1);
    expect(await client.pttl(EPOCH)).to.equal(-1);
  });

  it('begins with its first entries', async () => {
    const log = new RedisRevocationLog(await ready());
    await log.append([revoked(1)]);
    expect((await log.read()).list).to.deep.equal([revoked(1)]);
  });

  it('refuses what is no revocation as a mistake of its caller, and writes nothing of it', async () => {
    const client = await ready();
    const log = new RedisRevocationLog(client);
    const wrong = [
      { id: 'x', until: 5 },
      { id: 'ann', until: 5, before: 5 },
      { ...revoked(1), until: NaN },
      null,
    ];
    for (const entry of wrong) {
      const error: unknown = await log
        .append([revoked(1), entry as never])
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(TypeError);
    }
    expect(await client.keys('*')).to.deep.equal([]);
  });

  describe('is lost', () => {
    it('and of another epoch after FLUSHALL, and after a restart without AOF', async () => {
      const log = new RedisRevocationLog(await ready());
      await log.append([revoked(1)]);
      let page = await log.read();
      for (const empty of [
        async () => (await ready()).flushall(),
        async () => {
          await server.kill();
          await server.start();
        },
      ]) {
        await empty();
        const { epoch, beganAt, cursor } = page;
        await eventually(() =>
          log.read(cursor).then(
            (next) => ((page = next), true),
            () => false,
          ),
        );
        expect(page.lost).to.equal(true);
        expect(page.epoch).to.not.equal(epoch);
        expect(page.beganAt).to.be.at.least(beganAt);
        await log.append([revoked(1)]);
        page = await log.read();
        expect(page.list).to.deep.equal([revoked(1)]);
        expect((await log.read(page.cursor)).lost).to.equal(undefined);
      }
    });

    for (const key of [LOG, EPOCH]) {
      it(`where ${key} alone is gone`, async () => {
        const client = await ready();
        const log = new RedisRevocationLog(client);
        await log.append([revoked(1)]);
        const { cursor, epoch } = await log.read();
        await client.del(key);
        // A process that starts now makes the epoch anew.
        const first = await new RedisRevocationLog(await ready()).read();
        expect(first.epoch).to.not.equal(epoch);
        const page = await log.read(cursor);
        expect(page.lost).to.equal(true);
        expect(page.epoch).to.equal(first.epoch);
      });
    }

    it('where the ids of the stream go back, and reads from its start', async () => {
      const client = await ready();
      const log = new RedisRevocationLog(client);
      await log.append([revoked(1)]);
      const before = await client.dumpBuffer(LOG);
      await log.append([revoked(2)]);
      const { cursor, epoch } = await log.read();
      await client.restore(LOG, 0, before, 'REPLACE');
      for (const count of [1, 2]) {
        const page = await log.read(cursor);
        expect(page.lost).to.equal(true);
        expect(page.epoch).to.equal(epoch);
        expect(page.list[0]).to.deep.equal(revoked(1));
        expect((await log.read(page.cursor)).lost).to.equal(undefined);
        // And where later entries have come.
        await log.append([revoked(2 + count)]);
      }
    });

    it('where only the entry that this process appended last is gone', async () => {
      const client = await ready();
      const [log, other] = [new RedisRevocationLog(client), new RedisRevocationLog(await ready())];
      const { cursor } = await log.read();
      const before = await client.dumpBuffer(LOG);
      await log.append([revoked(2)]);
      await client.restore(LOG, 0, before, 'REPLACE');
      expect((await other.read(cursor)).lost).to.equal(undefined);
      expect((await log.read(cursor)).lost).to.equal(true);
      expect((await log.read(cursor)).lost).to.equal(undefined);
    });

    for (const cursor of ['', 'x', '5', `${'0'.repeat(32)}/0-1`, `${'0'.repeat(32)}/${'9'.repeat(25)}-1`]) {
      it(`for the cursor "${cursor}", of another log`, async () => {
        const log = new RedisRevocationLog(await ready());
        await log.append([revoked(1)]);
        const page = await log.read(cursor);
        expect(page.lost).to.equal(true);
        expect(page.list).to.deep.equal([revoked(1)]);
      });
    }

    it('after a failover to a replica that was cut off before', async function () {
      this.timeout(60_000);
      const [port, other] = [await freePort(), await freePort()];
      const [master, replica] = [new RedisServer({ port }), new RedisServer({ port: other })];
      await Promise.all([master.start(), replica.start()]);
      try {
        const admin = await clients.ready({ path: replica.socket });
        await admin.config('SET', 'repl-diskless-sync-delay', '0');
        await (await clients.ready({ path: master.socket })).config('SET', 'repl-diskless-sync-delay', '0');
        const client = await clients.ready({ host: '127.0.0.1', port });
        const reader = await clients.ready({ host: '127.0.0.1', port });
        const [log, reading] = [new RedisRevocationLog(client), new RedisRevocationLog(reader)];
        await log.append([revoked(1)]);
        await admin.replicaof('127.0.0.1', port);
        await eventually(async () => (await admin.exists(EPOCH)) === 1);
        const start = await log.read();
        await admin.replicaof('127.0.0.1', 1);
        await log.append([revoked(2)]);
        const { cursor } = await reading.read();
        await admin.replicaof('NO', 'ONE');
        // Their own next try to connect brings them to the replica.
        for (const moved of [client, reader]) moved.options.port = other;
        await master.kill();
        for (const [one, place] of [
          [reading, cursor],
          [log, start.cursor],
        ] as const) {
          const pages: Awaited<ReturnType<typeof one.read>>[] = [];
          await eventually(() =>
            one.read(place).then(
              (page) => pages.push(page) > 0,
              () => false,
            ),
          );
          expect(pages[0]!.lost).to.equal(true);
          expect(pages[0]!.list).to.deep.equal([revoked(1)]);
          expect(pages[0]!.epoch).to.equal(start.epoch);
        }
      } finally {
        await Promise.all([master.remove(), replica.remove()]);
      }
    });
  });

  describe('that is trimmed', () => {
    /** A log whose newest entry is of this age. */
    const aged = async (client: Redis, ageMs: number, entries = 1): Promise<void> => {
      const began = Math.floor(Date.now() - ageMs - entries);
      await client.set(EPOCH, `1 ${'ab'.repeat(16)} ${String(began)}`);
      for (let index = 0; index < entries; index += 1) {
        const text = JSON.stringify([5, revoked(index).id]);
        await client.xadd(LOG, `${String(began + index)}-0`, '1', text);
      }
    };

    it('loses what is older than it has to be kept, with later entries', async () => {
      const client = await ready();
      await aged(client, DAY_MS + 3_600_000, 1000);
      const log = new RedisRevocationLog(client);
      const page = await log.read();
      expect(page.lost).to.equal(undefined);
      expect(page.epoch).to.equal('ab'.repeat(16));
      await log.append([revoked(5000)]);
      // As much as Redis can drop cheaply.
      expect(await client.xlen(LOG)).to.be.below(200);
    });

    it('keeps what is younger', async () => {
      const client = await ready();
      await aged(client, DAY_MS - 3_600_000, 1000);
      const log = new RedisRevocationLog(client);
      await log.append([revoked(5000)]);
      expect((await followed(log)).list).to.have.length(1001);
    });

    it('is not lost for those who read, however idle it was', async () => {
      const client = await ready();
      const [log, other] = [new RedisRevocationLog(client), new RedisRevocationLog(await ready())];
      await aged(client, 2 * DAY_MS, 300);
      const { cursor } = await followed(log);
      await other.append(Array.from({ length: 700 }, (_, index) => revoked(index)));
      expect(await client.xlen(LOG)).to.be.below(900);
      const page = await followed(log, cursor);
      expect(page.lost).to.equal(undefined);
      expect(page.list).to.have.length(700);
      expect(await followed(log, page.cursor)).to.deep.equal({ ...page, list: [] });
    });

    it('is not marked by those who read while it is young', async () => {
      const client = await ready();
      await aged(client, DAY_MS / 9);
      const log = new RedisRevocationLog(client);
      for (let round = 0; round < 5; round += 1) await log.read();
      expect(await client.xlen(LOG)).to.equal(1);
      await client.flushall();
      await aged(client, DAY_MS / 7);
      for (let round = 0; round < 5; round += 1) await log.read();
      expect(await client.xlen(LOG)).to.equal(2);
    });
  });

  describe('with an entry that is not known', () => {
    for (const fields of [
      ['2', '{"id":"0011223344556677"}'],
      ['1', 'x'],
      ['1', '[5]'],
      ['1', '["5","0011223344556677"]'],
      ['1', '[5,"ann",4]'],
      ['1', '[5,"0011223344556677",null]'],
      ['1', '[5,"0011223344556677"]', 'also', 'x'],
    ] as const) {
      it(`is unavailable: ${fields.join(' ')}`, async () => {
        const client = await ready();
        const log = new RedisRevocationLog(client);
        const problems = problemsOf(log);
        const { cursor } = await log.read();
        await client.xadd(LOG, '*', ...fields);
        for (let round = 0; round < 3; round += 1) await unavailable(log.read(cursor));
        await unavailable(log.read());
        expect(problems.map(({ type }) => type)).to.deep.equal([undefined]);
      });
    }

    it('is unavailable, and writes nothing, where its epoch is of a later version', async () => {
      const client = await ready();
      const log = new RedisRevocationLog(client);
      await log.append([revoked(1)]);
      await client.set(EPOCH, '2 something else');
      await unavailable(log.read());
      await unavailable(log.append([revoked(2)]));
      expect(await client.get(EPOCH)).to.equal('2 something else');
      expect(await client.xlen(LOG)).to.equal(2);
    });
  });

  describe('in an outage', () => {
    it('is unavailable while Redis is frozen, says so once, and is there when it goes on', async () => {
      const log = new RedisRevocationLog(await ready());
      const problems = problemsOf(log);
      const { cursor } = await log.read();
      server.freeze();
      try {
        for (let round = 0; round < 3; round += 1) {
          await Promise.all([log.read(cursor), log.append([revoked(1)])].map(unavailable));
        }
      } finally {
        server.thaw();
      }
      await eventually(() =>
        log.append([revoked(1)]).then(
          () => true,
          () => false,
        ),
      );
      // Twice does no harm.
      const ids = (await log.read(cursor)).list.map(({ id }) => id);
      expect(new Set(ids)).to.deep.equal(new Set([revoked(1).id]));
      expect(problems.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
    });

    it('is read where the memory of Redis is full', async () => {
      const client = await ready();
      const log = new RedisRevocationLog(client);
      await log.append([revoked(1)]);
      await client.config('SET', 'maxmemory', '1');
      await unavailable(log.append([revoked(2)]));
      for (let round = 0; round < 3; round += 1) expect((await log.read()).list).to.deep.equal([revoked(1)]);
      await client.config('SET', 'maxmemory', '0');
      await eventually(() =>
        log.append([revoked(2)]).then(
          () => true,
          () => false,
        ),
      );
      expect((await log.read()).list).to.deep.equal([revoked(1), revoked(2)]);
    });
  });
});

describe('RedisRevocationLog without a Redis', () => {
  const fake = (answer: unknown) => {
    const run = () => Promise.resolve(answer);
    const methods = { defineCommand() {}, multi() {}, del: () => Promise.resolve(0) };
    return { ...methods, securestLogAppend: run, securestLogRead: run };
  };
  const epoch = `1 ${'a'.repeat(32)} 5`;

  for (const answer of [
    undefined,
    'QUEUED',
    [],
    [epoch],
    [epoch, 'no', 'x'],
    [epoch, 'maybe', []],
    [epoch, 'no', [['x', []]]],
    [epoch, 'no', [null]],
    ['1 x 5', 'no', []],
    [epoch, 'no', []],
  ]) {
    it(`is unavailable where the client answers ${JSON.stringify(answer)}`, async () => {
      const log = new RedisRevocationLog(fake(answer));
      await unavailable(log.read());
      await unavailable(log.append([revoked(1)]));
    });
  }

  it('keeps entries for a day, or as long as it is told', () => {
    expect(new RedisRevocationLog(fake(null)).keepSeconds).to.equal(86_400);
    expect(new RedisRevocationLog(fake(null), { keepSeconds: 60 }).keepSeconds).to.equal(60);
    for (const keepSeconds of [0, -1, 0.5, '60', null, Infinity]) {
      expect(() => new RedisRevocationLog(fake(null), { keepSeconds: keepSeconds as never })).to.throw(
        ConfigurationError,
        'keepSeconds',
      );
    }
    expect(() => new RedisRevocationLog(undefined as never)).to.throw(ConfigurationError, 'ioredis');
  });
});
