import { expect } from 'chai';
import { type Problem, type Revocation, ServiceUnavailableError } from '../../../src';
import { MemoryRevocationLog } from '../../../src/state/memory-revocation-log';

describe('MemoryRevocationLog', () => {
  let now: number;
  let problems: Problem[];
  beforeEach(() => {
    now = 1_700_000_000_000;
    problems = [];
  });
  const make = (maxEntries?: number) =>
    new MemoryRevocationLog({
      clock: () => now,
      report: (problem) => problems.push(problem),
      ...(maxEntries !== undefined && { maxEntries }),
    });
  const token = (n: number, seconds = 60): Revocation => ({
    id: n.toString(16).padStart(16, '0'),
    until: now + seconds * 1000,
  });
  const tokens = (from: number, to: number, seconds?: number) =>
    Array.from({ length: to - from }, (_, index) => token(from + index, seconds));
  const user = (before: number, seconds = 60): Revocation => ({
    id: ':ann',
    until: now + seconds * 1000,
    before,
  });

  async function all(log: MemoryRevocationLog, cursor?: string): Promise<Revocation[]> {
    const page = await log.read(cursor);
    return page.more === true ? [...page.list, ...(await all(log, page.cursor))] : [...page.list];
  }

  async function refusal(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  it('begins when it is made, under a name of its own', async () => {
    const [one, other] = [await make().read(), await make().read()];
    expect(one.beganAt).to.equal(now);
    expect(one.epoch).not.to.equal(other.epoch);
    expect(one).not.to.have.any.keys('lost', 'more');
  });

  it('gives pages of 1,000', async () => {
    const log = make();
    await log.append(tokens(0, 2000));
    const first = await log.read();
    expect(first).to.deep.include({ more: true, list: tokens(0, 1000) });
    await log.append(tokens(2000, 2001));
    const second = await log.read(first.cursor);
    expect(second).to.deep.include({ more: true, list: tokens(1000, 2000) });
    const third = await log.read(second.cursor);
    expect(third.list).to.deep.equal([token(2000)]);
    expect(third).not.to.have.property('more');
  });

  for (const [what, change] of Object.entries<(cursor: string) => string>({
    'of another log': (cursor) => cursor.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    'ahead of all entries': (cursor) => cursor.replace(/\d+$/, '99'),
    'without a number': (cursor) => cursor.replace(/\d+$/, ''),
    'with a fraction': (cursor) => `${cursor}.5`,
    'with a sign': (cursor) => cursor.replace(/ /, ' -'),
    'in hexadecimal': (cursor) => cursor.replace(/ /, ' 0x'),
    'with many digits': (cursor) => cursor + '0'.repeat(400),
    'that is empty': () => '',
  })) {
    it(`says that it is lost for a cursor ${what}, and gives all`, async () => {
      const log = make();
      await log.append(tokens(1, 4));
      const { cursor } = await log.read();
      expect(await log.read(change(cursor))).to.deep.include({ lost: true, cursor, list: tokens(1, 4) });
    });
  }

  it('is not lost for a reader who was idle until all entries ended', async () => {
    const log = make();
    await log.append(tokens(0, 5));
    const { cursor } = await log.read();
    now += 3_600_000;
    await log.append([]);
    for (let n = 5; n < 10; n += 1) await log.append([token(n)]);
    const page = await log.read(cursor);
    expect(page).not.to.have.property('lost');
    expect(page.list).to.deep.equal(tokens(5, 10));
    expect(log.size).to.equal(5);
  });

  it('keeps nothing that has ended already', async () => {
    const log = make();
    await log.append([token(1, 0), token(2, -1)]);
    expect(log.size).to.equal(0);
  });

  it('keeps an entry once that is appended again, and the later end', async () => {
    const log = make();
    await log.append([token(1)]);
    const { cursor } = await log.read();
    await log.append([token(1), token(1, 30)]);
    expect(await all(log, cursor)).to.deep.equal([]);
    await log.append([token(1, 90)]);
    expect(await all(log, cursor)).to.deep.equal([token(1, 90)]);
    expect(await all(log)).to.deep.equal([token(1, 90)]);
  });

  it('keeps one entry of a user, which says what all of them said', async () => {
    const log = make();
    await log.append([user(1000, 90)]);
    const { cursor } = await log.read();
    await log.append([user(900, 60)]);
    expect(await all(log, cursor)).to.deep.equal([]);
    await log.append([user(2000, 60)]);
    expect(await all(log, cursor)).to.deep.equal([user(2000, 90)]);
    await log.append([user(500, 120)]);
    expect(await all(log)).to.deep.equal([user(2000, 120)]);
    for (let before = 0; before < 10_000; before += 1) await log.append([user(before)]);
    expect(await all(log)).to.deep.equal([user(9999, 120)]);
    expect(log.size).to.equal(1);
  });

  it('takes before 0 for an entry of a user', async () => {
    const log = make();
    await log.append([user(0)]);
    expect(await all(log)).to.deep.equal([user(0)]);
  });

  it('refuses entries where it is full of live ones, and says so once', async () => {
    const log = make(20);
    await log.append(tokens(0, 20));
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await refusal(log.append([token(30)]))).to.be.instanceOf(ServiceUnavailableError);
    }
    expect(problems.map(({ type }) => type)).to.deep.equal(['degraded']);
    expect(await all(log)).to.deep.equal(tokens(0, 20));
    await log.append([token(3)]);
    await log.append([token(4, 90)]);
    now += 60_000;
    await log.append([token(30)]);
    expect(problems.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
  });

  it('gives the place of what has ended to new entries', async () => {
    const log = make(1000);
    await log.append(tokens(0, 1000, 10));
    now += 10_000;
    await log.append(tokens(1000, 2000, 10));
    expect(await all(log)).to.deep.equal(tokens(1000, 2000, 10));
    expect(problems).to.deep.equal([]);
  });

  it('rejects what is no list of revocations, and keeps none of it', async () => {
    const log = make();
    for (const list of [
      null,
      {},
      [null],
      [token(1), { id: 'x', until: now + 1000 }],
      [{ ...token(1), until: NaN }],
    ]) {
      expect(await refusal(log.append(list as Revocation[]))).to.be.instanceOf(TypeError);
    }
    expect(log.size).to.equal(0);
  });

  it('keeps its entries as they were when they were appended', async () => {
    const log = make();
    const entry = { ...token(1) };
    await log.append([entry]);
    entry.until = 0;
    const [kept] = await all(log);
    expect(kept).to.deep.equal(token(1));
    expect(kept).to.be.frozen;
  });
});
