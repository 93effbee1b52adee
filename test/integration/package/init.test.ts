/** The first minutes of a new user: the app that `securest init` writes is installed, compiled, tested and called. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { basic } from '../../support/drivers';
import { pack, run } from './install';

interface Made {
  readonly username: string;
  readonly password: string;
}

describe('The app of securest init', function () {
  this.timeout(900_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'securest-init-'));
    ({ path: tarball } = await pack(folder));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Makes the app by the packed command, as npx would, and installs it with the packed package. */
  async function makeApp(name: string, ...args: string[]): Promise<Made> {
    const offline = ['--prefer-offline', '--no-audit', '--no-fund'];
    const command = ['exec', '--yes', ...offline, `--package=${tarball}`, '--', 'securest', 'init', name];
    const made = JSON.parse(await run('npm', [...command, ...args, '--json'], folder)) as Made;
    await run('npm', ['install', ...offline, tarball], join(folder, name));
    await run('npm', ['run', 'build'], join(folder, name));
    return made;
  }

  async function startApp(name: string): Promise<{ url: string; child: ChildProcess }> {
    const child = spawn(process.execPath, ['dist/server.js'], {
      cwd: join(folder, name),
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('http://')) return { url: line, child };
    }
    throw new Error('The app ended before it listened');
  }

  async function expectServed(name: string, { username, password }: Made): Promise<void> {
    const { url, child } = await startApp(name);
    try {
      // A busy machine may take longer for a hash than the deadline: 503 asks the client to come again.
      const status = async (
        path: string,
        headers: Record<string, string> = {},
        tries = 10,
      ): Promise<number> => {
        const reply = await fetch(url + path, { headers });
        await reply.arrayBuffer();
        return reply.status === 503 && tries > 0 ? status(path, headers, tries - 1) : reply.status;
      };
      expect(await status('/health')).to.equal(200);
      expect(await status('/me')).to.equal(401);
      expect(await status('/me', basic(username, `${password}x`))).to.equal(401);
      expect(await status('/me', basic(username, password))).to.equal(200);
      expect(await status('/admin', basic(username, password))).to.equal(200);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  }

  async function expectWhole(name: string): Promise<void> {
    const cwd = join(folder, name);
    expect(await run('npm', ['test'], cwd)).to.match(/^# pass 2$/m);
    expect(await run('npm', ['run', 'report'], cwd)).to.match(/3 routes as in securest\.lock\.json/);
  }

  it('guards on Koa, and its lock file and test hold', async () => {
    const made = await makeApp('koa-app');
    await expectServed('koa-app', made);
    await expectWhole('koa-app');
    const controller = join(folder, 'koa-app/src/account-controller.ts');
    writeFileSync(controller, readFileSync(controller, 'utf8').replace("@Authorized('admin')", '@Public()'));
    await run('npm', ['run', 'build'], join(folder, 'koa-app'));
    for (const script of ['test', 'report']) {
      const failure = await run('npm', ['run', script], join(folder, 'koa-app')).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      expect(failure, script).to.match(/admin/i);
    }
  });

  it('guards on Express, as ES modules in a project that was there', async () => {
    const cwd = join(folder, 'express-app');
    await mkdir(cwd);
    const mine = { name: 'mine', type: 'module', scripts: { hello: 'echo hello' } };
    writeFileSync(join(cwd, 'package.json'), JSON.stringify(mine));
    const made = await makeApp('express-app', '--driver', 'express');
    await expectServed('express-app', made);
    await expectWhole('express-app');
    expect(JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'))).to.deep.include({
      name: 'mine',
      type: 'module',
    });
    expect(await readFile(join(cwd, 'dist/server.js'), 'utf8')).to.match(/^import /m);
    expect(existsSync(join(cwd, 'node_modules/koa'))).to.equal(true);
  });
});
