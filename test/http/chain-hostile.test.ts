import { expect } from 'chai';
import { HttpError, UnauthorizedError } from 'routing-controllers';
import { Authentication, BadCredentialsError, ThrottledError } from '../../src';
import { DEADLINE_MS, hang, holdDeadlines, tooLate } from '../support/deadlines';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, CrashWatch, provider, type Reply, startApi, store } from '../support/scripted';

const SECRET = 'canary-5ecret';

/** A proxy that does not let itself be looked at. */
const untouchable = (target: object) =>
  new Proxy(
    target,
    Object.fromEntries(
      Object.getOwnPropertyNames(Reflect).map((trap) => [
        trap,
        () => {
          throw new Error(SECRET);
        },
      ]),
    ),
  );
const throwingGetter = (property: string) =>
  Object.defineProperty({}, property, {
    get() {
      throw new Error(SECRET);
    },
    enumerable: true,
  });
class Treacherous {
  get username(): string {
    throw new Error(SECRET);
  }
}
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** What is truthy, or looks like a user from afar, and is none. */
const NO_GRANTS: Record<string, () => unknown> = {
  true: () => true,
  false: () => false,
  '1': () => 1,
  '0': () => 0,
  NaN: () => NaN,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('ann'),
  'a string': () => 'ann',
  'an empty string': () => '',
  'an empty object': () => ({}),
  'an empty array': () => [],
  'an array with a user': () => [{ username: 'ann' }],
  'a user in a wrapper': () => ({ user: { username: 'ann' } }),
  'a copy of an Authentication': () => ({ ...new Authentication({ username: 'ann' }) }),
  'an Authentication without a user': () => new Authentication(undefined as never),
  'an Authentication of a string': () => new Authentication('ann' as never),
  'an Authentication in an Authentication': () =>
    new Authentication(new Authentication({ username: 'ann' }) as never),
  'an object without a username': () => ({ name: 'ann', active: true }),
  'an empty username': () => ({ username: '' }),
  'a username that is no string': () => ({ username: ['ann'] }),
  'an active that is a string': () => ({ username: 'ann', active: 'yes' }),
  'an active that is 1': () => ({ username: 'ann', active: 1 }),
  'an active that is null': () => ({ username: 'ann', active: null }),
  'roles that are a string': () => ({ username: 'ann', roles: 'admin' }),
  'groups with a number': () => ({ username: 'ann', groups: [1] }),
  'a broken tokensValidFrom': () => ({ username: 'ann', tokensValidFrom: new Date(NaN) }),
  'a function': () => () => ({ username: 'ann' }),
  'an error': () => new Error(SECRET),
  'a BadCredentialsError that is returned': () => new BadCredentialsError(),
  'an object with a throwing getter': () => new Treacherous(),
  'an Authentication with a throwing getter': () => new Authentication(new Treacherous() as never),
  'a proxy whose traps throw': () => untouchable({ username: 'ann' }),
  'a revoked proxy': revoked,
  'a then that throws': () => throwingGetter('then'),
};

const THROWN: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  'a string': () => SECRET,
  'a number': () => 200,
  true: () => true,
  'an Error with a secret': () => new Error(SECRET),
  'an Error with a secret in own properties': () =>
    Object.assign(new Error('x'), {
      query: SECRET,
      status: 200,
      headers: { 'x-leak': SECRET },
      expose: true,
    }),
  'an Error with a secret in its cause': () => new Error('x', { cause: new Error(SECRET) }),
  'an object with throwing getters': () => throwingGetter('message'),
  'an Error whose getters throw': () =>
    Object.defineProperties(new Error('x'), {
      stack: { get: () => throwNow() },
      message: { get: () => throwNow() },
      cause: { get: () => throwNow() },
    }),
  'a ThrottledError-like object': () => ({ name: 'ThrottledError', httpCode: 200, retryAfterSeconds: 1 }),
  'a proxy whose traps throw': () => untouchable({}),
  'a revoked proxy': revoked,
  'an HttpError with status 200': () => new HttpError(200, SECRET),
  "the host's UnauthorizedError": () => new UnauthorizedError(SECRET),
  'a Response': () => new Response(SECRET, { status: 200 }),
};
const throwNow = (): never => {
  throw new Error(SECRET);
};

