import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import packageJson from '../../package.json';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';

const ROOT = resolve(__dirname, '../..');
const shell = promisify(execFile);

interface Run {
  child: ChildProcess;
  output: () => string;
  /** Resolves to the curl lines once they are printed. */
  started: Promise<string[]>;
  ended: Promise<number | null>;
}

/** Starts a command line of package.json in a shell, as `npm run` does. */
function run(commandLine: string, environment: Record<string, string>, curlLines = 3): Run {
  const child = spawn('sh', ['-c', commandLine], {
    cwd: ROOT,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const started = new Promise<string[]>((done, fail) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const lines = text
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('curl '));
      if (lines.length === curlLines) done(lines);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => fail(new Error(`It ended before it was up:\n${text}`)));
  });
  started.catch(() => undefined);
  return { child, output: () => text, started, ended };
}

describe('npm start', function () {
  this.timeout(60_000);
  let folder: string;
  let running: Run | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'notes-start-'));
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.ended;
    running = undefined;
    await rm(folder, { recursive: true });
  });

  const { start, 'start:sql': startSql } = packageJson.scripts;
  const names = ['start', 'start:express', 'start:routers', 'start:routers:express', 'start:sql'] as const;
  const scripts = names.map((name) => [name, packageJson.scripts[name]] as const);
  for (const [name, script] of scripts) {
    it(`${name}: prints three curl lines that work when pasted, and ends on SIGTERM`, async () => {
      running = run(`exec ${script}`, { NOTES_DATA: folder });
      const lines = await running.started;
      const [health, me, notes] = await Promise.all(
        lines.map(async (line) => (await shell('sh', ['-c', line])).stdout),
      );
      expect(JSON.parse(health!)).to.deep.equal({ status: 'ok' });
      expect(JSON.parse(me!)).to.include({ username: 'admin' });
      expect(JSON.parse(notes!)).to.deep.equal([]);

      running.child.kill('SIGTERM');
      expect(await running.ended).to.equal(0);
    });
  }

  for (const template of ['custom-provider', 'custom-userstore', 'typeorm/app']) {
    it(`${template}: prints a curl line that works when pasted`, async () => {
      running = run(`exec node -r @swc-node/register example/${template}.ts`, { PEOPLE_DATA: folder }, 1);
      const [line] = await running.started;
      const { stdout } = await shell('sh', ['-c', line!]);
      expect(JSON.parse(stdout)).to.have.property('username');
    });
  }

  it('start:issuer: prints curl lines with tokens that work when pasted, and ends on SIGTERM', async () => {
    running = run(`exec ${packageJson.scripts['start:issuer']}`, { ISSUER_PORT: '0' }, 8);
    const lines = await running.started;
    const replies: string[] = [];
    // Refusals are replies too, whatever the machine's own settings of curl make of them.
    await writeFile(join(folder, '.curlrc'), '');
    const env = { ...process.env, CURL_HOME: folder };
    for (const line of lines) replies.push((await shell('sh', ['-c', line], { env })).stdout);
    expect(replies[0]).to.match(/^HTTP\/1.1 401 /);
    expect(JSON.parse(replies[1]!)).to.have.property('authorization_servers');
    expect(JSON.parse(replies[2]!)).to.include({ username: 'u-1001' });
    expect(replies[3])
      .to.match(/^HTTP\/1.1 403 /)
      .and.include('insufficient_scope');
    const note = { author: 'u-1001', text: 'Lunch is at noon' };
    expect(JSON.parse(replies[4]!)).to.deep.equal(note);
    expect(JSON.parse(replies[5]!)).to.deep.equal([note]);
    expect(replies[6]).to.match(/^HTTP\/1.1 (204|401) /);
    expect(replies[7]).to.match(/^HTTP\/1.1 204 /);

    running.child.kill('SIGTERM');
    expect(await running.ended).to.equal(0);
  });

  it('prints the passwords at the first start, and at the next one only where they are', async () => {
    running = run(`exec ${start}`, { NOTES_DATA: folder });
    await running.started;
    expect(running.output()).to.match(/^ {2}former +[\w-]{24}$/m);
    running.child.kill('SIGINT');
    await running.ended;

    running = run(`exec ${start}`, { NOTES_DATA: folder });
    await running.started;
    expect(running.output()).to.not.match(/^ {2}former/m);
    expect(running.output()).to.contain(join(folder, 'secrets.json'));
  });

  it('says so and exits with 1 when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    running = run(`exec ${start}`, { NOTES_DATA: folder, PORT: port });
    expect(await running.ended).to.equal(1);
    expect(running.output()).to.contain(`Port ${port} on 127.0.0.1 is in use`);
    other.close();
  });

  it('says so and exits with 1 when PORT is no port', async () => {
    running = run(`exec ${start}`, { NOTES_DATA: folder, PORT: '65536' });
    expect(await running.ended).to.equal(1);
    expect(running.output()).to.contain('PORT is no port number: 65536');
  });

  it('start:sql: says so, without the password, and exits with 1 when the database does not answer', async () => {
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const url = `postgres://notes:canary@127.0.0.1:${port}/notes`;
    running = run(`exec ${startSql}`, { NOTES_DATA: folder, DATABASE_URL: url });
    expect(await running.ended).to.equal(1);
    expect(running.output())
      .to.match(/^The app cannot start: \S.*\n$/)
      .and.not.contain('canary');
    other.close();
  });
});

describeWith(whyNoPostgres(), 'npm run start:sql on PostgreSQL', function () {
  const server = new PostgresServer();
  before(() => server.start()).timeout(60_000);
  after(() => server.remove());

  it('does no harm when two start at once, and both print curl lines that work', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'notes-start-'));
    const environment = { NOTES_DATA: folder, DATABASE_URL: server.url };
    const both = [1, 2].map(() => run(`exec ${packageJson.scripts['start:sql']}`, environment));
    try {
      const lines = (await Promise.all(both.map(({ started }) => started))).flat();
      const replies = await Promise.all(lines.map(async (line) => (await shell('sh', ['-c', line])).stdout));
      const bodies = replies.map((reply) => JSON.parse(reply) as unknown);
      const [health, me, notes] = bodies;
      expect([health, notes]).to.deep.equal([{ status: 'ok' }, []]);
      expect(me).to.include({ username: 'admin' });
      expect(bodies.slice(3)).to.deep.equal([health, me, notes]);

      for (const { child, ended } of both) {
        child.kill('SIGTERM');
        expect(await ended).to.equal(0);
      }
    } finally {
      for (const { child, ended } of both) {
        child.kill('SIGKILL');
        await ended;
      }
      await rm(folder, { recursive: true });
    }
  }).timeout(60_000);
});
