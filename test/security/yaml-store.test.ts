import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROBLEM_SOURCE } from '../../src/core/events';
import { ConfigurationError } from '../../src/errors';
import { FileUserstore } from '../../src/userstores/file/file-userstore';
import { MAX_USER_FILE_BYTES } from '../../src/userstores/file/user-file-edit';
import { eventually } from '../support/eventually';

interface Case {
  name: string;
  yaml: string | null;
  expect: string;
}

const { vectors } = JSON.parse(readFileSync(join(__dirname, '../vectors/yaml_store_cases.json'), 'utf8')) as {
  vectors: Case[];
};

const ALICE = 'users:\n  - username: alice\n    password: $2b$10$hash\n';
const BOB = 'users:\n  - username: bob\n';

describe('YAML userstore cases', () => {
  let folder: string;
  let path: string;
  let stores: FileUserstore[];
  let problems: string[];

  const open = (): FileUserstore => {
    const store = new FileUserstore({ path, pollMs: 5 });
    store[PROBLEM_SOURCE](({ problem }) => problems.push(problem));
    stores.push(store);
    return store;
  };
  const load = (text: string): FileUserstore => {
    writeFileSync(path, text);
    return open();
  };
  const replace = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  const found = (store: FileUserstore, name: string): Promise<void> =>
    eventually(() => store.getUser(name) !== null);
  const refused = (text: string, why: RegExp): void => {
    expect(() => load(text)).to.throw(ConfigurationError, why);
  };
  /** The first start refuses the text; a running store reports it and keeps what it has. */
  const refusedAlways = async (text: string, why: RegExp): Promise<void> => {
    refused(text, why);
    const store = load(ALICE);
    replace(text);
    await eventually(() => problems.length === 1);
    expect(problems[0]).to.match(why);
    expect(store.getUser('alice')).to.not.equal(null);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'users.yaml');
    stores = [];
    problems = [];
  });

  afterEach(() => {
    for (const store of stores) store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const checks: Record<string, (text: string) => void | Promise<void>> = {
    'a user and a group of one name': (text) => {
      const store = load(text);
      expect(store.getUser('admins')).to.deep.equal({ username: 'admins', groups: [] });
      expect(store.getGroup('admins')).to.deep.equal({ name: 'admins', roles: ['admin'] });
    },
    'a user map with the key __proto__': (text) => refusedAlways(text, /must have a list/),
    '__proto__ at the top': (text) => refusedAlways(text, /may only have users and groups/),
    'an anchor and its alias': (text) => refusedAlways(text, /has an anchor/),
    'an anchor without an alias': (text) => refusedAlways(text, /has an anchor/),
    'nesting one level past the bound': (text) => refusedAlways(text, /nested too deeply/),
    'active: off': (text) => refusedAlways(text, /:2 active must be true or false/),
    'a user name of digits': (text) => refusedAlways(text, /:2 username must be a string/),
    'a file cut off in a string': (text) => refusedAlways(text, /is not valid YAML/),
    'a file cut off after a record': (text) => {
      const user = load(text).getUser('alice');
      expect(user).to.not.have.property('password');
    },
    'an empty file': (text) => refusedAlways(text, /is empty/),
    'two documents': (text) => refusedAlways(text, /more than one document/),
    'an unknown tag': (text) => refusedAlways(text, /is not valid YAML/),
    'a binary tag': (text) => refusedAlways(text, /is not valid YAML|has a tag/),
    'NUL in a name': (text) => refusedAlways(text, /username must be a string without control characters/),
    'a byte order mark': (text) => {
      expect(load(text).getUser('')).to.equal(null);
      expect(load(`\ufeff${ALICE}`).getUser('alice')).to.not.equal(null);
    },
    'roles without a value': (text) => {
      expect(load(text).getUser('a')?.roles ?? []).to.deep.equal([]);
    },
    // The two that follow are files of path permissions: as user files they are refused.
    'permissions with an empty allow': (text) => refusedAlways(text, /may only have users and groups/),
    'permissions that allow and deny': (text) => refusedAlways(text, /may only have users and groups/),
    'the file is replaced by renaming': async () => {
      const store = load(ALICE);
      replace(BOB);
      await found(store, 'bob');
    },
    'a symlink in the path is swapped': async () => {
      for (const [version, text] of [
        ['v1', ALICE],
        ['v2', BOB],
      ] as const) {
        mkdirSync(join(folder, version));
        writeFileSync(join(folder, version, 'users.yaml'), text);
      }
      symlinkSync('v1', join(folder, '..data'));
      symlinkSync(join('..data', 'users.yaml'), path);
      const store = open();
      expect(store.getUser('alice')).to.not.equal(null);
      symlinkSync('v2', join(folder, 'tmp'));
      renameSync(join(folder, 'tmp'), join(folder, '..data'));
      await eventually(() => {
        expect((store.getUser('alice') === null) !== (store.getUser('bob') === null)).to.equal(true);
        return store.getUser('bob') !== null;
      });
    },
    'a symlink to a file of another kind or a FIFO': () => {
      const secret = join(folder, 'passwd');
      writeFileSync(secret, 'root:x:0:0:root:/root:/bin/bash\n');
      symlinkSync(secret, path);
      expect(() => open())
        .to.throw(ConfigurationError)
        .with.property('message')
        .that.does.not.include('root:');
      rmSync(path);
      execFileSync('mkfifo', [join(folder, 'fifo')]);
      symlinkSync(join(folder, 'fifo'), path);
      expect(() => open()).to.throw(ConfigurationError, /not a regular file/);
    },
    'everyone may write the file': () => {
      writeFileSync(path, ALICE);
      chmodSync(path, 0o666);
      open();
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include('may be written by everyone');
    },
    'deleted while the app runs': async () => {
      const store = load(ALICE);
      rmSync(path);
      await eventually(() => problems.length === 1);
      expect(store.getUser('alice')).to.not.equal(null);
    },
    'deleted, then made again': async () => {
      const store = load(ALICE);
      rmSync(path);
      await eventually(() => problems.length === 1);
      writeFileSync(path, BOB);
      await found(store, 'bob');
    },
    'another content with the same size and time': async () => {
      const store = load(BOB);
      const { atime, mtime } = statSync(path);
      writeFileSync(path, BOB.replace('bob', 'eve'));
      utimesSync(path, atime, mtime);
      await found(store, 'eve');
      expect(store.getUser('bob')).to.equal(null);
    },
    'a hundred versions at once': async () => {
      const store = load(ALICE);
      for (let count = 1; count <= 100; count += 1) {
        writeFileSync(path, BOB.replace('bob', `user${String(count)}`));
      }
      await found(store, 'user100');
      expect(problems).to.deep.equal([]);
    },
    'lookups while the file is read again': async () => {
      const pair = (role: string): string =>
        `users:\n  - username: alice\n    roles: [${role}]\ngroups:\n  - name: staff\n    roles: [${role}]\n`;
      const store = load(pair('old'));
      replace(pair('new'));
      await eventually(() => {
        const [role] = store.getUser('alice')?.roles ?? [];
        expect(store.getGroup('staff')?.roles).to.deep.equal([role]);
        return role === 'new';
      });
    },
    'a user is removed': async () => {
      const store = load(ALICE);
      replace(BOB);
      await found(store, 'bob');
      expect(store.getUser('alice')).to.equal(null);
    },
    'a bad version, then a good one': async () => {
      const store = load(ALICE);
      replace('users: [');
      await eventually(() => problems.length === 1);
      replace(BOB);
      await found(store, 'bob');
    },
    'a file one byte too large': () => {
      writeFileSync(path, '');
      truncateSync(path, MAX_USER_FILE_BYTES + 1);
      expect(() => open()).to.throw(ConfigurationError, /is larger than/);
    },
  };

  for (const { name, yaml, expect: expected } of vectors) {
    it(`${name}: ${expected}`, async () => {
      const check = checks[name];
      if (check === undefined) throw new Error('There is no check for this case');
      await check(yaml ?? '');
    });
  }

  it('has a check for each of the 31 cases', () => {
    expect(vectors.map(({ name }) => name).sort()).to.deep.equal(Object.keys(checks).sort());
    expect(vectors).to.have.length(31);
  });

  it('refuses an anchor wherever it stands, and an alias to nothing', () => {
    for (const text of [
      'users: &a []\n',
      '&a\nusers: []\n',
      'users:\n  - &a {username: x}\n',
      'users:\n  - username: &a x\n',
      'users:\n  - {username: x, roles: [&a admin]}\n',
      'users: []\ngroups: &a []\n',
    ]) {
      refused(text, /has an anchor/);
    }
    refused('users: *a\n', /must have a list/);
    refused('users:\n  - *a\n', /has an alias/);
  });

  for (const [form, nested, bound] of [
    ['lists', (depth: number) => `users: ${'['.repeat(depth)}${']'.repeat(depth)}\n`, 48],
    ['mappings', (depth: number) => `users: ${'{a: '.repeat(depth)}x${'}'.repeat(depth)}\n`, 47],
    ['lists of lines', (depth: number) => `users:\n  ${'- '.repeat(depth)}x\n`, 47],
    ['keys', (depth: number) => `users:\n  - username: ${'? '.repeat(depth)}x\n`, 46],
  ] as const) {
    it(`stops at ${form} nested one level past the bound, and reads no further`, () => {
      refused(nested(bound), /must have a|is not valid YAML/);
      refused(nested(bound + 1), /nested too deeply/);
      refused(`${nested(bound + 1)}---\n%YAML 1.2\n---\nusers: []\n`, /:[12] is nested too deeply/);
    });
  }

  it('refuses what YAML reads as another type than it looks like', () => {
    for (const value of ['off', 'no', 'No', '0', '1', '"true"', '~']) {
      refused(`${BOB}    active: ${value}\n`, /:3 active must be true or false/);
    }
    for (const value of ['007', '1e3', '0x1F', '.inf', 'true', '1_0.5e1', '~', '[a]', '{a: b}']) {
      if (value === '1_0.5e1')
        expect(load(`users:\n  - username: ${value}\n`).getUser(value)).to.not.equal(null);
      else refused(`users:\n  - username: ${value}\n`, /:2 username must be a string/);
    }
    refused(`${BOB}    roles: admin\n`, /:3 roles must be a list of names/);
    refused(`${BOB}    roles: {admin: true}\n`, /:3 roles must be a list of names/);
  });
});
