import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Authentication, BadCredentialsError, type SecurityError, ServiceUnavailableError } from '../../src';
import { PROBLEM_SOURCE } from '../../src/core/events';
import { LdapProvider, LdapUserstore, type LdapUserstoreOptions } from '../../src/ldap';
import { fakeRequest } from '../support/fake-request';
import {
  type Asked,
  BIND,
  entry,
  EXTENDED,
  FakeDirectory,
  reference,
  result,
  SEARCH,
  UNBIND,
} from './fake-directory';

const DN = 'uid=alice,ou=people,dc=example,dc=org';
const PASSWORD = 'canary';

/** Finds alice, takes every bind, and does something else where a test says so. */
function directory(own: (asked: Asked) => Buffer | 'nothing' | undefined): Promise<FakeDirectory> {
  return FakeDirectory.start((asked) => {
    const answer = own(asked);
    if (answer !== undefined) return answer === 'nothing' ? undefined : answer;
    if (asked.operation === SEARCH) return Buffer.concat([entry(asked, DN, { uid: 'alice' }), result(asked)]);
    return asked.operation === UNBIND ? undefined : result(asked);
  });
}

/** Binds of the user, not of the app, which has no account here. */
const binds = (fake: FakeDirectory): Asked[] => fake.asked.filter(({ operation }) => operation === BIND);

/** For directories that never answer. */
const SHORT = { timeoutMs: 300 };

async function login(
  { url }: { url: string },
  options: Partial<LdapUserstoreOptions> = {},
  username = 'alice',
): Promise<SecurityError | 'granted'> {
  const store = new LdapUserstore({
    url,
    insecure: true,
    baseDn: 'dc=example,dc=org',
    timeoutMs: 20_000,
    ...options,
  });
  try {
    const authorization = `Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`;
    await new LdapProvider(store).authenticate(fakeRequest({ headers: { authorization } }), store);
    return 'granted';
  } catch (error) {
    return error as SecurityError;
  } finally {
    store.close();
  }
}

const reasonOf = (error: unknown): string => String(((error as Error).cause as Error | undefined)?.message);

