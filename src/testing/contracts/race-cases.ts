/** Of several concurrent callers exactly one wins. */
import { countTrue, same } from './check';
import { type Case, type Trial, valueOf } from './trial';

const START = valueOf('start');

/** Checks that exactly one set() wins, and that its text stays. */
async function oneSets(trial: Trial, previous: string | undefined, what: string): Promise<void> {
  const answers = await trial.race((racer) => trial.set(trial.key(), valueOf(racer), previous));
  same(countTrue(answers, 'set()'), 1, `winners of ${what}`);
  await trial.holds(trial.key(), valueOf(answers.indexOf(true)), `get() after ${what}`);
}

export const RACE_CASES: readonly Case[] = [
  [
    'adds one of 20 entries that are set at once',
    async (trial) => oneSets(trial, undefined, '20 inserts at once'),
  ],
  [
    'adds one of 20 entries that are set at once where one has ended',
    async (trial) => {
      await trial.addEnded(trial.key(), START);
      await oneSets(trial, undefined, '20 inserts at once over an ended entry');
    },
  ],
  [
    'makes one of 20 swaps at once',
    async (trial) => {
      await trial.add(trial.key(), START);
      await oneSets(trial, START, '20 swaps at once');
    },
  ],
  [
    'tells one of 20 callers that it deleted an entry',
    async (trial) => {
      await trial.add(trial.key(), START);
      const answers = await trial.race(() => trial.delete(trial.key()));
      same(countTrue(answers, 'delete()'), 1, 'winners of 20 deletes at once');
      await trial.holds(trial.key(), undefined, 'get() after 20 deletes');
    },
  ],
  [
    'leaves no entry where deletes and swaps come at once',
    async (trial) => {
      await trial.add(trial.key(), START);
      const answers = await trial.race((racer) =>
        Promise.all([trial.set(trial.key(), valueOf(racer), START), trial.delete(trial.key())]),
      );
      const swaps = answers.map(([swap]) => swap);
      const deletes = answers.map(([, gone]) => gone);
      same(countTrue(deletes, 'delete()'), 1, 'winners of 20 deletes among swaps');
      same(countTrue(swaps, 'set()') <= 1, true, 'at most one swap among deletes wins');
      await trial.holds(trial.key(), undefined, 'get() after deletes and swaps at once');
    },
  ],
];
