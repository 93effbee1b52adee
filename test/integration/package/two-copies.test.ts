import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
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
});
