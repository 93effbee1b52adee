import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PROBLEM_SOURCE } from '../../src/core/events';
import { ConfigurationError } from '../../src/errors';
import { LdapUserstore, type LdapUserstoreOptions } from '../../src/ldap';
import { describeUserstore } from '../contract/describe-userstore';
import { compiled } from '../support/compiled';
import { describeWith } from './describe-with';
import {
  additions,
  APP,
  entriesOf,
  group,
  groupDn,
  GROUPS,
  PASSWORD,
  PEOPLE,
  person,
  personDn,
  policy,
  TREE,
} from './ldap-people';
import { SlapdServer, SUFFIX, whyNoSlapd } from './slapd-server';

const ROOT = resolve(__dirname, '../..');
const OTHERS = `ou=others,${SUFFIX}`;

describeWith(whyNoSlapd(), 'LdapUserstore on OpenLDAP', () => {
  let server: SlapdServer;
  let opened: LdapUserstore[];

  beforeEach(async () => {
    opened = [];
    server = new SlapdServer({ entries: TREE });
    await server.start();
  });
  afterEach(async () => {
    for (const store of opened) store.close();
    await server.remove();
  });

  const open = (options: Partial<LdapUserstoreOptions> = {}): LdapUserstore => {
    const store = new LdapUserstore({
      url: server.url,
      insecure: true,
      ...APP,
      baseDn: PEOPLE,
      cacheMs: 0,
      groups: { baseDn: GROUPS },
      ...options,
    });
    opened.push(store);
    return store;
  };
  const add = (entries: string): void => {
    server.modify(additions(entries));
  };

  for (const by of ['search', 'memberOf'] as const) {
    describeUserstore(
      `LdapUserstore by ${by}`,
      (users, groups) => {
        // An account of a directory has its roles by its groups, or by an attribute.
        add(entriesOf(users, groups));
        const roles = new Map(groups.map((one) => [one.name, one.roles ?? []]));
        const store = open({
          groups: { baseDn: GROUPS, by },
          groupRoles: (name) => roles.get(name) ?? [],
          attributes: { email: 'mail', roles: 'employeeType' },
        });
        return { store };
      },
      false,
    );

    it(`walks groups of groups that contain each other, by ${by}`, async () => {
      add(person({ username: 'ann' }));
      add(group('a', [personDn('ann')]) + group('b', [groupDn('a')]) + group('c', [groupDn('b')]));
      server.modify(`dn: ${groupDn('a')}\nchangetype: modify\nadd: member\nmember: ${groupDn('c')}\n`);
      const store = open({ groups: { baseDn: GROUPS, by } });
      const ann = (await store.getUser('ann'))!;
      expect(ann.groups).to.deep.equal(['a']);
      const parents = await Promise.all(['a', 'b', 'c'].map((name) => store.getGroup(name, ann)));
      expect(parents.map((one) => one?.groups)).to.deep.equal([['b'], ['c'], ['a']]);
      expect(await store.getGroup('d', ann)).to.equal(null);
      const flat = open({ groups: { baseDn: GROUPS, by, nested: false } });
      const same = (await flat.getUser('ann'))!;
      expect([same.groups, (await flat.getGroup('a', same))?.groups]).to.deep.equal([['a'], []]);
    });

    it(`takes no group from beside the base, whatever its name, by ${by}`, async () => {
      add(person({ username: 'ann' }) + group('admins', [personDn('ann')], OTHERS));
      const store = open({ groups: { baseDn: GROUPS, by } });
      expect((await store.getUser('ann'))?.groups).to.deep.equal([]);
    });
  }

  it('finds posix groups by the name of the user', async () => {
    add(person({ username: 'ann' }));
    add(`dn: ${groupDn('unix')}\nobjectClass: posixGroup\ncn: unix\ngidNumber: 1\nmemberUid: ann\n\n`);
    const store = open({ groups: { baseDn: GROUPS, memberAttribute: 'memberUid' } });
    expect((await store.getUser('ann'))?.groups).to.deep.equal(['unix']);
  });

  it('finds no groups by the rule of Active Directory in a directory that does not have it', async () => {
    add(person({ username: 'ann' }) + group('a', [personDn('ann')]));
    const store = open({ groups: { baseDn: GROUPS, nested: 'in-chain' } });
    expect((await store.getUser('ann'))?.groups).to.deep.equal([]);
  });

  it('knows by the attributes of Active Directory who is disabled or has expired', async () => {
    const at = (ms: number): string => String((BigInt(ms) + 11_644_473_600_000n) * 10_000n);
    for (const [username, line] of [
      ['normal', 'userAccountControl: 512'],
      ['disabled', 'userAccountControl: 514'],
      ['never', 'accountExpires: 0'],
      ['nor', 'accountExpires: 9223372036854775807'],
      ['gone', `accountExpires: ${at(999)}`],
      ['going', `accountExpires: ${at(1001)}`],
    ] as const) {
      add(person({ username }, `${line}\n`));
    }
    const store = open({ clock: () => 1000 });
    const names = ['normal', 'disabled', 'never', 'nor', 'gone', 'going'];
    const users = await Promise.all(names.map((name) => store.getUser(name)));
    expect(users.map((user) => user?.active)).to.deep.equal([true, false, true, true, false, true]);
    // OpenLDAP itself does not mind.
    expect(await store.proves(users[1]!, 'disabled', PASSWORD)).to.equal(true);
  });

  it('has no user whom the directory has locked where its filter says so, for tokens too', async () => {
    add(policy('strict') + person({ username: 'ann' }, `pwdPolicySubentry: cn=strict,${SUFFIX}\n`));
    add(person({ username: 'eve' }));
    const plain = open();
    const filtered = open({ userFilter: '(!(pwdAccountLockedTime=*))' });
    const ann = (await filtered.getUser('ann'))!;
    // slapd has been seen to note one failure of many too late.
    for (let tries = 0; tries < 10 && (await filtered.getUser('ann')) !== null; tries += 1) {
      expect(await filtered.proves(ann, 'ann', 'wrong')).to.equal(false);
    }
    expect(await filtered.getUser('ann')).to.equal(null);
    expect(await filtered.proves(ann, 'ann', PASSWORD)).to.equal(false);
    expect((await filtered.getUser('eve'))?.username).to.equal('eve');
    expect((await plain.getUser('ann'))?.active).to.equal(true);
  });

  it('finds no user where two entries have the name, in one base or two, and says so', async () => {
    add(person({ username: 'twin' }) + person({ username: 'twin' }, '', `uid=twin,${OTHERS}`));
    add(`${person({ username: 'one' })}dn: ou=more,${PEOPLE}\nobjectClass: organizationalUnit\nou: more\n\n`);
    add(person({ username: 'one' }, '', `uid=one,ou=more,${PEOPLE}`));
    const store = open({ baseDn: [PEOPLE, OTHERS] });
    const problems: unknown[] = [];
    store[PROBLEM_SOURCE]((problem) => problems.push(problem));
    expect([await store.getUser('twin'), await store.getUser('one')]).to.deep.equal([null, null]);
    const problem = 'several entries have the user name, so it is refused';
    expect(problems).to.deep.equal([
      { component: 'LdapUserstore', problem, user: 'twin' },
      { component: 'LdapUserstore', problem, user: 'one' },
    ]);
    expect((await open({ baseDn: OTHERS }).getUser('twin'))?.username).to.equal('twin');
  });

  it('finds one entry once where bases contain each other', async () => {
    add(person({ username: 'ann' }));
    expect((await open({ baseDn: [SUFFIX, PEOPLE] }).getUser('ann'))?.username).to.equal('ann');
  });

  it('takes fields from attributes, and only users that the filter takes', async () => {
    add(person({ username: 'ann', email: 'ann@x.org', roles: ['a', 'b'] }, 'title: Dr\n'));
    add(`dn: uid=thing,${PEOPLE}\nobjectClass: account\nuid: thing\n\n`);
    const store = open({
      attributes: { email: 'MAIL', roles: 'employeeType', title: 'title', phone: 'telephoneNumber' },
      userFilter: '(objectClass=person)',
    });
    expect(await store.getUser('ann')).to.deep.equal({
      username: 'ann',
      email: 'ann@x.org',
      roles: ['a', 'b'],
      title: 'Dr',
      phone: undefined,
      active: true,
      groups: [],
    });
    expect(await store.getUser('thing')).to.equal(null);
  });

  it('keeps a user for as long as it is told, and not after forget()', async () => {
    add(person({ username: 'ann' }));
    let now = 0;
    const store = open({ cacheMs: 1000, clock: () => now });
    const change = (title: string): void => {
      server.modify(`dn: ${personDn('ann')}\nchangetype: modify\nreplace: mail\nmail: ${title}\n`);
    };
    const email = async (): Promise<unknown> => (await store.getUser('ann'))?.email;
    change('1');
    expect(await email()).to.equal('1');
    change('2');
    now = 999;
    expect(await email()).to.equal('1');
    now = 1000;
    expect(await email()).to.equal('2');
    change('3');
    store.forget('ann');
    expect(await email()).to.equal('3');
    expect(await store.getUser('eve')).to.equal(null);
    add(person({ username: 'eve' }));
    expect((await store.getUser('eve'))?.username).to.equal('eve');
  });

  it('has one username for an entry of several names, whichever was looked for', async () => {
    add(person({ username: 'ann' }, 'uid: annie\nuid: A. Smith\n') + group('staff', [personDn('ann')]));
    add(person({ username: 'zoe' }, 'mail: zoe@example.org\nmail: a.zoe@example.org\n'));
    const store = open({ cacheMs: 1000, clock: () => 0 });
    for (const name of ['ann', 'annie', 'A. Smith']) {
      expect(await store.getUser(name), name).to.include({ username: 'ann' });
    }
    const byMail = open({ usernameAttribute: 'mail', attributes: {} });
    for (const name of ['zoe@example.org', 'a.zoe@example.org']) {
      expect(await byMail.getUser(name), name).to.include({ username: 'a.zoe@example.org' });
    }
  });

  it('forgets a user under every name of the entry, with its groups', async () => {
    add(person({ username: 'ann' }, 'uid: annie\n') + group('staff', [personDn('ann')]));
    const store = open({ cacheMs: 1000, clock: () => 0, groups: { baseDn: GROUPS } });
    const groups = async (name: string): Promise<unknown> => (await store.getUser(name))?.groups;
    for (const forgotten of ['ann', 'annie', 'ANN', ' annie ']) {
      expect([await groups('ann'), await groups('annie')]).to.deep.equal([['staff'], ['staff']]);
      add(group('board', [personDn('ann')]));
      expect([await groups('ann'), await groups('annie')]).to.deep.equal([['staff'], ['staff']]);
      store.forget(forgotten);
      const both = ['board', 'staff'];
      expect([await groups('ann'), await groups('annie')], forgotten).to.deep.equal([both, both]);
      server.modify(`dn: ${groupDn('board')}\nchangetype: delete\n`);
      store.forget('ann');
    }
  });

  it('forgets nothing, and does not throw, for a value that is not a name', () => {
    const store = open();
    for (const odd of [undefined, null, 7, {}, Symbol('x'), '', 'a\0', '\ud800']) {
      expect(() => store.forget(odd as string)).to.not.throw();
    }
  });

  it('goes on searching as the app after users have proved their passwords', async () => {
    add(person({ username: 'ann' }));
    const store = open();
    const ann = (await store.getUser('ann'))!;
    expect(await store.proves(ann, 'ann', PASSWORD)).to.equal(true);
    // Nobody but the app may read anything.
    expect((await store.getUser('ann'))?.username).to.equal('ann');
  });

  it('keeps no process alive', async () => {
    add(person({ username: 'ann' }));
    const options = { url: server.url, insecure: true, ...APP, baseDn: PEOPLE };
    const script = `
      const { LdapUserstore } = require(${JSON.stringify(compiled('src/ldap/index.ts'))});
      const store = new LdapUserstore(${JSON.stringify(options)});
      store.getUser('ann').then(async (ann) => console.log(ann.username, await store.proves(ann, 'ann', 'x')));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      cwd: ROOT,
      timeout: 8000,
    });
    expect(stdout).to.equal('ann false\n');
  });

  describe('check()', () => {
    const refusal = async (options: Partial<LdapUserstoreOptions>): Promise<string> => {
      const error: unknown = await open(options)
        .check()
        .catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ConfigurationError);
      expect(String(error)).to.not.include(APP.bindPassword).and.not.include('canary');
      return String(error);
    };

    it('passes where all is well', async () => {
      await open().check();
    });

    it('is made when an app starts to use the store', async () => {
      const store = open({ bindPassword: 'canary' });
      const problem = await new Promise((heard) => void store[PROBLEM_SOURCE](heard));
      expect(problem).to.deep.equal({
        component: 'LdapUserstore',
        problem: `${server.url}: it refuses bindDn, or bindPassword`,
      });
    });

    it('says what is wrong', async () => {
      expect(await refusal({ bindPassword: 'canary' })).to.include('it refuses bindDn, or bindPassword');
      expect(await refusal({ baseDn: `ou=nowhere,${SUFFIX}` })).to.include('is baseDn right?');
      expect(await refusal({ groups: { baseDn: `ou=nowhere,${SUFFIX}` } })).to.include('is baseDn right?');
      expect(await refusal({ url: 'ldap://127.0.0.1:1' })).to.include('nothing listens there');
      await server.stop();
      expect(await refusal({ url: [server.url, 'ldap://127.0.0.1:1'] })).to.match(/nothing.*; .*nothing/);
    });
  });
});
