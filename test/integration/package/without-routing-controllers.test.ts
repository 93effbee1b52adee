/** The package in an app of Koa's and Express' own routers, where nothing of routing-controllers is installed. */
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pack, run, runTool } from './install';

const FIXTURE = join(__dirname, '../../fixtures/plain-routers/app.ts');

describe('Without routing-controllers', function () {
  this.timeout(600_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'securest-routers-'));
    const { path } = await pack(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'plain', private: true }));
    const packages = [path, 'koa@3', '@koa/router@13', 'express@5', '@types/node@20'];
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], folder);
    await copyFile(FIXTURE, join(folder, 'app.ts'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is installed without it and what comes with it', async () => {
    const installed = await readdir(join(folder, 'node_modules'));
    expect(installed).to.include.members(['securest', 'koa', 'express']);
    for (const name of [
      'routing-controllers',
      'class-validator',
      'class-transformer',
      'typedi',
      'reflect-metadata',
    ])
      expect(installed).to.not.include(name);
  });

  it('compiles with all declarations checked, and answers as its guards say on Koa and Express', async () => {
    const strict = ['--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--types', 'node'];
    const target = ['--target', 'es2022', '--module', 'node16', '--experimentalDecorators'];
    await runTool('tsc', ['app.ts', ...strict, ...target], folder);
    const printed = JSON.parse(await run(process.execPath, ['app.js'], folder)) as Record<string, unknown>;
    const expected = {
      anonymous: [401, 'Bearer realm="api", Basic realm="api", charset="UTF-8", Session realm="api"'],
      wrong: 401,
      known: { username: 'bob' },
      session: [200, 'bob', 401],
      token: [200],
      denied: [403, { name: 'AccessDeniedError', code: 'access_denied', message: 'Access Denied' }],
    };
    expect(printed['koa']).to.deep.equal(expected);
    expect(printed['express']).to.deep.equal(expected);
    expect(printed['lines']).to.deep.equal(
      Array.from({ length: 2 }, () => [
        'securest: userstore Users',
        'securest: provider 1 Password',
        'securest: provider 2 Bearer',
        'securest: provider 3 Session',
        'securest: 11 guards, 5 open routes',
      ]).flat(),
    );
    expect(printed['isOfFamily']).to.equal(true);
  });

  it('says what to do where the entry for controllers is loaded, or a controller is made', async () => {
    const messageOf = (program: string): Promise<string> => {
      const caught = `try { ${program} } catch ({ code, message }) { process.stdout.write(code + ' ' + message) }`;
      return run(process.execPath, ['-e', caught], folder);
    };
    for (const program of [
      `require('securest')`,
      `const { passkeyController } = require('securest/passkeys');
        passkeyController({ passkeys: class {}, sessions: class {} })`,
      `require('securest/openapi').servedMetadata({})`,
    ]) {
      expect(await messageOf(program), program)
        .to.match(/^invalid_configuration .*npm install routing-controllers/)
        .and.to.include("'securest/routers'");
    }
  });

  it('loads every other entry', async () => {
    const entries = ['kerberos', 'ldap', 'oidc', 'openapi', 'opentelemetry', 'passkeys', 'passport', 'redis'];
    const program = [...entries, 'socket', 'sql', 'testing']
      .map((entry) => `require('securest/${entry}');`)
      .join('');
    expect(await run(process.execPath, ['-e', program], folder)).to.equal('');
  });
});
