import http from 'node:http';
import { expect } from 'chai';
import {
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, startApi, store, toReply } from '../support/scripted';

const BASIC = { scheme: 'Basic', params: { charset: 'UTF-8' } };
const byHeader = (request: SecurityRequest) => {
  const username = request.header('x-user');
  return username === undefined ? null : { username };
};

for (const driver of DRIVERS) {
  describe(`Requests and their authentication on ${driver.name}`, () => {
    beforeEach(reset);

    describe('an open action with @CurrentUser()', () => {
      it('gets undefined for an anonymous request and the user for an authenticated one', async () => {
        await using api = await startApi(driver, { security: { providers: [provider('p', byHeader)] } });
        const anonymous = await api.get('/open');
        expect([anonymous.status, anonymous.json()]).to.deep.equal([200, { user: null }]);
        expect(anonymous.challenges).to.deep.equal([]);
        expect((await api.get('/open', { 'x-user': 'ann' })).json()).to.deep.equal({ user: 'ann' });
      });

      for (const [error, status, body] of [
        [new BadCredentialsError(), 401, BODIES.bad],
        [new MalformedCredentialsError(), 401, BODIES.malformed],
        [new InvalidRequestError(), 400, BODIES.invalidRequest],
        [new ThrottledError(), 429, BODIES.throttled],
        [new ServiceUnavailableError(), 503, BODIES.unavailable],
        [new Error('a bug'), 500, BODIES.fault],
      ] as const) {
        it(`answers ${error.name} as a guarded action does`, async () => {
          await using api = await startApi(driver, {
            security: { providers: [provider('p', () => Promise.reject(error), { challenge: BASIC })] },
          });
          const [open, guarded] = [await api.get('/open'), await api.get('/guarded')];
          expect([open.status, open.json()]).to.deep.equal([status, body]);
          expect(open.challenges).to.deep.equal(guarded.challenges);
          expect(open.challenges.length).to.equal(status === 401 || status === 400 ? 1 : 0);
          expect(api.ran).to.deep.equal([]);
        });
      }

      it('answers 401 for an inactive user', async () => {
        await using api = await startApi(driver, {
          security: { providers: [provider('p', () => ({ username: 'ann', active: false }))] },
        });
        expect((await api.get('/open')).json()).to.deep.equal(BODIES.bad);
      });
    });

    it('answers 401 with the challenge for @CurrentUser({ required: true })', async () => {
      await using api = await startApi(driver, {
        security: { providers: [provider('p', byHeader, { challenge: BASIC })] },
      });
      const reply = await api.get('/required');
      expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.missing]);
      expect(reply.challenges).to.deep.equal(['Basic realm="api", charset="UTF-8"']);
      expect((await api.get('/required', { 'x-user': 'ann' })).json()).to.deep.equal({ user: 'ann' });
    });

    it('authenticates once for a guard, five @CurrentUser and a @CurrentAuthentication', async () => {
      let providerAsked = 0;
      let storeAsked = 0;
      await using api = await startApi(driver, {
        security: {
          providers: [provider('p', (_request, users) => ((providerAsked += 1), users.getUser('ann')))],
          userstores: [store(async (username) => ((storeAsked += 1), { username }))],
        },
      });
      const reply = await api.get('/many');
      expect(reply.json()).to.deep.equal({ users: Array(6).fill('ann') });
      expect([providerAsked, storeAsked]).to.deep.equal([1, 1]);
      expect(api.events.filter(({ type }) => type === 'authenticated')).to.have.length(1);
      await api.get('/many');
      expect([providerAsked, storeAsked]).to.deep.equal([2, 2]);
    });

    it('authenticates once however many parameters fail', async () => {
      let asked = 0;
      await using api = await startApi(driver, {
        security: {
          providers: [provider('p', () => ((asked += 1), Promise.reject(new BadCredentialsError())))],
        },
      });
      expect((await api.get('/many')).status).to.equal(401);
      expect((await api.get('/open')).status).to.equal(401);
      expect(asked).to.equal(2);
      expect(api.events.map(({ type }) => type)).to.deep.equal(['failed', 'failed']);
    });

    it('knows each request of one socket by itself alone', async () => {
      await using api = await startApi(driver, { security: { providers: [provider('p', byHeader)] } });
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();
      const send = async (path: string, user?: string) => {
        const headers = user === undefined ? {} : { 'x-user': user };
        const answer = await api.server.raw(path, { agent, headers });
        return toReply(answer);
      };
      api.server.server.on('request', (request: http.IncomingMessage) =>
        ports.add(request.socket.remotePort),
      );
      try {
        for (const user of ['ann', 'bob', undefined, 'ann', undefined, 'carl']) {
          expect((await send('/open', user)).json()).to.deep.equal({ user: user ?? null });
          expect((await send('/guarded', user)).status).to.equal(user === undefined ? 401 : 200);
        }
        expect(ports.size).to.equal(1);
      } finally {
        agent.destroy();
      }
    });

    it('keeps 1000 concurrent requests of 50 users apart', async () => {
      await using api = await startApi(driver, {
        security: {
          providers: [
            provider('p', async (request) => {
              await new Promise((resolve) => setImmediate(resolve));
              return byHeader(request);
            }),
          ],
        },
      });
      const replies = await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => {
          const user = `user${index % 50}`;
          return [user, (await api.get('/many', { 'x-user': user })).json()] as const;
        }),
      );
      for (const [user, body] of replies) expect(body).to.deep.equal({ users: Array(6).fill(user) });
    });
  });
}
