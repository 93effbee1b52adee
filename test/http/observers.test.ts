/** What observers of an instance hear of requests, and that nothing they do changes a reply. */
import { expect } from 'chai';
import {
  BadCredentialsError,
  ConfigurationError,
  createSecurity,
  PasswordProvider,
  type SecurityObserver,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../src';
import { hashSync } from 'bcryptjs';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { basic, DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { type Api, fingerprint, provider, startApi, store } from '../support/scripted';

const ERRORS: Readonly<Record<string, () => unknown>> = {
  bad: () => {
    throw new BadCredentialsError();
  },
  throttled: () => {
    throw new ThrottledError();
  },
  down: () => Promise.reject(new ServiceUnavailableError()),
  bug: () => {
    throw new Error('a bug');
  },
  hang,
};
/** Finds the user that its header names, or does what it says. */
const byHeader = provider(
  'P',
  (request, userstore) => {
    const order = request.header('x-user');
    if (order === undefined) return null;
    return ERRORS[order]?.() ?? userstore.getUser(order);
  },
  { credential: 'x-user' },
);
const people = store((name) =>
  Promise.resolve(name === 'ann' ? { username: 'ann', roles: ['admin'], groups: ['staff'] } : null),
);

/** Notes what it hears, in order. */
function notes(): { lines: string[]; observer: SecurityObserver } {
  const lines: string[] = [];
  return {
    lines,
    observer: {
      authentication: ({ path }) => {
        lines.push(`begins ${path}`);
        return {
          end: ({ outcome, provider: by = '-', code = '-', user = '-' }) =>
            void lines.push(`${outcome} ${by} ${code} ${user}`),
        };
      },
      provider: (name) => (verdict) => void lines.push(`${name} ${verdict}`),
      userstore: (name, operation) => (answer) => void lines.push(`${name} ${operation} ${answer}`),
      lookup: (name, isHit) => void lines.push(`${name} ${isHit ? 'hit' : 'miss'}`),
      event: ({ type }) => void lines.push(type),
    },
  };
}

describe('Security.observe', () => {
  for (const observer of [undefined, null, 'text']) {
    it(`refuses ${String(observer)}`, () => {
      expect(() => createSecurity().observe(observer as never)).to.throw(ConfigurationError);
    });
  }
});

for (const driver of DRIVERS) {
  describe(`Observers on ${driver.name}`, () => {
    beforeEach(reset);
    holdDeadlines();

    const start = (): Promise<Api> =>
      startApi(driver, {
        security: { providers: [byHeader], userstores: [people], deadlineMs: DEADLINE_MS },
      });

    it('hear of a request that gets in, from its beginning to what was decided', async () => {
      await using api = await start();
      const { lines, observer } = notes();
      api.security.observe(observer);
      expect((await api.get('/admin', { 'x-user': 'ann' })).status).to.equal(200);
      const [userstore] = lines.filter((line) => line.includes('getUser'));
      expect(lines).to.deep.equal([
        'begins /admin',
        userstore,
        'P authenticated',
        'authenticated',
        'authenticated P - ann',
        'allowed',
      ]);
      expect(userstore).to.match(/ getUser found$/);
    });

    it('hear of groups that a userstore is asked for', async () => {
      const answers: string[] = [];
      const withGroups = class extends people {
        override getGroup(name: string) {
          return Promise.resolve({ name, roles: ['admin'] });
        }
      };
      const grants = provider('P', (_request, userstore) => userstore.getUser('ann'));
      const ann = class extends withGroups {
        override getUser(): User {
          return { username: 'ann', groups: ['staff'] };
        }
      };
      await using api = await startApi(driver, { security: { providers: [grants], userstores: [ann] } });
      api.security.observe({
        userstore: (_name, operation) => (answer) => void answers.push(operation, answer),
      });
      expect((await api.get('/admin')).status).to.equal(200);
      expect(answers).to.deep.equal(['getUser', 'found', 'getGroup', 'found']);
    });

    for (const [order, verdict, code] of [
      ['bad', 'bad_credentials', 'invalid_credentials'],
      ['throttled', 'throttled', 'too_many_attempts'],
      ['down', 'unavailable', 'authentication_unavailable'],
      ['hang', 'deadline_passed', 'authentication_unavailable'],
      ['bug', 'bug', 'security_error'],
    ] as const) {
      it(`hear of ${order}`, async () => {
        await using api = await start();
        const { lines, observer } = notes();
        api.security.observe(observer);
        await api.get('/guarded', { 'x-user': order });
        expect(lines).to.include(`P ${verdict}`).and.to.include(`refused P ${code} -`);
      });
    }

    it('hear of anonymous requests, of refusals before any provider is asked, and of foreign pages', async () => {
      const cookie = provider('C', () => ({ username: 'ann' }), { credential: 'cookie' });
      await using api = await startApi(driver, {
        security: { providers: [byHeader, cookie], userstores: [people], requireHttps: true },
      });
      const { lines, observer } = notes();
      api.security.observe(observer);
      await api.post('/guarded', { 'sec-fetch-site': 'cross-site', cookie: 'sid=1' });
      await api.get('/guarded', { ...basic('ann', 'x'), 'x-forwarded-for': '192.0.2.1' });
      expect(lines.filter((line) => line.startsWith('refused'))).to.deep.equal([
        'refused C cross_site ann',
        'refused - https_required -',
      ]);
      await using other = await start();
      const second = notes();
      other.security.observe(second.observer);
      await other.get('/open');
      expect(second.lines).to.deep.equal(['begins /open', 'P no_credentials', 'anonymous - - -']);
    });

    it('hear whether a password was remembered, alike for users that do not exist', async () => {
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }
      const password = hashSync('right', 4);
      const users = store((name) => (name === 'ann' ? { username: name, password } : null));
      await using api = await startApi(driver, {
        // Threads that hash take long to start on a busy machine.
        security: { providers: [Password], userstores: [users], deadlineMs: DEADLINE_MS },
      });
      const lookups: string[] = [];
      api.security.observe({ lookup: (name, isHit) => void lookups.push(`${name} ${String(isHit)}`) });
      for (const [name, password] of [
        ['ann', 'right'],
        ['ann', 'right'],
        ['ann', 'wrong'],
        ['nobody', 'wrong'],
      ] as const) {
        await api.get('/guarded', basic(name, password));
      }
      const miss = 'Password false';
      expect(lookups).to.deep.equal([miss, 'Password true', miss, miss]);
    });

    it('hear nothing once they have ended', async () => {
      await using api = await start();
      const { lines, observer } = notes();
      const end = api.security.observe(observer);
      end();
      await api.get('/guarded', { 'x-user': 'ann' });
      expect(lines).to.deep.equal([]);
    });

    it('change no reply, whatever they throw, answer or do not call, and are reported once', async () => {
      const boom = (): never => {
        throw new Error('boom');
      };
      const later = (() => Promise.reject(new Error('boom'))) as never;
      const granted = (() => ({ kind: 'authenticated', outcome: 'authenticated' })) as never;
      const broken: Readonly<Record<string, SecurityObserver>> = {
        throws: { authentication: boom, provider: boom, userstore: boom, lookup: boom, event: boom },
        'throws at the end': {
          authentication: () => ({ run: boom, end: boom }),
          provider: () => boom,
          userstore: () => boom,
        },
        rejects: { authentication: later, provider: later, userstore: later, lookup: later, event: later },
        answers: { authentication: granted, provider: granted, userstore: granted, event: granted },
        'never runs it': { authentication: () => ({ run: () => undefined, end: () => undefined }) },
        'runs it twice': {
          authentication: () => ({
            run: (work) => {
              work();
              work();
            },
            end: () => undefined,
          }),
        },
      };
      const requests = [
        ['/guarded', 'ann'],
        ['/admin', 'ann'],
        ['/guarded', 'nobody'],
        ...Object.keys(ERRORS).map((order) => ['/guarded', order] as const),
      ] as const;
      const replies = async (api: Api): Promise<string[]> => {
        const all: string[] = [];
        for (const [path, user] of requests) {
          all.push(fingerprint(await api.get(path, { 'x-user': user })));
        }
        all.push(fingerprint(await api.get('/guarded')), fingerprint(await api.get('/open')));
        return all;
      };
      await using plain = await start();
      const expected = await replies(plain);
      for (const [title, observer] of Object.entries(broken)) {
        await using api = await start();
        api.security.observe(observer);
        expect(await replies(api), title).to.deep.equal(expected);
        expect(api.events.length, title).to.equal(plain.events.length);
        const failures = api.logger.lines.filter((line) => line.includes('An observer failed'));
        expect(failures.length, title).to.equal(title.includes('runs it') ? 0 : 1);
      }
    });
  });
}
