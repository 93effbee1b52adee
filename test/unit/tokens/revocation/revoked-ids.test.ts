import { expect } from 'chai';
import fc from 'fast-check';
import { isRevocableId, RevokedIds } from '../../../../src/tokens/revocation/revoked-ids';

const NOW = 1_800_000_000_000;
const idOf = (index: number): string => index.toString(16).padStart(16, '0');

describe('RevokedIds', () => {
  it('behaves as a Map of ids and ends', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 300 }),
      lives: fc.integer({ min: -5, max: 50 }),
      passes: fc.integer({ min: 0, max: 3 }),
      sweeps: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const ids = new RevokedIds(1000);
        const model = new Map<string, number>();
        let now = NOW;
        for (const { id, lives, passes, sweeps } of steps) {
          now += passes * 1000;
          const text = idOf(id * 0x1_0000_0001);
          const until = now + lives * 1000;
          expect(ids.add(text, until, now)).to.equal(true);
          if (until > now) model.set(text, Math.max(model.get(text) ?? 0, until));
          if (sweeps) for (let index = 0; index < RevokedIds.segments; index += 1) ids.sweep(index, now);
        }
        for (let id = 0; id <= 300; id += 1) {
          const text = idOf(id * 0x1_0000_0001);
          expect(ids.has(text, now)).to.equal((model.get(text) ?? 0) > now);
        }
        const listed: string[] = [];
        for (let index = 0; index < RevokedIds.segments; index += 1) {
          for (const entry of ids.live(index, now)) {
            expect(entry.until).to.equal(model.get(entry.id));
            listed.push(entry.id);
          }
        }
        const live = [...model].filter(([, until]) => until > now).map(([id]) => id);
        expect(listed.sort()).to.deep.equal(live.sort());
      }),
      { numRuns: 50 },
    );
  });

  it('keeps a million ids in 25 MB, and forgets all of them once they have ended', function () {
    this.timeout(60_000);
    const ids = new RevokedIds(1_000_000);
    for (let index = 0; index < 1_000_000; index += 1) ids.add(idOf(index), NOW + 1000, NOW);
    expect(ids.size).to.equal(1_000_000);
    expect(ids.bytes).to.be.below(25_000_000);
    expect(ids.has(idOf(999_999), NOW)).to.equal(true);
    expect(ids.has(idOf(1_000_000), NOW)).to.equal(false);
    expect(ids.add(idOf(1_000_000), NOW + 1000, NOW)).to.equal(false);
    for (let index = 0; index < RevokedIds.segments; index += 1) ids.sweep(index, NOW + 1000);
    expect(ids.size).to.equal(0);
    expect(ids.bytes).to.be.below(100_000);
  });

  it('accepts 16 lower case hex digits only', () => {
    expect(isRevocableId('00ff00ff00ff00ff')).to.equal(true);
    const wrong = [
      '',
      '00FF00ff00ff00ff',
      '00ff00ff00ff00f',
      '00ff00ff00ff00ff0',
      '00ff00ff00ff00fg',
      1,
      null,
    ];
    for (const id of wrong) expect(isRevocableId(id), String(id)).to.equal(false);
  });
});