describe('LdapProvider and a directory that misbehaves', () => {
  it('grants where nothing is wrong', async () => {
    await using fake = await directory(() => undefined);
    expect(await login(fake)).to.equal('granted');
    expect(binds(fake)).to.have.length(1);
  });

  it('refuses by the results that refuse a login, whatever it says of the account', async () => {
    for (const [code, message] of [
      [49, ''],
      [49, '80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 775, v1db1'],
      [53, 'Account inactivated. Contact system administrator.'],
      [19, 'Exceed password retry limit. Please try later.'],
      [19, ''],
    ] as const) {
      await using fake = await directory((asked) =>
        asked.operation === BIND ? result(asked, code, message) : undefined,
      );
      const unknown = await login(fake, {}, 'nobody');
      expect(unknown).to.be.instanceOf(BadCredentialsError);
      const error = await login(fake);
      expect(error).to.be.instanceOf(BadCredentialsError);
      expect((error as SecurityError).message).to.equal('Unauthorized User');
    }
  });

  it('is unavailable by every other result, of the bind and of the search', async () => {
    for (const operation of [BIND, SEARCH]) {
      const refusals = operation === SEARCH ? [19, 49, 53] : [4];
      for (const code of [1, 2, 7, 8, 10, 11, 13, 32, 34, 48, 50, 51, 52, 80, ...refusals]) {
        await using fake = await directory((asked) =>
          asked.operation === operation ? result(asked, code, 'ldap://evil.example') : undefined,
        );
        const error = await login(fake);
        expect(error, `${String(operation)} ${String(code)}`).to.be.instanceOf(ServiceUnavailableError);
        expect(fake.sockets.length).to.be.at.most(2);
      }
    }
  });

  it('is unavailable when it closes the connection, or says nothing', async () => {
    for (const operation of [BIND, SEARCH]) {
      await using closing = await directory((asked) => {
        if (asked.operation === operation) asked.socket.destroy();
        return asked.operation === operation ? 'nothing' : undefined;
      });
      expect(await login(closing)).to.be.instanceOf(ServiceUnavailableError);
      await using silent = await directory((asked) =>
        asked.operation === operation ? 'nothing' : undefined,
      );
      const error = await login(silent, SHORT);
      expect(error).to.be.instanceOf(ServiceUnavailableError);
      expect(reasonOf(error)).to.match(/no answer in time|timeout/i);
    }
  });

  it('follows no reference to another server', async () => {
    await using evil = await directory(() => undefined);
    await using fake = await directory((asked) =>
      asked.operation === SEARCH
        ? Buffer.concat([reference(asked, evil.url), entry(asked, DN, { uid: 'alice' }), result(asked)])
        : undefined,
    );
    expect(await login(fake)).to.equal('granted');
    await using only = await directory((asked) =>
      asked.operation === SEARCH ? Buffer.concat([reference(asked, evil.url), result(asked)]) : undefined,
    );
    expect(await login(only)).to.be.instanceOf(BadCredentialsError);
    expect(evil.sockets).to.have.length(0);
  });

  it('finds no user where two entries have the name', async () => {
    await using fake = await directory((asked) =>
      asked.operation === SEARCH
        ? Buffer.concat([
            entry(asked, DN, { uid: 'alice' }),
            entry(asked, `uid=alice,ou=evil,dc=example,dc=org`, { uid: 'alice' }),
            result(asked),
          ])
        : undefined,
    );
    expect(await login(fake)).to.be.instanceOf(BadCredentialsError);
    expect(binds(fake).some(({ bytes }) => bytes.includes(DN))).to.equal(false);
  });

  it('finds no user where the server has more entries than it gives, and says so', async () => {
    for (const given of [0, 1]) {
      await using fake = await directory((asked) =>
        asked.operation === SEARCH
          ? Buffer.concat([...(given === 0 ? [] : [entry(asked, DN, { uid: 'alice' })]), result(asked, 4)])
          : undefined,
      );
      const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=example,dc=org' });
      const problems: unknown[] = [];
      store[PROBLEM_SOURCE](({ problem }) => problems.push(problem));
      expect(await store.getUser('alice')).to.equal(null);
      expect(problems).to.include('several entries have the user name, so it is refused');
      store.close();
    }
  });

  it('is unavailable where a search for groups has more entries than the server gives', async () => {
    await using fake = await directory((asked) =>
      asked.operation === SEARCH && asked.bytes.includes('member')
        ? Buffer.concat([entry(asked, 'cn=staff,ou=g,dc=x', { cn: 'staff' }), result(asked, 4)])
        : undefined,
    );
    expect(await login(fake, { groups: { baseDn: 'ou=g,dc=x' } })).to.be.instanceOf(ServiceUnavailableError);
  });

  it('says that the app is refused where the directory refuses its account as disabled or locked', async () => {
    for (const code of [19, 49, 53]) {
      await using fake = await directory((asked) =>
        asked.operation === BIND ? result(asked, code) : undefined,
      );
      const error = await login(fake, { bindDn: 'cn=app', bindPassword: 'x' });
      expect(error).to.be.instanceOf(ServiceUnavailableError);
      expect(reasonOf(error)).to.include('it refuses bindDn');
    }
  });

  describe('and has a password policy', () => {
    const POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
    const answering = (value: Buffer) =>
      directory((asked) =>
        asked.operation === BIND ? result(asked, 0, '', { [POLICY]: value }) : undefined,
      );

    it('refuses a password that is to be changed first, though the bind succeeds', async () => {
      for (const value of [
        [0x30, 3, 0x81, 1, 2],
        [0x30, 3, 0x81, 1, 0],
        // With a warning before it: the seconds until the password expires.
        [0x30, 8, 0xa0, 3, 0x80, 1, 9, 0x81, 1, 2],
      ]) {
        await using fake = await answering(Buffer.from(value));
        expect(await login(fake), value.join()).to.be.instanceOf(BadCredentialsError);
      }
    });

    it('grants with warnings only, or with nothing to say', async () => {
      for (const value of [
        [0x30, 0],
        [0x30, 5, 0xa0, 3, 0x80, 1, 9],
        [0x30, 5, 0xa0, 3, 0x81, 1, 2],
      ]) {
        await using fake = await answering(Buffer.from(value));
        expect(await login(fake), value.join()).to.equal('granted');
      }
    });

    it('is unavailable where the answer about the policy cannot be read', async () => {
      for (const value of [[], [0x04, 1, 2], [0x30], [0x30, 3, 0xa0]]) {
        await using fake = await answering(Buffer.from(value));
        expect(await login(fake, SHORT), value.join()).to.be.instanceOf(ServiceUnavailableError);
      }
    });

    it('asks for it with every bind, and never as a condition', async () => {
      await using fake = await directory(() => undefined);
      await login(fake, { bindDn: 'cn=app', bindPassword: 'x' });
      expect(binds(fake).map(({ bytes }) => bytes.includes(POLICY))).to.deep.equal([true, true]);
      for (const { bytes } of binds(fake))
        expect(bytes.includes(Buffer.from([0x01, 1, 0xff]))).to.equal(false);
    });

    it('says so of the account of the app', async () => {
      await using fake = await answering(Buffer.from([0x30, 3, 0x81, 1, 2]));
      const error = await login(fake, { bindDn: 'cn=app', bindPassword: 'x' });
      expect(error).to.be.instanceOf(ServiceUnavailableError);
      expect(reasonOf(error)).to.include('wants the password of bindDn changed');
    });
  });

  it('is a fault where one value of an attribute is not text, and never a user with fewer roles', async () => {
    const odd = Buffer.from([0x61, 0xff]);
    for (const [attributes, options] of [
      [{ uid: 'alice', employeeType: ['admin', odd] }, { attributes: { roles: 'employeeType' } }],
      [{ uid: ['alice', odd] }, {}],
      [{ uid: 'alice', mail: odd }, {}],
      [
        { uid: 'alice', memberOf: ['cn=staff,ou=g,dc=x', odd] },
        { groups: { baseDn: 'ou=g,dc=x', by: 'memberOf' } },
      ],
    ] as const) {
      await using fake = await directory((asked) =>
        asked.operation === SEARCH ? Buffer.concat([entry(asked, DN, attributes), result(asked)]) : undefined,
      );
      const error = await login(fake, options);
      expect(error).to.be.instanceOf(Error).and.not.instanceOf(BadCredentialsError);
      expect(String(error)).to.include('is not text in UTF-8');
      expect(binds(fake)).to.have.length(0);
    }
  });

  it('gives octets as bytes or in their form, also where they happen to be UTF-8', async () => {
    const guid = Buffer.from('abcdefghijklmnop');
    const sid = Buffer.from('010500000000000515000000010203040506070809101112f4010000', 'hex');
    const attributes = {
      id: { from: 'objectguid', as: 'guid' },
      raw: 'objectGUID',
      sid: { from: 'objectSid', as: 'sid' },
      hex: { from: 'employeeNumber', as: 'hex' },
      photo: { from: 'jpegPhoto', as: 'base64' },
      none: { from: 'thumbnailPhoto', as: 'bytes' },
    } as const;
    await using fake = await directory((asked) =>
      asked.operation === SEARCH
        ? Buffer.concat([
            entry(asked, DN, {
              ...{ uid: 'alice', objectGUID: guid, objectSid: sid },
              ...{ employeeNumber: 'A1', jpegPhoto: [Buffer.from([0xff, 0xd8]), 'more'] },
            }),
            result(asked),
          ])
        : undefined,
    );
    const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x', attributes });
    expect(await store.getUser('alice')).to.deep.include({
      id: '64636261-6665-6867-696a-6b6c6d6e6f70',
      raw: guid,
      sid: 'S-1-5-21-67305985-134678021-303108105-500',
      hex: '4131',
      photo: '/9g=',
      none: undefined,
    });
    store.close();
  });

  describe('and computes tokenGroups', () => {
    const sidOf = (index: number): Buffer => {
      const sid = Buffer.from('010500000000000515000000010000000200000003000000', 'hex');
      return Buffer.concat([sid, Buffer.from([index & 255, index >> 8, 0, 0])]);
    };
    const groups = { baseDn: 'ou=g,dc=x', by: 'tokenGroups' } as const;

    const computing = (sids: readonly Buffer[], known = sids.length) =>
      directory((asked) => {
        if (asked.operation !== SEARCH) return undefined;
        if (asked.bytes.includes('tokenGroups')) {
          return Buffer.concat([
            entry(asked, DN, sids.length === 0 ? {} : { tokenGroups: sids }),
            result(asked),
          ]);
        }
        const found = sids.slice(0, known).filter((sid) => asked.bytes.includes(sid));
        if (found.length === 0) return undefined;
        const named = found.map((sid) => {
          const name = `g${String(sid.readUInt16LE(24))}`;
          return entry(asked, `cn=${name},ou=g,dc=x`, { cn: name });
        });
        return Buffer.concat([...named, result(asked)]);
      });

    it('has the groups of their SIDs, in few searches', async () => {
      await using fake = await computing(Array.from({ length: 1003 }, (_, index) => sidOf(index)));
      const options = { insecure: true, baseDn: 'dc=x', groups, groupRoles: { g7: ['admin'] } };
      const store = new LdapUserstore({ url: fake.url, ...options });
      const alice = (await store.getUser('alice'))!;
      expect(alice.groups).to.have.length(1003).and.to.include.members(['g0', 'g7', 'g1002']);
      expect(await store.getGroup('g7', alice)).to.deep.equal({ name: 'g7', roles: ['admin'], groups: [] });
      expect(await store.getGroup('g2000', alice)).to.equal(null);
      expect(fake.asked.filter(({ operation }) => operation === SEARCH).length).to.be.at.most(8);
      store.close();
    });

    it('counts no group that is not below the base', async () => {
      await using fake = await computing([sidOf(1), sidOf(2)], 1);
      const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x', groups });
      expect((await store.getUser('alice'))?.groups).to.deep.equal(['g1']);
      store.close();
    });

    it('is a fault for a user who has none, or more than Windows gives', async () => {
      for (const length of [0, 1025]) {
        await using fake = await computing(Array.from({ length }, (_, index) => sidOf(index)));
        const error = await login(fake, { groups });
        expect(String(error)).to.match(/no tokenGroups|too many groups/);
        expect(binds(fake)).to.have.length(0);
      }
    });
  });

  it('binds as the app by the names that Active Directory takes', async () => {
    for (const bindDn of ['notes@corp.example', 'CORP\\notes', 'cn=notes,dc=corp,dc=example']) {
      await using fake = await directory(() => undefined);
      expect(await login(fake, { bindDn, bindPassword: 'x' }), bindDn).to.equal('granted');
      expect(binds(fake)[0]!.bytes.includes(bindDn)).to.equal(true);
    }
  });

  it('knows by what Active Directory computes who is locked now', async () => {
    for (const [value, isActive] of [
      ['0', true],
      ['8388608', true],
      ['16', false],
      ['8388624', false],
    ] as const) {
      await using fake = await directory((asked) =>
        asked.operation === SEARCH
          ? Buffer.concat([
              entry(asked, DN, {
                ...{ uid: 'alice', userAccountControl: '512', lockoutTime: '133000000000000000' },
                'msDS-User-Account-Control-Computed': value,
              }),
              result(asked),
            ])
          : undefined,
      );
      const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x' });
      expect((await store.getUser('alice'))?.active, value).to.equal(isActive);
      store.close();
    }
  });

  it('binds as nobody where an entry has another name than the one that is looked for', async () => {
    await using fake = await directory((asked) =>
      asked.operation === SEARCH
        ? Buffer.concat([entry(asked, DN, { uid: 'Alice' }), result(asked)])
        : undefined,
    );
    expect(await login(fake)).to.be.instanceOf(BadCredentialsError);
    expect(binds(fake)).to.have.length(1);
    expect(binds(fake)[0]!.bytes.includes('ou=securest-nobody')).to.equal(true);
  });

  it('authenticates no user, though the directory takes every name and password', async () => {
    await using fake = await directory(() => undefined);
    const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x' });
    for (const user of [undefined, { username: 'alice', active: true }]) {
      expect(await store.proves(user, 'alice', PASSWORD)).to.equal(false);
    }
    store.close();
  });

  it('refuses an unknown user as any other, where the directory says that the name does not exist', async () => {
    for (const code of [32, 34, 49]) {
      await using fake = await directory((asked) => {
        if (asked.operation === SEARCH && asked.bytes.includes('nobody')) return result(asked);
        if (asked.operation !== BIND) return undefined;
        return result(asked, asked.bytes.includes('securest-nobody') ? code : 49);
      });
      expect(await login(fake), String(code)).to.be.instanceOf(BadCredentialsError);
      expect(await login(fake, {}, 'nobody'), String(code)).to.be.instanceOf(BadCredentialsError);
    }
    await using busy = await directory((asked) => {
      if (asked.operation === SEARCH) return result(asked);
      return asked.operation === BIND ? result(asked, 51) : undefined;
    });
    expect(await login(busy, {}, 'nobody')).to.be.instanceOf(ServiceUnavailableError);
  });

  it('sends no password of a user of another store, where it may be right', async () => {
    await using fake = await directory(() => undefined);
    const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x' });
    const provider = new LdapProvider(store);
    const authorization = `Basic ${Buffer.from(`root:${PASSWORD}`).toString('base64')}`;
    const known = { getUser: (username: string) => ({ username }) };
    for (const users of [known, { getUser: () => null }]) {
      const error: unknown = await provider
        .authenticate(fakeRequest({ headers: { authorization } }), users)
        .catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(BadCredentialsError);
    }
    expect(binds(fake)).to.have.length(2);
    for (const { bytes } of binds(fake)) {
      expect(bytes.includes('ou=securest-nobody')).to.equal(true);
      expect(bytes.includes(PASSWORD)).to.equal(false);
    }
    store.close();
  });

  it('asks the next directory where one is not there or too busy for the app, and no further one', async () => {
    await using busy = await directory((asked) => (asked.operation === BIND ? result(asked, 51) : undefined));
    await using good = await directory(() => undefined);
    await using spare = await directory(() => undefined);
    const url = ['ldap://127.0.0.1:1', busy.url, good.url, spare.url];
    const app = { bindDn: 'cn=app', bindPassword: 'x' };
    const store = new LdapUserstore({ url, insecure: true, ...app, baseDn: 'dc=x', cacheMs: 0 });
    for (let login = 0; login < 3; login += 1) {
      const alice = (await store.getUser('alice'))!;
      expect(await store.proves(alice, 'alice', PASSWORD)).to.equal(true);
    }
    expect([busy, good, spare].map(({ sockets }) => sockets.length)).to.deep.equal([1, 4, 0]);
    store.close();
  });

  it('sends nothing in clear where StartTLS is refused', async () => {
    for (const code of [1, 2, 52]) {
      await using fake = await directory((asked) =>
        asked.operation === EXTENDED ? result(asked, code) : undefined,
      );
      expect(await login(fake, { startTls: true, insecure: false })).to.be.instanceOf(
        ServiceUnavailableError,
      );
      expect(fake.asked.map(({ operation }) => operation))
        .to.not.include(BIND)
        .and.not.include(SEARCH);
    }
  });

  it('takes no bytes in clear after the answer to StartTLS', async () => {
    await using fake = await directory((asked) =>
      asked.operation === EXTENDED
        ? Buffer.concat([result(asked), result({ ...asked, id: asked.id + 1, operation: BIND })])
        : undefined,
    );
    const error = await login(fake, { startTls: true, insecure: false });
    expect(error).to.be.instanceOf(ServiceUnavailableError);
    expect(reasonOf(error)).to.include('unencrypted bytes');
    expect(Buffer.concat(fake.asked.map(({ bytes }) => bytes)).includes(PASSWORD)).to.equal(false);
  });

  it('does not go on in clear when the handshake hangs or fails', async () => {
    for (const isHanging of [true, false]) {
      await using fake = await directory((asked) => {
        if (asked.operation !== EXTENDED) return 'nothing';
        if (!isHanging) setImmediate(() => asked.socket.write('no handshake\r\n'));
        return result(asked);
      });
      expect(await login(fake, { startTls: true, insecure: false, ...SHORT })).to.be.instanceOf(
        ServiceUnavailableError,
      );
      expect(Buffer.concat(fake.asked.map(({ bytes }) => bytes)).includes(PASSWORD)).to.equal(false);
      expect(fake.sockets).to.have.length(1);
    }
  });

  it('is unavailable by answers to what was not asked, and connects anew for the next login', async () => {
    let isOdd = true;
    await using fake = await directory((asked) =>
      isOdd ? result({ ...asked, id: asked.id + 7 }) : undefined,
    );
    expect(await login(fake, SHORT)).to.be.instanceOf(ServiceUnavailableError);
    isOdd = false;
    expect(await login(fake)).to.equal('granted');
  });

  it('is unavailable when most of an announced answer never comes, and keeps no memory for it', async () => {
    await using fake = await directory((asked) =>
      asked.operation === BIND ? Buffer.from([0x30, 0x84, 0x07, 0xff, 0xff, 0xff, 1]) : undefined,
    );
    const before = process.memoryUsage().arrayBuffers;
    expect(await login(fake, SHORT)).to.be.instanceOf(ServiceUnavailableError);
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(64 * 1024 * 1024);
  });

  it('makes one connection for many first searches at once, and few for many binds', async () => {
    await using fake = await directory(() => undefined);
    const store = new LdapUserstore({
      url: fake.url,
      insecure: true,
      baseDn: 'dc=x',
      maxBinds: 3,
      cacheMs: 0,
    });
    const users = await Promise.all(Array.from({ length: 10 }, () => store.getUser('alice')));
    expect(users.every((user) => user?.username === 'alice')).to.equal(true);
    expect(fake.sockets).to.have.length(1);
    let most = 0;
    const look = (): void => {
      most = Math.max(most, fake.sockets.filter(({ destroyed }) => !destroyed).length);
    };
    const proofs = Array.from({ length: 40 }, () => store.proves(users[0]!, 'alice', PASSWORD).finally(look));
    expect(new Set(await Promise.all(proofs))).to.deep.equal(new Set([true]));
    expect(most).to.be.at.most(1 + 2 * 3);
    store.close();
  });

  it('makes few connections for 1,000 logins at once, also where each is dropped', async () => {
    let isDown = true;
    await using fake = await directory(({ socket }) => {
      if (!isDown) return undefined;
      socket.destroy();
      return 'nothing';
    });
    const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x', cacheMs: 0 });
    const provider = new LdapProvider(store, { throttle: false });
    const warnings: Error[] = [];
    const hear = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', hear);
    const attempt = (name: string): Promise<unknown> => {
      const authorization = `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`;
      return provider.authenticate(fakeRequest({ headers: { authorization } }), store);
    };
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        attempt(`user ${String(index)}`).catch((error: unknown) => error),
      ),
    );
    expect(outcomes.every((outcome) => outcome instanceof ServiceUnavailableError)).to.equal(true);
    expect(fake.sockets.length).to.be.below(50);
    process.off('warning', hear);
    expect(warnings).to.deep.equal([]);
    isDown = false;
    expect(await attempt('alice')).to.be.instanceOf(Authentication);
    store.close();
  });

  it('refuses more logins than can wait', async () => {
    await using fake = await directory((asked) => (asked.operation === BIND ? 'nothing' : undefined));
    const store = new LdapUserstore({
      url: fake.url,
      insecure: true,
      baseDn: 'dc=x',
      maxBinds: 1,
      timeoutMs: 60_000,
    });
    const alice = (await store.getUser('alice'))!;
    const proofs = Array.from({ length: 300 }, () =>
      store.proves(alice, 'alice', PASSWORD).catch((error: unknown) => error),
    );
    let answered = 0;
    for (const proof of proofs.slice(0, 50)) void proof.then(() => (answered += 1));
    for (const refused of await Promise.all(proofs.slice(250))) {
      expect(refused).to.be.instanceOf(ServiceUnavailableError);
    }
    expect(answered).to.equal(0);
    expect(fake.sockets.length).to.be.at.most(3);
    store.close();
  });

  it('proves no password for a login that has waited longer than an answer may take', async () => {
    await using fake = await directory((asked) => (asked.operation === BIND ? 'nothing' : undefined));
    const store = new LdapUserstore({
      ...{ url: fake.url, insecure: true, baseDn: 'dc=x' },
      ...{ maxBinds: 1, timeoutMs: 200 },
    });
    const alice = (await store.getUser('alice'))!;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        store.proves(alice, 'alice', PASSWORD).catch((error: unknown) => error),
      ),
    );
    expect(outcomes.every((outcome) => outcome instanceof ServiceUnavailableError)).to.equal(true);
    expect(binds(fake).length).to.be.within(1, 2);
    store.close();
  });

  it('proves no password for a client that has gone while it waited', async () => {
    const held: Asked[] = [];
    await using fake = await directory((asked) => {
      if (asked.operation !== BIND) return undefined;
      held.push(asked);
      return 'nothing';
    });
    const gone = new AbortController();
    class Watched extends LdapUserstore {
      override async proves(...given: Parameters<LdapUserstore['proves']>): Promise<boolean> {
        const proof = super.proves(...given);
        if (held.length > 0) gone.abort();
        return proof;
      }
    }
    const options = { maxBinds: 1, timeoutMs: 20_000 };
    const store = new Watched({ url: fake.url, insecure: true, baseDn: 'dc=x', ...options });
    const provider = new LdapProvider(store);
    const authorization = `Basic ${Buffer.from(`alice:${PASSWORD}`).toString('base64')}`;
    const request = fakeRequest({ headers: { authorization } });
    const first = provider.authenticate(request, store);
    while (held.length === 0) await new Promise((resume) => setImmediate(resume));
    // From another address, or it would wait for the answer to the first.
    const other = fakeRequest({ headers: { authorization }, ip: '192.0.2.9', signal: gone.signal });
    const second = provider.authenticate(other, store).catch((error: unknown) => error);
    while (!gone.signal.aborted) await new Promise((resume) => setImmediate(resume));
    held[0]!.socket.write(result(held[0]!));
    expect(await first).to.be.instanceOf(Authentication);
    expect(await second).to.be.instanceOf(ServiceUnavailableError);
    expect(binds(fake)).to.have.length(1);
    store.close();
  });

  it('asks for the groups of groups by the rule of Active Directory, in one search', async () => {
    await using fake = await directory((asked) =>
      asked.bytes.includes('1.2.840.113556.1.4.1941')
        ? Buffer.concat([
            entry(asked, 'cn=staff,ou=g,dc=x', { cn: 'staff' }),
            entry(asked, 'cn=all,ou=g,dc=x', { cn: 'all' }),
            result(asked),
          ])
        : undefined,
    );
    const groups = { baseDn: 'ou=g,dc=x', nested: 'in-chain' } as const;
    const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x', groups });
    const alice = (await store.getUser('alice'))!;
    expect(alice.groups).to.deep.equal(['all', 'staff']);
    expect(await store.getGroup('staff', alice)).to.deep.equal({ name: 'staff', roles: [], groups: [] });
    const searches = fake.asked.filter(({ operation }) => operation === SEARCH);
    expect(searches).to.have.length(2);
    for (const part of ['member', DN]) expect(searches[1]!.bytes.includes(part), part).to.equal(true);
    store.close();
  });

  it('goes on when the shared connection was closed while nobody used it', async () => {
    await using fake = await directory(() => undefined);
    const store = new LdapUserstore({ url: fake.url, insecure: true, baseDn: 'dc=x', cacheMs: 0 });
    expect((await store.getUser('alice'))?.username).to.equal('alice');
    fake.sockets[0]!.destroy();
    expect((await store.getUser('alice'))?.username).to.equal('alice');
    expect(fake.sockets).to.have.length(2);
    store.close();
  });

  it('gives up on a host that accepts and never answers', async () => {
    const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const error = await login({ url: `ldaps://127.0.0.1:${String(port)}` }, SHORT);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
    expect(reasonOf(error)).to.include('no answer in time');
    silent.close();
  });
});
