/** Passwords, as far as a client can see how they are checked. */
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import {
  AccountStatusError,
  BadCredentialsError,
  type Group,
  MemoryUserstore,
  type SecurityOptions,
  type User,
} from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords, hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { BODIES, fingerprint, provider, startApi } from '../support/scripted';

const hash = (password: string) => hashSync(password, 4);
const PRECOMPOSED = 'jos\u00e9';
const USERS: User[] = [
  { username: 'ann', password: hash('a:b:c'), groups: ['staff'] },
  { username: 'gone', password: hash('pw'), active: false },
  { username: 'nohash' },
  { username: 'broken', password: '$2b$99$notahash' },
  { username: 'staff', password: hash('pw') },
  { username: PRECOMPOSED, password: hash('pw') },
];
const GROUPS: Group[] = [{ name: 'staff', roles: ['admin'] }];

/** Which names the store was asked for, and how much hash work was done at which cost. */
const asked: string[] = [];
const costs: string[] = [];
class Users extends MemoryUserstore {
  constructor() {
    super({ users: USERS, groups: GROUPS });
  }
  override getUser(identifier: string): User | null {
    asked.push(identifier);
    return super.getUser(identifier);
  }
}
class Password extends CheapPasswordProvider {
  protected override readonly hasher = hasherWith({
    verify: (...args) => (costs.push(args[1].slice(0, 7)), cheapPasswords.verify(...args)),
  });
}

for (const driver of DRIVERS) {
  describe(`Password logins on ${driver.name}`, () => {
    beforeEach(() => {
      reset();
      asked.length = 0;
      costs.length = 0;
    });
    const start = (more: SecurityOptions = {}) =>
      startApi(driver, { security: { providers: [Password], userstores: [Users], ...more } });
    const encoded = (bytes: Buffer | string) => ({
      authorization: `Basic ${Buffer.from(bytes).toString('base64')}`,
    });

    it('the first colon ends the user name', async () => {
      await using api = await start();
      expect((await api.get('/guarded', basic('ann', 'a:b:c'))).json()).to.deep.equal({ user: 'ann' });
      expect(asked).to.deep.equal(['ann']);
    });

    it('control characters and broken UTF-8 are 401 before the store', async () => {
      await using api = await start();
      for (const bytes of [
        'ann\0:a:b:c',
        'ann:a:b:c\0',
        'ann\r\n:a:b:c',
        'ann:a:b:c\n',
        'a\tnn:pw',
        'ann\u007f:pw',
        'ann\u0085:pw',
        Buffer.from([0x61, 0xff, 0x3a, 0x62]),
        Buffer.from([0xc0, 0xaf, 0x3a, 0x62]),
        Buffer.from([0xed, 0xa0, 0x80, 0x3a, 0x62]),
        'no colon',
      ]) {
        const reply = await api.get('/guarded', encoded(bytes));
        expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.malformed]);
      }
      for (const value of ['%%%', 'YTpi=', 'YTpiYg', 'YTp i', 'YW5uOnB3\u00a0', 'YW5uOnB_-w==']) {
        expect((await api.get('/guarded', { authorization: `Basic ${value}` })).status, value).to.equal(401);
      }
      expect([asked, costs, api.ran]).to.deep.equal([[], [], []]);
    });

    it('what is longer than any password is 401 before the store', async () => {
      await using api = await start();
      expect((await api.get('/guarded', basic('ann', 'x'.repeat(1025)))).status).to.equal(401);
      expect((await api.get('/guarded', basic('x'.repeat(256), 'pw'))).status).to.equal(401);
      expect([asked, costs]).to.deep.equal([[], []]);
    });

    it('an empty user or password is 401 and the store is not asked', async () => {
      await using api = await start();
      for (const [user, password] of [
        ['', 'pw'],
        ['ann', ''],
        ['', ''],
      ] as const) {
        expect((await api.get('/guarded', basic(user, password))).status).to.equal(401);
      }
      expect([asked, costs]).to.deep.equal([[], []]);
    });

    it('every refusal costs one hash computation of the same cost', async () => {
      await using api = await start();
      for (const [user, password] of [
        ['ann', 'wrong'],
        ['unknown', 'pw'],
        ['gone', 'pw'],
        ['gone', 'wrong'],
        ['nohash', 'pw'],
        ['broken', 'pw'],
      ] as const) {
        costs.length = 0;
        expect((await api.get('/guarded', basic(user, password))).status).to.equal(401);
        expect(costs, `${user} ${password}`).to.deep.equal(['$2b$04$']);
      }
    });

    it('no refusal tells why, by status, header or body', async () => {
      await using api = await start();
      const wrong = fingerprint(await api.get('/guarded', basic('ann', 'wrong')));
      expect(wrong)
        .to.match(/^401\n/)
        .and.contain('invalid_credentials');
      for (const [user, password] of [
        ['unknown', 'pw'],
        ['gone', 'pw'],
        ['gone', 'wrong'],
        ['nohash', 'pw'],
        ['broken', 'pw'],
        ['staff', 'wrong'],
        ['__proto__', 'pw'],
      ] as const) {
        expect(fingerprint(await api.get('/guarded', basic(user, password))), user).to.equal(wrong);
      }
      for (const path of ['/open', '/required', '/admin']) {
        const here = fingerprint(await api.get(path, basic('ann', 'wrong')));
        expect(fingerprint(await api.get(path, basic('gone', 'pw'))), path).to.equal(here);
        expect(fingerprint(await api.get(path, basic('unknown', 'pw'))), path).to.equal(here);
      }
    });

    it('nor does it for what a provider of the app says about an account', async () => {
      for (const reason of ['locked', 'expired']) {
        let error: Error = new BadCredentialsError();
        const password = provider('p', () => Promise.reject(error), { challenge: { scheme: 'Basic' } });
        await using api = await start({ providers: [password] });
        const bad = fingerprint(await api.get('/guarded'));
        error = new AccountStatusError({ cause: new Error(reason) });
        expect(fingerprint(await api.get('/guarded'))).to.equal(bad);
      }
    });

    it('a name is one name everywhere: not trimmed, folded or normalised in one layer only', async () => {
      await using api = await start();
      for (const name of ['Ann', 'ANN', ' ann', 'ann ', 'ann\u200b', '\uff41nn', 'a\u0430nn']) {
        expect((await api.get('/guarded', basic(name, 'a:b:c'))).status, name).to.equal(401);
        expect(asked.at(-1)).to.equal(name);
      }
      expect((await api.get('/guarded', basic(PRECOMPOSED, 'pw'))).json()).to.deep.equal({
        user: PRECOMPOSED,
      });
      expect((await api.get('/guarded', basic(PRECOMPOSED.normalize('NFD'), 'pw'))).status).to.equal(401);
      const allowed = api.events.find(({ type }) => type === 'allowed');
      expect(allowed).to.include({ user: PRECOMPOSED });
    });

    it('names of what every object has are just names', async () => {
      await using api = await start();
      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf']) {
        const reply = await api.get('/guarded', basic(name, 'pw'));
        expect([reply.status, reply.json()], name).to.deep.equal([401, BODIES.bad]);
      }
      expect(asked).to.have.length(6);
    });

    it('a user does not have the roles of a group of the same name', async () => {
      await using api = await start();
      expect((await api.get('/admin', basic('staff', 'pw'))).json()).to.deep.equal(BODIES.denied);
      expect((await api.get('/admin', basic('ann', 'a:b:c'))).json()).to.deep.equal({ user: 'ann' });
    });
  });
}
