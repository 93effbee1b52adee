import { mock } from 'node:test';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import {
  PasswordProvider,
  type PasswordProviderOptions,
  ServiceUnavailableError,
  TokenProvider,
  TokenService,
  Authentication,
  type User,
} from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { type Reply, startApi } from '../support/scripted';

const HASH = hashSync('secret', 4);
const ANN: User = { username: 'ann', password: HASH, roles: ['admin'] };
const IDA: User = { username: 'ida', password: HASH, roles: ['admin'], active: false };
const USERS = new Map([ANN, IDA].map((user) => [user.username, user]));

const shown = ({ status, text, headers: { date: _date, ...headers } }: Reply) => ({ status, text, headers });

for (const driver of DRIVERS) {
  describe(`The throttle on ${driver.name}`, () => {
    let isDown: boolean;

    beforeEach(() => {
      reset();
      isDown = false;
      mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
    });
    afterEach(() => {
      mock.timers.reset();
    });

    const start = (options?: PasswordProviderOptions) => {
      const tokens = new TokenService({
        secret: 'a secret of more than thirty-two bytes',
        issuer: 'test',
        audience: 'test',
      });
      class Users {
        getUser(name: string) {
          if (isDown) throw new ServiceUnavailableError();
          return USERS.get(name);
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords, ...options });
        }
      }
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      const security = { userstores: [Users], providers: [Password, Token] };
      return startApi(driver, { security }).then((api) => Object.assign(api, { tokens }));
    };

    it('429 with Retry-After after ten failures, and 200 when it has passed', async () => {
      await using api = await start();
      for (let count = 0; count < 10; count += 1) {
        expect((await api.get('/admin', basic('ann', `guess ${String(count)}`))).status).to.equal(401);
      }
      const refused = await api.get('/admin', basic('ann', 'secret'));
      expect(refused.status).to.equal(429);
      expect(refused.headers['retry-after']).to.equal('5');
      expect(refused.challenges).to.deep.equal([]);
      expect(refused.json()).to.deep.equal({
        name: 'ThrottledError',
        code: 'too_many_attempts',
        message: 'Too Many Attempts',
      });
      expect(api.events.at(-1)).to.deep.include({ type: 'failed', code: 'too_many_attempts' });
      mock.timers.tick(5000);
      expect((await api.get('/admin', basic('ann', 'secret'))).status).to.equal(200);
    });

    it('answers alike for a known, unknown and inactive user and for a right password', async () => {
      await using api = await start({ throttle: { perPair: 2 } });
      const replies: unknown[] = [];
      for (const [name, ...typed] of [
        ['ann', 'wrong', 'wrong', 'wrong'],
        ['ann ', 'wrong', 'wrong', 'secret'],
        ['nobody', 'wrong', 'wrong', 'wrong'],
        ['ida', 'wrong', 'wrong', 'wrong'],
        ['IDA', 'secret', 'secret', 'secret'],
      ] as const) {
        // Each has its own account by then: the window of the one before is over.
        mock.timers.tick(3600_000);
        const answers: unknown[] = [];
        for (const password of typed) answers.push(shown(await api.get('/admin', basic(name, password))));
        replies.push(answers);
      }
      for (const answers of replies) expect(answers).to.deep.equal(replies[0]);
      expect((replies[0] as { status: number }[]).map(({ status }) => status)).to.deep.equal([401, 401, 429]);
    });

    it('counts an inactive user with the right password', async () => {
      await using api = await start();
      const replies = await Promise.all(
        Array.from({ length: 40 }, () => api.get('/admin', basic('ida', 'secret'))),
      );
      expect(replies.filter(({ status }) => status === 401)).to.have.length(10);
      expect(replies.filter(({ status }) => status === 429)).to.have.length(30);
    });

    for (const guess of ['equal', 'different']) {
      it(`of 100 ${guess} guesses at once ten are looked at`, async () => {
        await using api = await start();
        const replies = await Promise.all(
          Array.from({ length: 100 }, (_, count) =>
            api.get('/admin', basic('ann', guess === 'equal' ? 'guess' : `guess ${String(count)}`)),
          ),
        );
        expect(replies.filter(({ status }) => status === 401)).to.have.length(10);
        expect(replies.filter(({ status }) => status === 429)).to.have.length(90);
      });
    }

    it('lets a right password through as often as it comes, also many at once', async () => {
      await using api = await start({ throttle: { perPair: 2 } });
      for (let round = 0; round < 3; round += 1) {
        const replies = await Promise.all(
          Array.from({ length: 30 }, () => api.get('/admin', basic('ann', 'secret'))),
        );
        expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([200]));
      }
    });

    it('tells no remembered password from a wrong one while tries must wait', async () => {
      await using api = await start({ throttle: { perPair: 2 } });
      expect((await api.get('/admin', basic('ann', 'secret'))).status).to.equal(200);
      for (let count = 0; count < 2; count += 1) await api.get('/admin', basic('ann', 'wrong'));
      const [right, wrong] = [
        await api.get('/admin', basic('ann', 'secret')),
        await api.get('/admin', basic('ann', 'wrong')),
      ];
      expect(right.status).to.equal(429);
      expect(shown(right)).to.deep.equal(shown(wrong));
    });

    it('lets a token through, however many passwords were wrong', async () => {
      await using api = await start({ throttle: { perAddress: 1 } });
      await api.get('/admin', basic('ann', 'wrong'));
      expect((await api.get('/admin', basic('ann', 'secret'))).status).to.equal(429);
      const { token } = api.tokens.issue(new Authentication(ANN, { authenticatedAt: new Date() }));
      expect((await api.get('/admin', { authorization: `Bearer ${token}` })).status).to.equal(200);
    });

    it('counts nothing while the store is down', async () => {
      await using api = await start({ throttle: { perPair: 1 } });
      isDown = true;
      for (let count = 0; count < 5; count += 1) {
        expect((await api.get('/admin', basic('ann', 'secret'))).status).to.equal(503);
      }
      isDown = false;
      expect((await api.get('/admin', basic('ann', 'secret'))).status).to.equal(200);
    });

    it('counts by the socket, whatever the client says that it forwards', async () => {
      await using api = await start({ throttle: { perAddress: 3 } });
      const statuses: number[] = [];
      for (let host = 0; host < 5; host += 1) {
        const headers = {
          ...basic(`user${String(host)}`, 'x'),
          'x-forwarded-for': `198.51.100.${String(host)}`,
        };
        statuses.push((await api.get('/admin', headers)).status);
      }
      expect(statuses).to.deep.equal([401, 401, 401, 429, 429]);
    });

    it('looks at every guess where it is switched off', async () => {
      await using api = await start({ throttle: false });
      for (let count = 0; count < 30; count += 1) {
        expect((await api.get('/admin', basic('ann', 'wrong'))).status).to.equal(401);
      }
    });
  });
}
