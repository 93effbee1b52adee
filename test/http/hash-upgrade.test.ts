import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type CredentialCacheOptions,
  FileUserstore,
  MemoryUserstore,
  type MisconfiguredEvent,
  passwordController,
  PasswordProvider,
  Passwords,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { CrashWatch, startApi, type StoreClass } from '../support/scripted';

const OUTDATED = hashSync('secret', 4);
const ANN = basic('ann', 'secret');
const costOf = (hash: string | null | undefined) => hash?.slice(4, 6);

for (const driver of DRIVERS) {
  describe(`Hash upgrades on ${driver.name}`, () => {
    let hashed: number;
    let replaced: number;
    let verified: number;
    let stored: string;
    let updates: unknown[][];
    let update: (user: User, newHash: string, oldHash: string) => unknown;

    beforeEach(() => {
      reset();
      hashed = 0;
      replaced = 0;
      verified = 0;
      stored = OUTDATED;
      updates = [];
      update = (_user, newHash, oldHash) => {
        if (stored !== oldHash) return false;
        stored = newHash;
        replaced += 1;
        return true;
      };
    });

    class Users {
      getUser(name: string): User | null {
        if (name === 'idle') return { username: name, password: stored, active: false };
        return name === 'ann' ? { username: name, password: stored } : null;
      }
      updatePassword(...args: [User, string, string]) {
        updates.push(args);
        return update(...args) as boolean;
      }
    }

    const start = (
      stores: StoreClass[] = [Users],
      controllers?: object[],
      newCost = 5,
      credentialCache: CredentialCacheOptions | false = false,
    ) => {
      const base = new Passwords({ newHashes: { scheme: 'bcrypt', cost: newCost } });
      const passwords = hasherWith(
        {
          hash: (password) => {
            hashed += 1;
            return base.hash(password);
          },
          verify: (...args) => {
            verified += 1;
            return base.verify(...args);
          },
        },
        base,
      );
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords, credentialCache, throttle: false });
        }
      }
      const security = { userstores: stores, providers: [Password] };
      return startApi(driver, {
        security,
        ...(controllers && { host: { controllers: controllers as never[] } }),
      });
    };

    it('replaces an outdated hash by one of the same password', async () => {
      await using api = await start();
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => stored !== OUTDATED);
      expect(costOf(stored)).to.equal('05');
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect((await api.get('/guarded', basic('ann', 'other'))).status).to.equal(401);
      expect(hashed).to.equal(1);
      expect(updates.map(({ length }) => length)).to.deep.equal([3]);
    });

    it('waits for the reply', async () => {
      let release: (() => void) | undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let isInAction = false;
      @JsonController()
      class Slow {
        @Authorized() @Get('/slow') async slow() {
          isInAction = true;
          await released;
          return {};
        }
      }
      await using api = await start([Users], [Slow]);
      const reply = api.get('/slow', ANN);
      await eventually(() => isInAction);
      expect(hashed).to.equal(0);
      release?.();
      expect((await reply).status).to.equal(200);
      await eventually(() => stored !== OUTDATED);
    });

    it('upgrades once for many logins at once', async () => {
      await using api = await start();
      const replies = await Promise.all(Array.from({ length: 20 }, () => api.get('/guarded', ANN)));
      expect(replies.map(({ status }) => status)).to.deep.equal(Array(20).fill(200));
      await eventually(() => stored !== OUTDATED);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(costOf(stored)).to.equal('05');
      expect(replaced).to.equal(1);
      expect(hashed).to.equal(1);
    });

    it('remembers a login for the new hash, unless it was forgotten meanwhile', async () => {
      await using api = await start([Users], undefined, 5, {});
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => stored !== OUTDATED);
      for (let count = 0; count < 3; count += 1)
        expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(verified).to.equal(1);

      stored = hashSync('secret', 4);
      const original = update;
      update = (...args) => {
        api.security.forget('ann');
        return original(...args);
      };
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => replaced === 2);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(verified).to.equal(3);
    });

    it('does not try again for a login that is remembered', async () => {
      update = () => false;
      await using api = await start([Users], undefined, 5, {});
      for (let count = 0; count < 4; count += 1) {
        expect((await api.get('/guarded', ANN)).status).to.equal(200);
        await eventually(() => updates.length > 0);
      }
      expect(verified).to.equal(1);
      expect(hashed).to.equal(1);
    });

    it('leaves a hash that was changed meanwhile', async () => {
      const changed = hashSync('another', 4);
      const original = update;
      update = (...args) => {
        stored = changed;
        return original(...args);
      };
      await using api = await start();
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => updates.length === 1);
      expect(stored).to.equal(changed);
      expect(api.events.filter(({ type }) => type === 'misconfigured')).to.deep.equal([]);
    });

    it('upgrades for no wrong password and no inactive user', async () => {
      await using api = await start();
      for (const headers of [basic('ann', 'wrong'), basic('idle', 'secret'), basic('nobody', 'secret')]) {
        expect((await api.get('/guarded', headers)).status).to.equal(401);
      }
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => stored !== OUTDATED);
      expect(hashed).to.equal(1);
      expect(updates.map(([user]) => (user as User).username)).to.deep.equal(['ann']);
    });

    it('leaves hashes as good as new ones, and dearer ones, alone', async () => {
      await using api = await start([Users], undefined, 4);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      stored = hashSync('secret', 6);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(hashed).to.equal(0);
    });

    for (const [what, fail, reason] of [
      ['throws', () => { throw new Error(`no room for ${stored} of secret`); }, 'no room for *** of ***'], // prettier-ignore
      ['rejects', () => Promise.reject(new Error('read-only')), 'read-only'],
      ['says nothing', () => undefined, 'updatePassword() must return true or false'],
      [
        'is down',
        () => Promise.reject(new ServiceUnavailableError({ cause: new Error('read-only') })),
        'read-only',
      ],
    ] as const) {
      it(`fails no login where the store ${what}, and leaves the store alone for a while`, async () => {
        update = fail;
        using watch = new CrashWatch();
        await using api = await start();
        for (let count = 0; count < 3; count += 1) {
          expect((await api.get('/guarded', ANN)).status).to.equal(200);
          await eventually(() => updates.length === 1);
        }
        expect(hashed).to.equal(1);
        expect(await watch.settled()).to.deep.equal([]);
        const told = api.events.filter(({ type }) => type === 'misconfigured');
        expect(told).to.have.length(1);
        expect(told[0]).to.include({ component: 'Password', user: 'ann' });
        expect((told[0] as MisconfiguredEvent).problem).to.include(reason);
        const all = JSON.stringify([api.events, api.logger]);
        expect(all).to.not.include('secret');
        expect(all).to.not.include(OUTDATED);
      });
    }

    it('upgrades where the user came from', async () => {
      const others: unknown[] = [];
      class First {
        getUser() {
          return null;
        }
        updatePassword(...args: unknown[]) {
          others.push(args);
          return true;
        }
      }
      await using api = await start([First, Users]);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => stored !== OUTDATED);
      expect(others).to.deep.equal([]);
    });

    it('upgrades what users brought along in a file, and leaves the rest of the file', async () => {
      const salt = Buffer.from('salt of eight');
      const digest = createHash('sha1').update('secret').update(salt).digest();
      const brought = `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
      const folder = mkdtempSync(join(tmpdir(), 'securest-'));
      const path = join(folder, 'users.yaml');
      const text = `# Who may log in\nusers:\n  - username: ann # since May\n    password: '${brought}'\n`;
      writeFileSync(path, text);
      class File extends FileUserstore {
        constructor() {
          super({ path });
        }
      }
      await using api = await start([File]);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      await eventually(() => readFileSync(path, 'utf8') !== text);
      const written = readFileSync(path, 'utf8');
      const made = /password: '(\$2b\$05\$[^']{53})'/.exec(written)?.[1] ?? '';
      expect(written).to.equal(text.replace(brought, made));
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect((await api.get('/guarded', basic('ann', 'wrong'))).status).to.equal(401);
      expect(hashed).to.equal(1);
      await api.security.close();
      rmSync(folder, { recursive: true });
    });

    it('is content with a store that keeps hashes as they are', async () => {
      class ReadOnly {
        getUser(username: string): User {
          return { username, password: OUTDATED };
        }
      }
      await using api = await start([ReadOnly]);
      expect((await api.get('/guarded', ANN)).status).to.equal(200);
      expect(hashed).to.equal(0);
    });

    it('hashes only the new password where a request changes it', async () => {
      class Memory extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password: OUTDATED }] });
        }
      }
      await using api = await start([Memory], [passwordController()]);
      const body = JSON.stringify({ currentPassword: 'secret', newPassword: 'staple in the meadow' });
      const headers = { ...ANN, 'content-type': 'application/json' };
      expect((await api.server.raw('/password', { method: 'PUT', headers }, body)).status).to.equal(204);
      const next = { ...headers, ...basic('ann', 'staple in the meadow') };
      expect((await api.server.raw('/password', { method: 'PUT', headers: next }, '{}')).status).to.equal(
        400,
      );
      expect(hashed).to.equal(1);
    });

    it('upgrades after a login outside of an action too', async () => {
      await using api = await start();
      const request = { headers: ANN, rawHeaders: ['Authorization', ANN.authorization], method: 'GET', url: '/', socket: { remoteAddress: '127.0.0.1' } }; // prettier-ignore
      expect((await api.security.authenticate(request as never))?.user.username).to.equal('ann');
      await eventually(() => stored !== OUTDATED);
    });
  });
}
