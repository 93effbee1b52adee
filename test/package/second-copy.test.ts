import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const ROOT = resolve(__dirname, '../..');

const APP = `
const http = require('node:http');
const { Authorized, createKoaServer, Get, getMetadataArgsStorage, JsonController } = require('routing-controllers');
const { securest } = require(${JSON.stringify(join(ROOT, 'src'))});
class Notes { list() { return { ran: true }; } }
Get('/notes')(Notes.prototype, 'list');
Authorized()(Notes.prototype, 'list');
JsonController()(Notes);
const lines = [];
const log = (line) => lines.push(line);
class Anyone { authenticate() { return { username: 'ann' }; } }
const security = { providers: [Anyone], logger: { info: log, warn: log, error: log } };
const server = http.createServer(createKoaServer(securest({ controllers: [Notes], security })).callback());
server.listen(0, '127.0.0.1', async () => {
  const reply = await fetch('http://127.0.0.1:' + server.address().port + '/notes');
  process.stdout.write(JSON.stringify({ status: reply.status, body: await reply.json(), lines }));
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

  it('is named at start, and its server answers 500 where a check arrives', () => {
    const output = execFileSync(
      process.execPath,
      ['-r', require.resolve('@swc-node/register'), join(folder, 'app.js')],
      { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
    );
    const { status, body, lines } = JSON.parse(output) as { status: number; body: object; lines: string[] };
    expect(status).to.equal(500);
    expect(JSON.stringify(body)).not.to.include('ran');
    expect(lines[0]).to.include(join(folder, 'node_modules/routing-controllers')).and.to.include('npm ls');
    expect(lines.at(-1)).to.include('A check came without compiled access');
  }).timeout(30_000);
});
