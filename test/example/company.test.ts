import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv, promisify } from 'node:util';
import { expect } from 'chai';
import packageJson from '../../package.json';
import { describeWith } from '../integration/describe-with';
import { whyNoKerberos } from '../integration/kerberos-realm';
import { whyNoSlapd } from '../integration/slapd-server';

const ROOT = resolve(__dirname, '../..');
const run = promisify(execFile);

describeWith(whyNoSlapd() ?? whyNoKerberos(), 'The company', function () {
  let folder: string;
  let data: string;
  let app: ChildProcess | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'company-'));
    data = join(folder, 'data');
  });
  after(async () => {
    app?.kill('SIGKILL');
    await script('servers', 'stop');
    await rm(folder, { recursive: true });
  });

  const script = async (name: string, ...args: string[]): Promise<string> => {
    const path = join(ROOT, `example/company/${name}.sh`);
    return (await run(path, args, { env: { ...process.env, COMPANY_DATA: data } })).stdout;
  };
  const pids = (): string[] =>
    ['slapd', 'kdc'].map((name) => readFileSync(join(data, `${name}.pid`), 'utf8').split(' ')[0]!);

  it('has servers that start, start again without harm, and calls that show what they say', async () => {
    const first = await script('servers', 'start');
    const started = pids();
    expect(await script('servers', 'start')).to.equal(first);
    expect(pids()).to.deep.equal(started);

    const env = { ...process.env, ...parseEnv(first), PORT: '0' };
    const [, command = ''] = /--env-file=\S+ (.*)/.exec(packageJson.scripts['start:company']) ?? [];
    app = spawn('node', command.split(' '), { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let url: string | undefined;
    for await (const line of createInterface({ input: app.stdout! })) {
      [, url] = /Company at (\S+)/.exec(line) ?? [];
      if (url !== undefined) break;
    }
    const said = await script('calls', url!);
    const secrets = Object.entries(parseEnv(first)).filter(([name]) => name.endsWith('PASSWORD'));
    expect(secrets).to.have.length(4);
    for (const [name, secret = 'none'] of secrets) expect(said, name).to.not.include(secret);
    const calls = said.split(/^\$ /m).slice(1);
    expect(calls.map((call) => /-> (\d+)/.exec(call)?.[1])).to.deep.equal([
      ...['401', '200', '200', '403', '403', undefined, '200', '200', '201', '200'],
    ]);
    expect(calls[0])
      .to.match(/^WWW-Authenticate: Negotiate\r?$/m)
      .and.match(/^WWW-Authenticate: Basic realm="company"/m);
    expect(calls[1]).to.include('"groups":["staff"],"methods":["pwd"]');
    expect(calls[6]).to.include('"username":"alice"').and.include('"methods":["kerberos"]');

    app.kill('SIGTERM');
    expect((await once(app, 'close'))[0]).to.equal(0);
    app = undefined;
    await script('servers', 'stop');
    for (const pid of started) expect(existsSync(`/proc/${pid}`), pid).to.equal(false);
    expect(readdirSync(data)).to.not.include('slapd.pid').and.not.include('kdc.pid');
    await script('servers', 'stop');
  }).timeout(60_000);

  it('says at start when the directory is not there', async () => {
    const env = { ...process.env, ...parseEnv(readFileSync(join(data, 'company.env'), 'utf8')), PORT: '0' };
    const [, command = ''] = /--env-file=\S+ (.*)/.exec(packageJson.scripts['start:company']) ?? [];
    const error = (await run('node', command.split(' '), { cwd: ROOT, env }).catch(
      (reason: unknown) => reason,
    )) as {
      code?: number;
      stderr?: string;
    };
    expect(error.code).to.equal(1);
    expect(error.stderr).to.match(/^LdapUserstore: ldaps:\/\/localhost:\d+: nothing listens there$/m);
  }).timeout(30_000);
});