function expectFault(reply: Reply, ran: readonly string[]): void {
  expect([reply.status, reply.json()]).to.deep.equal([500, BODIES.fault]);
  expect(`${reply.rawHeaders.join('\n')}\n${reply.text}`).not.to.contain(SECRET);
  expect(ran).to.deep.equal([]);
}

for (const driver of DRIVERS) {
  describe(`Hostile providers and stores on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    for (const [name, make] of Object.entries(NO_GRANTS)) {
      it(`answers 500 and runs nothing when a provider returns ${name}, now or later`, async () => {
        using watch = new CrashWatch();
        for (const script of [make, async () => make()]) {
          await using api = await startApi(driver, { security: { providers: [provider('p', script)] } });
          for (const path of ['/guarded', '/open', '/required']) {
            expectFault(await api.get(path), api.ran);
          }
        }
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    for (const [name, make] of Object.entries(THROWN)) {
      it(`neither crashes, hangs nor tells when a provider throws ${name}, now or later`, async () => {
        using watch = new CrashWatch();
        const scripts = [
          () => {
            throw make();
          },
          () => Promise.reject(make()),
          () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(make()) }),
        ];
        for (const script of scripts) {
          await using api = await startApi(driver, { security: { providers: [provider('p', script)] } });
          for (const path of ['/guarded', '/open', '/required']) {
            expectFault(await api.get(path), api.ran);
          }
        }
        expect(await watch.settled()).to.deep.equal([]);
      });

      it(`neither crashes, hangs nor tells when a store throws ${name}`, async () => {
        using watch = new CrashWatch();
        await using api = await startApi(driver, {
          security: {
            providers: [provider('p', (_request, users) => users.getUser('ann'))],
            userstores: [store(() => Promise.reject(make()))],
          },
        });
        expectFault(await api.get('/guarded'), api.ran);
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    it('answers 503 when a provider returns what never settles', async () => {
      for (const pending of [
        hang,
        () => tooLate({ then: () => {} }),
        () => tooLate(Object.assign(() => {}, { then: () => {} })),
      ]) {
        await using api = await startApi(driver, {
          security: { providers: [provider('p', pending)], deadlineMs: DEADLINE_MS },
        });
        expect((await api.get('/guarded')).status).to.equal(503);
        expect(api.ran).to.deep.equal([]);
      }
    });

    it('stays up when a provider rejects after its deadline', async () => {
      using watch = new CrashWatch();
      let fail: (error: unknown) => void = () => {};
      await using api = await startApi(driver, {
        security: {
          providers: [provider('p', () => tooLate(new Promise((_, reject) => (fail = reject))))],
          deadlineMs: DEADLINE_MS,
        },
      });
      expect((await api.get('/guarded')).status).to.equal(503);
      fail(new Error(SECRET));
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('never sends what a family error brings along', async () => {
      const error = Object.assign(new ThrottledError({ cause: new Error(SECRET) }), {
        message: SECRET,
        detail: SECRET,
        headers: { 'x-leak': SECRET },
        toJSON: () => ({ SECRET }),
      });
      await using api = await startApi(driver, {
        security: { providers: [provider('p', () => Promise.reject(error))] },
      });
      const reply = await api.get('/guarded');
      expect([reply.status, reply.json()]).to.deep.equal([429, BODIES.throttled]);
      expect(reply.rawHeaders.join()).not.to.contain(SECRET);
    });

    it('leaves a challenge out when it cannot be made, and says so in the log', async () => {
      const broken = [
        () => throwNow(),
        () => null,
        () => 'Basic',
        () => ({ scheme: 'Ba sic' }),
        () => ({ scheme: 'Basic', params: { realm: 'a\r\nSet-Cookie: x=1' } }),
        () => ({ scheme: 'Basic', params: { realm: 5 } }),
        async () => ({ scheme: 'Basic' }),
      ].map(
        (challenge, index) =>
          class {
            readonly name = `broken${index}`;
            authenticate = (): null => null;
            challenge = challenge as never;
          },
      );
      const good = provider('good', () => null, { challenge: { scheme: 'Bearer' } });
      await using api = await startApi(driver, { security: { providers: [...broken, good] } });
      const reply = await api.get('/guarded');
      expect(reply.status).to.equal(401);
      expect(reply.challenges).to.deep.equal(['Bearer realm="api"']);
      expect(reply.headers['set-cookie']).to.equal(undefined);
      expect(api.logger.lines.filter((line) => line.includes('has no valid challenge'))).to.have.length(
        broken.length,
      );
    });
  });
}
