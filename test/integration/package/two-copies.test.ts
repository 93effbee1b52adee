import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { compiled } from '../../support/compiled';

const ROOT = resolve(__dirname, '../../..');

/** Two copies of securest, each with its own copy of routing-controllers or both with one. */
const SCRIPT = `
const http = require('node:http');
const forget = (part) => {
  for (const file of Object.keys(require.cache)) if (part.test(file)) delete require.cache[file];
};
const load = () => ({ host: require('routing-controllers'), library: require(process.argv[2]) });
const first = load();
forget(process.argv[1] === 'own' ? /routing-controllers.cjs|securest-\\w+.src./ : /securest-\\w+.src./);
const second = load();
const { Authorized, Get, JsonController } = first.host;
function controller() {
  class Base { list() { return {}; } }
  Get('/')(Base.prototype, 'list');
  Authorized()(Base);
  class Sub extends Base {}
  JsonController('/sub')(Sub);
  return Sub;
}
class Named {
  authenticate(request) {
    const username = request.header('x-user');
    return username === undefined ? null : { username };
  }
}
const logger = { info() {}, warn() {}, error() {} };
const make = ({ library }) => library.createSecurity({ providers: [Named], userstores: [], logger });
const attempt = async (build) => {
  let server;
  try {
    server = http.createServer(build());
  } catch ({ code }) {
    return code;
  }
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = 'http://127.0.0.1:' + server.address().port + '/sub';
  const found = [];
  for (const headers of [{}, { 'x-user': 'ann' }]) found.push((await fetch(url, { headers })).status);
  server.close();
  server.closeAllConnections();
  return found;
};
(async () => {
  const found = {};
  const copies = { first, second };
  for (const [by, { host }] of Object.entries(copies)) {
    for (const [of, copy] of Object.entries(copies)) {
      found[of + ' on ' + by] = await attempt(() => host.createExpressServer(make(copy).secure({ controllers: [controller()] })));
      const all = make(copy).secure({ controllers: [] });
      found[of + ' on ' + by + ', all classes'] = await attempt(() => host.createExpressServer(all));
    }
  }
  const [one, other] = [make(first), make(second)];
  const mixed = { authorizationChecker: one.authorizationChecker, currentUserChecker: other.currentUserChecker };
  found.mixed = await attempt(() => first.host.createExpressServer({ controllers: [controller()], ...mixed }));
  found.again = await attempt(() => first.host.createExpressServer(other.secure(one.secure({ controllers: [controller()] }))));
  process.stdout.write(JSON.stringify(found));
})();
`;

/** One copy decorates a class, and an app of the other copy starts. */
const DECORATED = `
const http = require('node:http');
const { Authorized, createExpressServer, createKoaServer, Get, JsonController } = require('routing-controllers');
const [first, second] = [require(process.argv[1]), require(process.argv[2])];
class Notes { list() { return {}; } }
Get('/')(Notes.prototype, 'list');
Authorized()(Notes.prototype, 'list');
JsonController('/notes')(Notes);
class Named {
  authenticate(request) {
    const username = request.header('x-user');
    return username === undefined ? null : { username };
  }
}
class Rules { authorize() { return false; } }
class Roles { getRoles() { return []; } }
class Users { getUser() { return null; } }
const KINDS = {
  authorizationProviders: [Rules, second.AuthorizationProvider()],
  roleLoaders: [Roles, second.RoleLoader()],
  userstores: [Users, second.Userstore()],
  providers: [Named, second.AuthProvider(1)],
};
const logger = { info() {}, warn() {}, error() {} };
const OWN = { providers: [Named], userstores: [], authorizationProviders: [], roleLoaders: [] };
const attempt = async (security, create) => {
  let server;
  try {
    const app = create(first.createSecurity({ ...security, logger }).secure({ controllers: [Notes] }));
    server = http.createServer(app.callback?.() ?? app);
  } catch ({ code, message }) {
    return [code, message.includes('another copy of securest')];
  }
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = 'http://127.0.0.1:' + server.address().port + '/notes';
  const { status } = await fetch(url, { headers: { 'x-user': 'ann' } });
  server.close();
  server.closeAllConnections();
  return status;
};
(async () => {
  const found = { before: await attempt({ ...OWN, authorizationProviders: undefined }, createKoaServer) };
  for (const [kind, [cls, decorate]] of Object.entries(KINDS)) {
    decorate(cls);
    const all = { ...OWN, [kind]: undefined };
    found[kind] = [await attempt(all, createKoaServer), await attempt(all, createExpressServer)];
    found[kind + ', own list'] = await attempt(OWN, createKoaServer);
  }
  first.AuthorizationProvider()(Rules);
  found['decorated by both'] = await attempt({ ...OWN, authorizationProviders: undefined }, createKoaServer);
  process.stdout.write(JSON.stringify(found));
})();
`;

function run(hosts: 'own' | 'one'): Record<string, unknown> {
  const output = execFileSync(
    process.execPath,
    ['-r', 'reflect-metadata', '-e', SCRIPT, hosts, compiled('src/index.ts')],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  return JSON.parse(output) as Record<string, unknown>;
}

const GUARDED = [401, 200];
const REFUSED = 'invalid_configuration';

describe('Two copies of securest', function () {
  this.timeout(60_000);

  it('guard their servers side by side on one routing-controllers, and take no checker of each other', () => {
    const found = run('one');
    for (const name of ['first on first', 'second on second', 'first on second', 'second on first']) {
      expect(found, name).to.deep.include({ [name]: GUARDED, [`${name}, all classes`]: GUARDED });
    }
    expect(found).to.include({ mixed: REFUSED, again: REFUSED });
  });

  it('guard what the routing-controllers of each builds, and refuse what the other one builds', () => {
    const found = run('own');
    for (const name of ['first on first', 'second on second']) {
      expect(found, name).to.deep.include({ [name]: GUARDED, [`${name}, all classes`]: GUARDED });
    }
    for (const name of ['first on second', 'second on first']) {
      expect(found, name).to.include({ [name]: REFUSED, [`${name}, all classes`]: REFUSED });
    }
    expect(found).to.include({ mixed: REFUSED, again: REFUSED });
  });

  it('start no app without a class that only the other copy has decorated: it may be the one that denies', () => {
    const one = compiled('src/index.ts');
    const other = join(dirname(dirname(one)), 'other', 'src');
    cpSync(dirname(one), other, { recursive: true });
    const output = execFileSync(
      process.execPath,
      ['-r', 'reflect-metadata', '-e', DECORATED, one, join(other, 'index.js')],
      { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
    );
    const found = JSON.parse(output) as Record<string, unknown>;
    for (const kind of ['authorizationProviders', 'roleLoaders', 'userstores', 'providers']) {
      const refused = [REFUSED, true];
      expect(found).to.deep.include({ [kind]: [refused, refused], [`${kind}, own list`]: 200 });
    }
    expect(found).to.include({ before: 200, 'decorated by both': 403 });
  });
});
