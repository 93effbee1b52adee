import { expect } from 'chai';
import {
  AccountStatusError,
  Authentication,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  type SecurityOptions,
  ServiceUnavailableError,
  ThrottledError,
  TokenInvalidError,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines, tooLate } from '../support/deadlines';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, fingerprint, provider, startApi, store } from '../support/scripted';

const throwing = (error: unknown) => () => {
  throw error;
};
const BASIC = { scheme: 'Basic', params: { charset: 'UTF-8' } };
const BEARER = { scheme: 'Bearer' };
const BASIC_LINE = 'Basic realm="api", charset="UTF-8"';
const CREDENTIALS = { authorization: 'Basic YTpi' };
const TOKEN = { authorization: 'Bearer abc' };

/** Each verdict that is no grant, from the mildest to the most severe. */
const VERDICTS = {
  missing: { script: () => null, status: 401, body: BODIES.missing },
  malformed: { script: throwing(new MalformedCredentialsError()), status: 401, body: BODIES.malformed },
  inactive: { script: throwing(new AccountStatusError()), status: 401, body: BODIES.bad },
  bad: { script: throwing(new BadCredentialsError()), status: 401, body: BODIES.bad },
  unavailable: { script: throwing(new ServiceUnavailableError()), status: 503, body: BODIES.unavailable },
  bug: { script: throwing(new Error('a bug')), status: 500, body: BODIES.fault },
} as const;
type VerdictName = keyof typeof VERDICTS;
const NAMES = Object.keys(VERDICTS) as VerdictName[];

