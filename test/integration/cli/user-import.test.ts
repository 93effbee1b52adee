import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { User } from '../../../src/core/user';
import { finish } from '../../../src/files/slices';
import { passwords } from '../../../src/passwords/passwords';
import { readUserFile } from '../../../src/userstores/file/user-file';
import { compiled, type Ended, runCommand } from '../../support/compiled';

const HASH = '$2b$04$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC';
const USERS = 'users:\n  - username: ann # she\n    roles: [reader]\n\ngroups:\n  - name: staff\n';

describe('securest user import', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => compiled(''));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    writeFileSync(join(folder, 'users.yaml'), USERS);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const csv = (text: string): void => writeFileSync(join(folder, 'users.csv'), text);
  const run = (...options: string[]): Promise<Ended> =>
    runCommand(['user', 'import', 'users.csv', 'users.yaml', ...options], { cwd: folder });
  const read = (): string => readFileSync(join(folder, 'users.yaml'), 'utf8');
  const users = (): ReadonlyMap<string, User> => finish(readUserFile(read())).users;

  it('adds users with passwords and with hashes, once', async () => {
    csv(
      '\ufeffusername,password,password_hash,email,active,roles,groups\r\n' +
        'bob,"a ""long"", password",,bob@x.org,true,editor; reader,staff\r\n\r\n' +
        `"eve, e",,${HASH},,false,,\r\nann,another long one,,,,,\r\n`,
    );
    expect(await run('--roles-separator', ';')).to.deep.equal({
      code: 0,
      signal: null,
      out: '2 added, 1 were there already\n',
      err: '',
    });
    const { password, tokensValidFrom, id, ...bob } = users().get('bob')!;
    expect(tokensValidFrom).to.be.instanceOf(Date);
    expect(id).to.match(/^[0-9a-f-]{36}$/);
    expect(await passwords.verify('a "long", password', password!)).to.equal(true);
    expect(bob).to.deep.equal({
      username: 'bob',
      email: 'bob@x.org',
      roles: ['editor', 'reader'],
      groups: ['staff'],
    });
    expect(users().get('eve, e')).to.deep.equal({
      username: 'eve, e',
      password: HASH,
      active: false,
      id: users().get('eve, e')?.id,
      tokensValidFrom: users().get('eve, e')?.tokensValidFrom,
    });
    expect(users().get('eve, e')?.id).to.match(/^[0-9a-f-]{36}$/);
    expect(users().get('eve, e')?.tokensValidFrom).to.be.instanceOf(Date);
    expect(users().get('ann')).to.deep.equal({ username: 'ann', roles: ['reader'] });
    const once = read();
    const again = await run('--json', '--roles-separator', ';');
    expect(JSON.parse(again.out)).to.deep.equal({ added: 0, existing: 3, faults: [] });
    expect(read()).to.equal(once);
  });

  it('names the lines that do not hold, quotes no password, and adds nothing unless asked', async () => {
    csv(
      `username,password,password_hash,active,groups\nbob,hunter2,,,\n,a long password,,,\neve,,hunter2,,\nx,,${HASH},yes,\n` +
        `y,,${HASH},,nowhere\nz,,${HASH},,staff\nz,,${HASH},,\nboth,a long password,${HASH},,\n`,
    );
    const refused = await run();
    expect([refused.code, refused.out]).to.deep.equal([1, 'Nothing was added\n']);
    expect(
      [...refused.err.matchAll(/^users\.csv line (\d+)/gm)].map(([, line]) => line).sort(),
    ).to.deep.equal(['2', '3', '4', '5', '6', '8', '9']);
    expect(refused.err).to.not.match(/hunter2|long password|\$2b/);
    expect(read()).to.equal(USERS);

    const { code, out } = await run('--skip-faults', '--json');
    expect(code).to.equal(1);
    expect(JSON.parse(out)).to.include({ added: 1, existing: 0 });
    expect([...users().keys()]).to.deep.equal(['ann', 'z']);
    csv('username,password\nbob,hunter2\n');
    expect((await run('--weak')).code).to.equal(0);
  });

  it('refuses a file that is no such table, without quoting it', async () => {
    for (const text of [
      '',
      'name,password\nx,hunter2\n',
      'username,username\nx,hunter2\n',
      'username,password\nx,hunter2,y\n',
      'username,password\nx,"hunter2\n',
      'username,password\n"x"hunter2,y\n',
    ]) {
      csv(text);
      const { code, out, err } = await run();
      expect([code, out], text).to.deep.equal([2, '']);
      expect(err).to.not.include('hunter2');
    }
    expect(read()).to.equal(USERS);
  });

  it('goes on where it was broken off, however often, and adds nobody twice', async () => {
    const names = Array.from({ length: 4000 }, (_, index) => `user${index}`);
    csv(
      `username,password,password_hash\n${names.map((name) => `${name},,${HASH}`).join('\n')}\nslow1,a long password,\nslow2,a long password,\n`,
    );
    for (let round = 0; round < 10; round += 1) {
      await runCommand(['user', 'import', 'users.csv', 'users.yaml'], {
        cwd: folder,
        onStart: (kill) => setTimeout(kill, 200 + Math.random() * 500),
      });
      const found = [...users().keys()];
      expect(found.slice(1)).to.deep.equal([...names, 'slow1', 'slow2'].slice(0, found.length - 1));
    }
    const { code, out } = await run('--json');
    expect(code).to.equal(0);
    const { added, existing } = JSON.parse(out) as { added: number; existing: number };
    expect(added + existing).to.equal(4002);
    expect([...users().keys()]).to.deep.equal(['ann', ...names, 'slow1', 'slow2']);
    expect(read().endsWith('\ngroups:\n  - name: staff\n')).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['users.csv', 'users.yaml']);
  });

  it('keeps what was hashed when Ctrl-C ends it, and shows a bar at a terminal', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `user${index}`);
    csv(`username,password\n${names.map((name) => `${name},a long password`).join('\n')}\n`);
    // Without exec, some shells die of the Ctrl-C themselves, and its code is the shell's.
    const command = `exec ${process.execPath} ${compiled('src/cli/main.ts')} user import users.csv users.yaml`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: folder });
    let seen = '';
    let isSent = false;
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (!isSent && /[2-9]\d of 400/.test(seen)) {
        isSent = true;
        child.stdin.write('\x03');
      }
    });
    const code = await new Promise((settle) => child.on('close', settle));
    expect(code).to.equal(2);
    expect(seen)
      .to.match(/\[#+\.+\] \d+ of 400/)
      .and.match(/Interrupted: \d+ added.*Run the command again/);
    const kept = users();
    expect(kept.size).to.be.within(20, 399);
    expect([...kept.keys()].slice(1)).to.deep.equal(names.slice(0, kept.size - 1));
    expect(await passwords.verify('a long password', kept.get('user0')!.password!)).to.equal(true);
  });
});
