import { inspect } from 'node:util';
import { expect } from 'chai';
import { Container, Service } from 'typedi';
import {
  ConfigurationError,
  MemoryState,
  type MemoryStateOptions,
  PROBLEM_SOURCE,
  type Problem,
  ServiceUnavailableError,
} from '../../../src';
import { revocationLogContract, stateStoreContract } from '../../../src/testing';

describe('MemoryState', () => {
  describe('by a clock that is given', () => {
    stateStoreContract({ time: 'given', make: ({ clock }) => new MemoryState({ clock }) });
  });
  describe('by its own clock, shared by all tests', () => {
    const store = new MemoryState();
    stateStoreContract({ make: () => store });
    after(() => {
      expect(store.size).to.be.at.most(1);
    });
  });
  describe('its revocationLog', () => {
    revocationLogContract({ make: () => new MemoryState().revocationLog });
  });
  describe('its revocationLog, shared by all tests', () => {
    const { revocationLog } = new MemoryState();
    revocationLogContract({ make: () => revocationLog });
  });

  let now: number;
  const clock = () => now;
  beforeEach(() => (now = 1_700_000_000_000));
  const inSeconds = (seconds: number) => new Date(now + seconds * 1000);
  const value = (n: number) => JSON.stringify({ v: 1, n });

  function watched(options?: MemoryStateOptions) {
    const store = new MemoryState({ clock, ...options });
    const problems: Problem[] = [];
    store[PROBLEM_SOURCE]((problem) => problems.push(problem));
    const types = () => problems.map(({ type }) => type);
    const fill = (from: number, to: number, seconds = 60, owner?: string) => {
      for (let n = from; n < to; n += 1)
        store.set(`k:${String(n)}`, value(n), undefined, inSeconds(seconds), owner);
    };
    return { store, problems, types, fill };
  }

  it('refuses a new entry where it is full of live ones, and drops none', () => {
    const { store, fill } = watched({ maxEntries: 10 });
    fill(0, 10);
    expect(() => {
      fill(10, 11);
    }).to.throw(ServiceUnavailableError);
    expect(store.size).to.equal(10);
    for (let n = 0; n < 10; n += 1) expect(store.get(`k:${String(n)}`)).to.equal(value(n));
    expect(store.get('k:10')).to.equal(undefined);
  });

  it('says when it is full that it was, once, and that it takes entries again, once a tenth is free', () => {
    const { store, problems, types, fill } = watched({ maxEntries: 20 });
    fill(0, 20);
    expect(types()).to.deep.equal([]);
    for (let turn = 0; turn < 5; turn += 1) {
      expect(() => {
        fill(20, 21);
      }).to.throw(ServiceUnavailableError);
    }
    expect(types()).to.deep.equal(['degraded']);
    expect(problems[0]).to.include({ component: 'MemoryState' });
    store.delete('k:0');
    expect(types()).to.deep.equal(['degraded']);
    fill(20, 21);
    store.delete('k:1');
    store.delete('k:2');
    expect(types()).to.deep.equal(['degraded', 'recovered']);
    fill(21, 23);
    expect(() => {
      fill(23, 24);
    }).to.throw(ServiceUnavailableError);
    expect(types()).to.deep.equal(['degraded', 'recovered', 'degraded']);
  });

  it('says that it recovered where entries end by themselves', () => {
    const { store, types, fill } = watched({ maxEntries: 10 });
    fill(0, 10);
    expect(() => {
      fill(10, 11);
    }).to.throw(ServiceUnavailableError);
    now += 60_000;
    expect(store.get('k:99')).to.equal(undefined);
    expect(types()).to.deep.equal(['degraded', 'recovered']);
  });

  it('swaps and deletes where it is full', () => {
    const { store, fill } = watched({ maxEntries: 3 });
    fill(0, 3);
    expect(store.set('k:0', value(9), value(0), inSeconds(60))).to.equal(true);
    expect(store.delete('k:1')).to.equal(true);
    expect(store.set('k:3', value(3), undefined, inSeconds(60))).to.equal(true);
  });

  it('answers false, not 503, where it is full and the race is lost', () => {
    const { store, fill } = watched({ maxEntries: 3 });
    fill(0, 3);
    expect(store.set('k:0', value(9), undefined, inSeconds(60))).to.equal(false);
    expect(store.set('k:9', value(9), value(0), inSeconds(60))).to.equal(false);
  });

  it('gives the place of what has ended to a new entry, whenever it was written', () => {
    const { store, types, fill } = watched({ maxEntries: 10 });
    fill(0, 5, 600);
    fill(5, 6, 10);
    fill(6, 10, 600);
    now += 10_000;
    fill(10, 11, 600);
    expect(store.size).to.equal(10);
    expect(types()).to.deep.equal([]);
  });

  it('has none of many entries that end at once, before they have left', () => {
    const { store, fill } = watched();
    fill(0, 50);
    now += 60_000;
    expect(store.get('k:40')).to.equal(undefined);
    expect(store.set('k:41', value(1), value(41), inSeconds(60))).to.equal(false);
    expect(store.delete('k:42')).to.equal(false);
    expect(store.size).to.be.above(30);
  });

  it('needs no place for an entry that has ended before it is written', () => {
    const { store, fill } = watched({ maxEntries: 1 });
    fill(0, 1);
    expect(store.set('k:1', value(1), undefined, inSeconds(0))).to.equal(true);
    expect(store.size).to.equal(1);
  });

  it('drops a few of what has ended with each call, and in the end all', () => {
    const { store, fill } = watched({ maxEntries: 200_000 });
    fill(0, 100_000, 60, 'Ann');
    now += 60_000;
    const sizes = [store.size];
    for (let call = 0; call < 20; call += 1) {
      store.get('other');
      store.set(`n:${String(call)}`, value(call), undefined, inSeconds(60));
      store.delete(`n:${String(call)}`);
      sizes.push(store.size);
    }
    for (const [index, size] of sizes.slice(1).entries()) {
      expect((sizes[index] ?? 0) - size).to.be.within(1, 15);
    }
    while (store.size > 0) store.get('other');
    expect(store.list('Ann')).to.deep.equal([]);
  });

  it('stays small where entries come and end for ever', () => {
    const { store } = watched({ maxEntries: 100 });
    for (let n = 0; n < 10_000; n += 1) {
      store.set(`k:${String(n)}`, value(n), undefined, inSeconds(10 + (n % 7)), `owner ${String(n)}`);
      now += 1000;
    }
    expect(store.size).to.be.at.most(20);
  });

  it('keeps the owners of a hundred thousand entries apart', () => {
    const { store } = watched({ maxEntries: 100_000 });
    for (let n = 0; n < 100_000; n += 1) {
      store.set(
        `k:${String(n)}`,
        '{"v":1}',
        undefined,
        inSeconds(60 + (n % 1000)),
        `user ${String(n % 10_000)}`,
      );
    }
    expect(store.list('user 7').map(([key]) => key)).to.have.members(
      Array.from({ length: 10 }, (_, index) => `k:${String(7 + index * 10_000)}`),
    );
    expect(store.set('k:7', '{"v":1,"n":1}', '{"v":1}', inSeconds(1))).to.equal(true);
    expect(() => store.set('k:x', '{"v":1}', undefined, inSeconds(60))).to.throw(ServiceUnavailableError);
    now += 1000;
    expect(store.set('k:x', '{"v":1}', undefined, inSeconds(60))).to.equal(true);
    expect(store.list('user 7')).to.have.length(9);
  }).timeout(60_000);

  it('refuses another owner for an entry', () => {
    const { store } = watched();
    store.set('k:1', value(1), undefined, inSeconds(60), 'Ann');
    store.set('k:2', value(1), undefined, inSeconds(60));
    for (const key of ['k:1', 'k:2']) {
      expect(() => store.set(key, value(2), value(1), inSeconds(60), 'ann')).to.throw(TypeError);
      expect(store.get(key)).to.equal(value(1));
    }
    expect(store.list('ann')).to.deep.equal([]);
  });

  it('takes another owner for a key whose entry is gone', () => {
    const { store } = watched();
    store.set('k:1', value(1), undefined, inSeconds(60), 'Ann');
    now += 60_000;
    store.set('k:1', value(2), undefined, inSeconds(60), 'Bob');
    expect(store.list('Ann')).to.deep.equal([]);
    expect(store.list('Bob')).to.deep.equal([['k:1', value(2)]]);
  });

  it('hands out lists that change nothing in it', () => {
    const { store } = watched();
    store.set('k:1', value(1), undefined, inSeconds(60), 'Ann');
    const [entry] = store.list('Ann') as [string, string][];
    if (entry) entry[1] = 'changed';
    (store.list('Ann') as [string, string][]).length = 0;
    expect(store.list('Ann')).to.deep.equal([['k:1', value(1)]]);
  });

  it('keeps the end that a Date had when it was handed in', () => {
    const { store } = watched();
    const end = inSeconds(60);
    store.set('k:1', value(1), undefined, end);
    end.setTime(0);
    expect(store.get('k:1')).to.equal(value(1));
  });

  it('throws a TypeError for what is out of bounds, and changes nothing', () => {
    const { store } = watched();
    store.set('k:1', value(1), undefined, inSeconds(60), 'Ann');
    const wrong: (() => unknown)[] = [
      () => store.get('a b'),
      () => store.get(undefined as unknown as string),
      () => store.delete(''),
      () => store.list(''),
      () => store.list(null as unknown as string),
      () => store.set('k:1', value(1), value(1), inSeconds(60)),
      () => store.set('k:1', '', value(1), inSeconds(60)),
      () => store.set('k:1', value(2), value(1), new Date(NaN)),
      () => store.set('k:1', value(2), value(1), inSeconds(401 * 86_400)),
      () => store.set('k:1', value(2), null as unknown as string, inSeconds(60)),
    ];
    for (const call of wrong) expect(call).to.throw(TypeError);
    expect(store.list('Ann')).to.deep.equal([['k:1', value(1)]]);
  });

  it('throws, and drops nothing, where its clock tells no time', () => {
    const { store } = watched();
    store.set('k:1', value(1), undefined, inSeconds(60), 'Ann');
    const time = now;
    now = NaN;
    for (const call of [
      () => store.get('k:1'),
      () => store.delete('k:1'),
      () => store.list('Ann'),
      () => store.set('k:1', value(2), value(1), new Date(time + 1000)),
    ]) {
      expect(call).to.throw(TypeError);
    }
    now = time;
    expect(store.list('Ann')).to.deep.equal([['k:1', value(1)]]);
  });

  it('shows nothing of what it keeps', async () => {
    const { store } = watched();
    store.set('k:secret', '{"v":1,"s":"secret"}', undefined, inSeconds(60), 'secret');
    await store.revocationLog.append([{ id: ':secret', until: now + 1000, before: now }]);
    for (const text of [inspect(store, { depth: 9, showHidden: true }), JSON.stringify(store)]) {
      expect(text).not.to.contain('secret');
    }
  });

  it('is a service without a constructor of its own', () => {
    @Service()
    class State extends MemoryState {}
    expect(Container.get(State).set('k:1', value(1), undefined, new Date(Date.now() + 1000))).to.equal(true);
    Container.remove(State);
  });

  for (const options of [
    { maxEntries: 0 },
    { maxEntries: 1.5 },
    { maxEntries: 1e9 },
    { clock: 1 },
    { max: 1 },
    null,
    [],
  ]) {
    it(`refuses the options ${JSON.stringify(options)}`, () => {
      expect(() => new MemoryState(options as MemoryStateOptions)).to.throw(
        ConfigurationError,
        'MemoryState',
      );
    });
  }
});
