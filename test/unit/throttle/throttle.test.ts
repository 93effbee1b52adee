import { mock } from 'node:test';
import { expect } from 'chai';
import { ConfigurationError, ThrottledError } from '../../../src';
import { MemoryCounter } from '../../../src/throttle/memory-counter';
import { Throttle, type ThrottleOptions } from '../../../src/throttle/throttle';

const HERE = '192.0.2.1';

/** Seconds that a try has to wait; 0 when it was counted. */
async function fail(throttle: Throttle, username = 'ann', ip = HERE): Promise<number> {
  try {
    await throttle.count({ username, ip });
    return 0;
  } catch (error) {
    expect(error).to.be.instanceOf(ThrottledError);
    return (error as ThrottledError).retryAfterSeconds;
  }
}

async function logIn(throttle: Throttle, username: string, ip: string): Promise<void> {
  await (await throttle.count({ username, ip })).succeeded();
}

async function waitOf(throttle: Throttle, username: string, ip: string): Promise<number> {
  try {
    await throttle.check({ username, ip });
    return 0;
  } catch (error) {
    return (error as ThrottledError).retryAfterSeconds;
  }
}

describe('Throttle', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('delays the try after the free ones, twice as long each time, up to 15 minutes', async () => {
    const throttle = new Throttle({ perPair: 3 });
    for (let count = 0; count < 3; count += 1) expect(await fail(throttle)).to.equal(0);
    const waits: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      const seconds = await fail(throttle);
      waits.push(seconds);
      mock.timers.tick(seconds * 1000 - 1);
      expect(await fail(throttle), 'a moment too early').to.equal(1);
      mock.timers.tick(1);
      expect(await fail(throttle), 'in time').to.equal(0);
    }
    expect(waits).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
  });

  it('starts again an hour after the first failure', async () => {
    const throttle = new Throttle({ perPair: 2 });
    for (let count = 0; count < 2; count += 1) await fail(throttle);
    expect(await fail(throttle)).to.equal(5);
    mock.timers.tick(3600_000);
    for (let count = 0; count < 2; count += 1) expect(await fail(throttle)).to.equal(0);
    expect(await fail(throttle)).to.equal(5);
  });

  it('lets no more of 100 tries at once through than of 100 one by one', async () => {
    const throttle = new Throttle();
    const waits = await Promise.all(Array.from({ length: 100 }, () => fail(throttle)));
    expect(waits.filter((wait) => wait === 0)).to.have.length(10);
  });

  it('one account from many addresses', async () => {
    const throttle = new Throttle();
    let tried = 0;
    for (let host = 0; host < 200; host += 1) {
      if ((await fail(throttle, 'ann', `198.51.100.${String(host)}`)) === 0) tried += 1;
    }
    expect(tried).to.equal(100);
    expect(await fail(throttle, 'bob', '198.51.100.1')).to.equal(0);
  });

  it('one address over many accounts', async () => {
    const throttle = new Throttle();
    let tried = 0;
    for (let user = 0; user < 200; user += 1) {
      if ((await fail(throttle, `user${String(user)}`)) === 0) tried += 1;
    }
    expect(tried).to.equal(100);
    expect(await fail(throttle, 'user1', '203.0.113.9')).to.equal(0);
  });

  it('one account however it is typed', async () => {
    const throttle = new Throttle({ perPair: 2 });
    for (const name of ['Ann', ' ann', 'ANN']) await fail(throttle, name);
    expect(await waitOf(throttle, 'ann', HERE)).to.equal(5);
  });

  it('keeps an allowance for an account where it logged in, however it is guessed at elsewhere', async () => {
    const throttle = new Throttle({ perPair: 3, perAccount: 3, perAddress: 3 });
    await logIn(throttle, 'ann', HERE);
    for (let host = 0; host < 9; host += 1) await fail(throttle, 'ann', `198.51.100.${String(host)}`);
    for (let user = 0; user < 9; user += 1) await fail(throttle, `user${String(user)}`);
    expect(await waitOf(throttle, 'ann', '203.0.113.9')).to.equal(5);
    expect(await waitOf(throttle, 'bob', HERE)).to.equal(5);
    expect(await waitOf(throttle, 'ann', HERE)).to.equal(0);
    for (let count = 0; count < 3; count += 1) expect(await fail(throttle, 'ann', HERE)).to.equal(0);
    expect(await fail(throttle, 'ann', HERE)).to.equal(5);
  });

  it('forgets after a week where an account logged in', async () => {
    const throttle = new Throttle({ perPair: 2, perAccount: 1 });
    await logIn(throttle, 'ann', HERE);
    mock.timers.tick(7 * 24 * 3600_000);
    for (let host = 0; host < 9; host += 1) await fail(throttle, 'ann', `198.51.100.${String(host)}`);
    expect(await waitOf(throttle, 'ann', HERE)).to.equal(5);
  });

  it('gives back what a right or undecided try took, the delay too, and no failure of others', async () => {
    const throttle = new Throttle({ perPair: 2 });
    for (let count = 0; count < 5; count += 1) {
      await logIn(throttle, 'ann', HERE);
      await (await throttle.count({ username: 'ann', ip: HERE })).undecided();
    }
    await fail(throttle);
    await logIn(throttle, 'ann', HERE);
    expect(await waitOf(throttle, 'ann', HERE)).to.equal(0);
    expect(await fail(throttle)).to.equal(0);
    expect(await fail(throttle)).to.equal(5);
  });

  it('counts nothing against the account and the address when the pair has to wait', async () => {
    const throttle = new Throttle({ perPair: 1, perAccount: 3, perAddress: 3 });
    for (let count = 0; count < 50; count += 1) await fail(throttle);
    expect(await waitOf(throttle, 'ann', '203.0.113.9')).to.equal(0);
    expect(await waitOf(throttle, 'bob', HERE)).to.equal(0);
  });

  it('counts nothing against the pair when the account has to wait', async () => {
    const throttle = new Throttle({ perPair: 3, perAccount: 1 });
    await fail(throttle, 'ann', '203.0.113.9');
    for (let count = 0; count < 20; count += 1) expect(await fail(throttle)).to.equal(5);
    mock.timers.tick(5000);
    expect(await fail(throttle)).to.equal(0);
  });

  it('counts nothing against the pair and the account when the address has to wait', async () => {
    const throttle = new Throttle({ perPair: 3, perAccount: 3, perAddress: 1 });
    await fail(throttle, 'bob');
    for (let count = 0; count < 20; count += 1) expect(await fail(throttle)).to.equal(5);
    mock.timers.tick(5000);
    expect(await fail(throttle)).to.equal(0);
    expect(await waitOf(throttle, 'ann', '203.0.113.9')).to.equal(0);
  });

  it('saves up no tries by giving back what has run out', async () => {
    const throttle = new Throttle({ perPair: 2 });
    const early = await Promise.all([1, 2].map(() => throttle.count({ username: 'ann', ip: HERE })));
    mock.timers.tick(3600_000);
    await Promise.all(early.map((attempt) => attempt.undecided()));
    for (let count = 0; count < 2; count += 1) expect(await fail(throttle)).to.equal(0);
    expect(await fail(throttle)).to.equal(5);
  });

  it('counts by a bounded number of keys, of which the one not used for longest goes', async () => {
    const counter = new MemoryCounter(60, 3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) counter.add(key);
    const kept = await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => counter.remainingMs(key)));
    expect(kept).to.deep.equal([60_000, 0, 60_000, 60_000]);
  });

  it('lets tries that leave nothing behind push out no failures', async () => {
    const counter = new MemoryCounter(60, 3);
    counter.add('failed');
    counter.add('failed');
    for (let other = 0; other < 10; other += 1) await counter.add(`other ${String(other)}`).takeBack();
    expect(counter.add('failed').total).to.equal(3);
    const twice = [counter.add('twice'), counter.add('twice')];
    await twice[0]?.takeBack();
    expect(counter.add('twice').total).to.equal(2);
  });

  for (const options of [{ perPair: 0 }, { perAccount: 1.5 }, { perAddress: NaN }, { perPair: '9' }]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => new Throttle(options as ThrottleOptions)).to.throw(ConfigurationError, /throttle: per/);
    });
  }
});
