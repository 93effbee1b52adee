import { expect } from 'chai';
import { EPOCH_STAMP, nextStamp, stampAfter, stampOf } from '../../../src/core/stamp';

const NOW = Date.UTC(2026, 4, 1, 10);
const second = (date: Date): number => Math.floor(date.getTime() / 1000);

describe('stampOf', () => {
  it('is another number for every date, and for none', () => {
    for (const none of [undefined, null]) expect(stampOf({ tokensValidFrom: none })).to.equal(0);
    for (const time of [NOW, -NOW, 1, -1, 8.64e15, -8.64e15]) {
      expect(stampOf({ tokensValidFrom: new Date(time) })).to.equal(time);
    }
    for (const epoch of [0, -0]) expect(stampOf({ tokensValidFrom: new Date(epoch) })).to.equal(EPOCH_STAMP);
    expect(new Date(EPOCH_STAMP).getTime()).to.be.NaN;
    expect(JSON.parse(JSON.stringify(EPOCH_STAMP))).to.equal(EPOCH_STAMP);
    expect(EPOCH_STAMP + 1).to.equal(-8.64e15);
  });
});

describe('nextStamp', () => {
  it('is now for a record without one, or with an old one', () => {
    for (const previous of [undefined, null, new Date(0), new Date(NOW - 1000)]) {
      expect(nextStamp(previous, NOW).getTime()).to.equal(NOW);
    }
  });

  it('differs in whole seconds, however often it moves within a millisecond', () => {
    let stamp = nextStamp(null, NOW + 999);
    for (let round = 0; round < 5; round += 1) {
      const next = nextStamp(stamp, NOW + 999);
      expect(second(next)).to.be.greaterThan(second(stamp));
      stamp = next;
    }
  });

  it('is later than the present one when the clock is behind it', () => {
    for (const ahead of [0, 1, 999, 86_400_000, 400 * 365 * 86_400_000]) {
      expect(nextStamp(new Date(NOW + ahead), NOW).getTime()).to.equal(NOW + ahead + 1000);
    }
    const year10000 = nextStamp(new Date('9999-12-31T23:59:59.500Z'), NOW);
    expect(year10000.toISOString()).to.equal('+010000-01-01T00:00:00.500Z');
  });

  it('replaces an invalid date', () => {
    expect(nextStamp(new Date(Number.NaN), NOW).getTime()).to.equal(NOW);
  });

  it('throws where there is no later date', () => {
    expect(() => nextStamp(new Date(8.64e15), NOW)).to.throw(RangeError);
    expect(() => nextStamp(null, Number.NaN)).to.throw(RangeError);
  });
});

describe('stampAfter', () => {
  it('keeps the present one where only the hash is another', () => {
    const previous = new Date(NOW);
    for (const changes of [undefined, {}, { tokensValidFrom: undefined as unknown as Date }]) {
      expect(stampAfter(previous, changes)).to.equal(previous);
    }
    expect(stampAfter(null, undefined)).to.equal(null);
  });

  it('moves forward, whatever moment it is given', () => {
    const previous = new Date(NOW);
    for (const given of [0, NOW - 1, NOW, NOW + 1]) {
      const stamp = stampAfter(previous, { tokensValidFrom: new Date(given) });
      expect(stamp?.getTime()).to.equal(NOW + 1000);
    }
    const later = new Date(NOW + 5000);
    expect(stampAfter(previous, { tokensValidFrom: later })).to.deep.equal(later);
  });
});
