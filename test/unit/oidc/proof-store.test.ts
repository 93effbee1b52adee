import { expect } from 'chai';
import { PROBLEM_SOURCE, type Problem } from '../../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../../src/errors';
import { MemoryProofStore } from '../../../src/oidc/proof-store';

describe('MemoryProofStore', () => {
  let now: number;
  const clock = () => now;
  beforeEach(() => (now = 1_700_000_000_000));
  const inSeconds = (seconds: number) => new Date(now + seconds * 1000);

  it('tells true for a new id, and false for one that it knows', () => {
    const store = new MemoryProofStore({ clock });
    expect(store.add('a', inSeconds(120))).to.equal(true);
    expect(store.add('a', inSeconds(120))).to.equal(false);
    expect(store.add('a', inSeconds(500))).to.equal(false);
    expect(store.add('b', inSeconds(120))).to.equal(true);
  });

  it('takes one of 50 at once', async () => {
    const store = new MemoryProofStore({ clock });
    const told = await Promise.all(Array.from({ length: 50 }, async () => store.add('a', inSeconds(120))));
    expect(told.filter((isNew) => isNew)).to.have.length(1);
  });

  it('knows an id until its time, which a later call does not move', () => {
    const store = new MemoryProofStore({ clock });
    const until = inSeconds(120);
    store.add('a', until);
    now += 119_999;
    expect(store.add('a', inSeconds(120))).to.equal(false);
    now += 1;
    expect(store.add('a', inSeconds(120))).to.equal(true);
  });

  it('tells false for what has expired, or has no time', () => {
    const store = new MemoryProofStore({ clock });
    for (const time of [inSeconds(0), inSeconds(-1), new Date(NaN)]) {
      expect(store.add('a', time)).to.equal(false);
    }
    expect(store.add('a', inSeconds(1))).to.equal(true);
    now = NaN;
    expect(store.add('a', new Date(8e15))).to.equal(false);
  });

  it('keeps nothing that has expired', () => {
    const store = new MemoryProofStore({ clock, maxEntries: 10 });
    for (let index = 0; index < 1000; index += 1) {
      expect(store.add(String(index), inSeconds(10))).to.equal(true);
      now += 1000;
    }
    expect(store.size).to.be.at.most(10);
  });

  it('drops nothing when it is full, tells it once, and takes again what finds room', () => {
    const store = new MemoryProofStore({ clock, maxEntries: 10 });
    const problems: Problem[] = [];
    store[PROBLEM_SOURCE]((problem) => problems.push(problem));
    for (let index = 0; index < 10; index += 1) store.add(String(index), inSeconds(60));
    for (let index = 10; index < 20; index += 1) {
      expect(() => store.add(String(index), inSeconds(60))).to.throw(ServiceUnavailableError);
      expect(store.add('0', inSeconds(60))).to.equal(false);
    }
    expect(problems.map(({ type }) => type)).to.deep.equal(['degraded']);
    now += 60_000;
    expect(store.add('x', inSeconds(60))).to.equal(true);
    expect(store.size).to.equal(1);
    expect(problems.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
  });

  it('finds what has expired behind an id that lives longer', () => {
    const store = new MemoryProofStore({ clock, maxEntries: 3 });
    store.add('long', inSeconds(3600));
    store.add('a', inSeconds(1));
    store.add('b', inSeconds(1));
    expect(() => store.add('c', inSeconds(60))).to.throw(ServiceUnavailableError);
    now += 1000;
    expect(store.add('c', inSeconds(60))).to.equal(true);
    expect(store.add('long', inSeconds(60))).to.equal(false);
  });

  it('refuses options that are unknown or out of bounds', () => {
    for (const options of [{ maxEntries: 0 }, { maxEntries: 1.5 }, { max: 1 }, { clock: 1 }, null]) {
      expect(() => new MemoryProofStore(options as never)).to.throw(ConfigurationError);
    }
  });
});
