import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  AccountStatusError,
  BadCredentialsError,
  type Logger,
  MalformedCredentialsError,
  MemoryUserstore,
  PasswordProvider,
  type SecurityEvent,
  type SecurityEventListener,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { basic, DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { CrashWatch, provider, startApi } from '../support/scripted';

const ERRORS: Readonly<Record<string, () => Error>> = {
  bad: () => new BadCredentialsError(),
  malformed: () => new MalformedCredentialsError(),
  inactive: () => new AccountStatusError(),
  throttled: () => new ThrottledError(),
  unavailable: () => new ServiceUnavailableError(),
  bug: () => new Error('a bug'),
};
/** Does what the header of its name says: a user's name, an error's, `hang`, or nothing. */
const obedient = (name: string) =>
  provider(
    name,
    (request) => {
      const order = request.header(`x-${name}`);
      if (order === undefined) return null;
      if (order === 'hang') return hang();
      const error = ERRORS[order];
      if (error !== undefined) throw error();
      return { username: order };
    },
    { credential: `x-${name}` },
  );
const providers = [obedient('one'), obedient('two'), obedient('three')];
const facts = (path: string, method = 'GET') => ({ method, path, route: path, ip: '127.0.0.1' });
const outcomes = (...verdicts: string[]) =>
  verdicts.map((verdict, index) => ({ provider: ['one', 'two', 'three'][index], verdict }));

for (const driver of DRIVERS) {
  describe(`Events on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    it('are authenticated and allowed for a request that gets in', async () => {
      await using api = await startApi(driver, { security: { providers } });
      await api.post('/guarded?x=1', { 'x-one': 'bad', 'x-two': 'ann' });
      expect(api.events).to.deep.equal([
        {
          type: 'authenticated',
          user: 'ann',
          provider: 'two',
          provedBy: 'token',
          outcomes: outcomes('bad_credentials', 'authenticated'),
          ...facts('/guarded', 'POST'),
        },
        { type: 'allowed', user: 'ann', skipped: false, ...facts('/guarded', 'POST') },
      ]);
    });

    it('are failed, once, for a request without credentials', async () => {
      await using api = await startApi(driver, { security: { providers } });
      await api.get('/guarded');
      await api.get('/required');
      await api.get('/open');
      const nothing = outcomes('no_credentials', 'no_credentials', 'no_credentials');
      expect(api.events).to.deep.equal(
        ['/guarded', '/required'].map((path) => ({
          type: 'failed',
          code: 'authentication_required',
          outcomes: nothing,
          ...facts(path),
        })),
      );
    });

    for (const [order, verdict, code] of [
      ['bad', 'bad_credentials', 'invalid_credentials'],
      ['malformed', 'malformed_credentials', 'malformed_credentials'],
      ['inactive', 'inactive', 'invalid_credentials'],
    ] as const) {
      it(`are failed with each provider's own verdict for ${order}`, async () => {
        await using api = await startApi(driver, { security: { providers } });
        await api.get('/guarded', { 'x-two': order });
        expect(api.events).to.deep.equal([
          {
            type: 'failed',
            code,
            outcomes: outcomes('no_credentials', verdict, 'no_credentials'),
            ...facts('/guarded'),
          },
        ]);
      });
    }

    it('are failed and end with the provider that throttles', async () => {
      await using api = await startApi(driver, { security: { providers } });
      await api.get('/guarded', { 'x-one': 'bad', 'x-two': 'throttled', 'x-three': 'ann' });
      expect(api.events).to.deep.equal([
        {
          type: 'failed',
          code: 'too_many_attempts',
          outcomes: outcomes('bad_credentials', 'throttled'),
          ...facts('/guarded'),
        },
      ]);
    });

    for (const [order, verdict, code] of [
      ['unavailable', 'unavailable', 'authentication_unavailable'],
      ['bug', 'bug', 'security_error'],
      ['hang', 'deadline_passed', 'authentication_unavailable'],
    ] as const) {
      it(`are unavailable and then failed for ${order}`, async () => {
        await using api = await startApi(driver, { security: { providers, deadlineMs: DEADLINE_MS } });
        await api.get('/guarded', { 'x-two': order });
        expect(api.events).to.deep.equal([
          { type: 'unavailable', component: 'two', reason: verdict, count: 1, ...facts('/guarded') },
          {
            type: 'failed',
            code,
            outcomes: outcomes('no_credentials', verdict, 'no_credentials'),
            ...facts('/guarded'),
          },
        ]);
      });

      it(`are unavailable although a later provider grants after ${order}`, async () => {
        await using api = await startApi(driver, { security: { providers, deadlineMs: DEADLINE_MS } });
        expect((await api.get('/guarded', { 'x-one': order, 'x-three': 'ann' })).status).to.equal(200);
        expect(api.events.map(({ type }) => type)).to.deep.equal(['unavailable', 'authenticated', 'allowed']);
        expect(api.events[1]).to.deep.include({
          outcomes: outcomes(verdict, 'no_credentials', 'authenticated'),
        });
      });
    }

    it('name a provider that was passed over', async () => {
      const both = ['one', 'two'].map((name) =>
        provider(name, () => Promise.reject(new ServiceUnavailableError())),
      );
      await using api = await startApi(driver, { security: { providers: both } });
      await api.get('/guarded');
      expect(api.events.at(-1)).to.deep.include({ outcomes: outcomes('unavailable', 'not_asked') });
    });

    it('are authenticated and denied for a user without the role, with the rule that did not hold', async () => {
      await using api = await startApi(driver, { security: { providers } });
      expect((await api.get('/admin', { 'x-one': 'ann' })).status).to.equal(403);
      expect(api.events.map(({ type }) => type)).to.deep.equal(['authenticated', 'denied']);
      const { reason, ...denied } = api.events[1] as Extract<SecurityEvent, { type: 'denied' }>;
      expect(denied).to.deep.equal({
        type: 'denied',
        code: 'access_denied',
        user: 'ann',
        ...facts('/admin'),
      });
      expect(reason).to.match(/admin/);
    });

    it('are unavailable for a policy that fails, and the client gets 500', async () => {
      @JsonController()
      class Broken {
        @Authorized(() => {
          throw new Error('policy');
        })
        @Get('/broken')
        broken() {
          return {};
        }
      }
      await using api = await startApi(driver, { host: { controllers: [Broken] }, security: { providers } });
      expect((await api.get('/broken', { 'x-one': 'ann' })).status).to.equal(500);
      expect(api.events[1]).to.deep.equal({
        type: 'unavailable',
        count: 1,
        component: 'Broken.broken',
        reason: 'bug',
        ...facts('/broken'),
      });
      expect(api.events).to.have.length(2);
    });

    it('are misconfigured, for a stored hash that cannot be read, before failed', async () => {
      class Users extends MemoryUserstore {
        constructor() {
          super({
            users: [
              { username: 'ann', password: 'canary-plain' },
              { username: 'bob', password: hashSync('right', 4) },
            ],
          });
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }
      await using api = await startApi(driver, { security: { providers: [Password], userstores: [Users] } });
      const broken = await api.get('/guarded', basic('ann', 'canary-plain'));
      const wrong = await api.get('/guarded', basic('bob', 'wrong'));
      expect(broken.text).to.equal(wrong.text);
      expect(api.events.map(({ type }) => type)).to.deep.equal(['misconfigured', 'failed', 'failed']);
      expect(api.events[0]).to.deep.equal({
        type: 'misconfigured',
        component: 'Password',
        user: 'ann',
        problem: 'stored password hash cannot be read',
      });
      expect(JSON.stringify(api.events) + api.logger.lines.join()).not.to.contain('canary-plain');
    });

    it('have the route as it was declared, and the path without the query', async () => {
      @JsonController('/notes')
      class Notes {
        @Authorized() @Get('/:id') one() {
          return {};
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [Notes], routePrefix: '/api' },
        security: { providers },
      });
      await api.get('/api/notes/7?token=canary', { 'x-one': 'ann' });
      for (const event of api.events) {
        expect(event).to.include({ route: '/api/notes/:id', path: '/api/notes/7' });
      }
      expect(JSON.stringify(api.events)).not.to.contain('canary');
    });

    describe('listeners and logs', () => {
      const failing: Record<string, SecurityEventListener> = {
        throws: () => {
          throw new Error('listener');
        },
        'throws undefined': () => {
          throw undefined;
        },
        rejects: () => Promise.reject(new Error('listener')),
        'never settles': () => new Promise(() => {}),
        'changes the event': (event) => {
          Object.assign(event, { type: 'allowed', user: 'root', code: 'x', outcomes: null });
        },
      };
      for (const [name, onEvent] of Object.entries(failing)) {
        it(`change nothing when a listener ${name}`, async () => {
          using watch = new CrashWatch();
          await using api = await startApi(driver, { security: { providers, onEvent } });
          expect((await api.get('/guarded', { 'x-one': 'ann' })).json()).to.deep.equal({ user: 'ann' });
          expect((await api.get('/guarded')).status).to.equal(401);
          expect((await api.get('/guarded', { 'x-one': 'bad' })).status).to.equal(401);
          expect((await api.get('/guarded', { 'x-one': 'bug' })).status).to.equal(500);
          expect((await api.get('/admin', { 'x-one': 'ann' })).status).to.equal(403);
          expect(await watch.settled()).to.deep.equal([]);
        });
      }

      for (const [name, write] of Object.entries<() => void>({
        throws: () => {
          throw new Error('disk full');
        },
        rejects: (): unknown => Promise.reject(new Error('disk full')),
      })) {
        it(`change nothing when the logger ${name}`, async () => {
          using watch = new CrashWatch();
          const logger: Logger = { info: write, warn: write, error: write };
          await using api = await startApi(driver, { security: { providers, logger } });
          expect((await api.get('/guarded', { 'x-one': 'bug' })).status).to.equal(500);
          expect((await api.get('/guarded', { 'x-one': 'ann' })).status).to.equal(200);
          expect(await watch.settled()).to.deep.equal([]);
        });
      }
    });
  });
}
