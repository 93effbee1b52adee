/** The life of an entry: it is written, swapped, deleted, and expires. */
import { same } from './check';
import { type Case, type Trial, valueOf } from './trial';

const [FIRST, SECOND, THIRD] = [valueOf('first'), valueOf('second'), valueOf('third')];

export const ENTRY_CASES: readonly Case[] = [
  [
    'has no entry of a key that was never set',
    async (trial) => {
      await trial.holds(trial.key(), undefined, 'get() of a key that was never set');
      same(await trial.delete(trial.key()), false, 'delete() of a key that was never set');
      same(await trial.set(trial.key(), SECOND, FIRST), false, 'set() that expects another text');
      await trial.holds(trial.key(), undefined, 'get() after a swap that was refused');
    },
  ],
  [
    'adds an entry',
    async (trial) => {
      same(await trial.set(trial.key(), FIRST), true, 'set() of a new entry');
      await trial.holds(trial.key(), FIRST, 'get() of a new entry');
      await trial.holds(trial.key('other'), undefined, 'get() of another key');
    },
  ],
  [
    'adds no entry where a live one is',
    async (trial) => {
      await trial.add(trial.key(), FIRST);
      same(await trial.set(trial.key(), SECOND), false, 'set() that expects no entry');
      await trial.holds(trial.key(), FIRST, 'get() after set() was refused');
    },
  ],
  [
    'swaps the text that is expected',
    async (trial) => {
      await trial.add(trial.key(), FIRST);
      same(await trial.set(trial.key(), SECOND, FIRST), true, 'set() that expects the present text');
      await trial.holds(trial.key(), SECOND, 'get() after a swap');
      same(await trial.set(trial.key(), FIRST, SECOND), true, 'a swap back to an earlier text');
      await trial.holds(trial.key(), FIRST, 'get() after a swap back');
    },
  ],
  [
    'refuses a swap that expects another text',
    async (trial) => {
      await trial.add(trial.key(), FIRST);
      same(await trial.set(trial.key(), THIRD, SECOND), false, 'set() that expects a text that never was');
      same(await trial.set(trial.key(), SECOND, FIRST), true, 'set() that expects the present text');
      same(await trial.set(trial.key(), THIRD, FIRST), false, 'set() that expects the text of before');
      await trial.holds(trial.key(), SECOND, 'get() after refused swaps');
    },
  ],
  [
    'deletes an entry once',
    async (trial) => {
      await trial.add(trial.key(), FIRST);
      same(await trial.delete(trial.key()), true, 'delete() of an entry');
      same(await trial.delete(trial.key()), false, 'delete() of an entry that is gone');
      await trial.holds(trial.key(), undefined, 'get() of an entry that is gone');
    },
  ],
  [
    'refuses a swap of an entry that was deleted',
    async (trial) => {
      await trial.add(trial.key(), FIRST);
      await trial.delete(trial.key());
      same(await trial.set(trial.key(), SECOND, FIRST), false, 'set() that expects a deleted text');
      await trial.holds(trial.key(), undefined, 'get() after a refused swap');
      same(await trial.set(trial.key(), THIRD), true, 'set() of a key that is free again');
      await trial.holds(trial.key(), THIRD, 'get() of an entry that was added again');
    },
  ],
  [
    'has an entry until its end, and not at it',
    async (trial) => {
      const end = trial.time.soon();
      same(await trial.set(trial.key(), FIRST, undefined, end), true, 'set() of a new entry');
      if (trial.time.moveBefore(end)) await trial.holds(trial.key(), FIRST, 'get() 1 ms before the end');
      await trial.time.pass(end);
      await trial.holds(trial.key(), undefined, 'get() of an entry that has ended');
      same(await trial.delete(trial.key()), false, 'delete() of an entry that has ended');
    },
  ],
  [
    'refuses a swap of an entry that has ended',
    async (trial) => {
      await trial.addEnded(trial.key(), FIRST);
      same(
        await trial.set(trial.key(), SECOND, FIRST),
        false,
        'set() that expects the text of an ended entry',
      );
      await trial.holds(trial.key(), undefined, 'get() after a refused swap');
    },
  ],
  [
    'adds an entry where one has ended',
    async (trial) => {
      await trial.addEnded(trial.key(), FIRST);
      same(await trial.set(trial.key(), SECOND), true, 'set() where an entry has ended');
      await trial.holds(trial.key(), SECOND, 'get() of what was added');
      same(await trial.set(trial.key(), THIRD, SECOND), true, 'a swap of what was added');
      same(await trial.delete(trial.key()), true, 'delete() of what was added');
    },
  ],
  [
    'has no entry that was written with an end in the past',
    async (trial) => {
      const past = new Date(trial.time.clock() - 10_000);
      same(await trial.set(trial.key(), FIRST, undefined, past), true, 'set() with an end in the past');
      await trial.holds(trial.key(), undefined, 'get() of an entry with an end in the past');
      same(await trial.set(trial.key(), FIRST), true, 'set() where an entry has ended');
      same(await trial.set(trial.key(), SECOND, FIRST, past), true, 'a swap that ends an entry');
      await trial.holds(trial.key(), undefined, 'get() of an entry that a swap ended');
      same(await trial.delete(trial.key()), false, 'delete() of an entry that a swap ended');
    },
  ],
  ['lets an entry end when the last swap said', takesTheLastEnd],
  [
    'keeps entries that end in up to 400 days',
    async (trial) => {
      // 30 days are more milliseconds than 31 bits have.
      for (const days of [30, 90, 400]) {
        const [key, end] = [trial.key(String(days)), new Date(trial.time.clock() + days * 86_400_000)];
        same(await trial.set(key, FIRST, undefined, end), true, `set() with an end in ${String(days)} days`);
        await trial.holds(key, FIRST, `get() of an entry that ends in ${String(days)} days`);
        if (trial.time.moveBefore(end)) await trial.holds(key, FIRST, 'get() 1 ms before the end');
      }
    },
  ],
];

const ATTEMPTS = 5;

async function takesTheLastEnd(trial: Trial): Promise<void> {
  const [longer, shorter] = [trial.key('longer'), trial.key('shorter')];
  await trial.add(shorter, FIRST);
  for (let attempt = 1; ; attempt += 1) {
    const end = trial.time.soon();
    await trial.set(longer, FIRST, undefined, end);
    const isSwapped = await trial.set(longer, SECOND, FIRST);
    // On a machine under load the swap may come too late.
    const isLate = !isSwapped && trial.time.clock() >= end.getTime();
    if (isLate && attempt < ATTEMPTS) continue;
    same(isSwapped, true, 'a swap that makes an entry last longer');
    break;
  }
  const soon = trial.time.soon();
  same(await trial.set(shorter, SECOND, FIRST, soon), true, 'a swap that makes an entry end sooner');
  await trial.time.pass(soon);
  await trial.holds(longer, SECOND, 'get() past the end of before the swap');
  await trial.holds(shorter, undefined, 'get() past the end that the swap gave');
}
