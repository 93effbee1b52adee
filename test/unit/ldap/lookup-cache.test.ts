import { expect } from 'chai';
import { LookupCache } from '../../../src/ldap/lookup-cache';

describe('LookupCache', () => {
  let now: number;
  let looked: string[];
  let cache: LookupCache<string>;
  beforeEach(() => {
    now = 0;
    looked = [];
    cache = cacheOf(1000);
  });
  const cacheOf = (milliseconds: number) =>
    new LookupCache<string>(
      milliseconds,
      () => now,
      (value) => value.split('='),
    );
  const find = (name: string, value: string | null = name) =>
    cache.find(name, () => {
      looked.push(name);
      return Promise.resolve(value);
    });

  it('looks once for many at once, and again when the time is over', async () => {
    expect(await Promise.all([find('a'), find('a'), find('a')])).to.deep.equal(['a', 'a', 'a']);
    now = 999;
    await find('a');
    expect(looked).to.have.length(1);
    now = 1000;
    await find('a');
    expect(looked).to.have.length(2);
  });

  it('keeps neither an unknown user nor a failure', async () => {
    expect([await find('a', null), await find('a', null)]).to.deep.equal([null, null]);
    const fails = () => cache.find('b', () => Promise.reject(new Error('down')));
    for (const attempt of [fails(), fails()]) expect(await attempt.catch(String)).to.equal('Error: down');
    expect(await find('b')).to.equal('b');
    expect(looked).to.deep.equal(['a', 'a', 'b']);
  });

  it('keeps nothing of a search under way when it is told to forget', async () => {
    let finish = (_: string): void => undefined;
    const first = cache.find('a', () => new Promise((resolve) => (finish = resolve)));
    cache.forget('a');
    const second = find('a', 'new');
    finish('old');
    expect([await first, await second, await find('a', 'never')]).to.deep.equal(['old', 'new', 'new']);
  });

  it('forgets all names and spellings of one user, and no other user', async () => {
    for (const [name, value] of [
      ['ann', 'ann=annie=Ann'],
      ['annie', 'ann=annie=Ann'],
      ['Ann', 'Ann'],
      ['ann  lee', 'ann  lee'],
      ['anna', 'anna'],
    ] as const) {
      await find(name, value);
    }
    looked = [];
    cache.forget('ANN');
    for (const name of ['ann', 'annie', 'Ann', 'ann  lee', 'anna']) await find(name, 'new');
    expect(looked).to.deep.equal(['ann', 'annie', 'Ann']);
    looked = [];
    cache.forget(' Ann Lee');
    await find('ann  lee');
    await find('anna');
    expect(looked).to.deep.equal(['ann  lee']);
  });

  it('keeps nothing of any search under way, since another name may be the same user', async () => {
    let finish = (_: string): void => undefined;
    const first = cache.find('annie', () => new Promise((resolve) => (finish = resolve)));
    cache.forget('ann');
    const second = find('annie', 'new');
    finish('ann=annie');
    expect([await first, await second, await find('annie', 'never')]).to.deep.equal([
      'ann=annie',
      'new',
      'new',
    ]);
  });

  it('forgets what it does not have', () => {
    for (const name of ['', 'nobody', '\ud800', '__proto__']) cache.forget(name);
    expect(looked).to.deep.equal([]);
  });

  it('keeps a thousand, the last ones', async () => {
    for (let index = 0; index <= 1000; index += 1) await find(String(index));
    looked = [];
    await find('1000');
    await find('1');
    expect(looked).to.deep.equal([]);
    await find('0');
    expect(looked).to.deep.equal(['0']);
  });

  it('keeps nothing for no time', async () => {
    cache = cacheOf(0);
    await find('a');
    await find('a');
    expect(looked).to.have.length(2);
  });
});
