import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { compiled } from '../../support/compiled';

const ROOT = resolve(__dirname, '../../..');

const APP = `
const http = require('node:http');
const { Authorized, createKoaServer, Get, getMetadataArgsStorage, JsonController } = require('routing-controllers');
const { securest } = require(${JSON.stringify(compiled('src/index.ts'))});
class Notes { list() { return { ran: true }; } }
Get('/notes')(Notes.prototype, 'list');
Authorized()(Notes.prototype, 'list');
JsonController()(Notes);
class Anyone { authenticate() { return { username: 'ann' }; } }
const security = { providers: [Anyone] };
const server = http.createServer(createKoaServer(securest({ controllers: [Notes], security })).callback());
server.listen(0, '127.0.0.1', () => {
  process.stdout.write('started');
  server.close();
});
`;

describe('A second copy of routing-controllers', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      const from = join(ROOT, 'node_modules', name);
      if (name === 'routing-controllers') cpSync(from, join(modules, name), { recursive: true });
      else symlinkSync(from, join(modules, name));
    }
    writeFileSync(join(folder, 'app.js'), APP);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('is named at start, where its server is refused', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'app.js')], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV: 'production' },
    });
    expect([status, stdout]).to.deep.equal([1, '']);
    expect(stderr)
      .to.include("code: 'invalid_configuration'")
      .and.include(join(folder, 'node_modules/routing-controllers'))
      .and.include('npm ls routing-controllers');
  }).timeout(30_000);
});
