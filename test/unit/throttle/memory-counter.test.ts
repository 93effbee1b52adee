import { expect } from 'chai';
import { MemoryCounter } from '../../../src/throttle/memory-counter';
import type { FullThrottle } from '../../fixtures/heap/full-throttle';
import { inOwnHeap } from '../../support/own-heap';

const MB = 1_000_000;

describe('MemoryCounter', () => {
  let now: number;
  beforeEach(() => {
    now = 1_700_000_000_000;
  });
  const open = (seconds: number, maxKeys: number) => new MemoryCounter(seconds, maxKeys, () => now);
  const addAll = (counter: MemoryCounter, keys: readonly string[]) => {
    for (const key of keys) counter.add(key);
  };
  const fresh = (count: number) => Array.from({ length: count }, (_, index) => `fresh ${String(index)}`);
  const has = (counter: MemoryCounter, key: string) => counter.remainingMs(key) > 0;

  it('counts for its time from the first, and anew then', () => {
    const counter = open(60, 10);
    expect([counter.add('a').total, counter.remainingMs('a')]).to.deep.equal([1, 60_000]);
    now += 59_999;
    expect([counter.add('a').total, counter.remainingMs('a')]).to.deep.equal([2, 1]);
    now += 1;
    expect(counter.remainingMs('a')).to.equal(0);
    expect([counter.add('a').total, counter.remainingMs('a')]).to.deep.equal([1, 60_000]);
  });

  it('counts a key for the time that it is given', () => {
    const counter = open(60, 10);
    counter.add('a', 5);
    expect(counter.remainingMs('a')).to.equal(5000);
    now += 5000;
    expect(has(counter, 'a')).to.equal(false);
  });

  it('renews for the whole time, and counts one then', async () => {
    const counter = open(60, 10);
    addAll(counter, ['a', 'a', 'a']);
    now += 30_000;
    await counter.renew('a');
    expect([counter.remainingMs('a'), counter.add('a').total]).to.deep.equal([60_000, 2]);
    await counter.delete('a');
    expect(has(counter, 'a')).to.equal(false);
  });

  it('takes back once what was counted, and drops a key under which nothing is left', async () => {
    const counter = open(60, 10);
    const [first, second] = [counter.add('a'), counter.add('a')];
    await first.takeBack();
    expect(counter.add('a').total).to.equal(2);
    await second.takeBack();
    await counter.add('b').takeBackHere();
    expect([has(counter, 'a'), has(counter, 'b')]).to.deep.equal([true, false]);
  });

  for (const [reason, lose] of Object.entries({
    'has run out': () => (now += 60_000),
    'was deleted': (counter: MemoryCounter) => counter.delete('a'),
    'was renewed': (counter: MemoryCounter) => counter.renew('a'),
    'was pushed out': (counter: MemoryCounter) => addAll(counter, fresh(50)),
  })) {
    it(`takes nothing back from a later count where the earlier one ${reason}`, async () => {
      const counter = open(60, 3);
      const early = counter.add('a');
      await lose(counter);
      counter.add('a');
      const { total } = counter.add('a');
      await early.takeBack();
      expect(counter.add('a').total).to.equal(total + 1);
    });
  }

  it('lets nobody wait for longer than the whole time when the clock is put back', () => {
    const counter = open(900, 10);
    counter.add('a');
    now -= 24 * 3600_000;
    expect(counter.remainingMs('a')).to.equal(900_000);
    now += 900_000;
    expect(has(counter, 'a')).to.equal(false);
  });

  it('keeps as many keys as its bound', () => {
    const counter = open(60, 100);
    const keys = fresh(1000);
    addAll(counter, keys);
    expect(keys.filter((key) => has(counter, key))).to.have.length(100);
  });

  it('keeps what it counted last, whatever is in the way', () => {
    const counter = open(60, 3);
    for (const key of ['a', 'b', 'c']) addAll(counter, [key, key, key]);
    for (const key of fresh(20)) {
      counter.add(key);
      expect(has(counter, key)).to.equal(true);
    }
  });

  it('keeps what was counted often, however many fresh keys come', () => {
    const counter = open(3600, 100);
    for (let count = 0; count < 20; count += 1) counter.add('guessed at');
    for (const key of fresh(20_000)) {
      now += 1;
      counter.add(key);
    }
    expect(counter.add('guessed at').total).to.equal(21);
  });

  it('keeps who has long to wait, however many fresh delays come', () => {
    const counter = open(900, 100);
    counter.add('long', 900);
    for (const key of fresh(20_000)) {
      now += 1;
      counter.add(key, 5);
    }
    expect(counter.remainingMs('long')).to.equal(880_000);
  });

  it('drops what has run out before anything else', () => {
    const counter = open(60, 5);
    for (let count = 0; count < 9; count += 1) counter.add('old');
    now += 30_000;
    addAll(counter, ['a', 'b', 'c', 'd']);
    now += 30_000;
    counter.add('e');
    expect(['old', 'a', 'b', 'c', 'd', 'e'].filter((key) => has(counter, key))).to.deep.equal([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('keeps no process alive', () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    addAll(open(3600, 100), fresh(200));
    expect(timers()).to.equal(before);
  });

  it('keeps no more than its bound in bytes, of all counters of a throttle, however long the keys are', async function () {
    this.timeout(60_000);
    const { bytes, counters } = await inOwnHeap<FullThrottle>('full-throttle');
    expect(counters).to.have.length(7);
    for (const { maxKeys, kept } of counters) expect(kept).to.equal(maxKeys);
    expect(bytes)
      .to.be.greaterThan(10 * MB)
      .and.at.most(32 * MB);
  });
});
