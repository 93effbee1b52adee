import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import http from 'node:http';
import { MemoryUserstore, PasswordProvider, Passwords } from '../../src';
import { HashPool } from '../../src/passwords/hash-pool';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { BODIES, startApi } from '../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', password: hashSync('secret', 10) }] });
  }
}

for (const driver of DRIVERS) {
  describe(`Password logins under load on ${driver.name}`, () => {
    beforeEach(reset);

    it('answers 503 with Retry-After when too much waits, and other requests as before', async () => {
      const pool = new HashPool({ threads: 1, maxQueued: 2 });
      class Password extends PasswordProvider {
        protected override readonly hasher = new Passwords({
          newHashes: { scheme: 'bcrypt', cost: 10 },
          pool,
        });
      }
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      const logins = Array.from({ length: 12 }, (_, index) =>
        api.get('/guarded', basic('ann', index % 2 === 0 ? 'secret' : 'wrong')),
      );
      expect((await api.get('/open')).status).to.equal(200);
      const replies = await Promise.all(logins);
      const full = replies.filter(({ status }) => status === 503);
      expect(full.length).to.be.at.least(1);
      for (const reply of full) {
        expect(reply.json()).to.deep.equal(BODIES.unavailable);
        expect(reply.headers['retry-after']).to.equal('5');
        expect(reply.challenges).to.deep.equal([]);
      }
      for (const [index, { status }] of replies.entries()) {
        expect(status).to.be.oneOf([index % 2 === 0 ? 200 : 401, 503]);
      }
      expect((await api.get('/guarded', basic('ann', 'secret'))).status).to.equal(200);
      await pool.close();
    });

    it('tells the provider when the client has gone', async () => {
      const signals: AbortSignal[] = [];
      const hasher = hasherWith({
        verify: (_password, _hash, signal) =>
          new Promise((resolve) => {
            if (signal === undefined) return;
            signals.push(signal);
            signal.addEventListener('abort', () => {
              resolve(false);
            });
          }),
      });
      class Password extends PasswordProvider {
        protected override readonly hasher = hasher;
      }
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      const request = http.get(`${api.server.url}/guarded`, { headers: basic('ann', 'secret') });
      request.on('error', () => undefined);
      await eventually(() => signals.length === 1);
      expect(signals[0]?.aborted).to.equal(false);
      request.destroy();
      await eventually(() => signals[0]?.aborted === true);
    });

    it('aborts nothing while the client waits', async () => {
      const aborted: boolean[] = [];
      class Password extends PasswordProvider {
        override async authenticate(...[request, store]: Parameters<PasswordProvider['authenticate']>) {
          const { signal } = request;
          const login = await super.authenticate(request, store);
          aborted.push(signal.aborted);
          return login;
        }
      }
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      expect((await api.get('/guarded', basic('ann', 'secret'))).status).to.equal(200);
      expect(aborted).to.deep.equal([false]);
    });
  });
}
