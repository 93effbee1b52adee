/** Texts come back and are compared byte for byte. */
import { same } from './check';
import { type Case, type Trial, valueOf } from './trial';

/** Different texts that a careless store compares as equal, or changes. */
const LOOKALIKES: readonly (readonly [difference: string, one: string, other: string])[] = [
  ['the order of their members', '{"v":1,"a":1,"b":2}', '{"v":1,"b":2,"a":1}'],
  ['spaces between members', '{"v":1,"a":1}', '{"v":1, "a":1}'],
  ['a space at the end', '{"v":1}', '{"v":1} '],
  ['a line end at the end', '{"v":1}', '{"v":1}\n'],
  ['a space at the start', '{"v":1}', ' {"v":1}'],
  ['case', '{"v":1,"a":"Ann"}', '{"v":1,"a":"ann"}'],
  ['an accent', '{"v":1,"a":"Zoe"}', '{"v":1,"a":"Zo\u00eb"}'],
  ['the form of an accent', '{"v":1,"a":"Zo\u00eb"}', '{"v":1,"a":"Zoe\u0308"}'],
  ['the width of a letter', '{"v":1,"a":"A"}', '{"v":1,"a":"\uff21"}'],
  ['a letter of two', '{"v":1,"a":"\u00df"}', '{"v":1,"a":"ss"}'],
  ['a character without width', '{"v":1,"a":"b"}', '{"v":1,"a":"\u200bb"}'],
  ['an escape of a letter', '{"v":1,"a":"\u00eb"}', '{"v":1,"a":"\\u00eb"}'],
  ['an escape of a slash', '{"v":1,"a":"/"}', '{"v":1,"a":"\\/"}'],
  ['the form of a number', '{"v":1,"a":100}', '{"v":1,"a":1e2}'],
  ['a digit past 2^53', '{"v":1,"a":9007199254740993}', '{"v":1,"a":9007199254740992}'],
  ['a member that is there twice', '{"v":1,"a":1,"a":2}', '{"v":1,"a":2}'],
];

const PLANES = Array.from({ length: 17 }, (_, plane) => plane * 0x10000);
/** An early and a late character of each plane. */
const UNICODE = PLANES.flatMap((start) => [start + 0x1a1, start + 0xfffd])
  .map((code) => String.fromCodePoint(code))
  .join('');

const KEY_LENGTH = 128;
const PRINTABLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join('');

async function comesBack(trial: Trial, value: string, what: string): Promise<void> {
  const [key, next] = [trial.key(), valueOf('next')];
  await trial.add(key, value);
  await trial.holds(key, value, `get() of ${what}`);
  same(await trial.set(key, next, value), true, `a swap that expects ${what}`);
  same(await trial.set(key, value, next), true, `a swap to ${what}`);
  await trial.holds(key, value, `get() of ${what}, after a swap`);
}

/** Checks that a swap is refused if it expects another text than the present text. */
async function isTold(trial: Trial, key: string, present: string, wrong: string): Promise<void> {
  await trial.add(key, present);
  await trial.holds(key, present, 'get() of the value');
  same(await trial.set(key, valueOf('next'), wrong), false, 'a swap that expects the other value');
  await trial.holds(key, present, 'get() after a refused swap');
  same(await trial.set(key, valueOf('next'), present), true, 'a swap that expects the value');
}

/** Checks that two keys have separate entries. */
async function areApart(trial: Trial, one: string, other: string, what: string): Promise<void> {
  await trial.add(one, valueOf('one'));
  await trial.holds(other, undefined, `get() of ${what}`);
  await trial.add(other, valueOf('other'));
  await trial.holds(one, valueOf('one'), `get() beside ${what}`);
  same(await trial.delete(other), true, `delete() of ${what}`);
  await trial.holds(one, valueOf('one'), `get() after delete() of ${what}`);
}

export const TEXT_CASES: readonly Case[] = [
  ...LOOKALIKES.map(([difference, one, other]): Case => [
    `takes values apart that differ in ${difference}`,
    async (trial) => {
      await isTold(trial, trial.key('one'), one, other);
      await isTold(trial, trial.key('other'), other, one);
    },
  ]),
  [
    'keeps values with quotes and backslashes',
    async (trial) =>
      comesBack(trial, valueOf(`'"\\ \\' '' "" \\\\ \` $1 ? ?? :a %s -- ; /* \n\r\t\b\f\u007f`), 'quotes'),
  ],
  ['keeps values of all planes of Unicode', async (trial) => comesBack(trial, valueOf(UNICODE), 'Unicode')],
  [
    'keeps values with marks that text tools drop',
    async (trial) => comesBack(trial, valueOf('\ufeff \u2028 \u2029 \u00a0 \u200d \u202e \u0085'), 'marks'),
  ],
  [
    'keeps values of 64 KiB',
    async (trial) => {
      const rest = 65_536 - Buffer.byteLength(valueOf(''));
      await comesBack(trial, valueOf('x'.repeat(rest)), 'a value of 64 KiB');
      const wide = '\u{1f511}'.repeat(Math.floor(rest / 4)) + 'x'.repeat(rest % 4);
      await trial.delete(trial.key());
      await comesBack(trial, valueOf(wide), 'a value of 64 KiB in characters of four bytes');
    },
  ],
  [
    'takes keys apart that differ in case',
    async (trial) => areApart(trial, trial.key('Kb3'), trial.key('kB3'), 'a key in another case'),
  ],
  [
    'takes keys of 128 characters apart by their last',
    async (trial) => {
      const key = trial.key('k'.repeat(KEY_LENGTH - trial.key().length));
      await areApart(trial, key, `${key.slice(0, -1)}K`, 'a key with another last character');
      await areApart(trial, trial.key('short'), trial.key('shor'), 'the start of a key');
    },
  ],
  [
    'takes every printable character in keys as it is',
    async (trial) => {
      for (const [index, part] of [PRINTABLE.slice(0, 47), PRINTABLE.slice(47)].entries()) {
        await trial.add(trial.key(part), valueOf(index));
        await trial.holds(trial.key(part), valueOf(index), `get() of a key with ${part}`);
      }
      for (const pattern of ['a%', 'a_', 'a*', 'a?', 'a[b]', '{a}', 'a\\b']) {
        await areApart(trial, trial.key(pattern), trial.key('ab'), `a key beside ${pattern}`);
        await trial.delete(trial.key(pattern));
      }
    },
  ],
];
