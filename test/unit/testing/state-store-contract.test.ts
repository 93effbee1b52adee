import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { ConfigurationError } from '../../../src';
import { stateStoreContract, type StateStoreContractOptions } from '../../../src/testing';
import { failed, runDescribed } from '../../support/described';
import { PlainState } from '../../support/plain-state';

type Make = StateStoreContractOptions['make'];

const run = (make: Make, time: 'given' | 'real' = 'given') =>
  runDescribed((runner) => {
    stateStoreContract({ make, time, runner });
  });

/** A store that is broken in one way, and the tests that find it, by what their titles say. */
const BROKEN: readonly [flaw: string, make: (clock: () => number) => PlainState, found: RegExp][] = [
  [
    'writes over whatever is there',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, , end, owner]: Parameters<PlainState['set']>) {
          return super.set(key, value, this.find(key)?.value, end, owner);
        }
      })(clock),
    /^adds no entry where a live one is$/,
  ],
  [
    'adds an entry that a swap expects',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          return super.set(key, value, this.find(key) ? previous : undefined, end, owner);
        }
      })(clock),
    /^refuses a swap of an entry that was deleted$/,
  ],
  [
    'compares with the first text only',
    (clock) =>
      new (class extends PlainState {
        readonly first = new Map<string, string>();
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          if (previous === undefined) this.first.set(key, value);
          const present = previous === this.first.get(key) ? this.find(key)?.value : previous;
          return super.set(key, value, present, end, owner);
        }
      })(clock),
    /^refuses a swap that expects another text$/,
  ],
  [
    'reads and writes in two steps',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          if (this.find(key)?.value !== previous) return false;
          await turn();
          return super.set(key, value, this.find(key)?.value, end, owner);
        }
      })(clock),
    /^(adds one of 20 entries that are set at once|adds one of 20 .* has ended|makes one of 20 swaps at once)$/,
  ],
  [
    'inserts over an ended entry in two steps',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          if (previous === undefined && this.entries.has(key) && this.find(key) === undefined) {
            await turn();
            this.entries.delete(key);
          }
          return super.set(key, value, previous, end, owner);
        }
      })(clock),
    /^adds one of 20 entries that are set at once where one has ended$/,
  ],
  [
    'tells every caller that it deleted',
    (clock) =>
      new (class extends PlainState {
        override async delete(key: string) {
          const isLive = this.find(key) !== undefined;
          await turn();
          this.entries.delete(key);
          return isLive;
        }
      })(clock),
    /^tells one of 20 callers that it deleted an entry$/,
  ],
  [
    'says that it deleted what was not there',
    (clock) =>
      new (class extends PlainState {
        override async delete(key: string) {
          await super.delete(key);
          return true;
        }
      })(clock),
    /^deletes an entry once$/,
  ],
  [
    'deletes nothing',
    (clock) =>
      new (class extends PlainState {
        override async delete(key: string) {
          return Promise.resolve(this.find(key) !== undefined);
        }
      })(clock),
    /^deletes an entry once$/,
  ],
  [
    'deletes in two steps, so that a swap brings an entry back',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          if (this.find(key)?.value !== previous) return false;
          await turn();
          this.entries.set(key, { value, ends: end.getTime(), owner });
          return true;
        }
      })(clock),
    /^leaves no entry where deletes and swaps come at once$/,
  ],
  [
    'returns ended entries',
    (clock) =>
      new (class extends PlainState {
        override async get(key: string) {
          return Promise.resolve(this.entries.get(key)?.value);
        }
      })(clock),
    /^has an entry until its end, and not at it$/,
  ],
  [
    'keeps entries a millisecond too long',
    (clock) => new PlainState(() => clock() - 1),
    /^has an entry until its end, and not at it$/,
  ],
  [
    'lets entries end a millisecond early',
    (clock) => new PlainState(() => clock() + 1),
    /^has an entry until its end, and not at it$/,
  ],
  [
    'swaps an ended entry',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          const entry = this.entries.get(key);
          const isSame = previous !== undefined && entry?.value === previous;
          return super.set(key, value, isSame ? this.find(key)?.value : previous, end, owner);
        }
      })(clock),
    /^refuses a swap of an entry that has ended$/,
  ],
  [
    'never gives the place of an ended entry away',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          if (previous === undefined && this.entries.has(key)) return false;
          return super.set(key, value, previous, end, owner);
        }
      })(clock),
    /^adds an entry where one has ended$/,
  ],
  [
    'says that it deleted an ended entry',
    (clock) =>
      new (class extends PlainState {
        override async delete(key: string) {
          return Promise.resolve(this.entries.delete(key));
        }
      })(clock),
    /^has an entry until its end, and not at it$/,
  ],
  [
    'keeps the end of the first write',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          const ends = this.find(key)?.ends ?? end.getTime();
          return super.set(key, value, previous, new Date(ends), owner);
        }
      })(clock),
    /^lets an entry end when the last swap said$/,
  ],
  [
    'keeps the later of two ends',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          const ends = Math.max(this.find(key)?.ends ?? 0, end.getTime());
          return super.set(key, value, previous, new Date(ends), owner);
        }
      })(clock),
    /^lets an entry end when the last swap said$/,
  ],
  [
    'has ends of 32 bits',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          const ms = (end.getTime() - this.clock()) | 0;
          return super.set(key, value, previous, new Date(this.clock() + ms), owner);
        }
      })(clock),
    /^keeps entries that end in up to 400 days$/,
  ],
  [
    'answers 1 and 0',
    (clock) =>
      new (class extends PlainState {
        override async set(...given: Parameters<PlainState['set']>) {
          return Number(await super.set(...given)) as unknown as boolean;
        }
      })(clock),
    /^adds an entry$/,
  ],
  [
    'answers a delete with a count',
    (clock) =>
      new (class extends PlainState {
        override async delete(key: string) {
          return Number(await super.delete(key)) as unknown as boolean;
        }
      })(clock),
    /^tells one of 20 callers that it deleted an entry$/,
  ],
  [
    'answers no entry with an empty text',
    (clock) =>
      new (class extends PlainState {
        override async get(key: string) {
          return (await super.get(key)) ?? '';
        }
      })(clock),
    /^has no entry of a key that was never set$/,
  ],
  [
    'answers with what the text means',
    (clock) =>
      new (class extends PlainState {
        override async get(key: string) {
          const text = await super.get(key);
          return text === undefined || text === null ? text : (JSON.parse(text) as string);
        }
      })(clock),
    /^adds an entry$/,
  ],
  [
    'lists ended entries',
    (clock) =>
      new (class extends PlainState {
        override async list(owner: string) {
          const own = [...this.entries].filter(([, entry]) => entry.owner === owner);
          return Promise.resolve(own.map(([key, { value }]) => [key, value] as const));
        }
      })(clock),
    /^lists no entry that has ended$/,
  ],
  [
    'lists 100 entries at most',
    (clock) =>
      new (class extends PlainState {
        override async list(owner: string) {
          return (await super.list(owner)).slice(0, 100);
        }
      })(clock),
    /^lists all of many entries$/,
  ],
  [
    'lists an entry once for each write',
    (clock) =>
      new (class extends PlainState {
        readonly written: [owner: string | undefined, key: string][] = [];
        override async set(...given: Parameters<PlainState['set']>) {
          const isSet = await super.set(...given);
          if (isSet) this.written.push([given[4], given[0]]);
          return isSet;
        }
        override async list(owner: string) {
          const own = this.written.filter(([whose, key]) => whose === owner && this.find(key));
          return Promise.resolve(own.map(([, key]) => [key, this.find(key)?.value ?? ''] as const));
        }
      })(clock),
    /^lists the entries of an owner, with the values of the last swaps$/,
  ],
  [
    'lists keys without values',
    (clock) =>
      new (class extends PlainState {
        override async list(owner: string) {
          return (await super.list(owner)).map(([key]) => [key] as unknown as [string, string]);
        }
      })(clock),
    /^lists the entries of an owner/,
  ],
  [
    'gives a list as an iterator',
    (clock) =>
      new (class extends PlainState {
        override async list(owner: string) {
          return (await super.list(owner)).values() as unknown as [string, string][];
        }
      })(clock),
    /^lists nothing of an owner without entries$/,
  ],
  [
    'forgets the owner with a swap',
    (clock) =>
      new (class extends PlainState {
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          const isSet = await super.set(key, value, previous, end, owner);
          const entry = this.entries.get(key);
          if (isSet && entry) entry.owner = owner;
          return isSet;
        }
      })(clock),
    /^keeps the owner of an entry where a swap names none$/,
  ],
  ...(
    [
      ['lists other owners in another case', (text) => text.toLowerCase(), /in case and in spaces/],
      ['lists other owners with a space at their end', (text) => text.trimEnd(), /in case and in spaces/],
      ['lists other owners with a space at their start', (text) => text.trimStart(), /in case and in spaces/],
      ['lists owners by their start', (text) => text.slice(0, 22), /in case and in spaces/],
      ['folds the letters of owners', (text) => text.normalize('NFKC'), /in the form of a letter/],
      ['cuts long owners', (text) => text.slice(0, 255), /512 bytes apart/],
    ] satisfies [string, (owner: string) => string, RegExp][]
  ).map(
    ([flaw, fold, found]) =>
      [
        flaw,
        (clock) =>
          new (class extends PlainState {
            override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
              return super.set(key, value, previous, end, owner === undefined ? owner : fold(owner));
            }
            override async list(owner: string) {
              return super.list(fold(owner));
            }
          })(clock),
        found,
      ] satisfies (typeof BROKEN)[number],
  ),
  [
    'keeps owners as members of an object',
    (clock) =>
      new (class extends PlainState {
        readonly owners: Record<string, string[]> = {};
        override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
          if (owner !== undefined) (this.owners[owner] ??= []).push(key);
          return super.set(key, value, previous, end, owner);
        }
      })(clock),
    /^takes the names of members of objects as owners$/,
  ],
  ...(
    [
      ['puts texts in another order', (text) => sorted(text), /differ in the order of their members/],
      ['writes texts anew', (text) => JSON.stringify(JSON.parse(text)), /differ in spaces between members/],
      ['cuts spaces at the end', (text) => text.trimEnd(), /differ in a space at the end/],
      ['cuts spaces at the start', (text) => text.trimStart(), /differ in a space at the start/],
      ['brings texts into one form', (text) => text.normalize('NFC'), /differ in the form of an accent/],
      ['keeps 16 bits of a character', (text) => text.replace(/[^\0-\uffff]/gu, '?'), /all planes/],
      ['drops backslashes', (text) => text.replaceAll('\\\\', '\\'), /quotes and backslashes/],
      ['drops marks', (text) => text.replaceAll('\ufeff', ''), /marks that text tools drop/],
      ['keeps 64,000 characters', (text) => text.slice(0, 64_000), /values of 64 KiB/],
    ] satisfies [string, (text: string) => string, RegExp][]
  ).map(
    ([flaw, change, found]) =>
      [
        flaw,
        (clock) =>
          new (class extends PlainState {
            override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
              return super.set(key, change(value), previous && change(previous), end, owner);
            }
          })(clock),
        found,
      ] satisfies (typeof BROKEN)[number],
  ),
  ...(
    [
      ['compares without case', (text) => text.toLowerCase(), /values apart that differ in case/],
      ['compares without spaces at the end', (text) => text.trimEnd(), /differ in a space at the end/],
      ['compares without accents', (text) => text.normalize('NFD').replace(/\p{M}/gu, ''), /in an accent/],
      ['compares by meaning', (text) => sorted(text), /differ in the order of their members/],
      ['compares numbers by meaning', (text) => sorted(text), /differ in the form of a number/],
    ] satisfies [string, (text: string) => string, RegExp][]
  ).map(
    ([flaw, fold, found]) =>
      [
        flaw,
        (clock) =>
          new (class extends PlainState {
            override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
              const present = this.find(key)?.value;
              const isSame =
                present !== undefined && previous !== undefined && fold(present) === fold(previous);
              return super.set(key, value, isSame ? present : previous, end, owner);
            }
          })(clock),
        found,
      ] satisfies (typeof BROKEN)[number],
  ),
  ...(
    [
      ['takes keys in any case', (key) => key.toLowerCase(), /keys apart that differ in case/],
      ['cuts keys', (key) => key.slice(0, 127), /keys of 128 characters apart/],
      ['takes patterns in keys', (key) => key.replace(/a[%_*?]$/, 'ab'), /every printable character in keys/],
      ['drops backslashes in keys', (key) => key.replace('\\', ''), /every printable character in keys/],
    ] satisfies [string, (key: string) => string, RegExp][]
  ).map(
    ([flaw, fold, found]) =>
      [
        flaw,
        (clock) =>
          new (class extends PlainState {
            override find(key: string) {
              return super.find(fold(key));
            }
            override async set(...[key, value, previous, end, owner]: Parameters<PlainState['set']>) {
              return super.set(fold(key), value, previous, end, owner);
            }
            override async delete(key: string) {
              return super.delete(fold(key));
            }
          })(clock),
        found,
      ] satisfies (typeof BROKEN)[number],
  ),
];

