import { once } from 'node:events';
import { expect } from 'chai';
import { DeadlinePassedError, withinDeadline } from '../../../src/http/deadline';
import { ServiceUnavailableError } from '../../../src/errors';

/** How many timers were started while the work ran. */
async function timersOf(work: () => Promise<unknown>): Promise<number> {
  const original = globalThis.setTimeout;
  let count = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    count += 1;
    return original(...args);
  }) as typeof setTimeout;
  try {
    await work();
  } finally {
    globalThis.setTimeout = original;
  }
  return count;
}

describe('withinDeadline', () => {
  it('starts no timer for what is there at once', async () => {
    const values = [1, 'x', null, undefined, { then: 'no function' }, [], () => 1];
    for (const value of values) {
      expect(await timersOf(async () => expect(await withinDeadline(value, 1)).to.equal(value))).to.equal(0);
    }
  });

  it('passes on what settles in time, and clears its timer', async () => {
    const cleared: unknown[] = [];
    const original = globalThis.clearTimeout;
    globalThis.clearTimeout = (timer) => {
      cleared.push(timer);
      original(timer);
    };
    const reason = new TypeError('own');
    try {
      expect(await withinDeadline(Promise.resolve(7), 60_000)).to.equal(7);
      const thrown: unknown = await withinDeadline(Promise.reject(reason), 60_000).catch(
        (error: unknown) => error,
      );
      expect(thrown).to.equal(reason);
    } finally {
      globalThis.clearTimeout = original;
    }
    expect(cleared).to.have.length(2);
  });

  it('takes any thenable', async () => {
    expect(await withinDeadline({ then: (done: (value: number) => void) => done(7) } as PromiseLike<number>, 1000)).to.equal(7); // prettier-ignore
  });

  it('rejects with 503 and calls abort once when the deadline passes', async () => {
    const reasons: Error[] = [];
    const late = withinDeadline(new Promise<void>(() => {}), 1, (reason) => reasons.push(reason));
    const thrown: unknown = await Promise.resolve(late).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(DeadlinePassedError).and.be.instanceOf(ServiceUnavailableError);
    expect(reasons).to.deep.equal([thrown]);
  });

  it('does not call abort for what settled in time', async () => {
    await withinDeadline(Promise.resolve(1), 1, () => expect.fail('aborted'));
    // A timer that had not been cleared would have run before this one.
    await new Promise((resolve) => setTimeout(resolve, 3));
  });

  it('leaves a late rejection handled', async () => {
    let fail: (reason: unknown) => void = () => {};
    const late = new Promise<never>((_, reject) => (fail = reject));
    await withinDeadline(late, 1).catch(() => undefined);
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    fail(undefined);
    const control = new AbortController();
    setImmediate(() => control.abort());
    await once(control.signal, 'abort');
    process.off('unhandledRejection', listener);
    expect(unhandled).to.deep.equal([]);
  });

  it('keeps no process alive', async () => {
    let hasRef: boolean | undefined;
    const original = globalThis.setTimeout;
    globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
      const timer = original(...args);
      const unref = timer.unref.bind(timer);
      timer.unref = () => {
        unref();
        hasRef = timer.hasRef();
        return timer;
      };
      return timer;
    }) as typeof setTimeout;
    try {
      await withinDeadline(Promise.resolve(1), 1000);
    } finally {
      globalThis.setTimeout = original;
    }
    expect(hasRef).to.be.false;
  });
});
