import { expect } from 'chai';
import { EventTurns, type EventVerdict } from '../../../src/socket/event-turns';

const DENIED = { error: new Error('denied') };

/** As many as may wait. */
const MAX = 10_000;

describe('EventTurns', () => {
  it('acts at once upon what is decided at once', () => {
    const turns = new EventTurns();
    const seen: EventVerdict[] = [];
    for (const verdict of [undefined, DENIED]) {
      turns.take(
        () => verdict,
        (decided) => seen.push(decided),
      );
    }
    expect(seen).to.deep.equal([undefined, DENIED]);
  });

  it('acts upon a later event after an earlier one, whichever is decided first', async () => {
    const turns = new EventTurns();
    const seen: number[] = [];
    const settle: (() => void)[] = [];
    const done = [0, 1, 2].map(
      (index) =>
        new Promise<void>((resolve) => {
          turns.take(
            () => new Promise((decide) => settle.push(() => decide(undefined))),
            () => {
              seen.push(index);
              resolve();
            },
          );
        }),
    );
    turns.take(
      () => DENIED,
      () => seen.push(3),
    );
    settle[2]!();
    settle[1]!();
    await Promise.resolve();
    expect(seen).to.deep.equal([]);
    settle[0]!();
    await Promise.all(done);
    await new Promise(setImmediate);
    expect(seen).to.deep.equal([0, 1, 2, 3]);
    turns.take(
      () => undefined,
      () => seen.push(4),
    );
    expect(seen).to.have.length(5);
  });

  it('refuses an event while too many wait, without asking about it', async () => {
    const turns = new EventTurns();
    let letGo = (): void => {};
    const held = new Promise<undefined>((resolve) => {
      letGo = () => resolve(undefined);
    });
    let acted = 0;
    for (let index = 0; index < MAX; index += 1) {
      turns.take(
        () => held,
        (verdict) => (acted += verdict === undefined ? 1 : 0),
      );
    }
    let refused: EventVerdict;
    turns.take(
      () => expect.fail('It was asked'),
      (verdict) => (refused = verdict),
    );
    expect(refused?.error).to.have.property('code', 'too_many_attempts');
    letGo();
    await new Promise(setImmediate);
    expect(acted).to.equal(MAX);
    turns.take(
      () => undefined,
      () => (acted += 1),
    );
    expect(acted).to.equal(MAX + 1);
  });
});
