import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import manifest from '../../../package.json';
import { passwords } from '../../../src/passwords/passwords';
import { FileUserDirectory } from '../../../src/userstores/file/file-directory';
import { runCli } from '../../../src/cli/run-cli';

const FILES = [
  '.gitignore',
  'tsconfig.json',
  'src/users.ts',
  'src/auth.ts',
  'src/account-controller.ts',
  'src/app.ts',
  'src/server.ts',
  'src/memory-users.ts',
  'src/without-users.ts',
  'src/app.test.ts',
  'securest.lock.json',
];

interface Manifest {
  readonly name?: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Made {
  readonly written: readonly string[];
  readonly left: readonly { file: string; note?: string }[];
  readonly username: string;
  readonly password?: string;
}

describe('securest init', function () {
  this.timeout(60_000);
  let outer: string;
  let folder: string;
  beforeEach(() => {
    outer = mkdtempSync(join(tmpdir(), 'securest-init-'));
    folder = join(outer, 'My App');
    mkdirSync(folder);
  });
  afterEach(() => {
    rmSync(outer, { recursive: true });
  });

  /** Runs it for the folder, or for one that is given from there. */
  async function run(...args: string[]) {
    let [out, err] = ['', ''];
    const [first = '', ...others] = args;
    const given =
      first.startsWith('--') || args.length === 0 ? [folder, ...args] : [join(folder, first), ...others];
    const code = await runCli(['init', ...given], {
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { code, out, err };
  }
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const manifestIn = (): Manifest => JSON.parse(text('package.json')) as Manifest;
  const put = (name: string, content: string): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  /** All that is in the folder, so that a refusal is seen to write nothing. */
  const listing = (): string[] => readdirSync(outer, { recursive: true }).map(String).toSorted();

  async function madeBy(...args: string[]): Promise<Made> {
    const { code, out, err } = await run(...args, '--json');
    expect([code, err]).to.deep.equal([0, '']);
    return JSON.parse(out) as Made;
  }

  async function expectRefused(message: RegExp, ...args: string[]): Promise<void> {
    const before = listing();
    const { code, out, err } = await run(...args);
    expect([code, out], err).to.deep.equal([1, '']);
    expect(err).to.match(message).and.to.not.include('    at ');
    expect(listing()).to.deep.equal(before);
  }

  it('writes an app into an empty folder, and says what is next', async () => {
    const { code, out, err } = await run();
    expect([code, err]).to.deep.equal([0, '']);
    for (const file of [...FILES, 'package.json', 'users.yaml']) {
      expect(out.split('\n')).to.include(`  ${file}`);
      expect(existsSync(join(folder, file)), file).to.equal(true);
    }
    expect(out)
      .to.match(/^ {2}npm install$/m)
      .and.to.not.match(/^Left alone/m);
    expect(manifestIn().name).to.equal('my-app');
  });

  it('makes a user with a password at random, prints it once, and stores its hash for the owner alone', async () => {
    const [one, other] = [await madeBy(), await madeBy('../other')];
    expect(one.password)
      .to.match(/^[\w-]{24}$/)
      .and.to.not.equal(other.password);
    const user = await new FileUserDirectory({ path: join(folder, 'users.yaml') }).get(one.username);
    expect(user?.roles).to.deep.equal(['admin']);
    expect(await passwords.verify(one.password ?? '', user?.password ?? '')).to.equal(true);
    expect(statSync(join(folder, 'users.yaml')).mode & 0o777).to.equal(0o600);
    for (const file of FILES) expect(text(file)).to.not.include(one.password);
    expect((await run()).out)
      .to.not.include(one.password)
      .and.to.not.match(/password/);
  });

  it('asks for the packages in the versions that the peers allow', async () => {
    await madeBy('--driver', 'express');
    const { dependencies, devDependencies } = manifestIn();
    const { peerDependencies } = manifest;
    for (const name of ['routing-controllers', 'typedi', 'reflect-metadata', 'class-validator'] as const) {
      expect(dependencies[name]).to.equal(peerDependencies[name]);
    }
    expect(dependencies).to.include({
      express: peerDependencies.express,
      securest: `^${manifest.version}`,
    });
    expect(dependencies).to.not.have.property('koa');
    expect(devDependencies).to.include({ typescript: manifest.devDependencies.typescript });
    expect(devDependencies).to.include.keys('@types/express', '@types/node');
  });

  it('writes the same files each time, but for the password', async () => {
    await madeBy();
    await madeBy('../My App 2');
    for (const file of FILES) {
      expect(text(file), file).to.equal(readFileSync(join(outer, 'My App 2', file), 'utf8'));
    }
  });

  it('finds nothing missing the second time', async () => {
    const { password } = await madeBy();
    const files = () =>
      [...FILES, 'package.json', 'users.yaml'].map((name) => [name, statSync(join(folder, name)).mtimeMs]);
    const before = files();
    const again = await madeBy();
    expect(again).to.deep.include({ written: [], left: [{ file: 'users.yaml' }] });
    expect(again).to.not.have.property('password');
    expect(password).to.be.a('string');
    expect(files()).to.deep.equal(before);
  });

  it('leaves each file of a project as it is, and says which', async () => {
    for (const file of [...FILES, 'users.yaml']) put(file, `mine: ${file}`);
    const made = await madeBy();
    expect(made.written).to.deep.equal(['package.json']);
    expect(made.left.map(({ file }) => file)).to.have.members([...FILES, 'users.yaml']);
    expect(made).to.not.have.property('password');
    for (const file of [...FILES, 'users.yaml']) expect(text(file)).to.equal(`mine: ${file}`);
    const { out } = await run();
    expect(out).to.match(/tsconfig\.json: it must have experimentalDecorators, emitDecoratorMetadata/);
    expect(out).to.match(/\.gitignore: it should have .*users\.yaml/);
    expect(out).to.match(/src\/app\.ts: it must export createApp and options/);
  });

  it('adds to package.json what it lacks, in its own indentation, and nothing else', async () => {
    const mine = {
      name: 'mine',
      version: '2.1.0',
      type: 'module',
      scripts: { build: 'make', test: 'echo "Error: no test specified" && exit 1' },
      dependencies: { koa: '^2.15.0', zod: '^4.0.0' },
      devDependencies: { typescript: '^7.0.0' },
      custom: { __proto__: null, a: [1] },
    };
    put('package.json', JSON.stringify(mine, null, '\t'));
    const made = await madeBy();
    expect(made.written[0]).to.equal('package.json (missing entries)');
    expect(made.left.map(({ note }) => note?.replace(/,.*/, ''))).to.include.members([
      'script build',
      'koa ^2.15.0',
      'typescript ^7.0.0',
    ]);
    const { scripts, dependencies, devDependencies, ...rest } = manifestIn();
    expect(rest).to.deep.equal({ name: 'mine', version: '2.1.0', type: 'module', custom: { a: [1] } });
    expect(scripts).to.include({ build: 'make', start: 'node dist/server.js' });
    expect(scripts['test']).to.match(/^node --test /);
    expect(dependencies).to.include({ koa: '^2.15.0', zod: '^4.0.0' }).and.to.include.keys('securest');
    expect(dependencies).to.not.have.property('typescript');
    expect(devDependencies).to.include({ typescript: '^7.0.0' });
    expect(text('package.json')).to.match(/^\{\n\t"name"/);
  });

  for (const [what, content] of [
    ['JSON', '{ "name": '],
    ['an object', '[]'],
    ['empty', ''],
    ['one with scripts', '{ "scripts": [] }'],
    ['one with dependencies', '{ "dependencies": "none" }'],
  ]) {
    it(`refuses a package.json that is not ${what} of the right kind`, async () => {
      put('package.json', content ?? '');
      await expectRefused(/package\.json (is not valid|has invalid \w+)/);
      expect(text('package.json')).to.equal(content);
    });
  }

  it('refuses a target that is no folder, or below a file', async () => {
    put('file', '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('loop', join(folder, 'loop'));
    await expectRefused(/file is not a folder/, 'file');
    await expectRefused(/in the way/, 'file/app');
    await expectRefused(/dangling is a link that leads nowhere/, 'dangling');
    await expectRefused(/Links that lead to each other/, 'loop');
  });

  it('refuses what stands in the way of a file or of its folder', async () => {
    put('src', '');
    await expectRefused(/src is not a folder/);
    rmSync(join(folder, 'src'));
    mkdirSync(join(folder, 'src/app.ts'), { recursive: true });
    await expectRefused(/src\/app\.ts is not a file/);
    rmSync(join(folder, 'src'), { recursive: true });
    mkdirSync(join(folder, 'users.yaml'));
    await expectRefused(/users\.yaml is not a file/);
  });

  it('refuses links that lead out of the folder or nowhere, and takes those inside', async () => {
    mkdirSync(join(outer, 'elsewhere'));
    writeFileSync(join(outer, 'elsewhere/package.json'), '{}');
    symlinkSync('../elsewhere', join(folder, 'src'));
    await expectRefused(/src is a link that leads out of the folder/);
    rmSync(join(folder, 'src'));
    symlinkSync('../elsewhere/package.json', join(folder, 'package.json'));
    await expectRefused(/package\.json is a link that leads out of the folder/);
    rmSync(join(folder, 'package.json'));
    symlinkSync('../elsewhere/users.yaml', join(folder, 'users.yaml'));
    await expectRefused(/users\.yaml is a link that leads nowhere/);
    rmSync(join(folder, 'users.yaml'));
    mkdirSync(join(folder, 'sources'));
    symlinkSync('sources', join(folder, 'src'));
    await madeBy();
    expect(existsSync(join(folder, 'sources/app.ts'))).to.equal(true);
  });

  it('makes the folder, and goes into the one that a link leads to', async () => {
    const { out } = await run('deep/er');
    expect(out).to.match(/^ {2}cd .*deep\/er$/m);
    expect(existsSync(join(folder, 'deep/er/src/app.ts'))).to.equal(true);
    mkdirSync(join(outer, 'real'));
    symlinkSync('../real', join(folder, 'link'));
    await madeBy('link');
    expect(existsSync(join(outer, 'real/src/app.ts'))).to.equal(true);
  });

  it('is used wrongly with another driver, two folders and an unknown option', async () => {
    for (const args of [
      ['--driver', 'fastify'],
      ['a', 'b'],
      ['--driver', 'toString'],
      ['--port', '1'],
    ]) {
      const { code, out, err } = await run(...args);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.match(/^Usage: securest init/);
    }
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('runs twice at once: one makes the user, and no file is torn', async () => {
    const both = await Promise.all([run('--json'), run('--json')]);
    const users = await new FileUserDirectory({ path: join(folder, 'users.yaml') }).get('admin');
    const given = both
      .filter(({ code }) => code === 0)
      .map(({ out }) => (JSON.parse(out) as Made).password)
      .filter((password) => password !== undefined);
    expect(given).to.have.length(1);
    expect(await passwords.verify(given[0] ?? '', users?.password ?? '')).to.equal(true);
    expect(manifestIn().dependencies).to.include.keys('securest');
  });
});
