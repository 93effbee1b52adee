import { execFile, spawn } from 'node:child_process';
import fs, {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { finish } from '../../../src/files/slices';
import { FileUserDirectory } from '../../../src/userstores/file/file-directory';
import { readUserFile } from '../../../src/userstores/file/user-file';
import { bundled, compiled } from '../../support/compiled';
import { UserFileEditor, UserFileError } from '../../../src/userstores/file/user-file-edit';

const ROOT = resolve(__dirname, '../../..');
const USERS = 'users:\n  - username: ann # she\n    email: a@b\n  - username: bob\ngroups:\n  - name: g\n';

describe('User files', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'users.yaml');
    writeFileSync(path, USERS);
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  const directory = (file = path): FileUserDirectory => new FileUserDirectory({ path: file, settleMs: 0 });
  const read = (): string => readFileSync(path, 'utf8');
  const emailOf = (name: string): unknown => finish(readUserFile(read())).users.get(name)?.email;
  const refused = async (work: Promise<unknown>, why: RegExp): Promise<void> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(UserFileError);
    expect((error as Error).message).to.match(why);
  };

  it('are added to, changed and listed', async () => {
    const users = directory();
    expect(await users.add({ username: 'eve', groups: ['g'] })).to.equal(true);
    expect(await users.add({ username: 'eve' })).to.equal(false);
    expect(await users.update('ann', ({ email }) => ({ email: `${email}.c` }))).to.equal(true);
    expect(await users.update('nobody', () => ({}))).to.equal(false);
    expect(await users.addAll([{ username: 'bob' }, { username: 'x' }, { username: 'x' }])).to.deep.equal([
      'bob',
      'x',
    ]);
    expect((await users.get('eve'))?.groups).to.deep.equal(['g']);
    expect(await users.get('__proto__')).to.equal(undefined);
    const names: string[] = [];
    for await (const { username } of users.list()) names.push(username);
    expect(names).to.deep.equal(['ann', 'bob', 'eve', 'x']);
    expect(read()).to.include('- username: ann # she\n    email: a@b.c\n');
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
    expect([...(await users.existing(['x', 'y', '__proto__', 'ann']))]).to.deep.equal(['x', 'ann']);
  });

  it('refuse what they cannot hold, alone, and say nothing of what it was', async () => {
    const users = directory();
    const results = await Promise.allSettled([
      users.update('ann', () => ({ email: 'new@b' })),
      users.update('ann', () => ({ groups: ['nowhere'] })),
      users.update('bob', () => ({ password: 'secret\n' })),
      users.update('bob', () => ({ secret: 'secret' }) as object),
      users.update('bob', () => {
        throw new RangeError('own');
      }),
      users.add({ username: 'eve' }),
    ]);
    expect(results.map(({ status }) => status).join()).to.equal(
      'fulfilled,rejected,rejected,rejected,rejected,fulfilled',
    );
    const [, group, control, field, own] = results as PromiseRejectedResult[];
    expect(String(group?.reason)).to.match(/no group nowhere/);
    expect(String(control?.reason))
      .to.match(/control characters/)
      .and.not.include('secret');
    expect(String(field?.reason)).to.match(/no such field/);
    expect(own?.reason).to.be.instanceOf(RangeError);
    expect(emailOf('ann')).to.equal('new@b');
    expect(emailOf('eve')).to.equal(undefined);
  });

  it('are left alone when they are bad, missing, read-only or no files', async () => {
    await refused(directory(join(folder, 'none.yaml')).add({ username: 'x' }), /cannot be read \(ENOENT\)/);
    await refused(directory(folder).add({ username: 'x' }), /cannot be|not a regular/);
    writeFileSync(path, 'users:\n  - username: ann\n    password: $2b$secret\n    active: off\n');
    await refused(directory().add({ username: 'x' }), /users\.yaml:4 active must be/);
    writeFileSync(path, Buffer.from([0x75, 0xff]));
    await refused(directory().add({ username: 'x' }), /is not UTF-8/);
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
  });

  it('are not written where they must not be', async function () {
    if (process.getuid?.() === 0) {
      // Nothing is closed to root: another user tries it.
      chmodSync(folder, 0o755);
      chmodSync(path, 0o644);
      const script = `require('reflect-metadata');process.setuid(65534);
        const { FileUserDirectory } = require(${JSON.stringify(compiled('src/userstores/file/file-directory.ts'))});
        new FileUserDirectory({ path: ${JSON.stringify(path)} }).add({ username: 'x' }).catch((e) => console.log(e.name, e.message));`;
      const out = await new Promise<string>((settle, fail) => {
        execFile(process.execPath, ['-e', script], { cwd: ROOT }, (error, stdout, stderr) =>
          error === null ? settle(stdout) : fail(new Error(stderr)),
        );
      });
      expect(out).to.match(/UserFileError .*cannot be written.*\(EACCES\)/);
    } else {
      chmodSync(path, 0o400);
      await refused(directory().add({ username: 'x' }), /cannot be written \(EACCES\)/);
      chmodSync(path, 0o600);
      chmodSync(folder, 0o500);
      await refused(directory().add({ username: 'x' }), /cannot be written.*\(EACCES\)/);
    }
    expect(read()).to.equal(USERS);
  }).timeout(20_000);

  it('are made where that is asked for, for their owner only', async () => {
    const file = join(folder, 'new.yaml');
    const users = new FileUserDirectory({ path: file, create: true });
    expect(await users.get('x')).to.equal(undefined);
    expect(await Promise.all(['x', 'z'].map((username) => users.add({ username })))).to.deep.equal([
      true,
      true,
    ]);
    const ids: string[] = [];
    const text = readFileSync(file, 'utf8').replace(/ {4}id: "?([0-9a-f-]{36})"?\n/g, (_, id: string) => {
      ids.push(id);
      return '';
    });
    expect(text).to.equal('users:\n  - username: x\n  - username: z\n');
    expect(new Set(ids).size).to.equal(2);
    await users.update('x', (user) => ({ roles: ['editor'], email: user.email }));
    expect((await users.get('x'))?.id).to.equal(ids[0]);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    symlinkSync('nowhere.yaml', join(folder, 'dangling.yaml'));
    await refused(
      new FileUserDirectory({ path: join(folder, 'dangling.yaml'), create: true }).add({ username: 'x' }),
      /ENOENT/,
    );
  });

  it('keep mode, owner, byte order mark and the link that leads to them', async () => {
    mkdirSync(join(folder, '..data-1'));
    renameSync(path, join(folder, '..data-1/users.yaml'));
    symlinkSync('..data-1', join(folder, '..data'));
    symlinkSync('..data/users.yaml', path);
    writeFileSync(path, `\ufeff${USERS}`);
    chmodSync(path, 0o640);
    const before = statSync(path);
    await directory().update('ann', () => ({ email: 'new@b' }));
    expect(readlinkSync(path)).to.equal('..data/users.yaml');
    expect(lstatSync(join(folder, '..data')).isSymbolicLink()).to.equal(true);
    const { mode, uid, gid, ino } = statSync(path);
    expect({ mode, uid, gid }).to.deep.equal({ mode: before.mode, uid: before.uid, gid: before.gid });
    expect(ino).to.not.equal(before.ino);
    expect(read()).to.equal(`\ufeff${USERS.replace('a@b', 'new@b')}`);
    expect(readdirSync(join(folder, '..data-1'))).to.deep.equal(['users.yaml']);
  });

  it('of several hard links tell, once the text is replaced, that the other names keep the old one', async () => {
    const [other, third] = [join(folder, 'other.yaml'), join(folder, 'third.yaml')];
    for (const name of [other, third]) linkSync(path, name);
    const heard: string[] = [];
    const users = new FileUserDirectory({ path, settleMs: 0, onNotice: (notice) => heard.push(notice) });
    expect(await users.add({ username: 'ann' })).to.equal(false);
    await users.add({ username: 'eve', groups: ['nowhere'] }).catch(() => undefined);
    expect(heard).to.deep.equal([]);
    await users.update('ann', () => ({ email: 'new@b' }));
    await users.update('ann', () => ({ email: 'newer@b' }));
    expect(heard).to.have.length(1);
    expect(heard[0]).to.match(/users\.yaml had 3 hard links: .*other names keep the old text/);
    expect(emailOf('ann')).to.equal('newer@b');
    expect([other, third].map((name) => readFileSync(name, 'utf8'))).to.deep.equal([USERS, USERS]);
    expect(statSync(other).nlink).to.equal(2);
    // A link that another edit left behind is no name of anybody's.
    writeFileSync(path, USERS);
    linkSync(path, join(folder, '.users.yaml.0123456789abcdef.old'));
    await users.update('ann', () => ({ email: 'new@b' }));
    expect(heard).to.have.length(1);
  });

  it('keep what is renamed over them or written into them while they are edited', async () => {
    let asked = 0;
    const editor = new UserFileEditor({ path, settleMs: 0 });
    const edit = (meanwhile: () => void): Promise<number> =>
      editor.edit((get) => {
        asked += 1;
        if (asked === 1) meanwhile();
        return { users: [{ ...get('ann')!, email: `n@${asked}` }], result: asked };
      });
    const rename = (): void => {
      writeFileSync(`${path}.new`, USERS.replace('bob', 'bob2'));
      renameSync(`${path}.new`, path);
    };
    expect(await edit(rename)).to.equal(2);
    expect(read()).to.equal(USERS.replace('bob', 'bob2').replace('a@b', 'n@2'));
    asked = 0;
    expect(await edit(() => writeFileSync(path, USERS.replace('bob', 'bob3')))).to.equal(2);
    expect(read()).to.equal(USERS.replace('bob', 'bob3').replace('a@b', 'n@2'));
    asked = 0;
    await refused(
      edit(() => rmSync(path)),
      /ENOENT/,
    );
  });

  it('keep what is written into the old file in the very moment of the renaming', async () => {
    const own = fs.renameSync;
    let isWritten = false;
    fs.renameSync = (from, to): void => {
      const old = fs.openSync(path, 'r+');
      own(from, to);
      if (!isWritten) {
        isWritten = true;
        fs.writeSync(old, USERS.replace('bob', 'rob'), 0);
      }
      fs.closeSync(old);
    };
    try {
      await directory().update('ann', () => ({ email: 'new@b' }));
    } finally {
      fs.renameSync = own;
    }
    expect(read()).to.equal(USERS.replace('bob', 'rob').replace('a@b', 'new@b'));
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
  });

  it('wait for a writer who is not done', async () => {
    const descriptor = openSync(path, 'w');
    writeSync(descriptor, 'users:\n  - username: ann\n');
    const done = new FileUserDirectory({ path }).update('ann', () => ({ email: 'x@y' }));
    await new Promise((next) => setImmediate(next));
    writeSync(descriptor, '  - username: bob\n');
    closeSync(descriptor);
    await done;
    expect(read()).to.equal('users:\n  - username: ann\n    email: x@y\n  - username: bob\n');
  });

  it('hold all of a hundred changes at once, from several editors', async () => {
    const editors = Array.from({ length: 5 }, () => directory());
    const names = Array.from({ length: 100 }, (_, index) => `user${index}`);
    const added = await Promise.all(names.map((username, index) => editors[index % 5]!.add({ username })));
    expect(added).to.deep.equal(names.map(() => true));
    expect([...finish(readUserFile(read())).users.keys()]).to.have.members(['ann', 'bob', ...names]);
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
  });

  it('are whole, and edited at once by the next one, whenever an editor is killed', async () => {
    writeFileSync(
      path,
      `users:\n${Array.from({ length: 300 }, (_, index) => `  - username: user${index}\n`).join('')}`,
    );
    const fixture = bundled('test/fixtures/files/edit-users.ts');
    // At random moments; the next test is killed before each single step.
    const runs = 24;
    let killed = 0;
    const kill = async (run: number): Promise<void> => {
      const name = `user${run}`;
      const child = spawn(process.execPath, [fixture, path, name]);
      let told = '';
      await new Promise<void>((settle) => {
        child.on('close', () => settle());
        child.stdout.on('data', (chunk: Buffer) => {
          if (told === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 30);
          told += chunk.toString();
        });
      });
      expect(child.signalCode).to.equal('SIGKILL');
      const last = Number(told.trim().split('\n').at(-1));
      const { users } = finish(readUserFile(read()));
      expect(users.size).to.equal(300);
      const stored = Number(String(users.get(name)?.email).split('@')[1]);
      expect(stored).to.be.oneOf([last, last + 1]);
      killed += 1;
    };
    for (let run = 0; run < runs; run += 2) await Promise.all([kill(run), kill(run + 1)]);
    // It waits for nobody, so a lock that were not seen to be left behind would be refused.
    const next = new UserFileEditor({ path, settleMs: 0, waitMs: 0 });
    await next.edit((get) => ({ users: [{ ...get('user0')!, email: 'last@x' }], result: undefined }));
    expect(emailOf('user0')).to.equal('last@x');
    expect(killed).to.equal(runs);
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
  }).timeout(300_000);

  it('are the old or the new ones before each single step of an edit, and the next edit cleans up', async () => {
    const fixture = bundled('test/fixtures/files/kill-before.ts');
    const next = USERS.replace('a@b', 'new@x');
    const seen: string[] = [];
    for (let step = 1, isKilled = true; isKilled; step += 1) {
      writeFileSync(path, USERS);
      const child = spawn(process.execPath, [fixture, path, 'ann', `${step}`], { stdio: 'inherit' });
      await new Promise((settle) => child.on('close', settle));
      isKilled = child.signalCode === 'SIGKILL';
      expect(read()).to.be.oneOf([USERS, next]);
      seen.push(read());
      await directory().update('ann', () => ({ roles: ['x'] }));
      expect(finish(readUserFile(read())).users.get('ann')?.roles).to.deep.equal(['x']);
      expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
    }
    expect(seen.filter((text) => text === USERS)).to.have.length.greaterThan(8);
    expect(seen.filter((text) => text === next)).to.have.length.greaterThan(3);
  }).timeout(60_000);
});
