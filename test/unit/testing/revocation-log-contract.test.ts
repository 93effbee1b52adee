import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { ConfigurationError, type Revocation, type RevocationPage } from '../../../src';
import { revocationLogContract, type RevocationLogContractOptions } from '../../../src/testing';
import { failed, runDescribed } from '../../support/described';
import { PlainLog } from '../../support/plain-log';

/** Each test on a log of its own. */
const run = (make: () => PlainLog) => {
  let log = make();
  return runDescribed((runner) => {
    revocationLogContract({
      make: () => {
        log = make();
        return log;
      },
      appendLate: (list) => log.appendLate(list),
      empty: () => {
        log.clear();
      },
      runner,
    });
  });
};

/** A log whose pages are changed. */
const paged = (
  change: (page: RevocationPage, log: PlainLog, cursor: string | undefined) => Partial<RevocationPage>,
) =>
  class extends PlainLog {
    override async read(cursor?: string): Promise<RevocationPage> {
      const page = await super.read(cursor);
      return { ...page, ...change(page, this, cursor) };
    }
  };

/** A log whose entries are changed. */
const written = (change: (entry: Revocation) => object | undefined) =>
  class extends PlainLog {
    override async append(list: readonly Revocation[]): Promise<void> {
      await super.append(list.map((entry) => change(entry) as Revocation).filter(Boolean));
    }
  };

