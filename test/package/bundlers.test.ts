import { rmSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLERS, type External, installBuild, start } from './bundlers';

/** What the page on apps says to leave out. */
const DOCUMENTED = ['securest', 'routing-controllers', 'typedi', 'reflect-metadata'];
/** What routing-controllers loads where an app uses it, and bundlers cannot find. */
const UNUSED = [
  'cors',
  '@koa/cors',
  'koa',
  'express',
  'koa-bodyparser',
  'koa-multer',
  '@koa/multer',
  'multer',
];

const MODES: Readonly<Record<string, readonly [external: External, isServed: boolean]>> = {
  'only securest left out': [['securest', ...UNUSED], false],
  'the documented packages left out': [DOCUMENTED, true],
  'all packages left out': ['all', true],
};

describe('Bundles', () => {
  let folder: string;

  before(async () => {
    folder = await installBuild();
    writeFileSync(join(folder, 'app.mjs'), readFileSync(join(__dirname, '../fixtures/bundles/app.js')));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    for (const [mode, [external, isServed]] of Object.entries(MODES)) {
      it(`of ${name} with ${mode} are ${isServed ? 'guarded' : 'refused at start'}`, async () => {
        const outfile = join(folder, `${name}.cjs`);
        await bundle({ entry: join(folder, 'app.mjs'), outfile, external });
        for (const host of ['koa', 'express']) {
          const app = await start(outfile, host);
          try {
            if (!isServed) {
              expect(app.url).to.equal(undefined);
              expect(app.errors).to.include('another copy of routing-controllers');
              continue;
            }
            expect(app.url, app.errors).to.be.a('string');
            const statuses = async (headers: Record<string, string>) =>
              Promise.all(
                ['/inherited', '/default', '/own', '/open'].map(
                  async (path) => (await fetch(`${String(app.url)}${path}`, { headers })).status,
                ),
              );
            expect(await statuses({})).to.deep.equal([401, 401, 401, 200]);
            expect(await statuses({ 'x-user': 'ann' })).to.deep.equal([200, 200, 200, 200]);
          } finally {
            await app.close();
          }
        }
      });
    }
  }

  it('of esbuild as an ES module are guarded with the documented packages left out', async () => {
    const outfile = join(folder, 'module.mjs');
    await BUNDLERS['esbuild']?.({
      entry: join(folder, 'app.mjs'),
      outfile,
      external: DOCUMENTED,
      format: 'esm',
    });
    const app = await start(outfile, 'express');
    try {
      expect((await fetch(`${String(app.url)}/inherited`)).status).to.equal(401);
    } finally {
      await app.close();
    }
  });

  it('that hold everything are refused at start where a password provider finds no file for its threads', async () => {
    const entry = join(folder, 'passwords.mjs');
    writeFileSync(
      entry,
      "import 'reflect-metadata';\nimport { PasswordProvider } from 'securest';\nnew PasswordProvider();\n" +
        "process.stdout.write('port 1\\n');\n",
    );
    const outfile = join(folder, 'everything.cjs');
    await BUNDLERS['esbuild']?.({ entry, outfile, external: UNUSED });
    const app = await start(outfile);
    await app.close();
    expect(app.url).to.equal(undefined);
    expect(app.errors).to.include('ConfigurationError').and.to.include('securest');
  });
});
