import { expect } from 'chai';
import fc from 'fast-check';
import { Lexer } from 'yaml';
import { FileFault } from '../../../../src/files/file-fault';
import { finish } from '../../../../src/files/slices';
import { readUserRecords, readWhole, type UserRecords } from '../../../../src/userstores/file/user-file';
import { UserIndex } from '../../../../src/userstores/file/user-index';
import { singleOddities, userFileTexts } from '../../../support/user-file-texts';

function outcome(read: (text: string) => Generator<void, UserRecords>, text: string): unknown {
  try {
    const { users, groups, lines } = finish(read(text));
    return {
      users: [...users].map(([name, user]) => [name, { ...user }]),
      groups: [...groups],
      lines: [...lines],
    };
  } catch (error) {
    if (error instanceof FileFault) return { line: error.line, problem: error.message };
    throw error;
  }
}

function recordsOf(text: string): UserRecords | undefined {
  try {
    return finish(readWhole(text));
  } catch (error) {
    if (error instanceof FileFault) return undefined;
    throw error;
  }
}

/** How many characters the YAML library looks at meanwhile. */
async function lexed(work: () => unknown): Promise<number> {
  const prototype = Lexer.prototype as { lex: (source: string, incomplete?: boolean) => Generator<string> };
  const own = prototype.lex;
  let characters = 0;
  prototype.lex = function (source, incomplete) {
    characters += source.length;
    return own.call(this, source, incomplete);
  };
  try {
    await work();
  } finally {
    prototype.lex = own;
  }
  return characters;
}

const RECORD = (index: number): string => `  - username: user${index}\n    roles: [a]\n`;
const many = (count: number, each = RECORD): string =>
  Array.from({ length: count }, (_, index) => each(index)).join('');

