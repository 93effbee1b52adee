/** The list of an owner: all live entries of this owner and no others. */
import { countTrue, same } from './check';
import { type Case, type Trial, valueOf } from './trial';

/** More entries than a store would read as one page, and more than the library allows a user. */
const MANY = 250;

const [FIRST, SECOND] = [valueOf('first'), valueOf('second')];

/** Checks that each owner has its own entries only. */
async function areApart(trial: Trial, owners: readonly string[]): Promise<void> {
  for (const [index, owner] of owners.entries()) await trial.add(trial.key(String(index)), FIRST, owner);
  for (const [index, owner] of owners.entries()) {
    same(await trial.list(owner), [[trial.key(String(index)), FIRST]], `list() of ${JSON.stringify(owner)}`);
  }
}

export const OWNER_CASES: readonly Case[] = [
  [
    'lists nothing of an owner without entries',
    async (trial) => {
      await trial.add(trial.key('none'), FIRST);
      await trial.add(trial.key('other'), FIRST, trial.owner('other'));
      same(await trial.list(trial.owner()), [], 'list() of an owner without entries');
    },
  ],
  [
    'lists the entries of an owner, with the values of the last swaps',
    async (trial) => {
      const owner = trial.owner();
      for (const name of ['a', 'b', 'c']) await trial.add(trial.key(name), FIRST, owner);
      same(await trial.set(trial.key('b'), SECOND, FIRST, undefined, owner), true, 'a swap');
      await trial.delete(trial.key('c'));
      const entries = [
        [trial.key('a'), FIRST],
        [trial.key('b'), SECOND],
      ];
      same(await trial.list(owner), entries, 'list()');
    },
  ],
  [
    'keeps the owner of an entry where a swap names none',
    async (trial) => {
      await trial.add(trial.key(), FIRST, trial.owner());
      same(await trial.set(trial.key(), SECOND, FIRST), true, 'a swap that names no owner');
      same(
        await trial.list(trial.owner()),
        [[trial.key(), SECOND]],
        'list() after a swap that names no owner',
      );
    },
  ],
  [
    'lists nothing that was refused',
    async (trial) => {
      const owner = trial.owner();
      await trial.set(trial.key(), SECOND, FIRST, undefined, owner);
      same(await trial.list(owner), [], 'list() after a refused swap');
      await trial.add(trial.key(), FIRST, owner);
      await trial.set(trial.key(), SECOND, undefined, undefined, owner);
      same(await trial.list(owner), [[trial.key(), FIRST]], 'list() after a refused insert');
    },
  ],
  [
    'lists no entry that has ended',
    async (trial) => {
      const owner = trial.owner();
      await trial.add(trial.key('live'), FIRST, owner);
      await trial.addEnded(trial.key('ended'), FIRST, owner);
      same(await trial.list(owner), [[trial.key('live'), FIRST]], 'list() beside an entry that has ended');
      await trial.add(trial.key('ended'), SECOND, owner);
      const entries = [
        [trial.key('ended'), SECOND],
        [trial.key('live'), FIRST],
      ];
      same(await trial.list(owner), entries, 'list() after a key was added again');
    },
  ],
  [
    'takes owners apart that differ in case and in spaces around them',
    async (trial) => {
      const owners = ['Ann', 'ann', 'ann ', 'ANN', 'an'].map((name) => trial.owner(name));
      await areApart(trial, [...owners, ` ${trial.owner('ann')}`]);
    },
  ],
  [
    'takes owners apart that differ in the form of a letter',
    async (trial) =>
      areApart(
        trial,
        ['Zoe', 'Zo\u00eb', 'Zoe\u0308', 'Stra\u00dfe', 'Strasse', '\uff21nn', 'Ann', '\u0130'].map((name) =>
          trial.owner(name),
        ),
      ),
  ],
  [
    'takes every character in owners as it is',
    async (trial) =>
      areApart(
        trial,
        [
          `a'b`,
          'a"b',
          'a\\b',
          'a%',
          'a_',
          'a*',
          'a?',
          'ab',
          'a:b',
          '{a}',
          'a b',
          'a\nb',
          '\u{1f511}',
          '\u{10fffd}',
        ].map((name) => trial.owner(name)),
      ),
  ],
  [
    'takes the names of members of objects as owners',
    async (trial) => areApart(trial, ['__proto__', 'constructor', 'toString', 'length']),
  ],
  [
    'takes owners of 512 bytes apart by their last',
    async (trial) => {
      const start = trial.owner();
      const room = 512 - start.length;
      const ascii = start + 'o'.repeat(room);
      const wide = start + 'o'.repeat(room % 4) + '\u{1f511}'.repeat(Math.floor(room / 4));
      await areApart(trial, [ascii, `${ascii.slice(0, -1)}p`, wide, `${wide.slice(0, -2)}\u{1f512}`]);
    },
  ],
  [
    'lists all of many entries',
    async (trial) => {
      const keys = Array.from({ length: MANY }, (_, index) => trial.key(String(index)));
      const added = await Promise.all(
        keys.map((key) => trial.set(key, FIRST, undefined, undefined, trial.owner())),
      );
      same(countTrue(added, 'set()'), MANY, 'entries that were added at once');
      const listed = await trial.list(trial.owner());
      same(
        listed,
        keys.sort().map((key) => [key, FIRST]),
        `list() of ${String(MANY)} entries`,
      );
    },
  ],
];
