import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const ROOT = resolve(__dirname, '../../..');
const APP = `
require(${JSON.stringify(require.resolve('reflect-metadata'))});
const { Authorized, Get, getMetadataArgsStorage, JsonController } = require(${JSON.stringify(require.resolve('routing-controllers'))});
const { createSecurity } = require(${JSON.stringify(join(ROOT, 'src'))});
class Notes { list() {} add() {} }
Get('/')(Notes.prototype, 'list');
Get('/add')(Notes.prototype, 'add');
Authorized('ROLE')(Notes.prototype, 'add');
JsonController('/notes')(Notes);
class Anyone { authenticate() { return null; } }
const logger = { info() {}, warn() {}, error() {} };
const secured = () => createSecurity({ logger, providers: [Anyone] }).secure({ controllers: [Notes] });
`;

interface Result {
  code: number | null;
  out: string;
  err: string;
}

describe('securest report', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'securest-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** Runs the command as a shell would, in the folder. */
  function run(...args: string[]): Promise<Result> {
    const register = require.resolve('@swc-node/register');
    const child = spawn(process.execPath, ['-r', register, join(ROOT, 'src/cli/main.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') },
    });
    const result: Result = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (result.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (result.err += chunk.toString()));
    return new Promise((settle) => {
      child.on('close', (code) => {
        settle({ ...result, code });
      });
    });
  }

  function app(name: string, exported: string, role = 'editor'): string {
    writeFileSync(join(folder, name), APP.replace('ROLE', role) + exported);
    return name;
  }

  for (const [name, file, exported] of [
    ['options', 'options.js', 'exports.options = secured();'],
    ['a function', 'function.js', 'exports.options = secured;'],
    ['a function that gives them later', 'later.js', 'module.exports = { default: async () => secured() };'],
    ['a module of its own', 'itself.cjs', 'module.exports.default = secured();'],
  ] as const) {
    it(`reports on a module that exports ${name}, and ends`, async () => {
      const { code, out, err } = await run('report', app(file, exported), '--format', 'json');
      expect([code, err]).to.deep.equal([0, '']);
      const { routes } = JSON.parse(out) as { routes: { path: string; access: string }[] };
      expect(routes.map(({ path, access }) => [path, access])).to.deep.equal([
        ['/notes/', 'anyone (open by default)'],
        ['/notes/add', 'role editor'],
      ]);
    }).timeout(20_000);
  }

  it('reports on an ES module', async () => {
    app('inner.cjs', 'exports.secured = secured;');
    writeFileSync(
      join(folder, 'es.mjs'),
      "import inner from './inner.cjs';\nexport const options = inner.secured();\n",
    );
    const { code, out } = await run('report', 'es.mjs');
    expect(code).to.equal(0);
    expect(out)
      .to.match(/^method {2}path/)
      .and.to.include('role editor');
  }).timeout(20_000);

  it('writes a lock file, finds it unchanged, and tells what changed by exit code and lines', async () => {
    const module = app('locked.js', 'exports.options = secured();');
    const written = await run('report', module, '--update', 'securest.lock.json');
    expect([written.code, written.err]).to.deep.equal([0, '']);
    expect(readFileSync(join(folder, 'securest.lock.json'), 'utf8')).to.include('"access":"role editor"');
    expect((await run('report', module, '--check', 'securest.lock.json')).code).to.equal(0);
    app('locked.js', 'exports.options = secured();', 'reader');
    const changed = await run('report', module, '--check', 'securest.lock.json');
    expect(changed.code).to.equal(1);
    expect(changed.out).to.equal('~ /notes/add GET (Notes.add): role editor -> role reader\n');
    expect(changed.err).to.include('--update securest.lock.json');
  }).timeout(20_000);

  it('exits with 2 for everything that is no answer', async () => {
    const module = app('fine.js', 'exports.options = secured();');
    writeFileSync(join(folder, 'bad.lock.json'), '{"version":7}');
    writeFileSync(join(folder, 'throws.js'), "throw new Error('at load')");
    writeFileSync(join(folder, 'nothing.js'), '');
    writeFileSync(join(folder, 'plain.js'), 'exports.options = { controllers: [] };');
    const cases: [string[], RegExp][] = [
      [[], /^Usage/],
      [['report'], /^Usage/],
      [['repotr', module], /^Usage/],
      [['report', module, 'more'], /^Usage/],
      [['report', module, '--check', 'a', '--update', 'b'], /^Usage/],
      [['report', module, '--chekc', 'a'], /--chekc/],
      [['report', module, '--format', 'toString'], /no format toString/],
      [['report', module, '--check', 'none.lock.json'], /none\.lock\.json/],
      [['report', module, '--check', 'bad.lock.json'], /version/],
      [['report', 'none.js'], /none\.js/],
      [['report', 'throws.js'], /at load/],
      [['report', 'nothing.js'], /exports no options/],
      [['report', 'plain.js'], /not secured/],
    ];
    const results = await Promise.all(
      cases.map(async ([args, error]) => ({ args, error, ...(await run(...args)) })),
    );
    for (const { args, error, code, out, err } of results) {
      expect([code, out], args.join(' ')).to.deep.equal([2, '']);
      expect(err).to.match(error);
    }
    const help = await run('--help');
    expect([help.code, help.err]).to.deep.equal([0, '']);
  }).timeout(60_000);
});
