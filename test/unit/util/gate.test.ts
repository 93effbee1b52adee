import { expect } from 'chai';
import { ServiceUnavailableError } from '../../../src/errors';
import { Gate } from '../../../src/util/gate';

describe('Gate', () => {
  /** Work that ends when it is told to. */
  function held() {
    const ends: (() => void)[] = [];
    const started: number[] = [];
    const work = (id: number) => async () => {
      started.push(id);
      await new Promise<void>((end) => ends.push(end));
      return id;
    };
    return { work, started, endOne: () => ends.shift()?.() };
  }

  it('lets as many in as it may, and the others in their order as places become free', async () => {
    const gate = new Gate(2, 10);
    const { work, started, endOne } = held();
    const all = [1, 2, 3, 4].map((id) => gate.pass(work(id)));
    expect(started).to.deep.equal([1, 2]);
    endOne();
    expect(await all[0]).to.equal(1);
    expect(started).to.deep.equal([1, 2, 3]);
    for (const id of [2, 3, 4]) {
      endOne();
      expect(await all[id - 1]).to.equal(id);
    }
  });

  it('refuses for now when too many wait', async () => {
    const gate = new Gate(1, 1);
    const { work, started, endOne } = held();
    const [first, second] = [gate.pass(work(1)), gate.pass(work(2))];
    const refused = await gate.pass(work(3)).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ServiceUnavailableError);
    endOne();
    await first;
    endOne();
    await second;
    expect(started).to.deep.equal([1, 2]);
  });

  it('frees the place of work that fails', async () => {
    const gate = new Gate(1, 1);
    await gate.pass(() => Promise.reject(new Error('no'))).catch(() => undefined);
    expect(await gate.pass(() => Promise.resolve('in'))).to.equal('in');
  });
});
