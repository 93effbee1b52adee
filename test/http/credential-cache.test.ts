import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { type PasswordProviderOptions, type User } from '../../src';
import { DEADLINE_MS, holdDeadlines, tooLate } from '../support/deadlines';
import { basic, DRIVERS } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords, hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { startApi, type StoreClass } from '../support/scripted';

const HASH = hashSync('secret', 4);
const ANN = basic('ann', 'secret');

for (const driver of DRIVERS) {
  describe(`The credential cache on ${driver.name}`, () => {
    let users: Record<string, User>;
    let verified: number;

    holdDeadlines();
    beforeEach(() => {
      reset();
      verified = 0;
      users = { ann: { username: 'ann', password: HASH, roles: ['admin'] } };
    });

    const start = async (options?: PasswordProviderOptions, stores?: StoreClass[]) => {
      const hasher = hasherWith({
        verify: (...args) => {
          verified += 1;
          return cheapPasswords.verify(...args);
        },
      });
      class Users {
        getUser = (name: string) => (Object.hasOwn(users, name) ? users[name] : null);
      }
      class Password extends CheapPasswordProvider {
        protected override readonly hasher = hasher;
        constructor() {
          super(options);
        }
      }
      const api = await startApi(driver, {
        security: { userstores: stores ?? [Users], providers: [Password] },
      });
      const status = async (path = '/admin', headers: Record<string, string> = ANN) =>
        (await api.get(path, headers)).status;
      return Object.assign(api, { status });
    };

    it('verifies a password once for many requests', async () => {
      await using api = await start();
      for (let count = 0; count < 5; count += 1) expect(await api.status()).to.equal(200);
      expect(verified).to.equal(1);
    });

    it('verifies a password once for many requests at once', async () => {
      await using api = await start();
      const statuses = await Promise.all(Array.from({ length: 40 }, () => api.status()));
      expect(new Set(statuses)).to.deep.equal(new Set([200]));
      expect(verified).to.equal(1);
    });

    it('verifies as often for equal wrong guesses at once, whether the user is known or not', async () => {
      await using api = await start();
      const counts: number[] = [];
      for (const name of ['ann', 'nobody']) {
        verified = 0;
        const guess = () => api.status('/admin', basic(name, 'wrong'));
        expect(new Set(await Promise.all(Array.from({ length: 10 }, guess)))).to.deep.equal(new Set([401]));
        counts.push(verified);
      }
      expect(counts).to.deep.equal([10, 10]);
    });

    it('verifies each time where it is switched off', async () => {
      await using api = await start({ credentialCache: false });
      for (let count = 0; count < 3; count += 1) expect(await api.status()).to.equal(200);
      expect(verified).to.equal(3);
    });

    it('a wrong password is verified each time, and never let in', async () => {
      await using api = await start();
      expect(await api.status()).to.equal(200);
      for (let count = 0; count < 3; count += 1) {
        expect(await api.status('/admin', basic('ann', 'wrong'))).to.equal(401);
      }
      expect(verified).to.equal(4);
    });

    it('a removed user, another hash, another role and `active` count at once', async () => {
      await using api = await start();
      const ann = users['ann']!;
      expect(await api.status()).to.equal(200);
      users['ann'] = { ...ann, active: false };
      expect(await api.status()).to.equal(401);
      users['ann'] = { ...ann, roles: [] };
      expect(await api.status()).to.equal(403);
      users['ann'] = { ...ann, password: hashSync('other', 4) };
      expect(await api.status()).to.equal(401);
      delete users['ann'];
      expect(await api.status()).to.equal(401);
      users['ann'] = ann;
      expect(await api.status()).to.equal(200);
    });

    it('remembers nobody who is inactive', async () => {
      users['ann'] = { ...users['ann']!, active: false };
      await using api = await start();
      expect([await api.status(), await api.status()]).to.deep.equal([401, 401]);
      expect(verified).to.equal(2);
    });

    it('remembers nothing that proved right only after the deadline', async () => {
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const late = hasherWith({
        verify: async () => {
          verified += 1;
          await tooLate(gate);
          return true;
        },
      });
      class Password extends CheapPasswordProvider {
        protected override readonly hasher = late;
      }
      class Users {
        getUser = () => users['ann'];
      }
      const security = { userstores: [Users], providers: [Password], deadlineMs: DEADLINE_MS };
      await using api = await startApi(driver, { security });
      expect((await api.get('/admin', ANN)).status).to.equal(503);
      release();
      await new Promise((resolve) => setImmediate(resolve));
      expect((await api.get('/admin', ANN)).status).to.equal(200);
      expect(verified).to.equal(2);
    });

    it('is emptied of a user by forget()', async () => {
      await using api = await start();
      await api.status();
      api.security.forget('bob');
      await api.status();
      expect(verified).to.equal(1);
      api.security.forget('ann');
      await api.status();
      expect(verified).to.equal(2);
    });

    it('takes users of one name and hash in two stores for two', async () => {
      let isInFirst = true;
      class First {
        getUser = () => (isInFirst ? users['ann'] : null);
      }
      class Second {
        getUser = () => users['ann'];
      }
      await using api = await start(undefined, [First, Second]);
      expect([await api.status(), await api.status()]).to.deep.equal([200, 200]);
      expect(verified).to.equal(1);
      isInFirst = false;
      expect(await api.status()).to.equal(200);
      expect(verified).to.equal(2);
    });
  });
}
