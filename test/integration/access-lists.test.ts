import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { FileUserDirectory } from '../../src/userstores/file/file-directory';
import { UserFileError } from '../../src/userstores/file/user-file-edit';
import { compiled, type Ended, runCommand } from '../support/compiled';
import { describeWith } from './describe-with';

const ROOT = resolve(__dirname, '../..');
const USERS = 'users:\n  - username: ann # she\n    email: a@b\ngroups: []\n';
const BINARIES = '/usr/bin:/bin:/usr/sbin:/sbin'.split(':');

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'POSIX access control lists are of Linux';
  const isThere = ['getfacl', 'setfacl'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  return isThere ? undefined : 'getfacl and setfacl are not installed (Debian: acl)';
}

describeWith(missing(), 'Access control lists of user files', function () {
  const path = process.env.PATH;
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    mkdirSync(join(folder, 'users'));
    file = join(folder, 'users', '-x users\n.yaml');
    writeFileSync(file, USERS);
    chmodSync(file, 0o640);
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  const setfacl = (...args: string[]): unknown => execFileSync('setfacl', args);
  const listOf = (name: string): string =>
    execFileSync('getfacl', ['--omit-header', '--absolute-names', '--', name], {
      encoding: 'utf8',
      env: { PATH: path },
    });
  const edit = (): Promise<boolean> =>
    new FileUserDirectory({ path: file, settleMs: 0 }).update('ann', () => ({ email: 'new@b' }));
  const isEdited = (): boolean => readFileSync(file, 'utf8') === USERS.replace('a@b', 'new@b');
  const refused = async (why: RegExp): Promise<void> => {
    const { mode, ino } = statSync(file);
    const list = listOf(file);
    const error: unknown = await edit().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(UserFileError);
    expect((error as Error).message).to.match(why);
    expect(readFileSync(file, 'utf8')).to.equal(USERS);
    expect([statSync(file).mode, statSync(file).ino, listOf(file)]).to.deep.equal([mode, ino, list]);
    expect(readdirSync(join(folder, 'users'))).to.deep.equal(['-x users\n.yaml']);
  };
  /** A PATH with these programs alone, or with programs that do as told. */
  const only = (programs: Record<string, string | true>): void => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const [name, script] of Object.entries(programs)) {
      const target = join(bin, name);
      if (script === true) {
        const found = BINARIES.map((part) => join(part, name)).find((from) =>
          statSync(from, { throwIfNoEntry: false }),
        );
        symlinkSync(found ?? name, target);
      } else {
        writeFileSync(target, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      }
    }
    process.env.PATH = bin;
  };

  for (const [what, entries] of Object.entries({
    'another user': 'u:65534:r',
    'users and groups under a mask that keeps out the own group': 'g::-,u:65534:r,u:7:rw,g:9:r,m::rw',
    'a user who is kept out': 'u:65534:-,o::r',
  })) {
    it(`keep ${what}`, async () => {
      setfacl('-m', entries, '--', file);
      const [list, { mode }] = [listOf(file), statSync(file)];
      expect(await edit()).to.equal(true);
      expect(isEdited()).to.equal(true);
      expect(listOf(file)).to.equal(list);
      expect(statSync(file).mode).to.equal(mode);
    });
  }

  it('are not taken over from the folder by a file that has none', async () => {
    setfacl('-d', '-m', 'u:65534:rw,g:9:r', '--', join(folder, 'users'));
    const list = listOf(file);
    expect(list).to.not.include('65534').and.not.include('nobody');
    await edit();
    expect(isEdited()).to.equal(true);
    expect(listOf(file)).to.equal(list);
  });

  it('are kept over those that the folder would give', async () => {
    setfacl('-d', '-m', 'u:65534:rw,g:9:rw', '--', join(folder, 'users'));
    setfacl('-m', 'u:7:r', '--', file);
    const list = listOf(file);
    await edit();
    expect(listOf(file)).to.equal(list);
  });

  it('give nobody anything in a file that the command makes in a folder with a list', async () => {
    setfacl('-d', '-m', 'u:65534:rw', '--', join(folder, 'users'));
    rmSync(file);
    await new FileUserDirectory({ path: file, create: true }).add({ username: 'x' });
    expect(statSync(file).mode & 0o077).to.equal(0);
    expect(listOf(file)).to.match(/^mask::---$/m);
  });

  it('refuse the edit where the tools to keep them are missing', async () => {
    setfacl('-m', 'u:65534:r', '--', file);
    only({ ls: true });
    await refused(/cannot be replaced: .*access control list.*Install the package acl/);
  });

  it('refuse the edit where the new file would get one from the folder and the tools are missing', async () => {
    setfacl('-d', '-m', 'u:65534:r', '--', join(folder, 'users'));
    only({ ls: true });
    await refused(/its folder has an access control list/);
  });

  it('are not asked for where a file has none and the tools are missing, fail or print nonsense', async () => {
    for (const programs of [
      {},
      { ls: true as const },
      { ls: 'exit 1' },
      { getfacl: 'exit 1', ls: true as const },
      { getfacl: 'kill -9 $$' },
    ]) {
      writeFileSync(file, USERS);
      only(programs);
      expect(await edit()).to.equal(true);
      expect(isEdited()).to.equal(true);
    }
  });

  for (const [what, programs] of Object.entries({
    'setfacl fails': { setfacl: 'exit 1' },
    'setfacl does nothing': { setfacl: 'exec cat >/dev/null' },
    'setfacl is missing': {},
    'getfacl prints what setfacl does not take': { getfacl: 'echo nonsense', setfacl: true as const },
  })) {
    it(`refuse the edit where ${what}`, async () => {
      setfacl('-m', 'u:65534:r', '--', file);
      only({ getfacl: true, cat: true, ...programs });
      await refused(/access control list could not be kept/);
    });
  }

  it('are set on the new file itself, whatever stands at its path then', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'x', { mode: 0o600 });
    setfacl('-m', 'u:65534:r', '--', file);
    const real = BINARIES.map((part) => join(part, 'setfacl')).find((from) =>
      statSync(from, { throwIfNoEntry: false }),
    );
    only({
      getfacl: true,
      ln: true,
      setfacl: `for new in '${join(folder, 'users')}'/.*.new; do ln -sf '${victim}' "$new"; done; exec ${String(real)} "$@"`,
    });
    await edit().catch(() => undefined);
    expect(statSync(victim).mode & 0o777).to.equal(0o600);
    expect(listOf(victim)).to.not.match(/mask/);
  });

  it('are kept by the command, for a user who is not root as well', async function () {
    this.timeout(60_000);
    setfacl('-m', 'u:7:r', '--', file);
    const run = (): Promise<Ended> =>
      runCommand(['user', 'add', file, 'bob', '--password-stdin'], {
        cwd: folder,
        input: 'correct horse staple\n',
      });
    const list = listOf(file);
    expect((await run()).err).to.equal('');
    expect(readFileSync(file, 'utf8')).to.include('bob');
    expect(listOf(file)).to.equal(list);
    if (process.getuid?.() !== 0) return;
    for (const name of [folder, join(folder, 'users'), file]) execFileSync('chown', ['65534', name]);
    const script = `require('reflect-metadata');process.setgid(65534);process.setuid(65534);
      const { FileUserDirectory } = require(${JSON.stringify(compiled('src/userstores/file/file-directory.ts'))});
      new FileUserDirectory({ path: ${JSON.stringify(file)} }).add({ username: 'eve' }).catch((e) => console.log(e));`;
    execFileSync('chgrp', ['65534', file]);
    const before = listOf(file);
    expect(execFileSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' })).to.equal('');
    expect(readFileSync(file, 'utf8')).to.include('eve');
    expect(listOf(file)).to.equal(before);
  });

  it('refuse the command where they cannot be kept, in words', async function () {
    this.timeout(60_000);
    setfacl('-m', 'u:65534:r', '--', file);
    only({ ls: true });
    const { code, out, err } = await runCommand(['user', 'disable', file, 'ann'], { cwd: folder });
    expect([code, out]).to.deep.equal([2, '']);
    expect(err).to.match(/access control list.*Install the package acl/);
    expect(readFileSync(file, 'utf8')).to.equal(USERS);
  });
});
