import { expect } from 'chai';
import { Observers } from '../../../src/audit/observers';
import type { ObservedAuthentication, ObservedOutcome, SecurityObserver } from '../../../src/core/observer';
import { fakeRequest } from '../../support/fake-request';

const IN: ObservedOutcome = { outcome: 'authenticated', provider: 'P', user: 'ann' };
const boom = (): never => {
  throw new Error('boom');
};

const boomLater = async (): Promise<never> => boom();

function setUp() {
  const failures: unknown[] = [];
  return { failures, observers: new Observers((cause) => void failures.push(cause)) };
}

/** An observer of authentications, which notes their outcomes. */
function noting(run?: ObservedAuthentication['run']) {
  const outcomes: ObservedOutcome[] = [];
  const observer: SecurityObserver = {
    authentication: () => ({ ...(run && { run }), end: (outcome) => void outcomes.push(outcome) }),
  };
  return { outcomes, observer };
}

describe('Observers', () => {
  it('are off until one is added, and when it has ended', () => {
    const { observers } = setUp();
    expect(observers.isOn).to.equal(false);
    const end = observers.add({});
    expect(observers.isOn).to.equal(true);
    end();
    expect(observers.isOn).to.equal(false);
  });

  it('end each for itself, also one that was added twice, and once', () => {
    const { observers } = setUp();
    const hits: boolean[] = [];
    const observer: SecurityObserver = { lookup: (_name, isHit) => void hits.push(isHit) };
    const end = observers.add(observer);
    observers.add(observer);
    end();
    end();
    observers.lookup('P', true);
    expect(hits).to.deep.equal([true]);
  });

  it('hear of an outcome that comes at once, and hand the result on as it is', () => {
    const { observers } = setUp();
    const { observer, outcomes } = noting();
    observers.add(observer);
    const result = { granted: true };
    expect(
      observers.authentication(
        fakeRequest(),
        () => result,
        () => IN,
      ),
    ).to.equal(result);
    expect(outcomes).to.deep.equal([IN]);
  });

  it('hear of an outcome that comes later, when it comes', async () => {
    const { observers } = setUp();
    const { observer, outcomes } = noting();
    observers.add(observer);
    let decide: (value: string) => void = boom;
    const result = observers.authentication(
      fakeRequest(),
      () => new Promise<string>((resolve) => (decide = resolve)),
      () => IN,
    );
    expect(outcomes).to.deep.equal([]);
    decide('in');
    expect(await result).to.equal('in');
    expect(outcomes).to.deep.equal([IN]);
  });

  for (const [title, work] of [
    ['throws', boom],
    ['rejects', async () => boom()],
  ] as const) {
    it(`hear of a fault where the work ${title}, which stays as it is`, async () => {
      const { observers } = setUp();
      const { observer, outcomes } = noting();
      observers.add(observer);
      const error: unknown = await Promise.resolve(
        observers.authentication(fakeRequest(), work, () => IN),
      ).catch((cause: unknown) => cause);
      expect(error).to.have.property('message', 'boom');
      expect(outcomes).to.deep.equal([{ outcome: 'refused', code: 'security_error' }]);
    });
  }

  it('run the work within each other, the first outermost', () => {
    const { observers } = setUp();
    const order: string[] = [];
    for (const name of ['outer', 'inner']) {
      observers.add({
        authentication: () => ({
          run: (work) => {
            order.push(`${name} begins`);
            work();
            order.push(`${name} ends`);
          },
          end: () => undefined,
        }),
      });
    }
    void observers.authentication(
      fakeRequest(),
      () => void order.push('work'),
      () => IN,
    );
    expect(order).to.deep.equal(['outer begins', 'inner begins', 'work', 'inner ends', 'outer ends']);
  });

  const later: (() => void)[] = [];
  const contexts: Readonly<Record<string, NonNullable<ObservedAuthentication['run']>>> = {
    'never calls it': () => undefined,
    'calls it twice': (work) => {
      work();
      work();
    },
    'calls it later': (work) => void later.push(work),
    'throws before': boom,
    'throws after': (work) => {
      work();
      boom();
    },
    // A promise is no fault of the types: whoever writes JavaScript may return one.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- code without types may return one
    rejects: boomLater,
  };
  for (const [title, run] of Object.entries(contexts)) {
    it(`run the work once, at once, where a context ${title}`, async () => {
      const { observers } = setUp();
      const other = noting();
      observers.add(noting(run).observer);
      observers.add(other.observer);
      let runs = 0;
      expect(
        observers.authentication(
          fakeRequest(),
          () => ((runs += 1), 'in'),
          () => IN,
        ),
      ).to.equal('in');
      for (const work of later.splice(0)) work();
      expect(runs).to.equal(1);
      expect(other.outcomes).to.deep.equal([IN]);
      await new Promise((resolve) => setImmediate(resolve));
    });
  }

  it('are reported once each, whatever fails, and do not keep others from hearing', async () => {
    const { observers, failures } = setUp();
    const heard: string[] = [];
    const rejecting = (async () => boom()) as never;
    observers.add({
      authentication: boom,
      provider: boom,
      userstore: boom,
      lookup: boom,
      event: boom,
    });
    observers.add({
      authentication: () => ({ run: rejecting, end: rejecting }),
      provider: () => rejecting,
      userstore: () => rejecting,
      lookup: rejecting,
      event: rejecting,
    });
    observers.add({ authentication: rejecting, provider: (() => 'no function') as never });
    observers.add({
      authentication: () => ({ end: ({ outcome }) => void heard.push(outcome) }),
      provider: () => (verdict) => void heard.push(verdict),
      userstore: () => (answer) => void heard.push(answer),
      lookup: (_provider, isHit) => void heard.push(`hit ${String(isHit)}`),
      event: ({ type }) => void heard.push(type),
    });
    for (let time = 0; time < 2; time += 1) {
      void observers.authentication(
        fakeRequest(),
        () => null,
        () => IN,
      );
      observers.provider('P')?.('bug');
      void observers.userstore('S', 'getUser', () => null);
      observers.lookup('P', false);
      observers.event(() => ({ type: 'misconfigured', component: 'C', problem: 'p' }));
    }
    await new Promise((resolve) => setImmediate(resolve));
    const once = ['authenticated', 'bug', 'not_found', 'hit false', 'misconfigured'];
    expect(heard).to.deep.equal([...once, ...once]);
    expect(failures).to.have.length(3);
  });

  for (const [answer, ask] of [
    ['found', () => ({ username: 'ann' })],
    ['not_found', () => null],
    ['not_found', async () => undefined],
    ['failed', async () => boom()],
    ['failed', boom],
  ] as const) {
    it(`hear that a store's answer is ${answer}`, async () => {
      const { observers } = setUp();
      const answers: string[] = [];
      observers.add({
        userstore: (name, operation) => (told) => void answers.push(name, operation, told),
      });
      await Promise.resolve(observers.userstore('Users', 'getUser', ask)).catch(() => undefined);
      expect(answers).to.deep.equal(['Users', 'getUser', answer]);
    });
  }

  it('call then() of what a store answers once: a query must not run twice', async () => {
    const { observers } = setUp();
    observers.add({ userstore: () => () => undefined });
    let runs = 0;
    const query = {
      then(resolve: (user: object) => void) {
        runs += 1;
        resolve({ username: 'ann' });
      },
    };
    expect(await observers.userstore('S', 'getUser', () => query as never)).to.deep.equal({
      username: 'ann',
    });
    expect(runs).to.equal(1);
  });

  it('make no event where no observer hears events', () => {
    const { observers } = setUp();
    observers.add({});
    let made = 0;
    observers.event(() => ((made += 1), { type: 'misconfigured', component: 'C', problem: 'p' }));
    expect(made).to.equal(0);
  });
});
