import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'typedi';
import type { User } from '../../src';
import { ConfigurationError } from '../../src/errors';
import { KerberosProvider } from '../../src/kerberos';
import type { KerberosProviderOptions } from '../../src/kerberos/kerberos-options';
import { LdapProvider, LdapUserstore, type LdapUserstoreOptions } from '../../src/ldap';
import { basic, type Driver, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { describeWith } from './describe-with';
import {
  APP,
  CHANGES,
  change,
  ENTRIES,
  GROUPS,
  groupDn,
  MAX_FAILURES,
  newPassword,
  PASSWORD,
  SERVICE,
  STAFF,
  userDn,
} from './domain-people';
import { kerberosPackage, whyNoKerberos } from './kerberos-realm';
import { DOMAIN_DN, REALM, SambaServer, whyNoSamba, WORKGROUP } from './samba-server';

const [KOA] = DRIVERS as readonly [Driver, ...Driver[]];

describeWith(whyNoSamba(), 'An Active Directory domain', () => {
  let server: SambaServer;
  let opened: LdapUserstore[];

  before(async function () {
    this.timeout(120_000);
    server = new SambaServer();
    await server.start(ENTRIES, CHANGES);
    server.modify(
      change(userDn('alice'), 'primaryGroupID', server.read(groupDn('accounting'), 'primaryGroupToken')),
    );
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
    url: server.tlsUrl,
    ca: server.ca,
    bindDn: `${APP}@corp.test`,
    bindPassword: PASSWORD,
    baseDn: STAFF,
    usernameAttribute: 'sAMAccountName',
    userFilter: '(&(objectCategory=person)(objectClass=user))',
    groups: { baseDn: GROUPS, by: 'tokenGroups' },
    groupRoles: { accounting: ['accountant'], everybody: ['admin'], writers: ['writer'] },
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
  const start = async (driver: Driver, options: Partial<LdapUserstoreOptions> = {}) => {
    class Directory extends LdapUserstore {
      constructor() {
        super(optionsFor(options));
      }
    }
    class Login extends LdapProvider {
      constructor() {
        super(Container.get(Directory), { throttle: false });
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

  describe('gives groups', () => {
    const groupsBy = async (groups: LdapUserstoreOptions['groups'], name = 'alice') => {
      const store = open(groups === undefined ? {} : { groups });
      const user = (await store.getUser(name))!;
      const all = new Set<string>();
      let level = user.groups ?? [];
      while (level.length > 0) {
        for (const one of level) all.add(one);
        const parents = await Promise.all(level.map((one) => store.getGroup(one, user)));
        level = parents.flatMap((one) => one?.groups ?? []).filter((one) => !all.has(one));
      }
      return [...all].sort();
    };

    it('by tokenGroups, with groups of groups and the primary group', async () => {
      const groups = await groupsBy({ baseDn: GROUPS, by: 'tokenGroups' });
      expect(groups).to.deep.equal(['accounting', 'editors', 'everybody', 'writers']);
    });

    it('without the primary group where members or memberOf are asked', async () => {
      for (const by of ['search', 'memberOf'] as const) {
        const groups = await groupsBy({ baseDn: GROUPS, by });
        expect(groups, by).to.deep.equal(['editors', 'everybody', 'writers']);
      }
    });

    it('of groups by its own rule too', async () => {
      const groups = await groupsBy({ baseDn: GROUPS, nested: 'in-chain' });
      expect(groups).to.deep.equal(['editors', 'everybody', 'writers']);
    });

    it('only from below the base', async () => {
      for (const by of ['tokenGroups', 'search', 'memberOf'] as const) {
        expect(await groupsBy({ baseDn: GROUPS, by }, 'bob'), by).to.deep.equal([]);
        expect(await groupsBy({ baseDn: STAFF, by }, 'bob'), by).to.deep.equal(['admins']);
      }
    });

    it('with the domain as a base, and no referral in the way', async () => {
      const groups = await groupsBy({ baseDn: DOMAIN_DN, by: 'tokenGroups' });
      expect(groups).to.include.members(['accounting', 'everybody', 'Domain Users']);
    });
  });

  it('lets the app search as a DN, a UPN and an account of the domain', async () => {
    for (const bindDn of [`${APP}@corp.test`, `${WORKGROUP}\\${APP}`, userDn(APP)]) {
      const store = open({ bindDn });
      await store.check();
      expect((await store.getUser('alice'))?.email, bindDn).to.equal('alice@corp.test');
    }
  });

  it('takes no password in clear, and check() says what it wants', async () => {
    const store = open({ url: server.url, insecure: true });
    const error = await errorOf(store.check());
    expect(error).to.be.instanceOf(ConfigurationError);
    expect((error as Error).message)
      .to.include('it wants a stronger authentication')
      .and.not.include(PASSWORD);
  });

  it('takes no search without a bind, and check() says so', async () => {
    const store = new LdapUserstore({ url: server.tlsUrl, ca: server.ca, baseDn: STAFF });
    opened.push(store);
    const error = await errorOf(store.check());
    expect(error).to.be.instanceOf(ConfigurationError);
    expect((error as Error).message).to.include('does it want a bind before searches?');
  });

  it('takes passwords over StartTLS', async () => {
    const store = open({ url: server.url, startTls: true });
    await store.check();
    const alice = (await store.getUser('alice'))!;
    expect(await store.proves(alice, 'alice', PASSWORD)).to.equal(true);
    expect(await store.proves(alice, 'alice', `${PASSWORD}x`)).to.equal(false);
  });

  it('is a wrong set-up where the password of the app is wrong, or its account may not log in', async () => {
    for (const options of [
      { bindPassword: 'canary' },
      { bindDn: 'disabled@corp.test' },
      { bindDn: 'changing@corp.test' },
    ]) {
      const error = await errorOf(open(options).check());
      expect(error).to.be.instanceOf(ConfigurationError);
      expect((error as Error).message)
        .to.include('it refuses bindDn, or bindPassword')
        .and.not.include('canary');
    }
  });

  it('has identifiers of accounts as text, in the form that its own programs print', async () => {
    const attributes = {
      id: { from: 'objectGUID', as: 'guid' },
      sid: { from: 'objectSid', as: 'sid' },
    } as const;
    const alice = (await open({ attributes }).getUser('alice')) as User & { id: string; sid: string };
    expect(alice.id).to.equal(server.read(userDn('alice'), 'objectGUID'));
    expect(alice.sid).to.equal(server.read(userDn('alice'), 'objectSid'));
    expect(alice.sid).to.match(/^S-1-5-21-\d+-\d+-\d+-\d+$/);
  });

  it('finds users by the exact name only, though the domain takes others for equal', async () => {
    const store = open();
    expect((await store.getUser('alice'))?.username).to.equal('alice');
    for (const name of [
      'Alice',
      'ALICE',
      'alice ',
      'alice@corp.test',
      `${WORKGROUP}\\alice`,
      'ali*',
      'álice',
    ]) {
      expect(await store.getUser(name), name).to.equal(null);
    }
    const byUpn = open({ usernameAttribute: 'userPrincipalName' });
    expect((await byUpn.getUser('alice@corp.test'))?.username).to.equal('alice@corp.test');
    expect(await byUpn.getUser('alice@CORP.TEST')).to.equal(null);
  });

  it('says of tokens and tickets too who is disabled, expired or locked now', async () => {
    const store = open();
    const active = async (name: string) => (await store.getUser(name))?.active;
    expect(await active('alice')).to.equal(true);
    expect(await active('disabled')).to.equal(false);
    expect(await active('expired')).to.equal(false);
    const locked = (await store.getUser('locked'))!;
    expect(locked.active).to.equal(true);
    for (let tries = 0; tries < MAX_FAILURES; tries += 1) {
      expect(await store.proves(locked, 'locked', 'wrong')).to.equal(false);
    }
    expect(await active('locked')).to.equal(false);
    expect(await store.proves(locked, 'locked', PASSWORD)).to.equal(false);
    // The time of the lock stays where the lock has ended, and says nothing any more.
    server.modify(change(DOMAIN_DN, 'lockoutDuration', '-1'));
    try {
      expect(server.read(userDn('locked'), 'lockoutTime')).to.match(/^[1-9]/);
      // The domain compares in whole seconds.
      await eventually(async () => (await active('locked')) === true);
      expect(await store.proves(locked, 'locked', PASSWORD)).to.equal(true);
    } finally {
      server.modify(change(DOMAIN_DN, 'lockoutDuration', '-18000000000'));
    }
  });

  for (const driver of DRIVERS) {
    describe(`behind ${driver.name}`, () => {
      it('lets in whose password it takes, with the roles of nested groups', async () => {
        await using api = await start(driver);
        expect(JSON.parse((await api.login('alice')).text)).to.deep.equal({ user: 'alice' });
        expect((await api.login('alice', PASSWORD, '/admin')).status).to.equal(200);
        expect((await api.login('bob', PASSWORD, '/admin')).status).to.equal(403);
      });

      it('refuses everybody else byte for byte alike', async () => {
        await using api = await start(driver);
        const wrong = await api.login('bob', 'wrong');
        expect(wrong.status).to.equal(401);
        // Another good login takes the failure back: no test locks another one's user.
        expect((await api.login('bob')).status).to.equal(200);
        const names = [
          'nobody',
          'disabled',
          'expired',
          'changing',
          'Alice',
          'alice@corp.test',
          'CORP\\alice',
          '*',
        ];
        for (const name of names) {
          const reply = await api.login(name);
          expect([reply.status, reply.text], name).to.deep.equal([401, wrong.text]);
        }
        expect(api.ran).to.deep.equal(['guarded']);
      });
    });
  }

  it('locks an account by wrong passwords, and the right one is answered like these', async () => {
    await using api = await start(KOA);
    const replies: unknown[] = [];
    for (const password of [...Array.from({ length: MAX_FAILURES }, () => 'wrong'), PASSWORD]) {
      const { status, text } = await api.login('guessed', password);
      replies.push(`${String(status)} ${text}`);
    }
    expect(new Set(replies).size).to.equal(1);
    expect(replies[0]).to.match(/^401 /);
  });

  it('takes a changed password at once, and the previous one for an hour', async () => {
    await using api = await start(KOA);
    expect((await api.login('moving')).status).to.equal(200);
    server.modify(newPassword('moving', 'Another-Sesame.2'));
    expect((await api.login('moving', 'Another-Sesame.2')).status).to.equal(200);
    expect((await api.login('moving', PASSWORD)).status).to.equal(200);
    server.modify(newPassword('moving', 'Third-Sesame.3'));
    expect((await api.login('moving', 'Third-Sesame.3')).status).to.equal(200);
    expect((await api.login('moving', PASSWORD)).status).to.equal(401);
  });

  it('has a stamp that moves with each change of a password', async () => {
    const store = open({ tokensValidFrom: 'pwdLastSet' });
    const stampOf = async (name: string) => (await store.getUser(name))?.tokensValidFrom?.getTime();
    const [before, other] = [await stampOf('moving'), await stampOf('alice')];
    expect(before).to.be.within(Date.now() - 86_400_000, Date.now() + 1000);
    server.modify(newPassword('moving', 'Fourth-Sesame.4'));
    expect(await stampOf('moving')).to.be.greaterThan(before!);
    expect(await stampOf('alice')).to.equal(other);
    expect(await stampOf('changing')).to.equal(0);
  });

  it('answers 503 in clear, and never 401, so that nobody looks for a wrong password', async () => {
    await using api = await start(KOA, { url: server.url, insecure: true });
    const reply = await api.login('alice');
    expect(reply.status).to.equal(503);
    expect(api.logger.lines.join('\n'))
      .to.include('it wants a stronger authentication')
      .and.not.include(PASSWORD);
  });

  describeWith(whyNoKerberos(), 'with its own KDC', () => {
    const NAMES = ['KRB5_CONFIG', 'KRB5_KTNAME', 'KRB5CCNAME', 'KRB5RCACHEDIR'];
    const saved = new Map(NAMES.map((name) => [name, process.env[name]]));
    before(() => {
      process.env['KRB5_CONFIG'] = server.krb5Config;
      process.env['KRB5RCACHEDIR'] = server.folder;
      process.env['KRB5_KTNAME'] = `FILE:${server.keytab(SERVICE)}`;
    });
    after(() => {
      for (const [name, value] of saved) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    });

    const ticketOf = async (
      principal: string,
      ...args: readonly string[]
    ): Promise<Record<string, string>> => {
      const cache = `FILE:${join(server.folder, `cc-${principal}`)}`;
      const how = { input: `${PASSWORD}\n`, encoding: 'utf8' } as const;
      const { status, stderr } = spawnSync('kinit', ['-c', cache, ...args, principal], how);
      if (status !== 0) throw new Error(`kinit failed: ${stderr}`);
      process.env['KRB5CCNAME'] = cache;
      const kerberos = kerberosPackage();
      const mechOID = kerberos.GSS_MECH_OID_SPNEGO;
      const client = await kerberos.initializeClient('HTTP@localhost', { mechOID });
      return { authorization: `Negotiate ${await client.step('')}` };
    };
    const startWith = async (options: Partial<KerberosProviderOptions> = {}) => {
      class Directory extends LdapUserstore {
        constructor() {
          super(optionsFor());
        }
      }
      class Ticket extends KerberosProvider {
        constructor() {
          super({ service: 'HTTP@localhost', realms: [REALM], ...options });
        }
      }
      const api = await startApi(KOA, { security: { userstores: [Directory], providers: [Ticket] } });
      return Object.assign(api, {
        [Symbol.asyncDispose]: async () => {
          await api.security.close();
          await api.server.close();
        },
      });
    };

    it('lets in by a ticket with the groups of the domain in it, whose roles come from the directory', async () => {
      await using api = await startWith();
      expect((await api.get('/admin', await ticketOf('alice'))).status).to.equal(200);
      expect((await api.get('/admin', await ticketOf('bob'))).status).to.equal(403);
    });

    it('takes realms in lower case for its own only where the option says so', async () => {
      await using exact = await startWith({ realms: ['corp.test'] });
      expect((await exact.get('/guarded', await ticketOf('alice'))).status).to.equal(401);
      await using folded = await startWith({ realms: ['corp.test'], ignoreRealmCase: true });
      expect((await folded.get('/guarded', await ticketOf('alice'))).status).to.equal(200);
    });

    it('gives an account its one name where clients ask for it', async () => {
      await using api = await startWith();
      const canonical = await ticketOf('ALICE', '-C');
      expect((await api.get('/guarded', canonical)).status).to.equal(200);
    });

    it('has no ticket that outlives the account', async () => {
      await using api = await startWith();
      const headers = await ticketOf('bob');
      server.modify(change(userDn('bob'), 'userAccountControl', '514'));
      try {
        expect((await api.get('/guarded', headers)).status).to.equal(401);
      } finally {
        server.modify(change(userDn('bob'), 'userAccountControl', '512'));
      }
    });
  });
});