describe('Large user files', () => {
  it('are read record by record as the YAML library reads them as a whole, faults included', () => {
    let valid = 0;
    fc.assert(
      fc.property(userFileTexts(), (text) => {
        const whole = outcome(readWhole, text);
        if (Object.hasOwn(whole as object, 'users')) valid += 1;
        expect(outcome(readUserRecords, text)).to.deep.equal(whole);
      }),
      { numRuns: 1500 },
    );
    expect(valid).to.be.greaterThan(100);
  }).timeout(120_000);

  it('are read as the YAML library reads them with any single oddity', () => {
    for (const text of singleOddities()) {
      expect(outcome(readUserRecords, text), text).to.deep.equal(outcome(readWhole, text));
      const index = finish(UserIndex.read(Buffer.from(text)));
      if (index !== undefined) expect(recordsOf(text)?.users.size, text).to.equal(index.size);
    }
  }).timeout(60_000);

  it('have the users and groups in their index that the YAML library finds, or no index', () => {
    let indexed = 0;
    fc.assert(
      fc.property(userFileTexts(), (text) => {
        const index = finish(UserIndex.read(Buffer.from(text)));
        if (index === undefined) return;
        indexed += 1;
        // A byte order mark is no part of the text.
        const records = recordsOf(text.replace(/^\ufeff/, ''));
        expect(records?.users.size).to.equal(index.size);
        for (const name of records?.users.keys() ?? []) expect(index.has(name)).to.equal(true);
        expect([...index.groups]).to.deep.equal([...(records?.groups ?? [])]);
      }),
      { numRuns: 1500 },
    );
    expect(indexed).to.be.greaterThan(100);
  }).timeout(120_000);

  it('keep every byte when users are added, again and again, and have exactly them more', () => {
    let grown = 0;
    fc.assert(
      fc.property(userFileTexts(), fc.integer({ min: 1, max: 3 }), (text, count) => {
        let bytes = Buffer.from(text);
        let index = finish(UserIndex.read(bytes));
        for (let round = 0; round < 2 && index !== undefined; round += 1) {
          const names = Array.from({ length: count }, (_, at) => `new${round}: ${at}`);
          const added = new Map(names.map((username) => [username, { username, roles: ['it # is'] }]));
          let insertion;
          try {
            insertion = finish(index.insert(bytes, added));
          } catch (error) {
            if (error instanceof FileFault) return;
            throw error;
          }
          if (insertion === undefined) return;
          const [before, after] = [
            bytes.toString().replace(/^\ufeff/, ''),
            Buffer.concat(insertion.pieces)
              .toString()
              .replace(/^\ufeff/, ''),
          ];
          let same = 0;
          while (same < before.length && before[same] === after[same]) same += 1;
          expect(after.endsWith(before.slice(same))).to.equal(true);
          const [old, found] = [recordsOf(before), recordsOf(after)];
          expect([...(found?.users.values() ?? [])]).to.deep.equal([
            ...(old?.users.values() ?? []),
            ...added.values(),
          ]);
          expect([...(found?.groups ?? [])]).to.deep.equal([...(old?.groups ?? [])]);
          bytes = Buffer.concat(insertion.pieces);
          index = insertion.index;
          // Undefined where the file has to be read anew.
          expect(index?.has(names[0]!) ?? true).to.equal(true);
          grown += 1;
        }
      }),
      { numRuns: 1500 },
    );
    expect(grown).to.be.greaterThan(100);
  }).timeout(120_000);

  it('have no index for a name twice, in whichever quotes, or a group that does not exist', () => {
    const texts = [
      'users:\n  - username: a\n  - username: b\n  - username: a\n',
      'users:\n  - username: a\n  - username: "a"\n',
      "users:\n  - username: 'a'\n  - {username: a}\n",
      'users:\n  - username: "\\x61"\n  - username: a\n',
      'users:\n  - username: a\n    groups: [g]\n',
      'users:\n  - username: a\n    groups:\n      - g\ngroups:\n  - name: h\n',
      'users:\n  - username: a\ngroups:\n  - name: h\n    groups: [g]\n',
      'users:\n  - username: a\ngroups:\n  - name: h\n  - name: "h"\n',
      'users:\n  - username: a\nusers:\n  - username: b\n',
      'users:\n  - username: a\n    email: "\n  - username: b"\n  - username: c\n',
    ];
    for (const text of texts) {
      const isValid = recordsOf(text) !== undefined;
      expect(finish(UserIndex.read(Buffer.from(text))) !== undefined, text).to.equal(isValid);
    }
    const latin = Buffer.concat([
      Buffer.from('users:\n  - username: "'),
      Buffer.from([0xe9]),
      Buffer.from('"\n'),
    ]);
    expect(finish(UserIndex.read(latin))).to.equal(undefined);
  });

  it('are not cut in the middle of a record, whatever its lines begin with', () => {
    for (const line of ['\t', '\t# c', '\t ', ' \t']) {
      for (const after of ['', 'groups:\n  - name: g\n', '"groups": []\n', '# c\n']) {
        const text = `users:\n  - username: a\n    email: b\n${line}\n    roles: [admin]\n${after}`;
        const bytes = Buffer.from(text);
        const index = finish(UserIndex.read(bytes));
        const added = new Map([['c', { username: 'c' }]]);
        const insertion = index === undefined ? undefined : finish(index.insert(bytes, added));
        if (insertion === undefined) continue;
        const users = [...(recordsOf(Buffer.concat(insertion.pieces).toString())?.users.values() ?? [])];
        expect(users).to.deep.equal([{ username: 'a', email: 'b', roles: ['admin'] }, { username: 'c' }]);
      }
    }
  });

  const STYLES: [title: string, text: string, most: number][] = [
    ['plain ones', `users:\n${many(5000)}`, 0],
    ['ones with comments', `# c\nusers: # c\n${many(5000, (index) => `${RECORD(index)}  # c\n`)}`, 0],
    [
      'ones with empty lines, and groups in front',
      `groups:\n  - name: g\n\nusers:\n\n${many(5000, (index) => `${RECORD(index)}\n`)}`,
      0,
    ],
    ['ones with CRLF', `users:\n${many(5000)}groups:\n- name: g\n`.replaceAll('\n', '\r\n'), 0],
    [
      'ones with lists of lines',
      `users:\n${many(5000, (index) => `  - username: user${index}\n    roles:\n      - a\n      - 'b c'\n`)}`,
      0,
    ],
    [
      'ones with another one in the middle',
      `users:\n${many(2500)}  - {username: odd}\n${many(2500, (index) => RECORD(index + 2500))}`,
      100,
    ],
  ];
  for (const [title, text, most] of STYLES) {
    it(`are read without the YAML library, ${title}, and added to with the end alone`, async () => {
      let size: number | undefined;
      expect(await lexed(() => (size = finish(readUserRecords(text)).users.size))).to.be.at.most(most);
      expect(size).to.be.at.least(5000);
      const bytes = Buffer.from(text);
      const added = new Map([['new', { username: 'new' }]]);
      let after = '';
      const characters = await lexed(() => {
        const insertion = finish(finish(UserIndex.read(bytes))!.insert(bytes, added));
        after = Buffer.concat(insertion!.pieces).toString();
      });
      expect(characters).to.be.at.most(most + 1000);
      expect(finish(readUserRecords(after)).users.has('new')).to.equal(true);
    });
  }
});