function sorted(text: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).sort()));
}

describe('stateStoreContract', () => {
  it('passes for a store that keeps it', async () => {
    const results = await run(({ clock }) => new PlainState(clock));
    expect(failed(results)).to.deep.equal([]);
    expect(Object.keys(results)).to.have.length.above(40);
  });

  it('passes for a store that keeps it and takes its time from the real clock', async () => {
    expect(failed(await run(() => new PlainState(Date.now), 'real'))).to.deep.equal([]);
  }).timeout(20_000);

  it('passes for a store that all tests share, and leaves nothing in it', async () => {
    const store = new PlainState(Date.now);
    expect(failed(await run(() => Promise.resolve(store), 'real'))).to.deep.equal([]);
    expect([...store.entries.keys()].filter((key) => store.find(key))).to.deep.equal([]);
  }).timeout(20_000);

  for (const [flaw, make, found] of BROKEN) {
    it(`finds a store that ${flaw}`, async () => {
      const titles = failed(await run(({ clock }) => make(clock)));
      expect(
        titles.some((title) => found.test(title)),
        titles.join('\n'),
      ).to.equal(true);
    });
  }

  it('has no test that no broken store fails', async () => {
    const failing = new Set<string>();
    for (const [, make] of BROKEN) {
      for (const title of failed(await run(({ clock }) => make(clock)))) failing.add(title);
    }
    const titles = Object.keys(await run(({ clock }) => new PlainState(clock)));
    expect(titles.filter((title) => !failing.has(title))).to.deep.equal([]);
  });

  it('says why a store fails, not that it could not be cleared', async () => {
    class Down extends PlainState {
      override async get(): Promise<string> {
        return Promise.reject(new Error('no get'));
      }
      override async delete(): Promise<boolean> {
        return Promise.reject(new Error('no delete'));
      }
    }
    const results = await run(({ clock }) => new Down(clock));
    expect(results['adds an entry']).to.equal('Error: no get');
    expect(results['keeps entries that end in up to 400 days']).to.equal('Error: no get');
  });

  it('fails where no store could be made', async () => {
    const results = await run(() => Promise.reject(new Error('no server')));
    expect(new Set(Object.values(results))).to.deep.equal(new Set(['Error: no server']));
  });

  for (const options of [
    {},
    { make: 'store' },
    { make: () => new PlainState(Date.now), time: 'fake' },
    { make: () => new PlainState(Date.now), runner: { describe } },
    { make: () => new PlainState(Date.now), timeout: 1 },
  ]) {
    it(`refuses the options ${JSON.stringify(options)} of ${Object.keys(options).join(', ')}`, () => {
      expect(() => {
        stateStoreContract(options as unknown as StateStoreContractOptions);
      }).to.throw(ConfigurationError, 'stateStoreContract()');
    });
  }
});
