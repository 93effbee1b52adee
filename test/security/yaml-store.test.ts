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
import { FileUserstore } from '../../src/userstores/file';
import { eventually } from '../support/eventually';

interface Case {
  id: string;
  name: string;
  yaml: string | null;
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
    '3': (text) => {
      const store = load(text);
      expect(store.getUser('admins')).to.deep.equal({ username: 'admins', groups: [] });
      expect(store.getGroup('admins')).to.deep.equal({ name: 'admins', roles: ['admin'] });
    },
    '4': (text) => refusedAlways(text, /must have a list/),
    '5': (text) => refusedAlways(text, /may only have users and groups/),
    '8': async (text) => {
      const start = performance.now();
      refused(text, /has an anchor/);
      expect(performance.now() - start).to.be.lessThan(50);
      await refusedAlways(text, /has an anchor/);
    },
    '9': (text) => refusedAlways(text, /may only have|has an anchor/),
    '10': async (text) => {
      const start = performance.now();
      refused(text, /nested too deeply/);
      expect(performance.now() - start).to.be.lessThan(50);
      await refusedAlways(text, /nested too deeply/);
    },
    '11': (text) => refusedAlways(text, /:2 active must be true or false/),
    '13': (text) => refusedAlways(text, /:2 username must be a string/),
    '14': (text) => refusedAlways(text, /is not valid YAML/),
    '15': (text) => {
      const user = load(text).getUser('alice');
      expect(user).to.not.have.property('password');
    },
    '16': (text) => refusedAlways(text, /is empty/),
    '18': (text) => refusedAlways(text, /more than one document/),
    '19': (text) => refusedAlways(text, /is not valid YAML/),
    '20': (text) => refusedAlways(text, /is not valid YAML|has a tag/),
    '21': (text) => refusedAlways(text, /username must be a string without control characters/),
    '22': (text) => {
      expect(load(text).getUser('')).to.equal(null);
      expect(load(`\ufeff${ALICE}`).getUser('alice')).to.not.equal(null);
    },
    '26': (text) => {
      expect(load(text).getUser('a')?.roles ?? []).to.deep.equal([]);
    },
    // The two that follow are files of path permissions: as user files they are refused.
    '27': (text) => refusedAlways(text, /may only have users and groups/),
    '28': (text) => refusedAlways(text, /may only have users and groups/),
    '30': async () => {
      const store = load(ALICE);
      replace(BOB);
      await found(store, 'bob');
    },
    '31': async () => {
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
    '32': () => {
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
    '33': () => {
      writeFileSync(path, ALICE);
      chmodSync(path, 0o666);
      open();
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include('may be written by everyone');
    },
    '34': async () => {
      const store = load(ALICE);
      rmSync(path);
      await eventually(() => problems.length === 1);
      expect(store.getUser('alice')).to.not.equal(null);
    },
    '35': async () => {
      const store = load(ALICE);
      rmSync(path);
      await eventually(() => problems.length === 1);
      writeFileSync(path, BOB);
      await found(store, 'bob');
    },
    '36': async () => {
      const store = load(BOB);
      const { atime, mtime } = statSync(path);
      writeFileSync(path, BOB.replace('bob', 'eve'));
      utimesSync(path, atime, mtime);
      await found(store, 'eve');
      expect(store.getUser('bob')).to.equal(null);
    },
    '37': async () => {
      const store = load(ALICE);
      for (let count = 1; count <= 100; count += 1) {
        writeFileSync(path, BOB.replace('bob', `user${String(count)}`));
      }
      await found(store, 'user100');
      expect(problems).to.deep.equal([]);
    },
    '38': async () => {
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
    '39': async () => {
      const store = load(ALICE);
      replace(BOB);
      await found(store, 'bob');
      expect(store.getUser('alice')).to.equal(null);
    },
    '40': async () => {
      const store = load(ALICE);
      replace('users: [');
      await eventually(() => problems.length === 1);
      replace(BOB);
      await found(store, 'bob');
    },
    '41': () => {
      writeFileSync(path, '');
      truncateSync(path, 1_000_000_000);
      expect(() => open()).to.throw(ConfigurationError, /is larger than/);
    },
  };

  for (const { id, name, yaml } of vectors) {
    it(name, async () => {
      const check = checks[id];
      if (check === undefined) throw new Error('There is no check for this case');
      await check(yaml ?? '');
    });
  }

  it('has a check for each of the 31 cases', () => {
    expect(vectors.map(({ id }) => id).sort()).to.deep.equal(Object.keys(checks).sort());
    expect(vectors).to.have.length(31);
  });

  it('refuses an alias bomb, a cycle and deep nesting within 50 ms each', () => {
    const bomb = vectors.find(({ id }) => id === '8')?.yaml ?? '';
    const texts = [
      bomb,
      bomb.replaceAll('\n', ' # c\n'),
      'users: &a\n  - *a\n',
      `users: ${'['.repeat(100_000)}`,
      `users: ${'{a: '.repeat(100_000)}`,
      `users:\n  ${'- '.repeat(100_000)}`,
      `users:\n  - username: ${'? '.repeat(100_000)}`,
    ];
    for (const text of texts) {
      writeFileSync(path, text);
      const start = performance.now();
      expect(() => open(), text.slice(0, 40)).to.throw(ConfigurationError);
      expect(performance.now() - start, text.slice(0, 40)).to.be.lessThan(50);
    }
  });

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
