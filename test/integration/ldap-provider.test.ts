import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Container } from 'typedi';
import {
  AccountStatusError,
  MemoryUserstore,
  PasswordProvider,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../src';
import { LdapProvider, LdapUserstore, type LdapUserstoreOptions } from '../../src/ldap';
import { PROBLEM_SOURCE } from '../../src';
import { LdapConnection } from '../../src/ldap/ldap-connection';
import { basic, DRIVERS } from '../support/drivers';
import { compiled } from '../support/compiled';
import { fakeRequest } from '../support/fake-request';
import { cheapPasswords } from '../support/hashers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import cases from '../vectors/ldap_cases.json';
import { describeAuthProvider } from '../contract/describe-auth-provider';
import { Authority } from './certificates';
import { describeWith } from './describe-with';
import {
  additions,
  APP,
  entriesOf,
  GROUPS,
  PASSWORD,
  PEOPLE,
  person,
  personDn,
  policy,
  TREE,
} from './ldap-people';
import { SlapdServer, SUFFIX, whyNoSlapd } from './slapd-server';

const USERS: User[] = [
  { username: 'alice', groups: ['admins'] },
  { username: 'bob', email: 'bob@example.org' },
  { username: 'mallory', active: false },
];
const NAMES = cases.vectors.filter(({ kind }) => kind === 'login-name').map(({ input }) => input);

describeWith(whyNoSlapd(), 'Logins on OpenLDAP', () => {
  let folder: string;
  let authority: Authority;
  let server: SlapdServer;

  before(async function () {
    this.timeout(30_000);
    folder = mkdtempSync(join(tmpdir(), 'securest-ca-'));
    authority = new Authority(folder);
    server = new SlapdServer({
      entries: TREE,
      certificate: authority.issue('server', 'DNS:localhost'),
    });
    await server.start();
    server.modify(additions(entriesOf(USERS, [{ name: 'admins' }])));
    server.modify(additions(policy('strict')));
    server.modify(
      additions(policy('changing').replace('pwdLockout: TRUE\npwdMaxFailure: 1\n', 'pwdMustChange: TRUE\n')),
    );
    server.modify(additions(person({ username: 'locked' }, `pwdPolicySubentry: cn=strict,${SUFFIX}\n`)));
  });
  after(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  const optionsFor = (options: Partial<LdapUserstoreOptions> = {}): LdapUserstoreOptions => ({
    url: server.url,
    insecure: true,
    ...APP,
    baseDn: PEOPLE,
    cacheMs: 0,
    timeoutMs: 20_000,
    groups: { baseDn: GROUPS },
    groupRoles: { admins: ['admin'] },
    ...options,
  });
  const basicRequest = (text: string) =>
    fakeRequest({ headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } });

  describeAuthProvider('LdapProvider', () => {
    const store = new LdapUserstore(optionsFor());
    // The suite hands in stores of its own: what counts is who the directory says that it is.
    class Known extends LdapUserstore {
      override has(): boolean {
        return true;
      }
      override async proves(user: User | undefined, username: string, password: string): Promise<boolean> {
        const found = user && (await store.getUser(user.username));
        return store.proves(found ?? undefined, username, password);
      }
    }
    return {
      provider: new LdapProvider(new Known(optionsFor()), { throttle: false }),
      users: USERS,
      requestFor: (username) => basicRequest(`${username}:${PASSWORD}`),
      wrong: {
        'another password': basicRequest('alice:canary'),
        'the password in another case': basicRequest('alice:Open Sesame'),
        'a trailing space': basicRequest(`alice:${PASSWORD} `),
        'a user name in another case': basicRequest(`Alice:${PASSWORD}`),
        'a name with the DN': basicRequest(`${personDn('alice')}:${PASSWORD}`),
      },
      malformed: {
        'no password': basicRequest('alice:'),
        NUL: basicRequest('alice:\0'),
        'a password of 100 kB': basicRequest(`alice:${'x'.repeat(100_000)}`),
        'a name with a newline': basicRequest('ali\nce:canary'),
        'no colon': basicRequest('canary'),
      },
      secrets: ['canary', PASSWORD, APP.bindPassword],
    };
  });

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      beforeEach(reset);

      const start = async (options: Partial<LdapUserstoreOptions> = {}, isThrottled = false) => {
        class Directory extends LdapUserstore {
          constructor() {
            super(optionsFor(options));
          }
        }
        class Login extends LdapProvider {
          constructor() {
            super(Container.get(Directory), isThrottled ? {} : { throttle: false });
          }
        }
        const security = { userstores: [Directory], providers: [Login] };
        const api = await startApi(driver, { security });
        return Object.assign(api, {
          login: (username: string, password: string) => api.get('/guarded', basic(username, password)),
          [Symbol.asyncDispose]: async () => {
            await api.security.close();
            await api.server.close();
          },
        });
      };

      it('let in whose password the directory takes, with the roles of its groups', async () => {
        await using api = await start();
        const reply = await api.login('alice', PASSWORD);
        expect(reply.status).to.equal(200);
        expect(JSON.parse(reply.text)).to.deep.equal({ user: 'alice' });
      });

      it('refuse everybody else byte for byte alike', async () => {
        await using api = await start();
        const wrong = await api.login('alice', 'wrong');
        expect(wrong.status).to.equal(401);
        expect(wrong.headers['www-authenticate']).to.match(/^Basic realm=/);
        for (const name of ['nobody', 'mallory', ...NAMES]) {
          const reply = await api.login(name, PASSWORD);
          expect([reply.status, reply.text], name).to.deep.equal([401, wrong.text]);
        }
        expect(api.ran).to.deep.equal([]);
      });

      it('are slowed down after failures, alike for known and unknown users', async () => {
        await using api = await start({}, true);
        for (const name of ['alice', 'nobody']) {
          const statuses = new Set<number>();
          for (let guess = 0; guess < 30 && !statuses.has(429); guess += 1) {
            statuses.add((await api.login(name, 'wrong')).status);
          }
          expect([...statuses], name).to.deep.equal([401, 429]);
        }
        expect((await api.login('alice', PASSWORD)).status).to.equal(429);
      });

      it('go over ldaps and StartTLS, with a certificate for the host', async () => {
        for (const options of [{ url: server.tlsUrl }, { url: server.startTlsUrl, startTls: true }]) {
          await using api = await start({ ...options, ca: authority.ca, insecure: false });
          expect((await api.login('alice', PASSWORD)).status).to.equal(200);
          expect((await api.login('alice', 'wrong')).status).to.equal(401);
        }
      });

      it('are 503 for a certificate that is not trusted, or for another host', async () => {
        const ip = (url: string): string => url.replace('localhost', '127.0.0.1');
        for (const [options, reason] of [
          [{ url: server.tlsUrl }, 'its certificate is not trusted'],
          [{ url: server.startTlsUrl, startTls: true }, 'its certificate is not trusted'],
          [{ url: ip(server.tlsUrl), ca: authority.ca }, 'for other names than the host'],
          [
            { url: ip(server.startTlsUrl), startTls: true, ca: authority.ca },
            'for other names than the host',
          ],
        ] as const) {
          await using api = await start({ ...options, insecure: false });
          const reply = await api.login('alice', PASSWORD);
          expect(reply.status).to.equal(503);
          expect(reply.headers).to.include.keys('retry-after').and.not.include.keys('www-authenticate');
          expect(api.logger.lines.join('\n')).to.include(reason).and.not.include(PASSWORD);
        }
      });

      it('are 503 while the account of the app is refused, and say why in the log only', async () => {
        await using api = await start({ bindPassword: 'canary' });
        const reply = await api.login('alice', PASSWORD);
        expect(reply.status).to.equal(503);
        expect(reply.text).to.not.match(/bind|ldap/i);
        expect(api.logger.lines.join('\n'))
          .to.include('it refuses bindDn, or bindPassword')
          .and.not.include('canary');
      });

      it('are 503 in time while the directory is frozen, and go on when it does', async () => {
        await using api = await start({ timeoutMs: 1000 });
        const login = async (): Promise<number> => (await api.login('alice', PASSWORD)).status;
        await eventually(async () => (await login()) === 200);
        await server.freeze();
        try {
          expect(await login()).to.equal(503);
          // By the timeout of the directory, not by the deadline.
          expect(api.events.find(({ type }) => type === 'unavailable')).to.include({ reason: 'unavailable' });
        } finally {
          server.thaw();
        }
        await eventually(async () => (await login()) === 200);
      });

      it('are 503 while the directory is down, and go on when it is back', async function () {
        this.timeout(30_000);
        await using api = await start({ timeoutMs: 20_000 });
        const statuses = async (): Promise<number[]> => {
          const logins = Array.from({ length: 200 }, () => api.login('alice', PASSWORD));
          return [...new Set((await Promise.all(logins)).map(({ status }) => status))];
        };
        expect(await statuses()).to.deep.equal([200]);
        await server.stop();
        try {
          for (let wave = 0; wave < 5; wave += 1) expect(await statuses()).to.deep.equal([503]);
        } finally {
          await server.start();
        }
        expect(await statuses()).to.deep.equal([200]);
      });

      it('answer an account that the directory has locked as a wrong password', async () => {
        await using api = await start();
        const wrong = await api.login('locked', 'wrong');
        const right = await api.login('locked', PASSWORD);
        expect([right.status, right.text]).to.deep.equal([401, wrong.text]);
        expect(wrong.text).to.equal((await api.login('alice', 'wrong')).text);
      });

      it('answer a password that the directory wants changed first as a wrong one', async () => {
        const reset = `dn: ${personDn('bob')}\nchangetype: modify\n`;
        server.modify(`${reset}replace: pwdPolicySubentry\npwdPolicySubentry: cn=changing,${SUFFIX}\n`);
        server.modify(`${reset}replace: pwdReset\npwdReset: TRUE\n`);
        try {
          await using api = await start();
          const right = await api.login('bob', PASSWORD);
          expect([right.status, right.text]).to.deep.equal([401, (await api.login('bob', 'wrong')).text]);
        } finally {
          server.modify(`${reset}delete: pwdReset\n`);
          server.modify(`${reset}delete: pwdPolicySubentry\n`);
        }
        await using api = await start();
        expect((await api.login('bob', PASSWORD)).status).to.equal(200);
      });

      it('have the stamp that a password policy writes with each change of a password', async () => {
        const changing = `dn: ${personDn('bob')}\nchangetype: modify\n`;
        const store = new LdapUserstore(optionsFor({ tokensValidFrom: 'pwdChangedTime' }));
        const problems: string[] = [];
        store[PROBLEM_SOURCE](({ problem }) => void problems.push(problem));
        expect(store.hasTokensValidFrom).to.equal(true);
        expect((await store.getUser('alice'))?.tokensValidFrom).to.equal(undefined);
        expect(problems.filter((problem) => problem.includes('pwdChangedTime'))).to.have.length(1);
        server.modify(`${changing}replace: pwdPolicySubentry\npwdPolicySubentry: cn=strict,${SUFFIX}\n`);
        try {
          const before = Date.now();
          server.modify(`${changing}replace: userPassword\nuserPassword: ${PASSWORD}\n`);
          const stamp = (await store.getUser('bob'))?.tokensValidFrom?.getTime();
          // The directory keeps whole seconds.
          expect(stamp).to.be.within(before - 1000, Date.now() + 1000);
        } finally {
          server.modify(`${changing}delete: pwdPolicySubentry\n`);
          store.close();
        }
      });

      it('see what was changed in the directory at once where the user is forgotten', async () => {
        await using api = await start({ cacheMs: 600_000 });
        const change = (control: string): void => {
          const line = `userAccountControl: ${control}`;
          server.modify(`dn: ${personDn('bob')}\nchangetype: modify\nreplace: userAccountControl\n${line}\n`);
        };
        expect((await api.login('bob', PASSWORD)).status).to.equal(200);
        change('514');
        try {
          expect((await api.login('bob', PASSWORD)).status).to.equal(200);
          api.security.forget('bob');
          expect((await api.login('bob', PASSWORD)).status).to.equal(401);
        } finally {
          change('512');
        }
      });

      it('take the next url where the first does not answer', async () => {
        await using api = await start({ url: ['ldap://127.0.0.1:1', server.url] });
        expect((await api.login('alice', PASSWORD)).status).to.equal(200);
        expect((await api.login('alice', 'wrong')).status).to.equal(401);
      });

      it('leave users of other stores to other providers, and never take their names', async () => {
        class Files extends MemoryUserstore {
          constructor() {
            const password = hashSync('the word of the file', 4);
            super({
              users: [
                { username: 'alice', password },
                { username: 'root', password },
              ],
            });
          }
        }
        class Directory extends LdapUserstore {
          constructor() {
            super(optionsFor());
          }
        }
        class Login extends LdapProvider {
          constructor() {
            super(Container.get(Directory));
          }
        }
        class Password extends PasswordProvider {
          constructor() {
            super({ passwords: cheapPasswords });
          }
        }
        const security = { userstores: [Files, Directory], providers: [Login, Password] };
        await using api = await startApi(driver, { security });
        const status = async (...login: [string, string]) =>
          (await api.get('/guarded', basic(...login))).status;
        // The name is the file's, whoever has it in the directory.
        expect(await status('alice', PASSWORD)).to.equal(401);
        for (let login = 0; login < 20; login += 1) {
          expect(await status('root', 'the word of the file')).to.equal(200);
        }
        expect(await status('alice', 'the word of the file')).to.equal(200);
        expect(await status('bob', PASSWORD)).to.equal(200);
        await api.security.close();
      });
    });
  }

  it('send no password in clear when an encrypted connection was lost', async () => {
    const seen: Buffer[] = [];
    const sockets = new Set<Socket>();
    const proxy = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.on('data', (chunk) => seen.push(chunk));
      client.pipe(upstream).pipe(client);
      sockets.add(client).add(upstream);
    }).listen(0, 'localhost');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const url = `ldap://localhost:${String(port)}`;
    const store = new LdapUserstore(optionsFor({ url, startTls: true, insecure: false, ca: authority.ca }));
    try {
      for (let round = 0; round < 3; round += 1) {
        const alice = (await store.getUser('alice'))!;
        expect(await store.proves(alice, 'alice', PASSWORD)).to.equal(true);
        for (const socket of sockets) socket.destroy();
        sockets.clear();
      }
      const bytes = Buffer.concat(seen);
      for (const secret of [PASSWORD, APP.bindPassword, 'alice'])
        expect(bytes.includes(secret), secret).to.equal(false);
    } finally {
      store.close();
      for (const socket of sockets) socket.destroy();
      proxy.close();
    }
  });

  it('keep the process alive until the directory has answered, by every kind of connection', async () => {
    for (const options of [
      { url: server.startTlsUrl, startTls: true },
      { url: server.tlsUrl },
      { url: server.url, insecure: true },
    ]) {
      const given = { ...optionsFor(), insecure: false, ca: authority.ca, clock: undefined, ...options };
      const script = `
        const { LdapUserstore } = require(${JSON.stringify(compiled('src/ldap/index.ts'))});
        const store = new LdapUserstore(${JSON.stringify(given)});
        store.check()
          .then(() => store.getUser('alice'))
          .then((alice) => store.proves(alice, 'alice', ${JSON.stringify(PASSWORD)}))
          .then((isRight) => console.log('checked', isRight));`;
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
        cwd: resolve(__dirname, '../..'),
        timeout: 60_000,
      });
      expect(stdout, options.url).to.equal('checked true\n');
    }
  });

  it('trust no certificate because the environment has Node.js trust each', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      for (const options of [{ url: server.tlsUrl }, { url: server.startTlsUrl, startTls: true }]) {
        const store = new LdapUserstore(optionsFor({ ...options, insecure: false }));
        const error: unknown = await store.getUser('alice').catch((reason: unknown) => reason);
        store.close();
        expect(error).to.be.instanceOf(ServiceUnavailableError);
      }
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED');
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('go on at the second directory when the first ends, and at the first when the second does', async () => {
    const second = new SlapdServer({ entries: TREE });
    await second.start();
    second.modify(additions(entriesOf(USERS, [])));
    const store = new LdapUserstore(
      optionsFor({ url: [server.url, second.url], groups: { baseDn: GROUPS } }),
    );
    try {
      const login = async (): Promise<boolean> =>
        store.proves((await store.getUser('alice'))!, 'alice', PASSWORD);
      expect(await login()).to.equal(true);
      await server.stop();
      expect(await login()).to.equal(true);
      await server.start();
      await second.stop();
      expect(await login()).to.equal(true);
    } finally {
      store.close();
      await second.remove();
    }
  }).timeout(20_000);

  it('never mix two users up in 200 binds at once', async () => {
    const store = new LdapUserstore(optionsFor({ maxBinds: 20, timeoutMs: 20_000 }));
    const users = await Promise.all(['alice', 'bob'].map((name) => store.getUser(name)));
    server.modify(
      `dn: ${personDn('bob')}\nchangetype: modify\nreplace: userPassword\nuserPassword: of bob\n`,
    );
    try {
      const proofs = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          store.proves(users[index % 2]!, 'x', index % 4 < 2 ? PASSWORD : 'of bob'),
        ),
      );
      expect(proofs).to.deep.equal(
        Array.from({ length: 200 }, (_, index) => (index % 4 < 2 ? index % 2 === 0 : index % 2 === 1)),
      );
    } finally {
      server.modify(
        `dn: ${personDn('bob')}\nchangetype: modify\nreplace: userPassword\nuserPassword: ${PASSWORD}\n`,
      );
      store.close();
    }
  });

  it('count an inactive user as a failure, also with the right password', async () => {
    const store = new LdapUserstore(optionsFor());
    const provider = new LdapProvider(store);
    const attempt = (): Promise<unknown> =>
      provider.authenticate(basicRequest(`mallory:${PASSWORD}`), store).catch((error: unknown) => error);
    expect(await attempt()).to.be.instanceOf(AccountStatusError);
    const outcomes = [];
    for (let guess = 0; guess < 30; guess += 1) outcomes.push(await attempt());
    expect(outcomes.at(-1)).to.be.instanceOf(ThrottledError);
    store.close();
  });

  it('send no bind without a password or a name', async () => {
    const connection = await LdapConnection.open({
      ...{ url: server.url, startTls: false, ca: undefined, timeoutMs: 1000 },
    });
    try {
      for (const [dn, password] of [
        [personDn('alice'), ''],
        ['', PASSWORD],
        ['EXTERNAL', PASSWORD],
      ] as const) {
        const error: unknown = await connection.bind(dn, password).catch((reason: unknown) => reason);
        expect(error, dn).to.be.instanceOf(TypeError);
      }
    } finally {
      connection.close();
    }
    const store = new LdapUserstore(optionsFor());
    const alice = (await store.getUser('alice'))!;
    for (const password of ['', '\0', 'a\nb'])
      expect(await store.proves(alice, 'alice', password)).to.equal(false);
    store.close();
  });
});
