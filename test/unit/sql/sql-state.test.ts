import { inspect } from 'node:util';
import { expect } from 'chai';
import { ServiceUnavailableError } from '../../../src/errors';
import { SqlRevocationLog, SqlState } from '../../../src/sql';

const deadlock = (code: string): Error => Object.assign(new Error('deadlock'), { code });

/** Answers with what it is given, one after the other, and with no rows after them. */
function clientOf(...answers: (Error | unknown[])[]) {
  const asked: string[] = [];
  return {
    asked,
    query: (sql: string): Promise<{ rows: unknown[] }> => {
      asked.push(sql);
      const answer = answers.shift() ?? [];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ rows: answer });
    },
  };
}

describe('SqlState', () => {
  const end = (): Date => new Date(Date.now() + 60_000);

  it('asks again after a transaction that the database undid, and gives the answer', async () => {
    const client = clientOf(deadlock('40P01'), deadlock('40001'), [{ id: 'key' }]);
    const state = new SqlState({ client });
    expect(await state.set('key', 'new', 'old', end())).to.equal(true);
    expect(client.asked).to.have.length(3);
    await state.close();
  });

  it('is 503 after several of them, and at once where the connection is lost', async () => {
    for (const [code, asked] of [
      ['40P01', 6],
      ['57P01', 1],
      ['ECONNRESET', 1],
    ] as const) {
      const client = clientOf(...Array.from({ length: 10 }, () => deadlock(code)));
      const state = new SqlState({ client });
      const error: unknown = await state.set('key', 'new', 'old', end()).catch((reason: unknown) => reason);
      expect(error, code).to.be.instanceOf(ServiceUnavailableError);
      expect(client.asked, code).to.have.length(asked);
      await state.close();
    }
  });

  it('asks nothing for what is out of bounds', async () => {
    const client = clientOf();
    const state = new SqlState({ client });
    for (const call of [
      () => state.get('a b'),
      () => state.delete(''),
      () => state.list(''),
      () => state.set('key', 'same', 'same', end()),
      () => state.set('key', 'x'.repeat(65_537), undefined, end()),
      () => state.set('key', 'x', undefined, new Date(NaN)),
      () => state.revocationLog.append([{ id: 'short', until: 1 }]),
    ]) {
      expect(await call().catch((reason: unknown) => reason)).to.be.instanceOf(TypeError);
    }
    expect(client.asked).to.deep.equal([]);
  });

  it('shows neither its client nor what it keeps', () => {
    const client = { ...clientOf(), password: 'canary' };
    expect(inspect(new SqlState({ client }), { depth: 9 })).to.not.include('canary');
    expect(inspect(new SqlRevocationLog({ client }), { depth: 9 })).to.not.include('canary');
  });

  it('sweeps once a minute for all stores over one client, until the last is closed', async () => {
    const timers: (() => void)[] = [];
    const { setInterval: real } = globalThis;
    let unrefs = 0;
    globalThis.setInterval = ((work: () => void, ms: number) => {
      expect(ms).to.equal(60_000);
      timers.push(work);
      const timer = {
        unref: () => {
          unrefs += 1;
          return timer;
        },
      };
      return timer;
    }) as unknown as typeof setInterval;
    try {
      const client = clientOf();
      const [one, other] = [new SqlState({ client }), new SqlState({ client })];
      expect(timers).to.have.length(0);
      await one.get('key');
      await other.get('key');
      expect([timers.length, unrefs]).to.deep.equal([1, 1]);
      timers[0]?.();
      timers[0]?.();
      expect(client.asked.filter((sql) => sql.startsWith('DELETE'))).to.have.length(1);
      await one.close();
      await other.close();
      await one.get('key');
      expect(timers).to.have.length(1);
    } finally {
      globalThis.setInterval = real;
    }
  });
});
