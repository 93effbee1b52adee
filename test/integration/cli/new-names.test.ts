import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseBasicCredentials } from '../../../src/providers/basic-credentials';
import { usernameFault } from '../../../src/core/user-name';
import { callCommand, type Result } from '../../support/command';
import { basic } from '../../support/drivers';

const HASH = '$2b$04$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC';
const PASSWORD = 'correct horse staple';
const ODD = 'odd\u00a0';

/** What no login can have as its user name, and what arguments of a command can hold. */
const REFUSED: Record<string, RegExp> = {
  '': /must not be empty/,
  ' ': /white space/,
  'ann ': /white space/,
  ' ann': /white space/,
  'ann\u00a0': /white space/,
  '\ufeffann': /white space/,
  'ann\u2003': /white space/,
  'ann\n': /control characters/,
  'a\tnn': /control characters/,
  'an\u007fn': /control characters/,
  'an\u0085n': /control characters/,
  ['x'.repeat(256)]: /at most 255 characters/,
  ['🔑'.repeat(128)]: /at most 255 characters/,
};
const TAKEN = ['ann', 'ann smith', "o'neil", 'ann@example.org', '50%', 'ангела', '🔑', 'x'.repeat(255)];

const STORES: Record<string, { store: string; text: string }> = {
  'a file': { store: 'users.yaml', text: 'users: []\n' },
  'a database': { store: 'sqlite:users.db', text: '' },
};

describe('usernameFault', () => {
  for (const name of TAKEN) {
    it(`is undefined for ${JSON.stringify(name.slice(0, 20))}, which a login can have`, () => {
      expect(usernameFault(name)).to.equal(undefined);
      expect(parseBasicCredentials(basic(name, 'x').authorization)?.username).to.equal(name);
    });
  }
  for (const [name, fault] of [...Object.entries(REFUSED), ['a\ud800', /control/], ['\udc00a', /control/]] as const) {
    it(`says what is wrong with ${JSON.stringify(name.slice(0, 20))} without quoting it`, () => {
      expect(usernameFault(name)).to.match(fault).and.not.include('ann');
    });
  }
}); // prettier-ignore

for (const [what, { store, text }] of Object.entries(STORES)) {
  describe(`Names that no login can have, with ${what}`, function () {
    this.timeout(120_000);
    let folder: string;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'securest-'));
      if (text !== '') writeFileSync(join(folder, store), text);
      else await run('sql', 'migrate', store);
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const run = (...args: string[]): Promise<Result> =>
      callCommand(args, { cwd: folder, input: args.includes('--password-stdin') ? PASSWORD : '' });
    const add = (name: string, ...options: string[]) =>
      run('user', 'add', store, name, '--password-stdin', ...options);
    const names = async (): Promise<string[]> => {
      const { users } = JSON.parse((await run('user', 'list', store, '--json')).out) as {
        users: { username: string }[];
      };
      return users.map(({ username }) => username);
    };
    const importing = (csv: string, ...options: string[]): Promise<Result> => {
      writeFileSync(join(folder, 'users.csv'), csv);
      return run('user', 'import', 'users.csv', store, ...options);
    };

    it('are refused with 1 by user add, and nothing is stored', async () => {
      await Promise.all(
        Object.entries(REFUSED).map(async ([name, fault]) => {
          const { code, out, err } = await add(name, '--weak', '--json');
          expect([code, Object.keys(JSON.parse(out) as object)], name).to.deep.equal([1, ['error']]);
          expect(err).to.match(fault);
        }),
      );
      const others = [
        ['--role', 'staff '],
        ['--group', ' '],
      ].map(async (options) => (await add('ann', ...options)).code);
      expect(await Promise.all(others)).to.deep.equal([1, 1]);
      expect(await names()).to.deep.equal([]);
    }); // prettier-ignore

    it('are taken where they have a colon, with a word about it that leaves the result as it is', async () => {
      const { code, out, err } = await add('corp:ann', '--json');
      expect([code, JSON.parse(out)]).to.deep.equal([0, { username: 'corp:ann', added: true }]);
      expect(err).to.include('colon').and.include('RFC 7617');
      const { err: none } = await add('ann');
      expect(none).to.equal('');
      const imported = await importing(`username,password_hash\nbob,${HASH}\ncorp:bob,${HASH}\n`);
      expect([imported.code, imported.out]).to.deep.equal([0, '2 added, 0 were there already\n']);
      expect(imported.err).to.match(/^users\.csv line 3: username has a colon.*\n$/);
      expect(await names()).to.have.members(['corp:ann', 'ann', 'bob', 'corp:bob']);
    });

    it('are named by their line when imported, and nothing is added', async () => {
      const odd = Object.keys(REFUSED).map((name) => `"${name}",${HASH},\n`);
      const csv = `username,password_hash,roles\nbob,${HASH},reader\n${odd.join('')}`;
      const refused = await importing(csv, '--json');
      const { added, faults } = JSON.parse(refused.out) as { added: number; faults: string[] };
      expect([refused.code, added, faults.length]).to.deep.equal([1, 0, odd.length]);
      for (const fault of faults) expect(fault).to.match(/^line \d+: username must /);
      expect(await names()).to.deep.equal([]);
      expect((await importing(csv, '--skip-faults')).code).to.equal(1);
      expect(await names()).to.deep.equal(['bob']);
    });

    it('are none of roles with white space at their ends, which users get no more', async () => {
      expect((await add('ann', '--role', 'reader')).code).to.equal(0);
      for (const args of [['editor '], ['--add', ' editor'], ['--add', 'editor\u00a0'], ['reader', '']]) {
        expect((await run('user', 'roles', store, 'ann', ...args)).code, args.join()).to.equal(1);
      }
      const { out } = await run('user', 'roles', store, 'ann', '--add', 'chief editor', '--json');
      expect(JSON.parse(out)).to.deep.equal({ username: 'ann', roles: ['reader', 'chief editor'] });
    });
  });
}

