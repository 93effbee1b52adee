import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Problem } from '../../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../../src/errors';
import type { Revocation, RevocationLogInterface, RevocationPage } from '../../../src/state/revocation-log';
import { KnownRevocations } from '../../../src/tokens/revocation/known-revocations';
import type { RevocationSettings } from '../../../src/tokens/revocation/revocation-options';
import { Revocations } from '../../../src/tokens/revocation/revocations';

const START = 1_700_000_000_000;
const ID = 'a'.repeat(16);
const OTHER = 'b'.repeat(16);
const FAMILY = 'c'.repeat(16);
const SETTINGS: RevocationSettings = {
  maxDelayMs: 1000,
  whenUnreachable: 'refuse',
  whenLost: 'refuseOlder',
  maxEntries: 1000,
};

function token(more: Partial<Parameters<Revocations['isRevoked']>[0]> = {}) {
  return { id: ID, familyId: undefined, user: ':ann', issuedAt: START, ...more };
}

/** A log in memory that a test can break. */
class FakeLog implements RevocationLogInterface {
  rows: Revocation[] = [];
  epoch = 'one';
  beganAt = 0;
  pageSize = 1000;
  reads = 0;
  appends = 0;
  readFault: (() => Promise<RevocationPage>) | undefined;
  appendFault: (() => Promise<void>) | undefined;

  async append(list: readonly Revocation[]): Promise<void> {
    this.appends += 1;
    if (this.appendFault !== undefined) return this.appendFault();
    this.rows.push(...list);
  }

  async read(cursor?: string): Promise<RevocationPage> {
    this.reads += 1;
    if (this.readFault !== undefined) return this.readFault();
    const [epoch, from = '0'] = cursor?.split(' ') ?? [this.epoch];
    const at = epoch === this.epoch ? Number(from) : 0;
    const list = this.rows.slice(at, at + this.pageSize);
    const end = at + list.length;
    return {
      cursor: `${this.epoch} ${end}`,
      list,
      epoch: this.epoch,
      beganAt: this.beganAt,
      ...(epoch !== this.epoch && { lost: true }),
      ...(end < this.rows.length && { more: true }),
    };
  }

  /** As after a restart that kept nothing. */
  empty(now: number): void {
    this.rows = [];
    this.epoch = `${this.epoch}+`;
    this.beganAt = now;
  }
}

/** Time that passes when a test says so: both clocks, and all timers. */
class Time {
  now = START;
  elapsed = 0;
  readonly timers = new Set<{ at: number; run: () => void }>();

  readonly schedule = (milliseconds: number, run: () => void): (() => void) => {
    const timer = { at: this.elapsed + milliseconds, run };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  };

  /** Timers run one after the other, and what waits for them in between. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.elapsed + milliseconds;
    for (;;) {
      await settle();
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.move(Math.max(0, next.at - this.elapsed));
      next.run();
    }
    this.move(end - this.elapsed);
    await settle();
  }

  /** As while the process is paused: no timer runs. */
  move(milliseconds: number): void {
    this.now += milliseconds;
    this.elapsed += milliseconds;
  }
}

async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await turn();
}

interface Process {
  readonly revocations: Revocations;
  readonly time: Time;
  readonly problems: Problem[];
}

function processOf(
  log: RevocationLogInterface,
  settings: Partial<RevocationSettings> = {},
  time = new Time(),
): Process {
  const revocations = new Revocations(
    { log, clock: () => time.now, elapsed: () => time.elapsed, schedule: time.schedule },
    { ...SETTINGS, ...settings },
  );
  const problems: Problem[] = [];
  revocations.listen((problem) => void problems.push(problem));
  return { revocations, time, problems };
}

/** A process that has read its log. */
async function started(
  log: RevocationLogInterface,
  settings?: Partial<RevocationSettings>,
  time?: Time,
): Promise<Process> {
  const one = processOf(log, settings, time);
  one.revocations.start();
  await settle();
  return one;
}

const never = () => new Promise<never>(() => {});

async function outcome(work: unknown): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    return error instanceof ServiceUnavailableError ? 503 : error;
  }
}

