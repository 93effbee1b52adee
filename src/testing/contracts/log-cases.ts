/** A reader of a log receives every entry. */
import type { Revocation } from '../../state/revocation-log';
import { same } from './check';
import type { LogTrial } from './log-trial';

export type LogCase = readonly [title: string, body: (trial: LogTrial) => Promise<void>];

/** More entries than a log would read as one page. */
const MANY = 2500;
const WRITERS = 20;

export const LOG_CASES: readonly LogCase[] = [
  [
    'gives a cursor before anything is written, from which the first entry is read',
    async (trial) => {
      const { cursor, list } = await trial.read();
      same(list, [], 'the page before the first write');
      const entry = trial.entry();
      await trial.append(entry);
      same((await trial.read(cursor)).list, [entry], 'the page after the first entry');
    },
  ],
  [
    'gives all entries without a cursor, in the order in which they were appended',
    async (trial) => {
      const list = trial.entries(6);
      await trial.append(...list.slice(0, 2));
      await trial.append(...list.slice(2, 3));
      await trial.append(...list.slice(3));
      same((await trial.read()).list, list, 'what is read from the start');
    },
  ],
  [
    'gives the entries since a cursor, each time',
    async (trial) => {
      let { cursor } = await trial.read();
      for (let turn = 0; turn < 5; turn += 1) {
        const entry = trial.entry();
        await trial.append(entry);
        const reading = await trial.read(cursor);
        same(reading.list.at(-1), entry, 'the newest entry');
        cursor = reading.cursor;
      }
      cursor = (await trial.read(cursor)).cursor;
      const entry = trial.entry();
      await trial.append(entry);
      same((await trial.read(cursor)).list.at(-1), entry, 'the newest entry after a read of nothing new');
    },
  ],
  [
    'gives all of many entries, page by page',
    async (trial) => {
      const { cursor } = await trial.read();
      const list = trial.entries(MANY);
      await trial.append(...list);
      same(namesOf((await trial.read(cursor)).list), namesOf(list), 'what is read since a cursor');
      same(namesOf((await trial.read()).list), namesOf(list), 'what is read from the start');
    },
  ],
  [
    'takes an entry that is appended twice',
    async (trial) => {
      const [one, other] = [trial.entry(), trial.entry()];
      await trial.append(one, other, one);
      const { cursor, list } = await trial.read();
      same(namesOf(list), namesOf([one, other]), 'the page after an entry was appended twice at once');
      await trial.append(one);
      await trial.append(other);
      const after = namesOf((await trial.read(cursor)).list);
      same(
        after.filter((id) => id !== one.id && id !== other.id),
        [],
        'what else is read',
      );
      same(namesOf((await trial.read()).list), namesOf([one, other]), 'what is read from the start');
    },
  ],
  [
    'takes an empty list',
    async (trial) => {
      await trial.append();
      same((await trial.read()).list, [], 'the page after nothing was appended');
    },
  ],
  [
    'tells two readers the same',
    async (trial) => {
      const [first, second] = [await trial.read(), await trial.read()];
      const list = trial.entries(3);
      await trial.append(...list);
      const one = await trial.read(first.cursor);
      same(one.list, list, 'what one reader reads');
      same((await trial.read(second.cursor)).list, list, 'the page of another reader after it');
      same((await trial.read(first.cursor)).list, list, 'what a cursor gives again');
    },
  ],
  [
    'loses no entry of concurrent appends, for a reader meanwhile',
    async (trial) => {
      const start = await trial.read();
      const lists = Array.from({ length: WRITERS }, () => trial.entries(5));
      let isWriting = true;
      const written = Promise.all(lists.map((list) => trial.append(...list))).finally(() => {
        isWriting = false;
      });
      const seen = new Set<string>();
      const follow = async (): Promise<void> => {
        let { cursor } = start;
        for (let isLast = false; !isLast;) {
          isLast = !isWriting;
          const reading = await trial.read(cursor);
          for (const { id } of reading.list) seen.add(id);
          cursor = reading.cursor;
        }
      };
      await Promise.all([written, follow()]);
      same([...seen].sort(), namesOf(lists.flat()), 'what was read by the end');
    },
  ],
  [
    'keeps its epoch and its begin',
    async (trial) => {
      const { epoch, beganAt, cursor } = await trial.read();
      await trial.append(trial.entry());
      for (const reading of [await trial.read(), await trial.read(cursor)]) {
        same([reading.epoch, reading.beganAt], [epoch, beganAt], 'the epoch and the begin of a later read');
      }
    },
  ],
  [
    'gives times and the names of users as they were appended',
    async (trial) => {
      const names = [
        'Ann',
        'ann',
        'ann ',
        ' ann',
        'a:b',
        `'"\\%*`,
        'Zo\u00eb',
        'Zoe\u0308',
        '\u{1f511}',
        'a\nb',
      ];
      const list: readonly Revocation[] = [
        ...names.map((name) => trial.userEntry(name)),
        { ...trial.userEntry('epoch'), before: 0 },
        // Never a whole second, which a log without milliseconds would keep.
        { ...trial.userEntry('late'), until: Math.ceil(Date.now() / 1000) * 1000 + 400 * 86_400_000 + 1 },
        trial.entry(),
      ];
      await trial.append(...list);
      same((await trial.read()).list, list, 'what is read');
    },
  ],
  [
    'gives the last of several entries of a user',
    async (trial) => {
      // The log may leave out the earlier entry: the last entry covers it.
      const last = trial.userEntry('user');
      await trial.append({ ...last, before: 1 });
      const { cursor } = await trial.read();
      await trial.append(last);
      same((await trial.read(cursor)).list.at(-1), last, 'what is read since a cursor');
      same((await trial.read()).list.at(-1), last, 'what is read from the start');
    },
  ],
];

function namesOf(list: readonly Revocation[]): string[] {
  return list.map(({ id }) => id).sort();
}
