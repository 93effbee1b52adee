import { expect } from 'chai';
import { linkSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PROBLEM_SOURCE, type Problem } from '../../../../src/core/events';
import { ConfigurationError, ServiceUnavailableError } from '../../../../src/errors';
import { FileUserstore, type FileUserstoreOptions } from '../../../../src/userstores/file/file-userstore';
import { describeUserstore } from '../../../contract/describe-userstore';
import { eventually } from '../../../support/eventually';

class Users extends FileUserstore {}

describeUserstore('FileUserstore', (users, groups) => {
  const folder = mkdtempSync(join(tmpdir(), 'securest-'));
  const path = join(folder, 'users.yaml');
  writeFileSync(path, stringify({ users, groups }));
  const store = new FileUserstore({ path });
  return {
    store,
    teardown: () => {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('FileUserstore', () => {
  let folder: string;
  let path: string;
  let store: FileUserstore | undefined;

  const open = (): FileUserstore => (store = new Users({ path, pollMs: 5 }));
  const replace = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'users.yaml');
    writeFileSync(path, 'users:\n  - username: alice\n');
  });

  afterEach(() => {
    store?.close();
    store = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  it('refuses options without a path, or with an invalid pause', () => {
    for (const options of [
      undefined,
      {},
      { path: '' },
      { path: 7 },
      { path, pollMs: 0 },
      { path, pollMs: '5' },
    ]) {
      expect(() => new FileUserstore(options as FileUserstoreOptions)).to.throw(ConfigurationError);
    }
  });

  it('refuses to start with a bad file and names file and line', () => {
    writeFileSync(path, 'users:\n  - username: alice\n    password: $2b$10$secret\n    active: off\n');
    expect(() => open()).to.throw(ConfigurationError, `${path}:4 active must be true or false`);
    writeFileSync(path, '');
    expect(() => open()).to.throw(ConfigurationError, `${path} is empty`);
    rmSync(path);
    expect(() => open()).to.throw(ConfigurationError, `${path} cannot be read (ENOENT)`);
  });

  it('keeps its users through every cut-off of a new version, and reports', async () => {
    const users = open();
    const problems: Problem[] = [];
    users[PROBLEM_SOURCE]((problem) => problems.push(problem));
    const cuts = ['', 'users:\n', 'users:\n  - username: alice\n    password: "$2b$12$abc', 'us'];
    for (const [index, cut] of cuts.entries()) {
      writeFileSync(path, cut);
      await eventually(() => problems.length === index + 1);
      expect(users.getUser('alice')).to.not.equal(null);
    }
    expect(problems[2]?.component).to.equal('Users');
    expect(problems[2]?.problem).to.include('users.yaml:3 is not valid YAML').and.not.include('$2b');

    rmSync(path);
    await eventually(() => problems.length === cuts.length + 1);
    expect(users.getUser('alice')).to.not.equal(null);
    writeFileSync(path, 'users:\n  - username: bob\n');
    await eventually(() => users.getUser('bob') !== null);
    expect(users.getUser('alice')).to.equal(null);
  });

  it('hands the last problem that nobody heard to the first listener, and stops when told', async () => {
    const users = open();
    const heard: Problem[] = [];
    const later: Problem[] = [];
    replace('users:\n  - bad\n');
    await eventually(() => {
      if (heard.length === 0) users[PROBLEM_SOURCE]((problem) => heard.push(problem))();
      return heard.length > 0;
    });
    const stop = users[PROBLEM_SOURCE]((problem) => later.push(problem));
    expect(later).to.deep.equal([]);
    stop();
    replace('users:\n  - username: carol\n');
    await eventually(() => users.getUser('carol') !== null);
    expect(heard).to.have.length(1);
    expect(later).to.deep.equal([]);
  });

  it("takes a user's groups from the version that the user came from, however late", async () => {
    const version = (number: number): string =>
      `users:\n  - { username: alice, groups: [staff] }\ngroups:\n  - { name: staff, roles: [v${number}] }\n`;
    replace(version(1));
    const users = open();
    const alice = users.getUser('alice');
    replace(version(2));
    await eventually(() => users.getGroup('staff')?.roles?.[0] === 'v2');
    expect(users.getGroup('staff', alice!)?.roles).to.deep.equal(['v1']);
    expect(users.getGroup('staff', users.getUser('alice')!)?.roles).to.deep.equal(['v2']);
    expect(users.getGroup('staff', { username: 'alice' })?.roles).to.deep.equal(['v2']);
  });

  it('shows users and groups of one version only, in 1000 lookups during 100 reloads', async () => {
    const version = (number: number): string =>
      `users:\n  - username: alice\n    roles: [v${String(number)}]\ngroups:\n  - name: staff\n    roles: [v${String(number)}]\n`;
    replace(version(0));
    const users = open();
    const seen = new Set<string>();
    let lookups = 0;
    const look = (): string | undefined => {
      lookups += 1;
      const role = users.getUser('alice')?.roles?.[0];
      expect(users.getGroup('staff')?.roles?.[0]).to.equal(role);
      if (role !== undefined) seen.add(role);
      return role;
    };
    for (let number = 1; number <= 100; number += 1) {
      replace(version(number));
      await eventually(() => look() === `v${String(number)}`);
    }
    while (lookups < 1000) look();
    expect(seen.size).to.equal(101);
  }).timeout(30_000);

  it('has a new hash at once, keeps it, and takes what others write after it', async () => {
    writeFileSync(path, 'users:\n  - username: alice # she\n    password: old\n  - username: bob\n');
    const users = open();
    const problems: Problem[] = [];
    users[PROBLEM_SOURCE]((problem) => problems.push(problem));
    for (let round = 0; round < 20; round += 1) {
      const alice = users.getUser('alice')!;
      expect(await users.updatePassword(alice, `hash${round}`, alice.password!)).to.equal(true);
      expect(users.getUser('alice')?.password).to.equal(`hash${round}`);
    }
    const seen = new Set<unknown>();
    await eventually(() => {
      seen.add(users.getUser('alice')?.password);
      return seen.size > 0;
    });
    expect(readFileSync(path, 'utf8')).to.equal(
      'users:\n  - username: alice # she\n    password: hash19\n  - username: bob\n',
    );
    replace('users:\n  - username: alice\n    password: by-hand\n');
    await eventually(() => users.getUser('alice')?.password === 'by-hand');
    expect(await users.updatePassword(users.getUser('alice')!, 'x', 'hash19')).to.equal(false);
    expect([...seen]).to.deep.equal(['hash19']);
    expect(problems).to.deep.equal([]);
  });

  it('reports that the other names of a file with hard links keep the old hash', async () => {
    const text = 'users:\n  - username: alice\n    password: old\n';
    writeFileSync(path, text);
    linkSync(path, `${path}.other`);
    const users = open();
    const problems: Problem[] = [];
    users[PROBLEM_SOURCE]((problem) => problems.push(problem));
    for (const hash of ['new', 'newer']) {
      const alice = users.getUser('alice')!;
      expect(await users.updatePassword(alice, hash, alice.password!)).to.equal(true);
    }
    expect(problems).to.have.length(1);
    expect(problems[0]?.component).to.equal('Users');
    expect(problems[0]?.problem)
      .to.match(/users\.yaml had 2 hard links/)
      .and.not.include('newer');
    expect(readFileSync(`${path}.other`, 'utf8')).to.equal(text);
  });

  it('never goes back to a version that was read before a new hash was stored', async () => {
    const padding = Array.from({ length: 3000 }, (_, index) => `  - {username: u${index}}\n`).join('');
    const version = (hash: string): string =>
      `users:\n  - username: alice\n    password: ${hash}\n${padding}`;
    writeFileSync(path, version('old'));
    const users = open();
    // The watching reads this version for a while, and meanwhile the next one is written.
    replace(version('older'));
    await eventually(() => users.getUser('alice')?.password === 'older');
    replace(version('read-slowly'));
    const done = users.updatePassword(users.getUser('alice')!, 'new', 'read-slowly');
    expect(await done).to.equal(true);
    expect(users.getUser('alice')?.password).to.equal('new');
    replace(version('last').replace('alice', 'alice2'));
    const seen = new Set<string | null | undefined>();
    await eventually(() => {
      const alice = users.getUser('alice');
      if (alice !== null) seen.add(alice.password);
      return users.getUser('alice2') !== null;
    });
    expect([...seen].filter((hash) => hash !== 'new')).to.deep.equal([]);
  }).timeout(30_000);

  it('rejects a new hash that it cannot store, and keeps the old one', async () => {
    writeFileSync(path, 'users:\n  - username: alice\n    password: old\n');
    const users = open();
    const alice = users.getUser('alice')!;
    rmSync(path);
    const error: unknown = await users.updatePassword(alice, 'new', 'old').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
    expect(String((error as ServiceUnavailableError).cause)).to.match(
      /users\.yaml cannot be read \(ENOENT\)/,
    );
    expect(users.getUser('alice')?.password).to.equal('old');
  });
});
