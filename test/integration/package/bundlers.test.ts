import { rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLERS, type External, installBuild, start } from './bundlers';

const DOCUMENTED = [
  'securest',
  'routing-controllers',
  'typedi',
  'reflect-metadata',
  'class-transformer',
  'class-validator',
];
const HOSTS = ['koa', 'express'];
const PATHS = ['/inherited', '/default', '/own'];

describe('A bundled app', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await installBuild();
    await copyFile(join(__dirname, '../../fixtures/bundles/app.js'), join(folder, 'app.mjs'));
  }).timeout(600_000);

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  let count = 0;
  async function bundle(
    bundler: string,
    entry: string,
    external: External,
    format: 'cjs' | 'esm' = 'cjs',
  ): Promise<string> {
    const outfile = join(folder, `bundle-${String((count += 1))}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
    await BUNDLERS[bundler]?.({ entry: join(folder, entry), outfile, external, format });
    return outfile;
  }

  /** The statuses of the guarded actions, for each client; the error with which the app refused to start. */
  async function statuses(file: string, host: string, clients: readonly Record<string, string>[]) {
    const app = await start(file, host);
    try {
      const { url } = app;
      if (url === undefined) return app.errors;
      const ask = async (path: string, headers: Record<string, string>) =>
        (await fetch(`${url}${path}`, { headers })).status;
      return await Promise.all(
        clients.map((headers) => Promise.all(PATHS.map((path) => ask(path, headers)))),
      );
    } finally {
      await app.close();
    }
  }

  async function expectGuarded(file: string): Promise<void> {
    const found = await Promise.all(HOSTS.map((host) => statuses(file, host, [{}, { 'x-user': 'ann' }])));
    const guarded = [
      [401, 401, 401],
      [200, 200, 200],
    ];
    expect(found).to.deep.equal(HOSTS.map(() => guarded));
  }

  async function expectRefused(file: string, message: RegExp): Promise<void> {
    const found = await Promise.all(HOSTS.map((host) => statuses(file, host, [{}])));
    for (const errors of found) {
      expect(errors).to.be.a('string').that.matches(message).and.includes("code: 'invalid_configuration'");
    }
  }

  for (const bundler of Object.keys(BUNDLERS)) {
    describe(`by ${bundler}`, () => {
      it('is guarded with the documented packages left out', async () => {
        await expectGuarded(await bundle(bundler, 'app.mjs', DOCUMENTED));
      });

      it('is guarded with all packages left out', async () => {
        await expectGuarded(await bundle(bundler, 'app.mjs', 'all'));
      });

      it('does not start with only securest left out', async () => {
        const file = await bundle(bundler, 'app.mjs', ['securest']);
        await expectRefused(file, /^ConfigurationError: Sub is in a server that securest never prepares/m);
      });

      it('is guarded with everything inside', async () => {
        await expectGuarded(await bundle(bundler, 'app.mjs', 'none'));
      });

      it('does not start with everything inside and passwords, whose threads load a file', async () => {
        writeFileSync(join(folder, 'passwords.mjs'), WITH_PASSWORDS);
        const file = await bundle(bundler, 'passwords.mjs', 'none');
        await expectRefused(file, /^ConfigurationError: .*hash-worker.* is missing/m);
      });

      it('takes passwords with the documented packages left out', async () => {
        writeFileSync(join(folder, 'passwords.mjs'), WITH_PASSWORDS);
        const file = await bundle(bundler, 'passwords.mjs', DOCUMENTED);
        const authorization = `Basic ${Buffer.from('ann:pw').toString('base64')}`;
        expect(await statuses(file, 'koa', [{}, { authorization }])).to.deep.equal([
          [401, 404, 404],
          [200, 404, 404],
        ]);
      });
    });
  }

  for (const bundler of ['esbuild', 'rollup']) {
    it(`by ${bundler} as an ES module is guarded with the documented packages left out`, async () => {
      await expectGuarded(await bundle(bundler, 'app.mjs', DOCUMENTED, 'esm'));
      await expectGuarded(await bundle(bundler, 'app.mjs', 'all', 'esm'));
    });
  }

  it('by esbuild as an ES module is guarded with everything inside', async () => {
    await expectGuarded(await bundle('esbuild', 'app.mjs', 'none', 'esm'));
  });

  it('as an ES module does not start with only securest left out', async () => {
    const file = await bundle('esbuild', 'app.mjs', ['securest'], 'esm');
    await expectRefused(file, /^ConfigurationError: Sub is in a server that securest never prepares/m);
  });

  it('is guarded with securest inside and its host left out', async () => {
    await expectGuarded(await bundle('esbuild', 'app.mjs', DOCUMENTED.slice(1)));
  });

  for (const format of ['cjs', 'esm'] as const) {
    it(`with the bare pair does not start with only securest left out (${format})`, async () => {
      writeFileSync(join(folder, 'pair.mjs'), WITH_PAIR);
      await expectGuardedOwn(await bundle('esbuild', 'pair.mjs', DOCUMENTED, format));
      const file = await bundle('esbuild', 'pair.mjs', ['securest'], format);
      await expectRefused(file, /^ConfigurationError: Sub is in a server that securest never prepares/m);
    });
  }

  async function expectGuardedOwn(file: string): Promise<void> {
    expect(await statuses(file, 'koa', [{}])).to.deep.equal([[401, 404, 404]]);
  }

  it('by esbuild from TypeScript does not start where a constructor asks for something', async () => {
    for (const [name, text] of Object.entries({ 'provider.ts': PROVIDER, 'controller.ts': CONTROLLER })) {
      writeFileSync(join(folder, name), text);
      const file = await bundle('esbuild', name, 'all');
      await expectRefused(file, /Asking has constructor parameters but no design:paramtypes/);
    }
  });
});

const SERVE = `
const create = { koa: (options) => createKoaServer(options).callback(), express: createExpressServer };
const server = http.createServer(create[process.argv[2]](options));
server.listen(0, '127.0.0.1', () => process.stdout.write('port ' + server.address().port + '\\n'));`;

const HEAD = `
import 'reflect-metadata';
import http from 'node:http';
import * as hostPackage from 'routing-controllers';
const { Authorized, createExpressServer, createKoaServer, Get, JsonController } = hostPackage;
import { AuthProvider, authorizationChecker, currentUserChecker, MemoryUserstore, PasswordProvider, securest, Userstore } from 'securest';
class Base { inherited() { return {}; } }
Get('/inherited')(Base.prototype, 'inherited');
Authorized()(Base);
class Sub extends Base {}
JsonController()(Sub);`;

/** The hash is of 'pw', at cost 4. */
const WITH_PASSWORDS = `${HEAD}
class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', password: '$2b$04$xnHOUv8OkVFSellntU1Og.tswVJPKDCu35ZZiGkENagPO80sPyKIy' }] });
  }
}
Userstore()(Users);
class Password extends PasswordProvider {}
AuthProvider(1)(Password);
const options = securest({ controllers: [Sub] });
${SERVE}`;

const WITH_PAIR = `${HEAD}
class Nobody { authenticate() { return null; } }
AuthProvider(1)(Nobody);
const options = { controllers: [Sub], authorizationChecker, currentUserChecker };
${SERVE}`;

const TYPED = `
import 'reflect-metadata';
import http from 'node:http';
import { createExpressServer, createKoaServer, Get, JsonController } from 'routing-controllers';
import { Service } from 'typedi';
import { AuthProvider, securest } from 'securest';
@Service() class Needed {}`;

const PROVIDER = `${TYPED}
@AuthProvider(1) class Asking { constructor(readonly needed: Needed) {} authenticate() { return null; } }
@JsonController() class Open { @Get('/open') open() { return {}; } }
const options = securest({ controllers: [Open] });
${SERVE}`;

const CONTROLLER = `${TYPED}
@JsonController() class Asking { constructor(readonly needed: Needed) {} @Get('/open') open() { return {}; } }
const options = securest({ controllers: [Asking] });
${SERVE}`;