for (const driver of DRIVERS) {
  describe(`The chain on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    const start = (providers: SecurityOptions['providers'], security: SecurityOptions = {}) =>
      startApi(driver, { security: { providers: providers ?? [], ...security } });
    const granting = (name = 'granting', credential = 'authorization') =>
      provider(name, () => ({ username: name }), { credential });

    describe('one provider', () => {
      it('lets the action run when it returns a user', async () => {
        await using api = await start([granting('ann')]);
        const reply = await api.get('/guarded');
        expect([reply.status, reply.json()]).to.deep.equal([200, { user: 'ann' }]);
        expect(reply.challenges).to.deep.equal([]);
      });

      it('lets the action run when it returns an Authentication', async () => {
        await using api = await start([provider('p', () => new Authentication({ username: 'ann' }))]);
        expect((await api.get('/guarded')).json()).to.deep.equal({ user: 'ann' });
      });

      for (const nothing of [null, undefined]) {
        it(`answers 401 authentication_required with every challenge, Bearer first, when it returns ${String(nothing)}`, async () => {
          await using api = await start([
            provider('first', () => nothing, { challenge: BASIC }),
            provider('silent', () => nothing),
            provider('second', async () => nothing, { challenge: BEARER }),
          ]);
          const reply = await api.get('/guarded');
          expect(reply.status).to.equal(401);
          expect(reply.json()).to.deep.equal(BODIES.missing);
          expect(reply.challenges).to.deep.equal(['Bearer realm="api"', BASIC_LINE]);
          expect(reply.headers['retry-after']).to.equal(undefined);
          expect(api.ran).to.deep.equal([]);
        });
      }

      for (const error of [new BadCredentialsError(), new TokenInvalidError()]) {
        it(`answers 401 invalid_credentials and error="invalid_token" when it throws ${error.name}`, async () => {
          await using api = await start([
            provider('password', () => null, { challenge: BASIC }),
            provider('token', throwing(error), { challenge: BEARER }),
          ]);
          const reply = await api.get('/guarded', TOKEN);
          expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
          expect(reply.challenges).to.deep.equal(['Bearer realm="api", error="invalid_token"', BASIC_LINE]);
        });
      }

      it('answers 401 with the challenge when it throws MalformedCredentialsError', async () => {
        await using api = await start([
          provider('p', throwing(new MalformedCredentialsError()), { challenge: BASIC }),
        ]);
        const reply = await api.get('/guarded', CREDENTIALS);
        expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.malformed]);
        expect(reply.challenges).to.deep.equal([BASIC_LINE]);
      });

      for (const error of [new MalformedCredentialsError(), new InvalidRequestError()]) {
        it(`answers 400 invalid_request when it throws ${error.name} over a Bearer header`, async () => {
          await using api = await start([provider('p', throwing(error), { challenge: BEARER })]);
          const reply = await api.get('/guarded', TOKEN);
          expect([reply.status, reply.json()]).to.deep.equal([400, BODIES.invalidRequest]);
          expect(reply.challenges).to.deep.equal(['Bearer realm="api", error="invalid_request"']);
        });
      }

      it('answers 429 with Retry-After and without a challenge when it throws ThrottledError', async () => {
        await using api = await start([
          provider('p', throwing(new ThrottledError({ retryAfterSeconds: 41.2 })), { challenge: BASIC }),
        ]);
        const reply = await api.get('/guarded', CREDENTIALS);
        expect([reply.status, reply.json()]).to.deep.equal([429, BODIES.throttled]);
        expect(reply.headers['retry-after']).to.equal('42');
        expect(reply.challenges).to.deep.equal([]);
      });

      it('answers 503 with Retry-After and without a challenge when it throws ServiceUnavailableError', async () => {
        await using api = await start([
          provider('p', throwing(new ServiceUnavailableError({ retryAfterSeconds: 7 })), {
            challenge: BASIC,
          }),
        ]);
        const reply = await api.get('/guarded', CREDENTIALS);
        expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
        expect(reply.headers['retry-after']).to.equal('7');
        expect(reply.challenges).to.deep.equal([]);
      });

      it('answers 500 security_error and logs the cause when it throws anything else', async () => {
        await using api = await start([
          provider('p', throwing(new Error('pool is gone', { cause: new TypeError('root cause') }))),
        ]);
        const reply = await api.get('/guarded', CREDENTIALS);
        expect([reply.status, reply.json()]).to.deep.equal([500, BODIES.fault]);
        expect(reply.challenges).to.deep.equal([]);
        const logged = api.logger.lines.filter((line) => line.startsWith('error'));
        expect(logged).to.have.length(1);
        expect(logged[0]).to.match(/p could not decide \(bug\).*pool is gone.*root cause/);
      });
    });

    describe('inactive users', () => {
      it('get byte for byte what bad credentials get, whichever way they are found out', async () => {
        let script: () => unknown = () => null;
        await using api = await start([
          provider('p', () => script(), { challenge: BASIC }),
          provider('t', () => null, { challenge: BEARER }),
        ]);
        const replyTo = async (next: () => unknown) => {
          script = next;
          return fingerprint(await api.get('/guarded', CREDENTIALS));
        };
        const bad = await replyTo(throwing(new BadCredentialsError()));
        expect(bad).to.match(/^401\n/);
        expect(await replyTo(throwing(new AccountStatusError()))).to.equal(bad);
        expect(await replyTo(() => ({ username: 'ann', active: false }))).to.equal(bad);
        expect(await replyTo(() => new Authentication({ username: 'ann', active: false }))).to.equal(bad);
        expect(api.ran).to.deep.equal([]);
      });

      it('get byte for byte what a bad token gets', async () => {
        let script: () => unknown = () => null;
        await using api = await start([provider('t', () => script(), { challenge: BEARER })]);
        script = throwing(new TokenInvalidError());
        const bad = fingerprint(await api.get('/guarded', TOKEN));
        script = () => ({ username: 'ann', active: false });
        expect(fingerprint(await api.get('/guarded', TOKEN))).to.equal(bad);
      });

      it('leave room for a later success', async () => {
        await using api = await start([
          provider('p', () => ({ username: 'gone', active: false })),
          granting('later'),
        ]);
        expect((await api.get('/guarded')).json()).to.deep.equal({ user: 'later' });
      });
    });

    describe('severity', () => {
      for (const [index, mild] of NAMES.entries()) {
        for (const severe of NAMES.slice(index + 1)) {
          it(`answers for ${severe} over ${mild}, in either order`, async () => {
            const one = provider('one', VERDICTS[mild].script, { credential: 'x-one' });
            const two = provider('two', VERDICTS[severe].script, { credential: 'x-two' });
            for (const providers of [
              [one, two],
              [two, one],
            ]) {
              await using api = await start(providers);
              const reply = await api.get('/guarded');
              expect([reply.status, reply.json()]).to.deep.equal([
                VERDICTS[severe].status,
                VERDICTS[severe].body,
              ]);
              expect(api.ran).to.deep.equal([]);
            }
          });
        }
      }

      for (const name of NAMES) {
        it(`stops at a throttle although ${name} came before and a grant would come after`, async () => {
          let asked = 0;
          await using api = await start([
            provider('before', VERDICTS[name].script, { credential: 'x-before' }),
            provider('throttled', throwing(new ThrottledError())),
            provider('after', () => ((asked += 1), { username: 'ann' }), { credential: 'x-after' }),
          ]);
          const reply = await api.get('/guarded');
          expect([reply.status, reply.json()]).to.deep.equal([429, BODIES.throttled]);
          expect(asked).to.equal(0);
        });
      }
    });

    describe('a later provider', () => {
      for (const name of ['missing', 'malformed', 'inactive', 'bad'] as const) {
        it(`may grant on the same credential after ${name}`, async () => {
          await using api = await start([provider('first', VERDICTS[name].script), granting('later')]);
          expect((await api.get('/guarded')).json()).to.deep.equal({ user: 'later' });
        });
      }

      for (const name of ['unavailable', 'bug'] as const) {
        it(`is not even asked on the same credential after ${name}`, async () => {
          let asked = 0;
          await using api = await start([
            provider('first', VERDICTS[name].script, { credential: 'Authorization' }),
            provider('later', () => ((asked += 1), { username: 'later' })),
          ]);
          const reply = await api.get('/guarded');
          expect([reply.status, reply.json()]).to.deep.equal([VERDICTS[name].status, VERDICTS[name].body]);
          expect([asked, api.ran.length]).to.deep.equal([0, 0]);
        });

        it(`may grant on a different credential after ${name}`, async () => {
          await using api = await start([
            provider('first', VERDICTS[name].script),
            granting('later', 'x-api-key'),
          ]);
          expect((await api.get('/guarded')).json()).to.deep.equal({ user: 'later' });
        });
      }

      it('may not grant after a deadline on the same credential', async () => {
        await using api = await start([provider('slow', hang), granting('later')], {
          deadlineMs: DEADLINE_MS,
        });
        expect((await api.get('/guarded')).status).to.equal(503);
        expect(api.ran).to.deep.equal([]);
      });

      for (const name of ['bad', 'inactive', 'malformed'] as const) {
        it(`is not asked after ${name} with onBadCredentials: 'stop'`, async () => {
          let asked = 0;
          await using api = await start(
            [
              provider('first', VERDICTS[name].script),
              provider('later', () => ((asked += 1), { username: 'later' }), { credential: 'x-api-key' }),
            ],
            { onBadCredentials: 'stop' },
          );
          const reply = await api.get('/guarded');
          expect([reply.status, reply.json()]).to.deep.equal([VERDICTS[name].status, VERDICTS[name].body]);
          expect(asked).to.equal(0);
        });
      }

      it("is asked after missing credentials with onBadCredentials: 'stop'", async () => {
        await using api = await start([provider('first', () => null), granting('later')], {
          onBadCredentials: 'stop',
        });
        expect((await api.get('/guarded')).json()).to.deep.equal({ user: 'later' });
      });
    });

    describe('the deadline', () => {
      it('answers 503, aborts the signal and discards a grant that comes later', async () => {
        let grant: (user: unknown) => void = () => {};
        let aborted: AbortSignal | undefined;
        await using api = await start(
          [
            provider('slow', ({ signal }) => {
              aborted = signal;
              return tooLate(new Promise((resolve) => (grant = resolve)));
            }),
          ],
          { deadlineMs: DEADLINE_MS },
        );
        const reply = await api.get('/guarded');
        expect([reply.status, reply.json()]).to.deep.equal([503, BODIES.unavailable]);
        expect(reply.headers['retry-after']).to.match(/^\d+$/);
        expect(reply.challenges).to.deep.equal([]);
        expect(aborted?.aborted).to.equal(true);
        grant({ username: 'late' });
        await new Promise((resolve) => setImmediate(resolve));
        expect(api.ran).to.deep.equal([]);
        expect(api.events.map(({ type }) => type)).to.deep.equal(['unavailable', 'failed']);
      });

      it('leaves the signal alone for a provider that answers in time', async () => {
        let signal: AbortSignal | undefined;
        await using api = await start([
          provider('p', async (request) => ((signal = request.signal), { username: 'ann' })),
        ]);
        expect((await api.get('/guarded')).status).to.equal(200);
        expect(signal?.aborted).to.equal(false);
      });

      it('ends the wait for a store that hangs', async () => {
        await using api = await start([provider('p', (_request, users) => users.getUser('ann'))], {
          deadlineMs: DEADLINE_MS,
          userstores: [store(hang)],
        });
        expect((await api.get('/guarded')).status).to.equal(503);
      });
    });

    describe('several userstores', () => {
      const asking = provider('p', async (_request, users) => {
        const user = await users.getUser('ann');
        if (user === null) throw new BadCredentialsError();
        return user;
      });

      it('are asked in order until one has the user', async () => {
        const asked: string[] = [];
        const named = (name: string, user: unknown) => store(() => (asked.push(name), user));
        await using api = await start([asking], {
          userstores: [
            named('one', null),
            named('two', Promise.resolve(undefined)),
            named('three', { username: 'ann' }),
            named('four', { username: 'ann', active: false }),
          ],
        });
        expect((await api.get('/guarded')).status).to.equal(200);
        expect(asked).to.deep.equal(['one', 'two', 'three']);
      });

      it('answer with the first that has the user, although a later one would let in', async () => {
        await using api = await start([asking], {
          userstores: [
            store(() => ({ username: 'ann', active: false })),
            store(() => ({ username: 'ann', active: true })),
          ],
        });
        expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.bad);
      });

      it('answer 401 when none has the user', async () => {
        await using api = await start([asking], { userstores: [store(() => null), store(() => undefined)] });
        expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.bad);
      });

      for (const [what, down, body] of [
        ['is down', () => Promise.reject(new ServiceUnavailableError()), BODIES.unavailable],
        ['has a bug', throwing(new Error('bad row')), BODIES.fault],
        ['returns what is no user', () => 'ann', BODIES.fault],
      ] as const) {
        it(`never fall through to a later store when one ${what}`, async () => {
          let asked = 0;
          await using api = await start([asking], {
            userstores: [store(down), store(() => ((asked += 1), { username: 'ann' }))],
          });
          expect((await api.get('/guarded')).json()).to.deep.equal(body);
          expect([asked, api.ran.length]).to.deep.equal([0, 0]);
        });
      }
    });

    it('answers 400 invalid_request to two Authorization lines before any provider is asked', async () => {
      let asked = 0;
      await using api = await start([
        provider('p', () => ((asked += 1), { username: 'ann' }), { credential: 'x-api-key' }),
      ]);
      const { status, text } = await api.server.raw('/guarded', {
        headers: [
          ['Host', 'localhost'],
          ['Authorization', 'Basic YTpi'],
          ['AUTHORIZATION', 'Basic YTpi'],
        ] as never,
      });
      expect([status, JSON.parse(text)]).to.deep.equal([400, BODIES.invalidRequest]);
      expect(asked).to.equal(0);
    });

    it('logs with a logger and never to the console', async () => {
      const logger = new MemoryLogger();
      await using api = await start([provider('p', throwing(new Error('x')))], { logger });
      await api.get('/guarded');
      expect(logger.lines.at(-1)).to.match(/^error securest: p could not decide/);
    });
  });
}
