import { spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { User } from '../../../src/core/user';
import { finish } from '../../../src/files/slices';
import { passwords } from '../../../src/passwords/passwords';
import { FileUserstore } from '../../../src/userstores/file/file-userstore';
import { readUserFile } from '../../../src/userstores/file/user-file';
import { callCommand, type Result } from '../../support/command';
import { compiled, type Ended, runCommand } from '../../support/compiled';
import { eventually } from '../../support/eventually';

const PASSWORD = 'correct horse staple';
const OTHER = 'a wholly other one';
const NOW = Date.UTC(2040, 4, 1, 10, 20, 30, 456);
const USERS = `# ours
users:
  - username: ann # she
    password: $2b$04$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC
    roles: [reader]
groups:
  - name: staff
`;

describe('securest user', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => compiled(''));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    writeFileSync(join(folder, 'users.yaml'), USERS);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (args: string, input = ''): Promise<Result> =>
    callCommand(args.split(' '), { cwd: folder, input });
  /** In a process of its own, whose clock stands still. */
  const runAt = (now: number, args: string, input: string): Promise<Ended> =>
    runCommand(args.split(' '), { cwd: folder, input, now });
  const read = (name = 'users.yaml'): string => readFileSync(join(folder, name), 'utf8');
  const users = (name?: string): ReadonlyMap<string, User> => finish(readUserFile(read(name))).users;
  const hashes = (): string[] => [...read().matchAll(/\$2b\$\S+/g)].map(([hash]) => hash);

  it('adds a user whose password then is the right one, and leaves the rest of the file', async () => {
    const result = await runAt(
      NOW,
      'user add users.yaml bob --password-stdin --role editor --role reader --group staff --email bob@x.org --disabled',
      `${PASSWORD}\n`,
    );
    expect(result).to.deep.equal({ code: 0, signal: null, out: 'bob added\n', err: '' });
    const { password, tokensValidFrom, id, ...bob } = users().get('bob')!;
    expect(id).to.match(/^[0-9a-f-]{36}$/);
    // Or tokens of a former bob would be his.
    expect(tokensValidFrom).to.deep.equal(new Date(NOW));
    expect(bob).to.deep.equal({
      username: 'bob',
      email: 'bob@x.org',
      active: false,
      roles: ['editor', 'reader'],
      groups: ['staff'],
    });
    expect(await passwords.verify(PASSWORD, password!)).to.equal(true);
    expect(read().replace(/ {2}- username: bob\n( {4}.*\n)*/, '')).to.equal(USERS);
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
  });

  it('says on standard error that the other names of a file with hard links keep the old text', async () => {
    writeFileSync(join(folder, 'more.csv'), 'username\neve\nzoe\n');
    for (const [args, input] of [
      ['user add users.yaml bob:b --password-stdin', `${PASSWORD}\n`],
      ['user passwd users.yaml ann --password-stdin --json', `${OTHER}\n`],
      ['user disable users.yaml ann', ''],
      ['user roles users.yaml ann writer', ''],
      ['user import more.csv users.yaml', ''],
    ] as const) {
      linkSync(join(folder, 'users.yaml'), join(folder, 'other.yaml'));
      const old = read();
      const { code, err, out } = await run(args, input);
      expect(code, args).to.equal(0);
      expect(err, args).to.match(/^users\.yaml had 2 hard links: its other names keep the old text.*\n$/m);
      if (args.includes('--json')) expect(JSON.parse(out)).to.include({ changed: true });
      if (args.includes('bob:b')) expect(err).to.match(/^User name .*colon|colon/m);
      expect(read()).to.not.equal(old);
      expect(read('other.yaml')).to.equal(old);
      rmSync(join(folder, 'other.yaml'));
    }
    linkSync(join(folder, 'users.yaml'), join(folder, 'other.yaml'));
    expect((await run('user list users.yaml')).err).to.equal('');
  });

  it('makes a file with --create only, for its owner', async () => {
    const without = await run('user add new.yaml bob --password-stdin', PASSWORD);
    expect([without.code, without.out]).to.deep.equal([2, '']);
    expect(without.err).to.include('--create');
    expect((await run('user add new.yaml bob --password-stdin --create', PASSWORD)).code).to.equal(0);
    expect([...users('new.yaml').keys()]).to.deep.equal(['bob']);
    expect(statSync(join(folder, 'new.yaml')).mode & 0o777).to.equal(0o600);
  });

  it('changes a password and ends the tokens of before', async () => {
    const { code, out } = await runAt(
      NOW,
      'user passwd users.yaml ann --password-stdin --json',
      `${OTHER}\r\n`,
    );
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.include({ username: 'ann', changed: true });
    const ann = users().get('ann')!;
    expect(await passwords.verify(OTHER, ann.password!)).to.equal(true);
    expect(ann.tokensValidFrom).to.deep.equal(new Date(NOW));
    expect(read()).to.match(/^# ours\nusers:\n {2}- username: ann # she\n/);
  });

  it('disables, which ends tokens, and enables', async () => {
    expect((await run('user disable users.yaml ann')).out).to.match(/^ann may not log in; earlier tokens/);
    expect(users().get('ann')?.active).to.equal(false);
    const moment = users().get('ann')?.tokensValidFrom;
    expect(moment).to.be.instanceOf(Date);
    expect((await run('user enable users.yaml ann')).code).to.equal(0);
    expect(users().get('ann')).to.deep.include({ active: true, tokensValidFrom: moment });
  });

  it('sets and changes roles and groups', async () => {
    for (const [args, json] of [
      ['roles users.yaml ann editor reader', { username: 'ann', roles: ['editor', 'reader'] }],
      [
        'roles users.yaml ann --add admin --remove reader --add editor',
        { username: 'ann', roles: ['editor', 'admin'] },
      ],
      ['roles users.yaml ann --none', { username: 'ann', roles: [] }],
      ['groups users.yaml ann staff', { username: 'ann', groups: ['staff'] }],
    ] as const) {
      const { code, out } = await run(`user ${args} --json`);
      expect(code, args).to.equal(0);
      expect(JSON.parse(out)).to.deep.equal(json);
    }
    expect(users().get('ann')?.groups).to.deep.equal(['staff']);
  });

  it('lists users without their hashes, and nothing that moves the cursor', async () => {
    writeFileSync(
      join(folder, 'users.yaml'),
      USERS.replace('users:\n', 'users:\n  - {username: "\u202ex", active: false}\n'),
    );
    const table = await run('user list users.yaml');
    expect(table.out).to.equal(
      'username  active  roles   groups  email\n\\u202ex   false\nann       true    reader\n',
    );
    const json = await run('user list users.yaml --json');
    const found = JSON.parse(json.out) as { users: unknown[] };
    expect(found.users[1]).to.deep.equal({
      username: 'ann',
      active: true,
      roles: ['reader'],
      groups: [],
      email: null,
    });
    expect(table.out + json.out).to.not.include('$2b$');
  });

  it('exits with 1 for what cannot be, with 2 for what it does not know, and changes nothing', async () => {
    const cases: [args: string, code: number, error: RegExp, input?: string][] = [
      ['user add users.yaml ann --password-stdin', 1, /User ann exists already/, PASSWORD],
      ['user add users.yaml bob --password-stdin --group nowhere', 1, /no group nowhere/, PASSWORD],
      ['user add users.yaml bob --password-stdin', 1, /at least 12 characters.*--weak/, 'short\n'],
      ['user add users.yaml bobby-tables --password-stdin', 1, /user name/, 'bobby-tables1'],
      ['user add users.yaml bob --password-stdin --weak', 1, /must not be empty/, '\n'],
      [
        'user add users.yaml bob --password-stdin --weak',
        1,
        /control characters$/m,
        `${PASSWORD}\nand more\n`,
      ],
      ['user add users.yaml bob --password-stdin --weak', 1, /1024 bytes$/m, 'x'.repeat(1025)],
      ['user add users.yaml bob --password-stdin', 2, /too long/, 'x'.repeat(5000)],
      ['user passwd users.yaml nobody --password-stdin', 1, /There is no user nobody/, PASSWORD],
      ['user disable users.yaml nobody', 1, /There is no user/],
      ['user roles users.yaml __proto__ x', 1, /There is no user/],
      ['user groups users.yaml ann nowhere', 1, /no group nowhere/],
      ['user add users.yaml bob', 2, /--password-stdin/],
      ['user add users.yaml', 2, /<store> <username>/],
      ['user add users.yaml bob extra-secret', 2, /<store> <username>/],
      ['user add users.yaml bob --password=secret-one', 2, /history of the shell/],
      ['user add users.yaml bob --password secret-one', 2, /history of the shell/],
      ['user passwd users.yaml ann -p secret-one', 2, /history of the shell/],
      ['user passwd users.yaml ann --passwrd=secret-one', 2, /--passwrd/],
      ['hash secret-one', 2, /Expected no arguments/],
      ['user roles users.yaml ann', 2, /--none/],
      ['user roles users.yaml ann x --none', 2, /--none/],
      ['user list none.yaml', 2, /none\.yaml cannot be read \(ENOENT\)/],
      ['user list oracle://me:secret-one@host/db', 2, /The database must be postgres:\/\/.*mysql:\/\//],
      ['user list mysql://me:secret-one/secret-one@host/db', 2, /%2F/],
      ['user list postgres://me:secret-one/secret-one@host/db', 2, /%2F/],
      ['user frobnicate users.yaml', 2, /^Usage/],
      ['user', 2, /^Usage/],
    ];
    const results = await Promise.all(
      cases.map(async ([args, code, error, input]) => {
        return { args, code, error, result: await run(`${args} --json`, input) };
      }),
    );
    for (const { args, code, error, result } of results) {
      expect(result.code, args).to.equal(code);
      expect(result.err, args).to.match(error);
      expect(Object.keys(JSON.parse(result.out) as object), args).to.deep.equal(['error']);
      expect(result.err + result.out).to.not.match(/secret-one|horse/);
    }
    const plain = await run('user disable users.yaml nobody');
    expect([plain.code, plain.out]).to.deep.equal([1, '']);
    expect(read()).to.equal(USERS);
    expect((await run('user add users.yaml bob --password-stdin --weak', 'short')).code).to.equal(0);
  });

  it('keeps its code when nobody reads on, and exits with 2 when the output cannot be written', async () => {
    const listTo = async (output: 'pipe' | number): Promise<[code: unknown, err: string]> => {
      const command = [compiled('src/cli/main.ts'), 'user', 'list', 'users.yaml'];
      const child = spawn(process.execPath, command, { cwd: folder, stdio: ['ignore', output, 'pipe'] });
      child.stdout?.destroy();
      let err = '';
      child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
      return [await new Promise((settle) => child.on('close', settle)), err];
    };
    expect(await listTo('pipe')).to.deep.equal([0, '']);
    const full = openSync('/dev/full', 'w');
    try {
      expect(await listTo(full)).to.deep.equal([2, 'securest: the output cannot be written (ENOSPC)\n']);
    } finally {
      closeSync(full);
    }
  });

  it('has help for itself and every command', async () => {
    const commands = [...(await run('--help')).out.matchAll(/^ {2}((?:user )?\w+) {2}/gm)].map(
      ([, name = '']) => name,
    );
    expect(commands).to.have.length(13);
    for (const { code, out, err } of await Promise.all(commands.map((name) => run(`${name} --help`)))) {
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.match(/^Usage: securest /);
    }
    expect((await run('user --help')).code).to.equal(0);
  });

  it('prints the hash of a password, and no other command does', async () => {
    const { code, out, err } = await run('hash --password-stdin', ` ${PASSWORD} \n`);
    expect([code, err]).to.deep.equal([0, '']);
    expect(await passwords.verify(` ${PASSWORD} `, out.trim())).to.equal(true);
    const { hash } = JSON.parse((await run('hash --password-stdin --json', 'x')).out) as { hash: string };
    expect(await passwords.verify('x', hash)).to.equal(true);
    const marked = await run('hash --password-stdin', `\ufeff${PASSWORD}\r\n`);
    expect(await passwords.verify(PASSWORD, marked.out.trim())).to.equal(true);
  });

  describe('at a terminal', () => {
    /** Answers one prompt after the other, in a pseudo-terminal. */
    const type = (args: string, ...answers: string[]): Promise<{ code: number | null; seen: string }> => {
      const command = `${process.execPath} ${compiled('src/cli/main.ts')} ${args}`;
      const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: folder });
      let seen = '';
      const left = [...answers];
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        const prompts = seen.match(/(?:Password|Again): /g)?.length ?? 0;
        while (answers.length - left.length < prompts && left.length > 0) child.stdin.write(left.shift());
      });
      return new Promise((settle) => child.on('close', (code) => settle({ code, seen })));
    };

    it('asks twice and shows nothing of what is typed', async () => {
      const { code, seen } = await type(
        'user add users.yaml bob',
        `${PASSWORD}xy\x7f\x7f\r`,
        `${PASSWORD}\r`,
      );
      expect(seen).to.match(/^Password: \r?\nAgain: \r?\nbob added\r?\n$/);
      expect(code).to.equal(0);
      expect(await passwords.verify(PASSWORD, users().get('bob')!.password!)).to.equal(true);
    });

    it('does nothing when the two differ, or it is broken off', async () => {
      for (const answers of [[`${PASSWORD}\r`, `${OTHER}\r`], [`${PASSWORD}\r`, '\x03'], ['\x04']]) {
        const { code, seen } = await type('user passwd users.yaml ann', ...answers);
        expect(code).to.equal(2);
        expect(seen)
          .to.match(/nothing was changed/)
          .and.not.include('horse');
      }
      expect(read()).to.equal(USERS);
    });
  });

  it('is heard by a running store', async () => {
    const store = new FileUserstore({ path: join(folder, 'users.yaml'), pollMs: 5 });
    try {
      expect((await run('user disable users.yaml ann')).code).to.equal(0);
      await eventually(() => store.getUser('ann')?.active === false);
      const ann = store.getUser('ann')!;
      expect(await store.updatePassword(ann, hashes()[0]!.replace(/C$/, 'O'), ann.password!)).to.equal(true);
      expect((await run('user roles users.yaml ann --add x')).code).to.equal(0);
      await eventually(() => store.getUser('ann')?.roles?.length === 2);
      expect(store.getUser('ann')?.password).to.match(/O$/);
    } finally {
      store.close();
    }
  });

  it('keeps the changes of twenty at once, and those made by hand meanwhile', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `user${index}`);
    const edited = async (name: string): Promise<Result> => {
      const result = await runCommand(['user', 'roles', 'users.yaml', 'ann', '--add', name], { cwd: folder });
      // While the others edit it.
      appendFileSync(join(folder, 'users.yaml'), `# after ${name}.\n`);
      return result;
    };
    for (const { code, err } of await Promise.all(names.map(edited))) {
      expect([code, err]).to.deep.equal([0, '']);
    }
    expect(users().get('ann')?.roles).to.have.members(['reader', ...names]);
    for (const name of names) expect(read()).to.include(`# after ${name}.\n`);
  });

  it('leaves the old or the new file whenever it is killed', async () => {
    // The lock of an editor that was killed may stand until the next one takes it away.
    const isLocked = (): boolean =>
      lstatSync(join(folder, '.users.yaml.lock'), { throwIfNoEntry: false }) !== undefined;
    const killed = async (role: string): Promise<void> => {
      let isOver = false;
      await runCommand(['user', 'roles', 'users.yaml', 'ann', '--add', role], {
        cwd: folder,
        onStart: (kill) => void eventually(() => isOver || isLocked()).then(kill),
      });
      isOver = true;
    };
    for (let round = 0; round < 16; round += 2) {
      await Promise.all([killed(`r${round}`), killed(`r${round + 1}`)]);
      expect(users().size).to.equal(1);
    }
    expect((await run('user roles users.yaml ann last')).code).to.equal(0);
    expect(read()).to.equal(USERS.replace('reader', 'last'));
    expect(readdirSync(folder)).to.deep.equal(['users.yaml']);
  });
});
