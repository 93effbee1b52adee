import { expect } from 'chai';
import { ServiceUnavailableError } from '../../../src/errors';
import { Refreshed } from '../../../src/oidc/refreshed';

const MINUTE = 60_000;

describe('Refreshed', () => {
  let now: number;
  let loads: number;
  let answer: () => Promise<number>;
  let changes: [isUp: boolean, failure: unknown][];
  let value: Refreshed<number>;

  beforeEach(() => {
    now = 1_000_000;
    loads = 0;
    changes = [];
    answer = async () => loads;
    value = new Refreshed(
      () => {
        loads += 1;
        return answer();
      },
      {
        freshMs: 10 * MINUTE,
        usableMs: 60 * MINUTE,
        clock: () => now,
        onChange: (...change) => changes.push(change),
      },
    );
  });

  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const down = () => (answer = () => Promise.reject(new Error('down')));
  const up = () => (answer = async () => loads);
  const unavailable = async (promise: Promise<unknown>): Promise<number> => {
    const error: unknown = await promise.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
    return (error as ServiceUnavailableError).retryAfterSeconds;
  };

  it('loads once for all who ask at once', async () => {
    expect(await Promise.all(Array.from({ length: 50 }, () => value.get()))).to.deep.equal(Array(50).fill(1));
    expect(loads).to.equal(1);
    expect(changes).to.deep.equal([]);
  });

  it('fails once for all who ask at once', async () => {
    down();
    for (const seconds of await Promise.all(Array.from({ length: 50 }, () => unavailable(value.get())))) {
      expect(seconds).to.equal(1);
    }
    expect(loads).to.equal(1);
  });

  it('is used for ten minutes, and then loaded again while the old value is used', async () => {
    await value.get();
    now += 10 * MINUTE - 1;
    expect(await value.get()).to.equal(1);
    expect(loads).to.equal(1);
    now += 1;
    expect(await value.get()).to.equal(1);
    await settled();
    expect(loads).to.equal(2);
    expect(await value.get()).to.equal(2);
  });

  it('is used for less than 60 minutes while it cannot be loaded', async () => {
    await value.get();
    down();
    now += 60 * MINUTE - 1;
    expect(await value.get()).to.equal(1);
    await settled();
    now += 1;
    await unavailable(value.get());
    up();
    now += 30_000;
    expect(await value.get()).to.equal(3);
  });

  it('is loaded anew, and waited for, when nobody has asked for a long time', async () => {
    await value.get();
    now += 24 * 60 * MINUTE;
    expect(await value.get()).to.equal(2);
  });

  it('waits 1, 2, 4 and so on up to 30 seconds between tries while there is no value', async () => {
    down();
    const waits: number[] = [];
    for (let tried = 1; tried <= 8; tried += 1) {
      waits.push(await unavailable(value.get()));
      expect(loads).to.equal(tried);
      now += waits.at(-1)! * 1000 - 1;
      await unavailable(value.get());
      expect(loads).to.equal(tried);
      now += 1;
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 30, 30, 30]);
    up();
    expect(await value.get()).to.equal(9);
  });

  it('begins anew with one second after it worked', async () => {
    down();
    for (let index = 0; index < 5; index += 1) now += 1000 * (await unavailable(value.get()));
    up();
    await value.get();
    now += 60 * MINUTE;
    down();
    expect(await unavailable(value.get())).to.equal(1);
  });

  it('waits 30 seconds between tries while there is a value', async () => {
    await value.get();
    down();
    now += 10 * MINUTE;
    for (let index = 0; index < 60; index += 1) {
      expect(await value.get()).to.equal(1);
      await settled();
      now += 1000;
    }
    expect(loads).to.equal(3);
  });

  it('tells once that it fails, and once that it works again', async () => {
    await value.get();
    down();
    for (let index = 0; index < 10; index += 1) {
      now += 10 * MINUTE;
      await value.get().catch(() => undefined);
      await settled();
    }
    expect(changes.map(([isUp]) => isUp)).to.deep.equal([false]);
    expect(changes[0]?.[1]).to.be.instanceOf(Error);
    up();
    now += 30_000;
    await value.get();
    now += 30_000;
    await value.renewed();
    expect(changes.slice(1)).to.deep.equal([[true, undefined]]);
  });

  it('is renewed at most every 30 seconds', async () => {
    await value.get();
    for (let index = 0; index < 100; index += 1) await value.renewed();
    expect(loads).to.equal(1);
    now += 30_000;
    expect(await Promise.all(Array.from({ length: 50 }, () => value.renewed()))).to.deep.equal(
      Array(50).fill(2),
    );
    expect(await value.renewed()).to.equal(2);
    expect(loads).to.equal(2);
  });

  it('does not claim to be renewed where the last try has failed', async () => {
    await value.get();
    down();
    now += 30_000;
    await unavailable(value.renewed());
    expect(await unavailable(value.renewed())).to.equal(30);
    expect(await value.get()).to.equal(1);
    expect(loads).to.equal(2);
  });

  it('does not make others wait for those who have it renewed', async () => {
    await value.get();
    now += 30_000;
    let finish: (loaded: number) => void = () => undefined;
    answer = () => new Promise((resolve) => (finish = resolve));
    const renewed = value.renewed();
    expect(await value.get()).to.equal(1);
    finish(7);
    expect(await renewed).to.equal(7);
  });

  it('lasts no longer when the clock is set back, and is loaded again later', async () => {
    await value.get();
    now -= 300 * MINUTE;
    expect(await value.get()).to.equal(1);
    down();
    now += 60 * MINUTE;
    await unavailable(value.get());
    now -= 300 * MINUTE;
    up();
    now += 30_000;
    expect(await value.get()).to.equal(3);
  });

  it('is not there under a broken clock', async () => {
    await value.get();
    now = NaN;
    await unavailable(value.get());
    await unavailable(value.renewed());
    expect(loads).to.equal(1);
  });

  it('takes a load that throws at once like one that rejects', async () => {
    answer = () => {
      throw new TypeError('bug');
    };
    await unavailable(value.get());
    expect(changes).to.have.length(1);
  });

  it('goes on where whoever hears of changes throws', async () => {
    const deaf = new Refreshed(() => answer(), {
      freshMs: 1,
      usableMs: 1,
      clock: () => now,
      onChange: () => {
        throw new Error('deaf');
      },
    });
    down();
    await unavailable(deaf.get());
    up();
    now += 1000;
    expect(await deaf.get()).to.equal(0);
  });

  it('starts in the background', async () => {
    value.start();
    value.start();
    await settled();
    expect(value.present()).to.equal(1);
    value.start();
    expect(loads).to.equal(1);
  });

  it('has nothing and loads nothing once it is closed', async () => {
    let finish: (loaded: number) => void = () => undefined;
    answer = () => new Promise((resolve) => (finish = resolve));
    const waiting = unavailable(value.get());
    value.close();
    finish(1);
    await waiting;
    expect(value.present()).to.equal(undefined);
    value.start();
    await unavailable(value.get());
    await unavailable(value.renewed());
    expect(loads).to.equal(1);
    expect(changes).to.deep.equal([]);
  });
});
