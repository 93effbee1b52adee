import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createSecurity, type Security } from '../../../src';
import { runCli } from '../../../src/cli/run-cli';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

/** The module that the command loads finds its instances here. */
const shared = globalThis as {
  ofPlainApp?: { security: Security; secured: object; ownOptions: () => object };
};

function instance(role = 'editor'): Security {
  const security = createSecurity({ logger: new MemoryLogger(), providers: [provider('p', () => null)] });
  security.guard(role, { name: 'GET /notes' });
  return security;
}

describe('The command on a module with an instance of createSecurity()', () => {
  let folder: string;
  let modules = 0;

  beforeEach(() => {
    reset();
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    const security = instance();
    const other = instance('admin');
    shared.ofPlainApp = {
      security,
      secured: other.secure({ controllers: [] }),
      ownOptions: () => security.secure({}),
    };
  });
  afterEach(() => {
    delete shared.ofPlainApp;
    rmSync(folder, { recursive: true });
  });

  async function run(exported: string, command: string, ...args: string[]) {
    const module = join(folder, `app-${String((modules += 1))}.cjs`);
    writeFileSync(module, `const { security, secured, ownOptions } = globalThis.ofPlainApp; ${exported}`);
    let [out, err] = ['', ''];
    const code = await runCli([command, module, ...args], {
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { code, out, err };
  }

  for (const exported of [
    'exports.security = security;',
    'exports.security = () => security;',
    'exports.security = Promise.resolve(security);',
    'exports.default = security;',
    'exports.options = security;',
    'module.exports = security;',
    'module.exports = async () => security;',
    'exports.security = security; exports.default = { routes: [] };',
  ]) {
    it(`reports on ${exported}`, async () => {
      const { code, out, err } = await run(exported, 'report', '--format', 'json');
      expect([code, err]).to.deep.equal([0, '']);
      const { routes } = JSON.parse(out) as { routes: { action: string; access: string }[] };
      expect(routes.map(({ action, access }) => [action, access])).to.deep.equal([
        ['guard GET /notes', 'role editor'],
      ]);
    });
  }

  for (const place of ['options', 'default']) {
    it(`takes options of the same instance before it, as ${place}`, async () => {
      const exported = `exports.security = security; exports.${place} = ownOptions();`;
      const { code, out } = await run(exported, 'report', '--format', 'json');
      expect(code).to.equal(0);
      expect((JSON.parse(out) as { routes: object[] }).routes[0]).to.include({ access: 'role editor' });
    });

    for (const app of ['secured', 'async () => secured']) {
      if (place === 'default' && app !== 'secured') continue;
      it(`refuses ${app} of another instance, whose guards would be left out, as ${place}`, async () => {
        const exported = `exports.security = security; exports.${place} = ${app};`;
        const { code, err } = await run(exported, 'report', '--format', 'json');
        expect(code).to.equal(2);
        expect(err).to.contain('another instance');
      });
    }
  }

  for (const inner of ['() => secured', 'Promise.resolve(secured)']) {
    it(`does not guess whether ${inner} beside it is the app`, async () => {
      const { code, err } = await run(`exports.security = security; exports.default = ${inner};`, 'report');
      expect(code).to.equal(2);
      expect(err).to.contain('export the app as `options`');
    });
  }

  it('refuses an instance that secures controllers, which it would leave out', async () => {
    const { code, err } = await run('exports.security = security; ownOptions();', 'report');
    expect(code).to.equal(2);
    expect(err).to.contain('hand over the options');
  });

  it('refuses what is no instance', async () => {
    const { code, out, err } = await run('exports.security = { guard() {} };', 'report');
    expect([code, out]).to.deep.equal([2, '']);
    expect(err).to.contain('not secured');
  });

  it('checks the lock file', async () => {
    const lock = join(folder, 'securest.lock.json');
    const exported = 'exports.security = security;';
    expect((await run(exported, 'report', '--update', lock)).code).to.equal(0);
    expect(readFileSync(lock, 'utf8')).to.contain('"path":"GET /notes"');
    expect((await run(exported, 'report', '--check', lock)).code).to.equal(0);
    const changed = await run('exports.options = secured;', 'report', '--check', lock);
    expect([changed.code, changed.out]).to.deep.equal([
      1,
      '~ GET /notes * (guard GET /notes): role editor -> role admin\n',
    ]);
  });

  it('explains a guard by its name', async () => {
    const exported = 'exports.security = security;';
    expect(await run(exported, 'explain', '*', 'GET /notes', '--as', 'editor')).to.deep.equal({
      code: 0,
      out:
        '* GET /notes by a user with the role editor: allowed\n' +
        'The command does not know where the app mounts this guard.\n' +
        'Each of these must hold:\n' +
        '  yes      role editor, from guard GET /notes\n',
      err: '',
    });
    expect((await run(exported, 'explain', '*', 'GET /notes')).code).to.equal(1);
    expect((await run(exported, 'explain', '*', 'GET /none')).code).to.equal(2);
  });
});