describe('Revocations', () => {
  it('knows a token, a family and a user that end, and answers at once', async () => {
    const log = new FakeLog();
    const { revocations } = await started(log);
    expect(revocations.isRevoked(token())).to.equal(false);
    await revocations.revoke([{ id: ID, until: START + 60_000 }]);
    expect(revocations.isRevoked(token())).to.equal(true);
    expect(revocations.isRevoked(token({ id: OTHER }))).to.equal(false);
    await revocations.revoke([{ id: FAMILY, until: START + 60_000 }]);
    expect(revocations.isRevoked(token({ id: OTHER, familyId: FAMILY }))).to.equal(true);
    await revocations.revoke([{ id: ':ann', until: START + 60_000, before: START }]);
    for (const [issuedAt, isRevoked] of [
      [START - 1, true],
      [START, false],
      [NaN, true],
    ] as const) {
      expect(revocations.isRevoked(token({ id: OTHER, issuedAt }))).to.equal(isRevoked);
    }
    expect(revocations.isRevoked(token({ id: OTHER, user: ':bob', issuedAt: 1 }))).to.equal(false);
  });

  it('forgets what has ended', async () => {
    const { revocations, time } = await started(new FakeLog());
    await revocations.revoke([
      { id: ID, until: START + 2000 },
      { id: ':ann', until: START + 2000, before: START + 1 },
    ]);
    expect(revocations.isRevoked(token({ id: OTHER }))).to.equal(true);
    await time.pass(2001);
    expect(revocations.isRevoked(token())).to.equal(false);
  });

  it('keeps the latest of what was said of a user, in whatever order it comes', async () => {
    const log = new FakeLog();
    const { revocations } = await started(log);
    const ends = (before: number, until: number) => revocations.revoke([{ id: ':ann', before, until }]);
    await ends(START, START + 60_000);
    await ends(START - 5000, START + 1000);
    expect(revocations.isRevoked(token({ issuedAt: START - 1 }))).to.equal(true);
  });

  it('tells another process within half a second', async () => {
    const log = new FakeLog();
    const time = new Time();
    const [one, two] = [await started(log, {}, time), await started(log, {}, time)];
    await one.revocations.revoke([{ id: ID, until: START + 60_000 }]);
    expect(two.revocations.isRevoked(token())).to.equal(false);
    await time.pass(250);
    expect(two.revocations.isRevoked(token())).to.equal(true);
  });

  it('lets nothing through before the log has been read to its end, and is ready then', async () => {
    const log = new FakeLog();
    log.pageSize = 2;
    log.rows = Array.from({ length: 7 }, (_, index) => ({
      id: index.toString(16).padStart(16, '0'),
      until: START + 60_000,
    }));
    const { revocations } = processOf(log);
    let isReady = false;
    void revocations.ready.then(() => (isReady = true));
    const asked = revocations.isRevoked(token({ id: '6'.padStart(16, '0') }));
    expect(asked).to.be.instanceOf(Promise);
    expect(isReady).to.equal(false);
    expect(await asked).to.equal(true);
    expect(log.reads).to.equal(4);
    await settle();
    expect(isReady).to.equal(true);
  });

  it('keeps what it has read of a log that fails on the way, and goes on from there', async () => {
    const log = new FakeLog();
    log.pageSize = 2;
    log.rows = Array.from({ length: 6 }, (_, index) => ({
      id: index.toString(16).padStart(16, '0'),
      until: START + 600_000,
    }));
    const cursors: (string | undefined)[] = [];
    const flaky: RevocationLogInterface = {
      append: (list) => log.append(list),
      read: (cursor) => {
        cursors.push(cursor);
        return cursors.length === 2 ? never() : log.read(cursor);
      },
    };
    const { revocations, time } = await started(flaky);
    await time.pass(750);
    expect(cursors.slice(0, 3)).to.deep.equal([undefined, 'one 2', 'one 2']);
    expect(revocations.isRevoked(token({ id: '5'.padStart(16, '0') }))).to.equal(true);
  });

  describe('while the log cannot be read', () => {
    const faults: [string, () => Promise<RevocationPage>][] = [
      ['rejects', () => Promise.reject(new Error('down'))],
      ['throws', () => { throw new Error('down'); }],
      ['hangs', never],
      ['returns nothing', () => Promise.resolve(undefined as never)],
      ['returns no list', () => Promise.resolve({ cursor: 'a', epoch: 'one', beganAt: 0 } as never)],
      ['returns no cursor', () => Promise.resolve({ cursor: '', list: [], epoch: 'one', beganAt: 0 })],
      ['returns no time', () => Promise.resolve({ cursor: 'a', list: [], epoch: 'one', beganAt: NaN })],
      ['has no end', () => Promise.resolve({ cursor: 'a', list: [], epoch: 'one', beganAt: 0, more: true })],
      ['is lost each time', () => Promise.resolve({ cursor: 'a', list: [], epoch: String(Math.random()), beganAt: 0 })],
    ]; // prettier-ignore
    for (const [what, fault] of faults) {
      it(`because it ${what}, answers 503 after maxDelayMs, knows what it knew, and recovers by itself`, async () => {
        const log = new FakeLog();
        const { revocations, time, problems } = await started(log);
        await revocations.revoke([{ id: ID, until: START + 600_000 }]);
        log.readFault = fault;
        await time.pass(900);
        expect(revocations.isRevoked(token({ id: OTHER }))).to.equal(false);
        await time.pass(3000);
        const asked = outcome(revocations.isRevoked(token({ id: OTHER })));
        await time.pass(500);
        expect(await asked).to.equal(503);
        expect(revocations.isRevoked(token())).to.equal(true);
        log.readFault = undefined;
        await time.pass(12_000);
        expect(revocations.isRevoked(token({ id: OTHER }))).to.equal(false);
        const told = problems.map(({ type }) => type);
        expect(told).to.deep.equal(['degraded', 'recovered']);
      });
    }

    const curable = new ConfigurationError('the table is missing: make it');
    for (const [what, fault] of [
      ['itself', curable],
      ['in a 503', new ServiceUnavailableError({ cause: curable })],
    ] as const) {
      it(`says what the app must change, when the log throws a ConfigurationError ${what}`, async () => {
        const log = new FakeLog();
        log.readFault = () => Promise.reject(fault);
        const { problems } = await started(log);
        expect(problems.map(({ problem }) => problem)).to.deep.equal([
          'it cannot be read, so revoked tokens are not known: the table is missing: make it',
        ]);
      });
    }

    it('quotes no other error, which may have data in it', async () => {
      const log = new FakeLog();
      log.readFault = () => Promise.reject(new Error('connect to redis://:pa55@host'));
      const { problems } = await started(log);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]!.problem).not.to.include('pa55');
    });

    it('accepts what is not known to be revoked where it is told so, at once once it is known to be down', async () => {
      const log = new FakeLog();
      log.readFault = () => Promise.reject(new Error('down'));
      const { revocations } = await started(log, { whenUnreachable: 'accept' });
      expect(await outcome(revocations.revoke([{ id: ID, until: START + 600_000 }]))).to.equal(undefined);
      expect(revocations.isRevoked(token({ id: OTHER }))).to.equal(false);
      expect(revocations.isRevoked(token())).to.equal(true);
    });

    it('waits at most 500 ms, once for all requests', async () => {
      const log = new FakeLog();
      const { revocations, time } = await started(log);
      time.move(5000);
      log.readFault = never;
      const before = log.reads;
      const asked = Array.from({ length: 100 }, () => outcome(revocations.isRevoked(token())));
      await time.pass(499);
      expect(log.reads - before).to.be.at.most(1);
      const first = await Promise.race([asked[0], turn('waiting')]);
      expect(first).to.equal('waiting');
      await time.pass(1);
      expect(new Set(await Promise.all(asked))).to.deep.equal(new Set([503]));
    });

    it('never has more than four calls that hang, and tries again when they are forgotten', async () => {
      const log = new FakeLog();
      log.readFault = never;
      const { time } = await started(log);
      await time.pass(9000);
      expect(log.reads).to.be.at.most(4);
      log.readFault = undefined;
      await time.pass(5000);
      expect(log.reads).to.be.greaterThan(4);
    });
  });

  it('answers the first request after a pause by one look at the log, not by 503', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    log.rows.push({ id: ID, until: START + 60_000 });
    time.move(3000);
    const [revoked, other] = [revocations.isRevoked(token()), revocations.isRevoked(token({ id: OTHER }))];
    expect([await revoked, await other]).to.deep.equal([true, false]);
    expect(log.reads).to.equal(2);
  });

  it('looks once more where a look began before the pause', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    let answer: (page: RevocationPage) => void = () => undefined;
    const stale = await log.read('one 0');
    log.readFault = () => new Promise((resolve) => (answer = resolve));
    await time.pass(250);
    time.move(3000);
    log.readFault = undefined;
    log.rows.push({ id: ID, until: START + 60_000 });
    const asked = revocations.isRevoked(token());
    answer(stale);
    expect(await asked).to.equal(true);
  });

  it('ends no process where the log answers with promises that reject', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    log.readFault = () => Promise.resolve({ list: [Promise.reject(new Error('x'))] } as never);
    const heard = Promise.allSettled([revocations.hearAll()]);
    await time.pass(1000);
    const [answer] = await heard;
    expect(answer.status).to.equal('rejected');
  });

  it('hears all that was told until now, whatever a look under way has read', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    let answer: (page: RevocationPage) => void = () => undefined;
    const stale = await log.read('one 0');
    log.readFault = () => new Promise((resolve) => (answer = resolve));
    await time.pass(250);
    log.readFault = undefined;
    log.rows.push({ id: ID, until: START + 60_000 });
    const heard = revocations.hearAll();
    expect(revocations.isKnown(token())).to.equal(false);
    answer(stale);
    await heard;
    expect(revocations.isKnown(token())).to.equal(true);
  });

  it('hears all also where the process is paused while it asks', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    log.readFault = () => {
      log.readFault = undefined;
      return new Promise(() => undefined);
    };
    const heard = revocations.hearAll();
    await settle();
    await time.pass(1000);
    await heard;
    expect(log.reads).to.be.greaterThan(2);
  });

  it('cannot hear all while the log is down, which is no fault where tokens are accepted all the same', async () => {
    for (const whenUnreachable of ['refuse', 'accept'] as const) {
      const log = new FakeLog();
      const { revocations, time } = await started(log, { whenUnreachable });
      log.readFault = () => Promise.reject(new Error('down'));
      const heard = Promise.allSettled([revocations.hearAll()]);
      await time.pass(1000);
      const [answer] = await heard;
      expect(answer.status).to.equal(whenUnreachable === 'refuse' ? 'rejected' : 'fulfilled');
    }
  });

  it('takes a clock that was set back for one that says nothing', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    time.now -= 60_000;
    const asked = revocations.isRevoked(token());
    expect(asked).to.be.instanceOf(Promise);
    expect(await asked).to.equal(false);
  });

  describe('revoking while the log is down', () => {
    for (const [what, fault] of [
      ['rejects', () => Promise.reject(new Error('down'))],
      [
        'throws',
        () => {
          throw new Error('down');
        },
      ],
      ['hangs', never],
    ] as [string, () => Promise<void>][]) {
      // prettier-ignore
      it(`because it ${what}, counts here at once, is 503, and is sent until it is there`, async () => {
        const log = new FakeLog();
        const { revocations, time } = await started(log);
        log.appendFault = fault;
        const revoking = outcome(revocations.revoke([{ id: ID, until: START + 600_000 }]));
        expect(revocations.isRevoked(token())).to.equal(true);
        await time.pass(500);
        expect(await revoking).to.equal(503);
        expect(log.rows).to.deep.equal([]);
        log.appendFault = undefined;
        await time.pass(12_000);
        expect(log.rows).to.deep.include({ id: ID, until: START + 600_000 });
        const appends = log.appends;
        await time.pass(2000);
        expect(log.appends).to.equal(appends);
      });
    }

    it('sends also while the log cannot be read', async () => {
      const log = new FakeLog();
      const { revocations, time } = await started(log);
      log.readFault = () => Promise.reject(new Error('down'));
      log.appendFault = () => Promise.reject(new Error('down'));
      expect(await outcome(revocations.revoke([{ id: ID, until: START + 600_000 }]))).to.equal(503);
      log.appendFault = undefined;
      await time.pass(500);
      expect(log.rows).to.have.length(1);
    });

    it('sends what comes at once in few calls, one after the other', async () => {
      const log = new FakeLog();
      const { revocations } = await started(log);
      let atOnce = 0;
      let most = 0;
      log.appendFault = async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await turn();
        atOnce -= 1;
      };
      const ids = Array.from({ length: 500 }, (_, index) => index.toString(16).padStart(16, '0'));
      await Promise.all(ids.map((id) => revocations.revoke([{ id, until: START + 60_000 }])));
      expect(most).to.equal(1);
      expect(log.appends).to.equal(2);
    });

    it('keeps at most maxEntries to be sent, and says so', async () => {
      const log = new FakeLog();
      const { revocations } = await started(log, { maxEntries: 2 });
      log.appendFault = () => Promise.reject(new Error('down'));
      const revoke = (id: string) => outcome(revocations.revoke([{ id, until: START + 60_000 }]));
      expect([await revoke(ID), await revoke(OTHER), await revoke(FAMILY)]).to.deep.equal([503, 503, 503]);
      log.appendFault = undefined;
      expect(await revoke(ID)).to.equal(503);
    });
  });

  it('throws for what is no revocation, and takes nothing of it', async () => {
    const { revocations } = await started(new FakeLog());
    for (const entry of [
      { id: 'x', until: 1 },
      { id: ID, until: NaN },
      { id: 'ann', until: 1, before: 1 },
    ]) {
      expect(await outcome(revocations.revoke([{ id: ID, until: START + 9999 }, entry]))).to.be.instanceOf(
        TypeError,
      );
    }
    expect(revocations.isRevoked(token())).to.equal(false);
  });

  it('passes over entries of the log that have no valid form, and reports that once', async () => {
    const log = new FakeLog();
    log.rows = [{ id: 'x', until: 1 }, null, { id: ID, until: START + 60_000 }, { id: 7 }] as never;
    const { revocations, problems } = await started(log);
    expect(revocations.isRevoked(token())).to.equal(true);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.not.have.property('type');
  });

  describe('after the log was lost', () => {
    it('tells it all that has not ended, from each process, and refuses older tokens', async () => {
      const log = new FakeLog();
      const time = new Time();
      const [one, two] = [await started(log, {}, time), await started(log, {}, time)];
      await one.revocations.revoke([
        { id: ID, until: START + 600_000 },
        { id: OTHER, until: START + 100 },
        { id: ':ann', until: START + 600_000, before: START },
      ]);
      await time.pass(1000);
      log.empty(time.now);
      await time.pass(1000);
      expect(log.rows.map(({ id }) => id)).to.include.members([ID, ':ann']);
      expect(log.rows.map(({ id }) => id)).to.not.include(OTHER);
      const later = await started(log, {}, time);
      const isRevoked = (issuedAt: number, id = FAMILY) =>
        [one, two, later].map(({ revocations }) =>
          revocations.isRevoked(token({ id, issuedAt, user: ':bob' })),
        );
      expect(isRevoked(START)).to.deep.equal([true, true, true]);
      expect(isRevoked(time.now)).to.deep.equal([false, false, false]);
      expect(isRevoked(time.now, ID)).to.deep.equal([true, true, true]);
    });

    it('accepts older tokens where it is told so', async () => {
      const log = new FakeLog();
      const { revocations, time } = await started(log, { whenLost: 'accept' });
      log.empty(START + 500);
      await time.pass(500);
      expect(revocations.isRevoked(token())).to.equal(false);
    });

    it('tells it once the log takes it, where it does not at first', async () => {
      const log = new FakeLog();
      const { revocations, time } = await started(log);
      await revocations.revoke([{ id: ID, until: START + 600_000 }]);
      log.appendFault = () => Promise.reject(new Error('down'));
      log.empty(START);
      await time.pass(1000);
      expect(log.rows).to.deep.equal([]);
      log.appendFault = undefined;
      await time.pass(1000);
      expect(log.rows.map(({ id }) => id)).to.deep.equal([ID]);
    });
  });

  describe('when there are more than maxEntries', () => {
    const fill = (count: number, until: number): Revocation[] =>
      Array.from({ length: count }, (_, index) => ({
        id: (index * 7919 + 1).toString(16).padStart(16, '0'),
        until,
      }));

    it('refuses tokens of before, tells it once, and recovers when all of them have ended', async () => {
      const log = new FakeLog();
      const { revocations, time, problems } = await started(log, { maxEntries: 100 });
      await revocations.revoke(fill(100, START + 10_000));
      expect(problems).to.deep.equal([]);
      expect(await outcome(revocations.revoke([{ id: ID, until: START + 20_000 }]))).to.equal(undefined);
      expect(revocations.isRevoked(token())).to.equal(true);
      expect(revocations.isRevoked(token({ id: OTHER, issuedAt: START }))).to.equal(true);
      expect(revocations.isRevoked(token({ id: OTHER, issuedAt: START + 1 }))).to.equal(false);
      expect(problems.map(({ type }) => type)).to.deep.equal(['degraded']);
      await time.pass(21_000);
      expect(revocations.isRevoked(token({ id: OTHER }))).to.equal(false);
      expect(problems.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
    });

    it('lets those that have ended leave first', async () => {
      const { revocations, time, problems } = await started(new FakeLog(), { maxEntries: 100 });
      await revocations.revoke(fill(100, START + 500));
      await time.pass(70_000);
      await revocations.revoke([{ id: ID, until: time.now + 20_000 }]);
      expect(problems).to.deep.equal([]);
    });
  });

  it('reads a million entries, and lets other work in between', async function () {
    this.timeout(60_000);
    const log = new FakeLog();
    log.pageSize = 100_000;
    log.rows = Array.from({ length: 1_000_000 }, (_, index) => ({
      id:
        Math.imul(index, 0x9e3779b1).toString(16).slice(-8).padStart(8, '0') +
        index.toString(16).padStart(8, '0'),
      until: START + 600_000,
    }));
    const { revocations } = processOf(log, { maxEntries: 1_000_000 });
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    await revocations.ready;
    clearInterval(counting);
    expect(turns).to.be.greaterThan(10);
    expect(revocations.isRevoked(token({ id: log.rows[999_999]!.id, issuedAt: Infinity }))).to.equal(true);
    revocations.close();
  });

  it('ends its reading when it is closed, and begins again when it is started again', async () => {
    const log = new FakeLog();
    const { revocations, time } = await started(log);
    revocations.close();
    await time.pass(5000);
    expect(log.reads).to.equal(1);
    expect(time.timers.size).to.equal(0);
    revocations.start();
    revocations.start();
    await time.pass(240);
    expect(log.reads).to.equal(2);
    revocations.close();
  });
});

describe('KnownRevocations', () => {
  it('agrees with a plain list, whatever comes in whatever order', () => {
    const entry = fc.record({
      id: fc.constantFrom(ID, OTHER, FAMILY, '0'.repeat(16)),
      until: fc.integer({ min: START - 5000, max: START + 10_000 }),
      now: fc.integer({ min: START - 1000, max: START + 9000 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
        const known = new KnownRevocations(100, () => expect.fail('is never full'));
        const model = new Map<string, number>();
        let now = START - 1000;
        for (const { id, until, now: later } of entries) {
          now = Math.max(now, later);
          known.add({ id, until }, now);
          // Ends are kept in whole seconds, and never earlier.
          if (until > now) model.set(id, Math.max(model.get(id) ?? 0, Math.ceil(until / 1000) * 1000));
          for (const one of [ID, OTHER, FAMILY]) {
            expect(known.has(token({ id: one }), now)).to.equal((model.get(one) ?? 0) > now);
          }
        }
      }),
    );
  });
});