/** A log that is broken in one way, and the tests that find it, by what their titles say. */
const BROKEN: readonly [flaw: string, broken: new () => PlainLog, found: RegExp][] = [
  ['forgets what it is told', written(() => undefined), /^gives all entries without a cursor/],
  [
    'begins at its end without a cursor',
    class extends PlainLog {
      override async read(cursor?: string) {
        return super.read(cursor ?? `one ${String(this.rows.at(-1)?.seq ?? 0)} page`);
      }
    },
    /^gives all entries without a cursor/,
  ],
  [
    'gives the newest first',
    paged(({ list }) => ({ list: [...list].reverse() })),
    /in the order in which they were appended/,
  ],
  [
    'gives what was read only once',
    class extends PlainLog {
      readonly given = new Set<Revocation>();
      override async read(cursor?: string) {
        const page = await super.read(cursor);
        const list = page.list.filter((entry) => !this.given.has(entry));
        for (const entry of list) this.given.add(entry);
        return { ...page, list };
      }
    },
    /^tells two readers the same$/,
  ],
  [
    'passes over an entry with each cursor',
    paged(({ cursor, more, epoch }) => {
      const next = Number(cursor.split(' ')[1]) + 1;
      return more === true ? {} : { cursor: `${epoch} ${String(next)} page` };
    }),
    /^gives the entries since a cursor/,
  ],
  [
    'keeps no cursor of an empty log',
    class extends PlainLog {
      override async read(cursor?: string) {
        const page = await super.read(cursor);
        return this.rows.length === 0 ? { ...page, cursor: `one 1 page` } : page;
      }
    },
    /^gives a cursor before anything is written/,
  ],
  ['says that no page follows', paged(() => ({ more: false })), /^gives all of many entries, page by page$/],
  [
    'passes over an entry between pages',
    paged(({ cursor, more, epoch }) =>
      more === true ? { cursor: `${epoch} ${String(Number(cursor.split(' ')[1]) + 1)} page` } : {},
    ),
    /^gives all of many entries, page by page$/,
  ],
  ['gives pages without end', paged(() => ({ more: true })), /^gives a cursor before anything is written/],
  [
    'keeps 1,000 entries of a list',
    class extends PlainLog {
      override async append(list: readonly Revocation[]) {
        await super.append(list.slice(0, 1000));
      }
    },
    /^gives all of many entries/,
  ],
  [
    'refuses what it has',
    class extends PlainLog {
      override async append(list: readonly Revocation[]) {
        if (list.some(({ id }) => this.rows.some(({ entry }) => entry.id === id))) throw new Error('twice');
        await super.append(list);
      }
    },
    /^takes an entry that is appended twice$/,
  ],
  [
    'takes the second for the end of the first',
    class extends PlainLog {
      override async append(list: readonly Revocation[]) {
        for (const entry of list) {
          const isThere = this.rows.some((row) => row.entry.id === entry.id);
          this.rows = this.rows.filter((row) => row.entry.id !== entry.id);
          if (!isThere) await super.append([entry]);
        }
      }
    },
    /^takes an entry that is appended twice$/,
  ],
  [
    'cannot append nothing',
    class extends PlainLog {
      override async append(list: readonly Revocation[]) {
        if (list.length === 0) throw new Error('syntax error at or near ")"');
        await super.append(list);
      }
    },
    /^takes an empty list$/,
  ],
  [
    'answers before others can read it',
    class extends PlainLog {
      override async append(list: readonly Revocation[]) {
        void turn().then(() => super.append(list));
        return Promise.resolve();
      }
    },
    /^gives a cursor before anything is written/,
  ],
  [
    'reads nothing again, while entries come late',
    class extends PlainLog {
      #appends = 0;
      override async append(list: readonly Revocation[]) {
        const commit = this.appendLate(list);
        this.#appends += 1;
        // One is late by three turns, the next by two, and so on.
        for (let turns = 3 - (this.#appends % 4); turns > 0; turns -= 1) await turn();
        commit();
      }
      override async read(cursor?: string) {
        await turn();
        return super.read(cursor?.replace('end', 'page'));
      }
    },
    /^loses no entry of concurrent appends/,
  ],
  [
    'reads nothing again',
    class extends PlainLog {
      override async read(cursor?: string) {
        return super.read(cursor?.replace('end', 'page'));
      }
    },
    /^gives an entry that becomes readable after a later one$/,
  ],
  [
    'names another epoch after each entry',
    paged((_page, log) => ({ epoch: String(log.rows.length) })),
    /^keeps its epoch and its begin$/,
  ],
  [
    'begins with each read',
    class extends PlainLog {
      override async read(cursor?: string) {
        this.beganAt += 1;
        return super.read(cursor);
      }
    },
    /^keeps its epoch and its begin$/,
  ],
  ['says that it is lost', paged(() => ({ lost: true })), /^gives a cursor before anything is written/],
  ['began in a year', paged(() => ({ beganAt: Date.now() + 3.1e10 })), /^gives a cursor before anything/],
  [
    'has no epoch',
    paged(() => ({ epoch: undefined as unknown as string })),
    /^gives a cursor before anything/,
  ],
  [
    'has a number as cursor',
    paged(({ cursor }) => ({ cursor: Number(cursor.split(' ')[1]) as unknown as string })),
    /^gives a cursor before anything/,
  ],
  [
    'does not notice that it was emptied',
    class extends PlainLog {
      override clear() {
        this.rows = [];
      }
    },
    /^says that a cursor is lost after it was emptied$/,
  ],
  [
    'keeps whole seconds',
    written((entry) => ({ ...entry, until: Math.floor(entry.until / 1000) * 1000 })),
    /^gives times/,
  ],
  ['drops before', written(({ id, until }) => ({ id, until })), /^gives times/],
  [
    'gives null for no before',
    written((entry) => ({ ...entry, before: entry.before ?? null })),
    /^gives all entries/,
  ],
  [
    'takes before 0 for none',
    written(({ before, ...rest }) => ({ ...rest, ...(before && { before }) })),
    /^gives times/,
  ],
  [
    'writes ids in small letters',
    written((entry) => ({ ...entry, id: entry.id.toLowerCase() })),
    /^gives times/,
  ],
  ['cuts spaces', written((entry) => ({ ...entry, id: entry.id.trimEnd() })), /^gives times/],
  [
    'keeps the first entry of a user',
    class extends PlainLog {
      override async append(list: readonly Revocation[]) {
        await super.append(
          list.filter(({ id, before }) => !before || !this.rows.some(({ entry }) => entry.id === id)),
        );
      }
    },
    /^gives the last of several entries of a user$/,
  ],
];

describe('revocationLogContract', () => {
  it('passes for a log that keeps it', async () => {
    const results = await run(() => new PlainLog());
    expect(failed(results)).to.deep.equal([]);
    expect(Object.keys(results)).to.have.length(13);
  });

  it('passes for a log that all tests share', async () => {
    const log = new PlainLog();
    expect(failed(await run(() => log))).to.deep.equal([]);
  });

  it('describes no test of late and of lost entries for a log where neither can be', async () => {
    const results = await runDescribed((runner) => {
      revocationLogContract({ make: () => new PlainLog(), runner });
    });
    expect(failed(results)).to.deep.equal([]);
    expect(Object.keys(results)).to.have.length(11);
  });

  for (const [flaw, Broken, found] of BROKEN) {
    it(`finds a log that ${flaw}`, async () => {
      const titles = failed(await run(() => new Broken()));
      expect(
        titles.some((title) => found.test(title)),
        titles.join('\n'),
      ).to.equal(true);
    });
  }

  it('has no test that no broken log fails', async () => {
    const failing = new Set<string>();
    for (const [, Broken] of BROKEN)
      for (const title of failed(await run(() => new Broken()))) failing.add(title);
    const titles = Object.keys(await run(() => new PlainLog()));
    expect(titles.filter((title) => !failing.has(title))).to.deep.equal([]);
  });

  it('commits a late entry even where the test fails before', async () => {
    let commits = 0;
    class Down extends PlainLog {
      override async append(): Promise<void> {
        return Promise.reject(new Error('down'));
      }
      override appendLate(): () => void {
        return () => {
          commits += 1;
        };
      }
    }
    await run(() => new Down());
    expect(commits).to.equal(1);
  });

  it('fails where no log could be made', async () => {
    const results = await runDescribed((runner) => {
      revocationLogContract({ make: () => Promise.reject(new Error('no server')), runner });
    });
    expect(new Set(Object.values(results))).to.deep.equal(new Set(['Error: no server']));
  });

  for (const [what, options] of Object.entries({
    'without make': {},
    'with a text as make': { make: 'log' },
    'with a list as appendLate': { make: () => new PlainLog(), appendLate: [] },
    'with null as empty': { make: () => new PlainLog(), empty: null },
    'with a runner without it': { make: () => new PlainLog(), runner: { describe } },
    'with an unknown name': { make: () => new PlainLog(), time: 'given' },
  })) {
    it(`refuses options ${what}`, () => {
      expect(() => {
        revocationLogContract(options as unknown as RevocationLogContractOptions);
      }).to.throw(ConfigurationError, 'revocationLogContract()');
    });
  }
});
