/** The app of docs/explain.md is explained as the page says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RoutingControllersOptions } from 'routing-controllers';
import { actingAs } from 'securest/testing';
import { runCli } from '../../src/cli/run-cli';
import { DRIVERS, TestServer } from '../support/drivers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';

const PAGE = 'explain.md';
const text = readFileSync(join(__dirname, '../../docs', PAGE), 'utf8');
const shared = globalThis as { pageOptions?: unknown };

describe('The app of docs/explain.md', () => {
  let folder: string;
  let module: string;
  let logger: MemoryLogger;
  let options: RoutingControllersOptions;

  beforeEach(() => {
    reset();
    logger = new MemoryLogger();
    const [app = ''] = blocksOf(PAGE, 'ts');
    ({ options } = runBlock(app.replace('security: {', 'security: { logger,'), { logger }) as {
      options: RoutingControllersOptions;
    });
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    module = join(folder, 'options.cjs');
    writeFileSync(module, 'module.exports = { options: globalThis.pageOptions };');
    shared.pageOptions = options;
  });
  afterEach(() => {
    delete shared.pageOptions;
    rmSync(folder, { recursive: true });
  });

  it('is explained by the command as the page shows', async () => {
    const steps = [...text.matchAll(/^```console\n\$ npx securest (.*)\n([^]*?)^```$/gm)];
    expect(steps).to.have.length(4);
    for (const [, line = '', shown] of steps) {
      let out = '';
      const print = (more: string) => (out += more);
      await runCli(line.replace('dist/options.js', module).split(' '), { out: print, err: print });
      expect(out, line).to.equal(shown);
    }
  });

  for (const driver of DRIVERS) {
    it(`logs its refusals on ${driver.name} as the page shows`, async () => {
      const [, shown = ''] = /^```text\n([^]*?)^```$/m.exec(text) ?? [];
      await using server = await TestServer.start(driver.build(options));
      const headers = actingAs({ username: 'ann', roles: ['editor'] });
      await server.raw('/notes/7', { method: 'DELETE', headers });
      reset();
      await server.raw('/notes/7', { method: 'DELETE' });
      const lines = logger.lines.filter((line) => line.startsWith('info securest: 40')).toReversed();
      const told = lines.map((line) =>
        line
          .replace(/^info /, '')
          .replace(/\[[^\]]+\]$/, '[ID]')
          .replace('actingAs authenticated', 'Password authenticated'),
      );
      expect(`${told.join('\n')}\n`).to.equal(shown);
    });
  }
});
