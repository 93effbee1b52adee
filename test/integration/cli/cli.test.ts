import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compiled, type Ended, runCommand } from '../../support/compiled';

const appText = () => `
require(${JSON.stringify(require.resolve('reflect-metadata'))});
const { Authorized, Get, getMetadataArgsStorage, JsonController } = require(${JSON.stringify(require.resolve('routing-controllers'))});
const { createSecurity } = require(${JSON.stringify(compiled('src/index.ts'))});
class Notes { list() {} add() {} }
Get('/')(Notes.prototype, 'list');
Get('/add')(Notes.prototype, 'add');
Authorized('ROLE')(Notes.prototype, 'add');
JsonController('/notes')(Notes);
class Anyone { authenticate() { return null; } }
const logger = { info() {}, warn() {}, error() {} };
const secured = () => createSecurity({ logger, providers: [Anyone] }).secure({ controllers: [Notes] });
`;

describe('securest report', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    compiled('');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs the command in the folder. */
  const run = (...args: string[]): Promise<Ended> => runCommand(args, { cwd: folder });

  function app(name: string, exported: string, role = 'editor'): string {
    writeFileSync(join(folder, name), appText().replace('ROLE', role) + exported);
    return name;
  }

  for (const [name, file, exported] of [
    ['options', 'options.js', 'exports.options = secured();'],
    ['a function', 'function.js', 'exports.options = secured;'],
    ['a function that gives them later', 'later.js', 'module.exports = { default: async () => secured() };'],
    ['a default', 'default.cjs', 'module.exports.default = secured();'],
    ['a promise as the default', 'promise.cjs', 'module.exports.default = Promise.resolve(secured());'],
    ['nothing but options', 'itself.cjs', 'module.exports = secured();'],
    ['nothing but a function', 'only-function.cjs', 'module.exports = secured;'],
    ['nothing but a promise', 'only-promise.cjs', 'module.exports = Promise.resolve().then(secured);'],
    [
      'a default compiled from another module system',
      'interop.cjs',
      "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = { default: secured() };",
    ],
  ] as const) {
    it(`reports on a module that exports ${name}, and ends`, async () => {
      const { code, out, err } = await run('report', app(file, exported), '--format', 'json');
      expect([code, err]).to.deep.equal([0, '']);
      const { routes } = JSON.parse(out) as { routes: { path: string; access: string }[] };
      expect(routes.map(({ path, access }) => [path, access])).to.deep.equal([
        ['/notes/', 'anyone (open by default)'],
        ['/notes/add', 'role editor'],
      ]);
    }).timeout(60_000);
  }

  for (const [what, text] of [
    ['options', 'export const options = inner.secured();'],
    ['options as its default', 'export default inner.secured();'],
    ['a function as its default', 'export default async () => inner.secured();'],
    ['options that it awaits', 'export default await Promise.resolve(inner.secured());'],
  ] as const) {
    it(`reports on an ES module that exports ${what}`, async () => {
      app('inner.cjs', 'exports.secured = secured;');
      writeFileSync(join(folder, 'es.mjs'), `import inner from './inner.cjs';\n${text}\n`);
      const { code, out } = await run('report', 'es.mjs');
      expect(code).to.equal(0);
      expect(out)
        .to.match(/^\d+ routes?: /)
        .and.to.include('editor');
    }).timeout(60_000);
  }

  for (const [what, text] of [
    ['a timer', 'setInterval(() => undefined, 1000);'],
    ['a server', "require('node:http').createServer(() => undefined).listen(0);"],
    [
      'a connection',
      "const server = require('node:net').createServer(() => undefined).listen(0, () => require('node:net').connect(server.address().port));",
    ],
    [
      'a thread',
      "new (require('node:worker_threads').Worker)('setInterval(() => undefined, 1000)', { eval: true });",
    ],
    ['a child', "require('node:child_process').spawn('sleep', ['20'], { stdio: 'ignore' });"],
    ['a watcher', "require('node:fs').watch(__dirname, () => undefined);"],
    [
      'exit and write of its own',
      'process.exit = () => undefined; process.stdout.write = () => true; setInterval(() => undefined, 1000);',
    ],
  ] as const) {
    it(`ends with its own code although the app leaves ${what} open`, async () => {
      const module = app('open.js', `${text} exports.options = secured();`);
      const written = await run('report', module, '--update', 'open.lock.json');
      expect([written.code, written.err, written.out]).to.deep.equal([
        0,
        '',
        '2 routes written to open.lock.json\n',
      ]);
      app('open.js', `${text} exports.options = secured();`, 'reader');
      const changed = await run('report', module, '--check', 'open.lock.json');
      expect([changed.code, changed.out]).to.deep.equal([
        1,
        '~ /notes/add GET (Notes.add): role editor -> role reader\n',
      ]);
      app('open.js', `${text} exports.options = {};`);
      expect((await run('report', module)).code).to.equal(2);
    }).timeout(60_000);
  }

  it('writes all of a long report to a pipe that is read late', async () => {
    const many =
      "for (let i = 0; i < 3000; i += 1) { Notes.prototype['at' + i] = () => 1; Get('/at' + i)(Notes.prototype, 'at' + i); }";
    const module = app('long.js', `${many} setInterval(() => undefined, 1000); exports.options = secured();`);
    const command = `${process.execPath} ${compiled('src/cli/main.ts')} report ${module} --verbose`;
    const script = `{ ${command} 2>&1; echo "code $?"; } | { sleep 1; cat; }`;
    const child = spawn('sh', ['-c', script], { cwd: folder });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await new Promise((settle) => child.on('close', settle));
    expect(out.length).to.be.greaterThan(200_000);
    expect(out.match(/^ {2}GET +\/notes\/at\d+ /gm)).to.have.length(3000);
    expect(out.endsWith('code 0\n')).to.equal(true);
  }).timeout(60_000);

  for (const [what, text, error] of [
    ['ends the process', 'process.exit(0);', /ended before the command/],
    ['ends it later', 'exports.options = () => { process.exit(0); };', /ended before the command/],
    ['gives a promise that never settles', 'exports.options = new Promise(() => undefined);', /ended before/],
    [
      'fails meanwhile',
      "setImmediate(() => { throw new Error('lost'); }); exports.options = new Promise(() => setInterval(() => undefined, 1000));",
      /securest: lost\n$/,
    ],
    [
      'rejects meanwhile',
      "Promise.reject(new Error('lost')); exports.options = new Promise(() => setInterval(() => undefined, 1000));",
      /securest: lost\n$/,
    ],
  ] as const) {
    it(`exits with 2 for an app that ${what}, also for a check`, async () => {
      const module = app('ends.js', 'exports.options = secured();');
      await run('report', module, '--update', 'ends.lock.json');
      app('ends.js', text);
      const { code, out, err } = await run('report', module, '--check', 'ends.lock.json');
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.match(error);
    }).timeout(60_000);
  }

  it('compares a lock file of version 1, and says that it tells less', async () => {
    const module = app('old.js', 'exports.options = secured();');
    const routes = [
      { method: 'GET', path: '/notes/', action: 'Notes.list', access: 'anyone (open by default)' },
      { method: 'GET', path: '/notes/add', action: 'Notes.add', access: 'role editor' },
    ];
    writeFileSync(join(folder, 'old.lock.json'), JSON.stringify({ version: 1, routes }));
    const { code, out, err } = await run('report', module, '--check', 'old.lock.json');
    expect([code, out]).to.deep.equal([0, 'No change: 2 routes as in old.lock.json\n']);
    expect(err).to.match(/earlier version.*--update/);
    expect((await run('report', module, '--update', 'old.lock.json')).code).to.equal(0);
    const again = await run('report', module, '--check', 'old.lock.json');
    expect([again.code, again.err]).to.deep.equal([0, '']);
  }).timeout(60_000);

  it('neither compares nor writes over a lock file of a later version', async () => {
    const module = app('older.js', 'exports.options = secured();');
    const later = '{"version":5,"routes":[]}';
    writeFileSync(join(folder, 'later.lock.json'), later);
    for (const option of ['--check', '--update', '--lock']) {
      const { code, out, err } = await run('report', module, option, 'later.lock.json');
      expect([code, out], option).to.deep.equal([2, '']);
      expect(err, option).to.match(/The lock file has version 5, .*: update securest/);
    }
    expect(readFileSync(join(folder, 'later.lock.json'), 'utf8')).to.equal(later);
  }).timeout(60_000);

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
  }).timeout(60_000);

  it('exits with 2 for everything that is no answer', async () => {
    const module = app('fine.js', 'exports.options = secured();');
    writeFileSync(join(folder, 'bad.lock.json'), '{"version":7}');
    writeFileSync(join(folder, 'throws.js'), "throw new Error('at load')");
    writeFileSync(join(folder, 'nothing.js'), '');
    writeFileSync(join(folder, 'plain.js'), 'exports.options = { controllers: [] };');
    writeFileSync(join(folder, 'only-plain.js'), 'module.exports = { controllers: [] };');
    writeFileSync(join(folder, 'null.js'), 'module.exports = null;');
    writeFileSync(join(folder, 'text.js'), "module.exports = 'options';");
    writeFileSync(join(folder, 'cycle.js'), 'module.exports.default = module.exports;');
    writeFileSync(join(folder, 'others.js'), 'exports.app = {}; exports.port = 3000;');
    writeFileSync(join(folder, 'raw.mts'), 'import type { Server } from "node:http"; @(x) class {');
    const cases: [string[], RegExp][] = [
      [[], /^Usage/],
      [['report'], /^Usage/],
      [['repotr', module], /^Usage/],
      [['report', module, 'more'], /^Usage/],
      [['report', module, '--check', 'a', '--update', 'b'], /^Usage/],
      [['report', module, '--chekc', 'a'], /--chekc/],
      [['report', module, '--format', 'toString'], /Unknown format toString/],
      [['report', module, '--check', 'none.lock.json'], /There is no lock file none\.lock\.json: .*--update/],
      [['report', module, '--check', 'bad.lock.json'], /bad\.lock\.json: .*version/],
      [['report', module, '--lock', 'throws.js'], /throws\.js: The lock file is not JSON/],
      [['report', 'none.js'], /There is no module none\.js/],
      [['report', 'raw.mts'], /cannot read the TypeScript of raw\.mts/],
      [['report', 'throws.js'], /at load/],
      [['report', 'nothing.js'], /exports no options/],
      [['report', 'plain.js'], /not secured/],
      [['report', 'only-plain.js'], /not secured/],
      [['report', 'null.js'], /exports no options/],
      [['report', 'text.js'], /exports no options/],
      [['report', 'cycle.js'], /exports no options/],
      [['report', 'others.js'], /exports no options/],
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
