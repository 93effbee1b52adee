import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import manifest from '../../../package.json';
import { links } from '../../package/documents';
import { installConsumer, pack, run, runTool, type Tarball } from './install';

const ROOT = join(__dirname, '../../..');

const CONSUMER_OPTIONS = {
  target: 'ES2022',
  module: 'node16',
  strict: true,
  exactOptionalPropertyTypes: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  types: ['node'],
};

describe('Packed package', function () {
  this.timeout(180_000);
  let folder: string;
  let consumer: string;
  let tarball: Tarball;
  let complaints: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'securest-pack-'));
    tarball = await pack(folder);
    consumer = join(folder, 'consumer');
    await installConsumer(tarball, consumer);
    complaints = await compile(consumer);
  }).timeout(600_000);

  after(() => rm(folder, { recursive: true, force: true }));

  it('holds the build and what a user reads, nothing else', () => {
    const others = tarball.files.filter((path) => !/^dist\/[\w/-]+\.(js|d\.ts)$/.test(path));
    const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    expect(others).to.have.members([
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'bench/request.svg',
      ...readdirSync(join(ROOT, 'docs/images'))
        .filter((name) => name.endsWith('.svg'))
        .map((name) => `docs/images/${name}`),
      'example/custom-provider.ts',
      'example/custom-userstore.ts',
      ...pages.map((name) => `docs/${name}`),
    ]);
    expect(tarball.files).to.include.members([
      'dist/index.js',
      'dist/index.d.ts',
      'dist/kerberos/index.js',
      'dist/kerberos/index.d.ts',
      'dist/ldap/index.js',
      'dist/ldap/index.d.ts',
      'dist/oidc/index.js',
      'dist/oidc/index.d.ts',
      'dist/openapi/index.js',
      'dist/openapi/index.d.ts',
      'dist/opentelemetry/index.js',
      'dist/opentelemetry/index.d.ts',
      'dist/passkeys/index.js',
      'dist/passkeys/index.d.ts',
      'dist/passport/index.js',
      'dist/passport/index.d.ts',
      'dist/redis/index.js',
      'dist/redis/index.d.ts',
      'dist/routers/index.js',
      'dist/routers/index.d.ts',
      'dist/socket/index.js',
      'dist/socket/index.d.ts',
      'dist/sql/index.js',
      'dist/sql/index.d.ts',
      'dist/testing/index.js',
      'dist/testing/index.d.ts',
    ]);
  });

  it('ships what its pages link to, pictures of the pages apart', async () => {
    const shipped = new Set(tarball.files);
    const readable = tarball.files.filter((path) => path.endsWith('.md'));
    const dead = await Promise.all(
      readable.map(async (path) => {
        const text = await readFile(join(consumer, 'node_modules', manifest.name, path), 'utf8');
        return links(text)
          .map(({ file }) => (file === '' ? path : join(dirname(path), file)))
          .filter((target) => !shipped.has(target) && !target.startsWith('docs/images/'))
          .map((target) => `${path}: ${target}`);
      }),
    );
    expect(readable).to.include('README.md').and.to.have.length.greaterThan(20);
    expect(dead.flat()).to.deep.equal([]);
  });

  it('tells its version', async () => {
    expect(await run(join(consumer, 'node_modules/.bin/securest'), ['--version'], consumer)).to.equal(
      `${manifest.version}\n`,
    );
  });

  it('has no complaint from publint', async () => {
    expect(await runTool('publint', ['run', tarball.path, '--strict'])).to.include('All good');
  });

  it('resolves with its types in every module system', async () => {
    expect(await runTool('attw', [tarball.path, '--no-color'])).to.include('No problems found');
  });

  it('compiles in a strict app that checks the declarations of its libraries too', () => {
    expect(complaints).to.deep.equal([]);
  });

  it('serves from an ES module', async () => {
    expect(await run(process.execPath, ['app.mjs'], consumer)).to.match(/^served$/m);
  });

  for (const extension of ['mjs', 'cjs']) {
    it(`reports from the command line on a .${extension} module`, async () => {
      const text = await readFile(join(consumer, `app.${extension}`), 'utf8');
      // The app without what starts its server.
      const options = text.slice(0, text.indexOf('async function run'));
      const ending = extension === 'mjs' ? 'export const options =' : 'exports.options =';
      const secured = extension === 'mjs' ? 'securest' : '(0, securest_1.securest)';
      const file = `options.${extension}`;
      await writeFile(
        join(consumer, file),
        `${options}\n${ending} ${secured}({ controllers: [MeController] });\n`,
      );
      const output = await run(join(consumer, 'node_modules/.bin/securest'), ['report', file], consumer);
      expect(output).to.match(/^MeController\n {2}GET +\/me\/ +any login$/m);
    });
  }

  it('serves from a CommonJS module', async () => {
    expect(await run(process.execPath, ['app.cjs'], consumer)).to.match(/^served$/m);
  });
});

/** Compiles the consumer's app and returns what the compiler has to say. */
async function compile(consumer: string): Promise<string[]> {
  const config = { compilerOptions: CONSUMER_OPTIONS, files: ['app.mts', 'app.cts'] };
  await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify(config));
  const output = await runTool('tsc', ['-p', '.', '--pretty', 'false'], consumer).catch((error: unknown) =>
    String(error),
  );
  return output.split('\n').filter((line) => line.includes(': error TS'));
}
