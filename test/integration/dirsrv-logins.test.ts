import { expect } from 'chai';
import { Container } from 'typedi';
import { ConfigurationError, ServiceUnavailableError } from '../../src/errors';
import { LdapProvider, LdapUserstore, type LdapUserstoreOptions } from '../../src/ldap';
import { basic, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { describeWith } from './describe-with';
import { DirsrvServer, SUFFIX, whyNoDirsrv } from './dirsrv-server';

const PASSWORD = 'open sesame';
const APP = `uid=app,${SUFFIX}`;
const PEOPLE = `ou=people,${SUFFIX}`;
const OTHERS = `ou=others,${SUFFIX}`;
const GROUPS = `ou=groups,${SUFFIX}`;
const MAX_FAILURES = 2;

const entry = (dn: string, ...lines: readonly string[]): string =>
  `dn: ${dn}\nchangetype: add\n${lines.join('\n')}\n\n`;
const unit = (name: string): string => entry(`ou=${name},${SUFFIX}`, 'objectClass: organizationalUnit');
const person = (name: string, base = PEOPLE, ...more: readonly string[]): string =>
  entry(
    `uid=${name},${base}`,
    ...['objectClass: inetOrgPerson', `cn: ${name}`, `sn: ${name}`, `userPassword: ${PASSWORD}`, ...more],
  );
const group = (name: string, ...members: readonly string[]): string =>
  entry(`cn=${name},${GROUPS}`, 'objectClass: groupOfNames', ...members.map((dn) => `member: ${dn}`));
const set = (dn: string, attribute: string, value: string): string =>
  `dn: ${dn}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n\n`;
const unset = (dn: string, attribute: string): string =>
  `dn: ${dn}\nchangetype: modify\ndelete: ${attribute}\n\n`;

const ENTRIES = [
  set('cn=config', 'passwordLockout', 'on'),
  set('cn=config', 'passwordMaxFailure', String(MAX_FAILURES)),
  ...['people', 'others', 'groups'].map(unit),
  person('app', SUFFIX),
  person('alice', PEOPLE, 'mail: alice@example.org'),
  person('disabled', PEOPLE, 'nsAccountLock: TRUE'),
  ...['bob', 'locked', 'guessed', 'changing', 'twin'].map((name) => person(name)),
  person('twin', OTHERS),
  group('writers', `uid=alice,${PEOPLE}`),
  group('admins', `cn=writers,${GROUPS}`),
  ...['one', 'two', 'three'].map((name) => group(name, `uid=bob,${PEOPLE}`)),
  // From here on whoever is given a password by somebody else must change it.
  set('cn=config', 'passwordMustChange', 'on'),
  set(`uid=changing,${PEOPLE}`, 'userPassword', PASSWORD),
].join('');

describeWith(whyNoDirsrv(), '389 Directory Server', () => {
  let server: DirsrvServer;
  let opened: LdapUserstore[];

  before(async function () {
    this.timeout(60_000);
    server = new DirsrvServer();
    await server.start();
    server.modify(ENTRIES);
  });
  after(() => server.remove());
  beforeEach(() => {
    reset();
    opened = [];
  });
  afterEach(() => {
    for (const store of opened) store.close();
  });

  const optionsFor = (options: Partial<LdapUserstoreOptions> = {}): LdapUserstoreOptions => ({
    url: server.url,
    insecure: true,
    bindDn: APP,
    bindPassword: PASSWORD,
    baseDn: PEOPLE,
    groups: { baseDn: GROUPS },
    groupRoles: { admins: ['admin'] },
    cacheMs: 0,
    timeoutMs: 20_000,
    ...options,
  });
  const open = (options: Partial<LdapUserstoreOptions> = {}): LdapUserstore => {
    const store = new LdapUserstore(optionsFor(options));
    opened.push(store);
    return store;
  };
  const errorOf = async (work: Promise<unknown>): Promise<unknown> => {
    try {
      await work;
    } catch (error) {
      return error;
    }
    return expect.fail('no error');
  };

  it('gives groups of groups by members and by memberOf', async () => {
    for (const [by, direct] of [
      ['search', ['writers']],
      // Here it holds the groups of groups as well.
      ['memberOf', ['admins', 'writers']],
    ] as const) {
      const store = open({ groups: { baseDn: GROUPS, by } });
      const alice = (await store.getUser('alice'))!;
      expect(alice.email).to.equal('alice@example.org');
      expect(alice.groups, by).to.deep.equal(direct);
      expect((await store.getGroup('writers', alice))?.groups, by).to.deep.equal(['admins']);
    }
  });

  it('has no tokenGroups, which is a fault and not a user without roles', async () => {
    const error = await errorOf(open({ groups: { baseDn: GROUPS, by: 'tokenGroups' } }).getUser('alice'));
    expect((error as Error).message).to.include('not an Active Directory');
  });

  it('leaves out disabled users where the filter says so, for tokens too', async () => {
    expect((await open().getUser('disabled'))?.active).to.equal(true);
    const filtered = open({ userFilter: '(!(nsAccountLock=TRUE))' });
    expect(await filtered.getUser('disabled')).to.equal(null);
    expect((await filtered.getUser('alice'))?.username).to.equal('alice');
  });

  it('has no user where it gives one of the two entries that have the name', async () => {
    server.modify(set(APP, 'nsSizeLimit', '1'));
    try {
      const store = open({ baseDn: SUFFIX });
      expect(await store.getUser('twin')).to.equal(null);
      expect((await open({ groups: { baseDn: GROUPS } }).getUser('alice'))?.groups).to.deep.equal([
        'writers',
      ]);
      // Three groups, of which it gives one: a missing one could have the role that a rule denies.
      expect(await errorOf(store.getUser('bob'))).to.be.instanceOf(ServiceUnavailableError);
    } finally {
      server.modify(unset(APP, 'nsSizeLimit'));
    }
    expect((await open().getUser('bob'))?.groups).to.deep.equal(['one', 'three', 'two']);
  });

  it('is a wrong set-up where the account of the app is disabled, locked or must change its password', async () => {
    const messageFor = async (name: string): Promise<string> => {
      const error = await errorOf(open({ bindDn: `uid=${name},${PEOPLE}` }).check());
      expect(error, name).to.be.instanceOf(ConfigurationError);
      return (error as Error).message;
    };
    const store = open();
    const guessed = (await store.getUser('guessed'))!;
    for (let tries = 0; tries < MAX_FAILURES; tries += 1) {
      expect(await store.proves(guessed, 'guessed', 'wrong')).to.equal(false);
    }
    for (const name of ['disabled', 'guessed']) {
      expect(await messageFor(name), name).to.include('it refuses bindDn, or bindPassword');
    }
    expect(await messageFor('changing')).to.include('it wants the password of bindDn changed first');
  });

  for (const driver of DRIVERS) {
    describe(`behind ${driver.name}`, () => {
      const start = async (isThrottled = false) => {
        class Directory extends LdapUserstore {
          constructor() {
            super(optionsFor());
          }
        }
        class Login extends LdapProvider {
          constructor() {
            super(Container.get(Directory), isThrottled ? {} : { throttle: false });
          }
        }
        const api = await startApi(driver, { security: { userstores: [Directory], providers: [Login] } });
        return Object.assign(api, {
          login: (username: string, password = PASSWORD, path = '/guarded') =>
            api.get(path, basic(username, password)),
          [Symbol.asyncDispose]: async () => {
            await api.security.close();
            await api.server.close();
          },
        });
      };

      it('lets in whose password it takes, with the roles of nested groups', async () => {
        await using api = await start();
        expect((await api.login('alice', PASSWORD, '/admin')).status).to.equal(200);
        expect((await api.login('bob', PASSWORD, '/admin')).status).to.equal(403);
      });

      it('refuses disabled accounts and passwords that must be changed like wrong passwords', async () => {
        await using api = await start();
        const wrong = await api.login('bob', 'wrong');
        expect(wrong.status).to.equal(401);
        expect((await api.login('bob')).status).to.equal(200);
        for (const name of ['disabled', 'changing', 'nobody', 'Alice', 'twin,x=y']) {
          const reply = await api.login(name);
          expect([reply.status, reply.text], name).to.deep.equal([401, wrong.text]);
        }
        expect(api.events.some(({ type }) => type === 'unavailable')).to.equal(false);
      });

      it('refuses a locked account like a wrong password, and counts each try', async () => {
        await using api = await start(true);
        const unlock = (): void => {
          for (const attribute of ['passwordRetryCount', 'accountUnlockTime']) {
            server.modify(unset(`uid=locked,${PEOPLE}`, attribute));
          }
        };
        const replies: string[] = [];
        for (const password of [...Array.from({ length: MAX_FAILURES + 1 }, () => 'wrong'), PASSWORD]) {
          const { status, text } = await api.login('locked', password);
          replies.push(`${String(status)} ${text}`);
        }
        expect(new Set(replies).size).to.equal(1);
        expect(replies[0]).to.match(/^401 /);
        const failures = api.events.filter(({ type }) => type === 'failed');
        expect(failures.length).to.equal(replies.length);
        unlock();
        expect((await api.login('locked')).status).to.equal(200);
      });
    });
  }
});
