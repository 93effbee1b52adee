import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import {
  PasswordProvider,
  type PasswordProviderOptions,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { cheapPasswords, hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const HASH = hashSync('secret', 4);
const USERS = new Map<string, User>(
  ['ann', 'bob'].map((username) => [username, { username, password: HASH, roles: ['admin'] }]),
);
const RIGHT = basic('ann', 'secret');

for (const driver of DRIVERS) {
  for (const credentialCache of [undefined, false] as const) {
    const kept = credentialCache === false ? 'nothing is remembered' : 'credentials are remembered';
    describe(`Equal logins at once, where ${kept}, on ${driver.name}`, () => {
      /** Ends the verifications that are held up. */
      let release: () => void;
      let verified: string[];
      let signals: AbortSignal[];
      let fault: Error | undefined;

      beforeEach(() => {
        reset();
        verified = [];
        signals = [];
        fault = undefined;
      });

      const start = (options: PasswordProviderOptions = {}) => {
        const held = new Promise<void>((resolve) => (release = resolve));
        const passwords = hasherWith({
          verify: async (password, hash, signal) => {
            verified.push(password);
            if (signal) signals.push(signal);
            await held;
            if (fault !== undefined && verified.length === 1) throw fault;
            return cheapPasswords.verify(password, hash);
          },
        });
        class Users {
          getUser = (name: string) => USERS.get(name);
        }
        class Password extends PasswordProvider {
          constructor() {
            super({ passwords, ...(credentialCache === false && { credentialCache }), ...options });
          }
        }
        return startApi(driver, {
          security: { userstores: [Users], providers: [Password], trustProxy: 1, deadlineMs: 60_000 },
        });
      };
      type Api = Awaited<ReturnType<typeof start>>;

      /** Sends what comes at once, and ends the verifications once all of it has arrived. */
      const atOnce = async (api: Api, requests: Record<string, string>[]) => {
        let arrived = 0;
        api.server.server.on('request', () => (arrived += 1));
        const replies = Promise.all(requests.map((headers) => api.get('/admin', headers)));
        await eventually(() => arrived >= requests.length);
        await new Promise((resolve) => setImmediate(resolve));
        release();
        return (await replies).map(({ status }) => status);
      };
      const times = (count: number, headers: (index: number) => Record<string, string>) =>
        Array.from({ length: count }, (_, index) => headers(index));

      for (const perPair of [1, 2, 10]) {
        it(`are one try where ${String(perPair)} is free`, async () => {
          await using api = await start({ throttle: { perPair } });
          const statuses = await atOnce(
            api,
            times(30, () => RIGHT),
          );
          expect(new Set(statuses)).to.deep.equal(new Set([200]));
          expect(verified).to.have.length(1);
        });
      }

      it('are one try where nothing is throttled', async () => {
        await using api = await start({ throttle: false });
        const statuses = await atOnce(
          api,
          times(30, () => RIGHT),
        );
        expect(new Set(statuses)).to.deep.equal(new Set([200]));
        expect(verified).to.have.length(1);
      });

      it('are one try after failures too, and leave what was free before', async () => {
        await using api = await start({ throttle: { perPair: 3 } });
        release();
        for (const guess of ['a', 'b']) {
          expect((await api.get('/admin', basic('ann', guess))).status).to.equal(401);
        }
        const statuses = await atOnce(
          api,
          times(30, () => RIGHT),
        );
        expect(new Set(statuses)).to.deep.equal(new Set([200]));
        expect((await api.get('/admin', basic('ann', 'c'))).status).to.equal(401);
        expect((await api.get('/admin', basic('ann', 'd'))).status).to.equal(429);
      });

      for (const [kind, guess] of Object.entries({ equal: () => 'guess', different: String })) {
        it(`are throttled where they are wrong and ${kind}`, async () => {
          await using api = await start({ throttle: { perPair: 4 } });
          const statuses = await atOnce(
            api,
            times(30, (index) => basic('ann', guess(index))),
          );
          expect(statuses.filter((status) => status === 401)).to.have.length(4);
          expect(statuses.filter((status) => status === 429)).to.have.length(26);
          expect((await api.get('/admin', RIGHT)).status).to.equal(429);
        });
      }

      it('count again each time where the guess is wrong', async () => {
        await using api = await start({ throttle: { perPair: 3 } });
        release();
        const statuses: number[] = [];
        for (let count = 0; count < 5; count += 1) {
          statuses.push((await api.get('/admin', basic('ann', 'guess'))).status);
        }
        expect(statuses).to.deep.equal([401, 401, 401, 429, 429]);
      });

      it('are tries of their own for another user', async () => {
        await using api = await start();
        const statuses = await atOnce(
          api,
          times(20, (index) => (index % 2 === 0 ? RIGHT : basic('bob', 'secret'))),
        );
        expect(new Set(statuses)).to.deep.equal(new Set([200]));
        expect(verified).to.have.length(2);
      });

      it('let nobody in with another password', async () => {
        await using api = await start();
        const statuses = await atOnce(api, [RIGHT, basic('ann', 'Secret'), RIGHT, basic('ann', 'secret ')]);
        expect(statuses).to.deep.equal([200, 401, 200, 401]);
      });

      it('are proved again by the next one where the first could not be decided', async () => {
        await using api = await start({ throttle: { perPair: 1 } });
        fault = new ServiceUnavailableError();
        const statuses = await atOnce(
          api,
          times(30, () => RIGHT),
        );
        expect(statuses.filter((status) => status === 503)).to.have.length(1);
        expect(statuses.filter((status) => status === 200)).to.have.length(29);
        expect(verified).to.have.length(2);
      });

      it('are proved all the same when the client that came first goes away', async () => {
        await using api = await start({ throttle: { perPair: 1 } });
        const { port } = api.server.server.address() as AddressInfo;
        let arrived = 0;
        let hasGone = false;
        api.server.server.on('request', (_request, response: http.ServerResponse) => {
          arrived += 1;
          if (arrived === 1) response.once('close', () => (hasGone = true));
        });
        const first = http.get({ port, path: '/admin', headers: RIGHT });
        first.on('error', () => undefined);
        await eventually(() => verified.length === 1);
        const others = times(10, () => RIGHT).map((headers) => api.get('/admin', headers));
        await eventually(() => arrived === 11);
        first.destroy();
        await eventually(() => hasGone);
        await new Promise((resolve) => setImmediate(resolve));
        expect(signals[0]?.aborted).to.equal(false);
        release();
        expect(new Set((await Promise.all(others)).map(({ status }) => status))).to.deep.equal(
          new Set([200]),
        );
        expect(verified).to.have.length(1);
      });

      it('are verified no further when all who sent them have gone', async () => {
        await using api = await start({ throttle: { perPair: 1 } });
        const { port } = api.server.server.address() as AddressInfo;
        const sent = Array.from({ length: 3 }, () => http.get({ port, path: '/admin', headers: RIGHT }));
        let arrived = 0;
        api.server.server.on('request', () => (arrived += 1));
        for (const request of sent) request.on('error', () => undefined);
        await eventually(() => arrived === 3 && verified.length === 1);
        for (const request of sent) request.destroy();
        await eventually(() => signals[0]?.aborted === true);
        release();
        // What could not be decided leaves nothing behind.
        await eventually(async () => (await api.get('/admin', RIGHT)).status === 200);
      });

      if (credentialCache === false) {
        it('are tries of their own from another address', async () => {
          await using api = await start();
          const from = (ip: string) => ({ ...RIGHT, 'x-forwarded-for': ip });
          const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.1:4711', '2001:db8::1', '[2001:db8::2]:4711'];
          const statuses = await atOnce(api, addresses.map(from));
          expect(new Set(statuses)).to.deep.equal(new Set([200]));
          expect(verified).to.have.length(3);
        });
      }
    });
  }
}