describe('Oddly named users of before', function () {
  this.timeout(60_000);
  let folder: string;
  const run = (...args: string[]) => callCommand(args, { cwd: folder, input: PASSWORD });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    const user = `users:\n  - username: "${ODD}"\n    password: "${HASH}"\n    roles: ["old "]\n`;
    writeFileSync(join(folder, 'users.yaml'), user);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('can be disabled, enabled and changed, and keep their roles', async () => {
    for (const args of [['disable'], ['enable'], ['passwd', '--password-stdin']]) {
      const [name = '', ...options] = args;
      expect((await run('user', name, 'users.yaml', ODD, ...options)).code, name).to.equal(0);
    }
    const added = await run('user', 'roles', 'users.yaml', ODD, '--add', 'new', '--json');
    expect(JSON.parse(added.out)).to.deep.equal({ username: ODD, roles: ['old ', 'new'] });
    const removed = await run('user', 'roles', 'users.yaml', ODD, '--remove', 'old ', '--json');
    expect(JSON.parse(removed.out)).to.deep.equal({ username: ODD, roles: ['new'] });
    expect(readFileSync(join(folder, 'users.yaml'), 'utf8')).to.include('active: true');
  });
});

describe('Passwords that no login takes', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'securest-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are refused with 1 by user add, user passwd and hash', async () => {
    writeFileSync(join(folder, 'users.yaml'), 'users:\n  - username: bob\n');
    const before = readFileSync(join(folder, 'users.yaml'), 'utf8');
    const inputs = ['', `${PASSWORD}\nmore`, `${PASSWORD}\t`, `${PASSWORD}\u0085`, 'x'.repeat(1025), 'é'.repeat(513)];
    const commands = ['user add users.yaml ann --weak', 'user passwd users.yaml bob --weak', 'hash'];
    for (const command of commands) {
      const args = [...command.split(' '), '--password-stdin'];
      const results = await Promise.all(inputs.map((input) => callCommand(args, { cwd: folder, input })));
      for (const [at, { code, out, err }] of results.entries()) {
        expect([code, out], `${command} ${JSON.stringify(inputs[at]?.slice(0, 30))}`).to.deep.equal([1, '']);
        expect(err).to.match(/The password m/).and.not.include('horse');
      }
    }
    expect(readFileSync(join(folder, 'users.yaml'), 'utf8')).to.equal(before);
    expect(existsSync(join(folder, '.users.yaml.lock'))).to.equal(false);
  }); // prettier-ignore

  it('are named by their line when imported, as are hashes in the column of passwords', async () => {
    const rows = ['x'.repeat(1025), 'a\u0085b', HASH, `{CRYPT}${HASH}`, '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr'];
    const csv = `username,password\n${rows.map((password, at) => `user${at},${password}\n`).join('')}`;
    writeFileSync(join(folder, 'users.csv'), csv);
    const args = ['user', 'import', 'users.csv', 'users.yaml', '--create', '--weak'];
    const { code, err } = await callCommand(args, { cwd: folder });
    expect(code).to.equal(1);
    expect([...err.matchAll(/^users\.csv line (\d+): password (is a hash)?/gm)].map(([, line, hash]) => [line, hash])).to.deep.equal(
      [['2', undefined], ['3', undefined], ['4', 'is a hash'], ['5', 'is a hash'], ['6', 'is a hash']],
    );
    expect(err).to.not.include('$2b$').and.not.include('0c0bl');
    expect(existsSync(join(folder, 'users.yaml'))).to.equal(false);
  }); // prettier-ignore
});
