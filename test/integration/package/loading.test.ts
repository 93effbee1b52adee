/** What importing the library loads, and what is loaded when a class that needs it is created. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const ROOT = join(__dirname, '../../..');

/** The packages and modules that a program has loaded beyond those of its hosts. */
async function loadedBy(program: string): Promise<string[]> {
  const text = `
    require('reflect-metadata'); require('routing-controllers'); require('typedi');
    const before = new Set(Object.keys(require.cache));
    const securest = require('./src');
    (async () => { ${program} })().then(() => {
      const loaded = Object.keys(require.cache).filter((file) => !before.has(file));
      process.stdout.write(JSON.stringify(loaded), () => process.exit(0));
    });`;
  const { stdout } = await run(process.execPath, ['-r', '@swc-node/register', '-e', text], { cwd: ROOT });
  const names = (JSON.parse(stdout) as string[]).map(
    (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.slice(ROOT.length + 1),
  );
  return [...new Set(names)].filter((name) => !name.startsWith('@swc'));
}

const isPackage = (name: string): boolean => !name.startsWith('src/');
const FILES = ['src/files/watched-file.ts', 'src/files/yaml.ts', 'src/userstores/file/user-file-edit.ts'];

describe('Importing the library', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    writeFileSync(join(folder, 'users.yaml'), 'users:\n  - username: ann\n');
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('loads no package but its hosts, and nothing that only some apps need', async () => {
    const loaded = await loadedBy('');
    expect(loaded.filter(isPackage)).to.deep.equal([]);
    expect(loaded).to.include('src/userstores/file/file-userstore.ts');
    for (const file of [...FILES, 'src/report/security-report.ts', 'src/explain/explain.ts'])
      expect(loaded).to.not.include(file);
  });

  it('leaves what reads a file to the class that has one, which loads it when it is created', async () => {
    const withStore = await loadedBy(
      `new securest.FileUserstore({ path: ${JSON.stringify(join(folder, 'users.yaml'))} }).close();`,
    );
    expect(withStore).to.include.members(['yaml', ...FILES]);
    const withoutFile = await loadedBy(
      `try { new securest.PathPermissions({ path: 'missing.yaml' }) } catch ({ code }) {
        if (code !== 'invalid_configuration') throw new Error(code);
      }`,
    );
    expect(withoutFile).to.include.members(['yaml', 'src/authorization/paths/permission-file.ts']);
    expect(withoutFile).to.not.include('src/userstores/file/user-file-edit.ts');
  });
});
