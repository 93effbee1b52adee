import { expect } from 'chai';
import { UNREAD } from '../../../src/authentication/cross-site';
import { type ChainOptions, runChain } from '../../../src/authentication/chain';
import type { ChainLink } from '../../../src/authentication/chain';
import { Authentication } from '../../../src/core/authentication';
import { reportProblem } from '../../../src/core/events';
import type { User } from '../../../src/core/user';
import type { UserstoreInterface } from '../../../src/core/userstore';
import {
  AccountStatusError,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  ServiceUnavailableError,
  ThrottledError,
  TokenInvalidError,
} from '../../../src/errors';
import { DEADLINE_MS, holdDeadlines, tooLate } from '../../support/deadlines';
import { fakeRequest } from '../../support/fake-request';
import { CrashWatch } from '../../support/scripted';
import { chainOptions, link, storesInOrder, throwing } from './fakes';

const ANN = { username: 'ann' };

async function run(
  links: ChainLink[],
  options?: Partial<ChainOptions>,
  headers: Record<string, string> = {},
) {
  const outcome = await runChain(fakeRequest({ headers }), chainOptions(links, options));
  const error = outcome.kind === 'authenticated' ? undefined : outcome.error();
  return {
    outcome,
    verdicts: outcome.verdicts.map(({ verdict }) => verdict),
    answer: error === undefined ? outcome.kind : `${error.httpCode} ${error.code}`,
    error,
  };
}

describe('runChain', () => {
  holdDeadlines();
  const never = () => new Promise<never>(() => {});
  const hostile = new Proxy(new BadCredentialsError(), {
    getPrototypeOf() {
      throw new Error('trap');
    },
  });

  describe('with one provider', () => {
    const table: [string, ChainLink, verdict: string, answer: string][] = [
      ['returns null', link('P', () => null), 'no_credentials', '401 authentication_required'],
      ['returns undefined later', link('P', async () => undefined), 'no_credentials', '401 authentication_required'],
      ['throws BadCredentialsError', throwing('P', new BadCredentialsError()), 'bad_credentials', '401 invalid_credentials'],
      ['throws TokenInvalidError', throwing('P', new TokenInvalidError()), 'bad_credentials', '401 invalid_credentials'],
      ['throws MalformedCredentialsError', throwing('P', new MalformedCredentialsError()), 'malformed_credentials', '401 malformed_credentials'],
      ['throws InvalidRequestError', throwing('P', new InvalidRequestError()), 'malformed_credentials', '400 invalid_request'],
      ['throws AccountStatusError', throwing('P', new AccountStatusError()), 'inactive', '401 invalid_credentials'],
      ['returns an inactive user', link('P', () => ({ username: 'ann', active: false })), 'inactive', '401 invalid_credentials'],
      ['returns the login of an inactive user', link('P', () => new Authentication({ username: 'ann', active: false })), 'inactive', '401 invalid_credentials'],
      ['throws ThrottledError', throwing('P', new ThrottledError()), 'throttled', '429 too_many_attempts'],
      ['throws ServiceUnavailableError', throwing('P', new ServiceUnavailableError()), 'unavailable', '503 authentication_unavailable'],
      ['throws another error', throwing('P', new TypeError('x')), 'bug', '500 security_error'],
      ['throws undefined', throwing('P', undefined), 'bug', '500 security_error'],
      ['throws a string', throwing('P', 'BadCredentialsError'), 'bug', '500 security_error'],
      ['throws a hostile proxy', throwing('P', hostile), 'bug', '500 security_error'],
      ['rejects with undefined', link('P', () => Promise.reject(undefined)), 'bug', '500 security_error'],
      ['cannot be created', { name: 'P', get: () => { throw new Error('x'); } }, 'bug', '500 security_error'],
      ['reads a credential that is no name', { name: 'P', get: () => ({ credential: 7 as never, authenticate: () => ANN }) }, 'bug', '500 security_error'],
    ]; // prettier-ignore
    for (const [what, provider, verdict, answer] of table) {
      it(`is ${answer} when it ${what}`, async () => {
        const result = await run([provider]);
        expect(result.verdicts).to.deep.equal([verdict]);
        expect(result.answer).to.equal(answer);
        expect(result.outcome.kind).to.equal(verdict === 'no_credentials' ? 'anonymous' : 'refused');
      });
    }

    const leftovers: unknown[] = [
      true, false, 1, 0, '', 'ann', [], [ANN], {}, { username: '' }, { user: ANN }, { ok: true },
      { username: 'ann', active: 'false' }, { username: 'ann', active: null }, { username: 'ann', active: 0 },
      new Authentication({} as never), new Authentication(null as never), new Authentication(new Authentication(ANN) as never),
      Symbol('ann'), () => ANN, Object.assign(() => 1, { then: 1 }), new Map([['username', 'ann']]),
    ]; // prettier-ignore
    leftovers.forEach((leftover, index) => {
      it(`is a bug when it returns a value that is not a user (${index})`, async () => {
        for (const result of [leftover, Promise.resolve(leftover)]) {
          const { verdicts, answer } = await run([link('P', () => result as never)]);
          expect(verdicts).to.deep.equal(['bug']);
          expect(answer).to.equal('500 security_error');
        }
      });
    });
  });

  it('authenticates a user, who is handed on without the hash', async () => {
    const record = { username: 'ann', password: 'canary' };
    const { outcome } = await run([link('P', () => record)]);
    if (outcome.kind !== 'authenticated') return expect.fail(outcome.kind);
    expect(outcome).to.include({ provider: 'P' });
    expect(outcome.record).to.equal(record);
    expect(outcome.authentication).to.be.instanceOf(Authentication);
    expect(outcome.authentication.user).to.deep.equal({ username: 'ann' });
    expect(outcome.authentication.authenticatedAt?.getTime()).to.equal(1_000);
    expect(JSON.stringify(outcome.authentication)).to.not.contain('canary');
  });

  it("keeps what a provider's Authentication says", async () => {
    const login = new Authentication(
      { username: 'ann', password: 'canary' },
      { authenticatedAt: new Date(7), methods: ['pwd'], scopes: ['read'], expiresAt: new Date(8.64e15), claims: { a: 1 } },
    ); // prettier-ignore
    const { outcome } = await run([link('P', () => login)]);
    if (outcome.kind !== 'authenticated') return expect.fail(outcome.kind);
    const source = { kind: 'provider', name: 'P' };
    expect({ ...outcome.authentication }).to.deep.equal({
      ...login,
      source,
      provedBy: 'token',
      user: { username: 'ann' },
    });
  });

  it('says how a provider proves its logins, the weaker token where it does not say', async () => {
    for (const proves of ['login', 'session', 'key', undefined] as const) {
      const provider = { ...(proves && { proves }), authenticate: () => ANN };
      const { outcome } = await run([{ name: 'P', get: () => provider }]);
      if (outcome.kind !== 'authenticated') return expect.fail(outcome.kind);
      expect(outcome.authentication.provedBy).to.equal(proves ?? 'token');
    }
  });

  it('dates a login by its own clock where the provider does not say when it took place', async () => {
    for (const result of [ANN, new Authentication(ANN, { methods: ['pwd'] })]) {
      const { outcome } = await run([link('P', () => result)], { clock: () => 77 });
      if (outcome.kind !== 'authenticated') return expect.fail(outcome.kind);
      expect(outcome.authentication.authenticatedAt).to.deep.equal(new Date(77));
    }
  });

  it('states the source of a login, none for a stand-in of the test kit', async () => {
    const userstore = storesInOrder([{ getUser: (username) => ({ username }) }]);
    const loading = link('P', (_request, users) => users.getUser('ann'));
    const stating = link('P', () => ANN);
    const sources: unknown[] = [];
    for (const one of [loading, stating, { ...stating, isStandIn: true }]) {
      const { outcome } = await run([one], { userstore });
      if (outcome.kind !== 'authenticated') return expect.fail(outcome.kind);
      sources.push(outcome.authentication.source);
    }
    expect(sources).to.deep.equal([
      { kind: 'userstore', name: '0' },
      { kind: 'provider', name: 'P' },
      undefined,
    ]);
  });

  const ends: [Date, string][] = [
    [new Date(999), '401 invalid_credentials'],
    [new Date(1_000), '401 invalid_credentials'],
    [new Date(NaN), '401 invalid_credentials'],
    [new Date(1_001), 'authenticated'],
  ];
  for (const [expiresAt, expected] of ends) {
    it(`is ${expected} at 1000 for a login that ends at ${expiresAt.getTime()}`, async () => {
      const within = { expiresAt: new Date(1), acceptedUntil: expiresAt };
      for (const details of [{ expiresAt }, within]) {
        const { answer } = await run([link('P', () => new Authentication(ANN, details))]);
        expect(answer).to.equal(expected);
      }
    });
  }

  describe('with several providers', () => {
    const granting = () => link('Grants', () => ANN, 'x-key');
    const recoverable: [string, unknown, string][] = [
      ['bad credentials', new BadCredentialsError(), 'bad_credentials'],
      ['malformed credentials', new MalformedCredentialsError(), 'malformed_credentials'],
      ['an inactive account', new AccountStatusError(), 'inactive'],
      ['an outage', new ServiceUnavailableError(), 'unavailable'],
      ['a bug', new TypeError(), 'bug'],
    ];
    for (const [what, error, verdict] of recoverable) {
      it(`asks the next after ${what}, and its success wins`, async () => {
        const { verdicts, answer } = await run([throwing('P', error), granting()]);
        expect(verdicts).to.deep.equal([verdict, 'authenticated']);
        expect(answer).to.equal('authenticated');
      });
    }

    it('asks nobody after a success', async () => {
      const later = granting();
      await run([link('P', () => ANN), later]);
      expect(later.calls()).to.equal(0);
    });

    it('stops at a throttled try', async () => {
      const later = granting();
      const { answer, error } = await run([
        throwing('P', new ThrottledError({ retryAfterSeconds: 9 })),
        later,
      ]);
      expect(answer).to.equal('429 too_many_attempts');
      expect(error).to.include({ retryAfterSeconds: 9 });
      expect(later.calls()).to.equal(0);
    });

    for (const [what, error, answer] of [
      ['an outage', new ServiceUnavailableError(), '503 authentication_unavailable'],
      ['a bug', new TypeError(), '500 security_error'],
    ] as const) {
      it(`after ${what} lets no later provider grant by the same credential`, async () => {
        const weaker = link('Weaker', () => ANN, 'Authorization');
        const result = await run([throwing('P', error), weaker]);
        expect(result.verdicts.at(-1)).to.equal('not_asked');
        expect(result.answer).to.equal(answer);
        expect(weaker.calls()).to.equal(0);
      });
    }

    for (const [failing, later, verdict] of [
      [['X-Key', 'Authorization'], 'authorization', 'not_asked'],
      [['X-Key', 'Authorization'], ['cookie', 'x-key'], 'not_asked'],
      ['authorization', ['x-key', 'AUTHORIZATION'], 'not_asked'],
      [['x-key', 'authorization'], ['cookie', 'x-other'], 'authenticated'],
    ] as const) {
      const names = [failing, later].map((credential) => [credential].flat().join(' and ')).join(', then ');
      it(`after an outage goes by each of several credentials: ${names}`, async () => {
        const links = [throwing('P', new ServiceUnavailableError(), failing), link('Q', () => ANN, later)];
        expect((await run(links)).verdicts).to.deep.equal(['unavailable', verdict]);
      });
    }

    it('takes an empty list of credentials for one that is unknown', async () => {
      expect((await run([link('P', () => ANN, []), granting()])).verdicts).to.deep.equal([
        'bug',
        'not_asked',
      ]);
    });

    it('lets no provider grant after one whose credential is unknown', async () => {
      const broken = { name: 'Broken', get: () => expect.fail('cannot be created') };
      const later = granting();
      const { verdicts } = await run([broken, later]);
      expect(verdicts).to.deep.equal(['bug', 'not_asked']);
      expect(later.calls()).to.equal(0);
    });

    it('asks the next by the same credential after bad ones', async () => {
      const { answer } = await run([throwing('P', new BadCredentialsError()), link('Q', () => ANN)]);
      expect(answer).to.equal('authenticated');
    });

    it("ends at the first wrong credentials when told 'stop', but not at an outage or at none", async () => {
      const stop = { stopAtBadCredentials: true };
      const verdictsOf = async (first: ChainLink) => (await run([first, granting()], stop)).verdicts;
      expect(await verdictsOf(throwing('P', new BadCredentialsError()))).to.deep.equal(['bad_credentials']);
      expect(await verdictsOf(throwing('P', new AccountStatusError()))).to.deep.equal(['inactive']);
      expect(await verdictsOf(throwing('P', new MalformedCredentialsError()))).to.have.length(1);
      expect(await verdictsOf(throwing('P', new ServiceUnavailableError()))).to.have.length(2);
      expect(await verdictsOf(link('P', () => null))).to.have.length(2);
    });
  });

  it('is 503 after the deadline, aborts the signal, and discards a late grant', async () => {
    let grant: (user: typeof ANN) => unknown = never;
    let signal: AbortSignal | undefined;
    const slow = link('Slow', (request) => {
      ({ signal } = request);
      return tooLate(new Promise((resolve) => (grant = resolve)));
    });
    const weaker = link('Weaker', () => ANN);
    const { verdicts, answer } = await run([slow, weaker], { deadlineMs: DEADLINE_MS });
    expect(signal?.aborted).to.be.true;
    grant(ANN);
    expect(verdicts).to.deep.equal(['deadline_passed', 'not_asked']);
    expect(answer).to.equal('503 authentication_unavailable');
  });

  it('is 400 for two Authorization lines, whatever the provider', async () => {
    const asked = link('P', () => ANN, 'x-key');
    const request = {
      ...fakeRequest(),
      header: () => {
        throw new InvalidRequestError();
      },
    };
    const outcome = await runChain(request, chainOptions([asked]));
    expect(outcome.kind).to.equal('refused');
    expect(outcome.kind !== 'authenticated' && outcome.error().httpCode).to.equal(400);
    expect(asked.calls()).to.equal(0);
  });

  it('is 400 for malformed Bearer credentials, 401 for others (RFC 6750 section 3.1)', async () => {
    const malformed = [throwing('P', new MalformedCredentialsError())];
    expect((await run(malformed, {}, { authorization: 'Bearer ,' })).answer).to.equal('400 invalid_request');
    expect((await run(malformed, {}, { authorization: 'Basic ,' })).answer).to.equal(
      '401 malformed_credentials',
    );
  });

  it('is anonymous without any provider', async () => {
    expect((await run([])).answer).to.equal('401 authentication_required');
  });

  it('makes its error anew each time', async () => {
    const { outcome } = await run([throwing('P', new BadCredentialsError())]);
    if (outcome.kind === 'authenticated') return expect.fail();
    expect(outcome.error()).to.not.equal(outcome.error());
  });

  it('says which headers the providers that were asked read, by their own statement or by looking', async () => {
    const reading = (name: string, user: typeof ANN | null) =>
      link(name, (request) => {
        request.header(`X-${name}`);
        return user;
      });
    const { outcome } = await run([reading('A', null), reading('B', ANN), reading('C', ANN)]);
    expect([...outcome.headersRead]).to.deep.equal(['authorization', 'x-a', 'x-b']);
  });

  it('silences promises that a provider adds to the record of a store', async () => {
    using watch = new CrashWatch();
    const adding = link('P', async (_request, store) => {
      const user = await store.getUser('ann');
      return Object.assign(user ?? ANN, { profile: Promise.reject(new Error('later')) });
    });
    const userstore = storesInOrder([{ getUser: (username) => ({ username }) }]);
    expect((await run([adding], { userstore })).answer).to.equal('authenticated');
    expect(await watch.settled()).to.deep.equal([]);
  });

  it('silences promises that an app adds to a login in ways that nothing lists', async () => {
    using watch = new CrashWatch();
    const add = (key: PropertyKey, enumerable: boolean) => {
      const login = new Authentication(ANN);
      return Object.defineProperty(login, key, { value: Promise.reject(new Error('later')), enumerable });
    };
    for (const [key, enumerable] of [
      ['more', true],
      ['more', false],
      [Symbol('more'), true],
    ] as const) {
      // prettier-ignore
      expect((await run([link('P', () => add(key, enumerable))])).answer).to.equal('authenticated');
    }
    expect(await watch.settled()).to.deep.equal([]);
  });

  it('reads the reply headers of a login once, and keeps those that can be sent', async () => {
    let reads = 0;
    const changing = {
      get 'X-P'() {
        reads += 1;
        return reads === 1 ? 'x' : '$2b$12$thisStandsForAHashNobodyIsToSee';
      },
      'X-Q': 'a\r\nb',
      'Set-Cookie': ['a=1', 'b=2'],
    };
    const stating = link('P', () => new Authentication(ANN, { replyHeaders: changing }));
    const { outcome } = await run([stating]);
    if (outcome.kind !== 'authenticated') return expect.fail(outcome.kind);
    const expected = { 'X-P': 'x', 'Set-Cookie': ['a=1', 'b=2'] };
    expect(outcome.authentication.replyHeaders).to.deep.equal(expected);
    expect(outcome.authentication.replyHeaders).to.deep.equal(expected);
    expect(reads).to.equal(1);
  });

  it('hands each provider the userstore, and its reports to the listener', async () => {
    const heard: unknown[] = [];
    const userstore = storesInOrder([
      { getUser: (name) => ({ username: name }), getGroup: (name) => ({ name }) },
    ]);
    const reporting = link('P', async (request, store) => {
      expect(await store.getUser('ann')).to.deep.equal(ANN);
      expect(await store.getGroup?.('g')).to.deep.equal({ name: 'g' });
      reportProblem(request, { component: 'P', problem: 'hash' });
      return null;
    });
    await run([reporting], { userstore, onProblem: (problem) => heard.push(problem) });
    expect(heard).to.deep.equal([{ component: 'P', problem: 'hash', user: undefined }]);
  });

  it('names a user for events with the store, or with the provider that brought it along', async () => {
    const labels: string[] = [];
    const userstore = storesInOrder([{ getUser: () => null }, { getUser: (username) => ({ username }) }]);
    for (const script of [(_: unknown, users: UserstoreInterface) => users.getUser('a\nb'), () => ANN]) {
      const { outcome } = await run([link('P', script)], { userstore });
      if (outcome.kind === 'authenticated') labels.push(outcome.label());
    }
    expect(labels).to.deep.equal(['1:a\\u000ab', 'P:ann']);
  });

  it('has on record which store a user came from, handed on as it was or as a copy', async () => {
    const store = { getUser: (username: string) => ({ username }) };
    const userstore = storesInOrder([{ getUser: () => null }, store]);
    for (const change of [(user: User) => user, (user: User) => ({ ...user, roles: ['more'] })]) {
      const copying = link('P', async (_request, users) => {
        await users.getUser('bob');
        const ann = await users.getUser('ann');
        await users.getUser('eve');
        return ann ? change(ann) : null;
      });
      const { outcome } = await run([copying], { userstore });
      if (outcome.kind !== 'authenticated') throw new Error(outcome.kind);
      expect(outcome.origin).to.deep.equal({
        store,
        name: '1',
        user: ANN,
        stamp: 0,
        fixed: undefined,
        isActive: true,
      });
      expect(outcome.origin?.store).to.equal(store);
    }
    const { outcome } = await run([link('P', () => ANN)], { userstore });
    expect(outcome).to.include({ kind: 'authenticated', origin: undefined });
  });

  it('counts what a provider says it reads and the headers that it looked for and found', async () => {
    const peeking = link(
      'P',
      (request) => {
        request.header('x-key');
        request.header('Cookie');
        request.header('X-Absent');
        return ANN;
      },
      'X-Key',
    );
    const other = link('O', (request) => void request.header('accept'));
    const headers = { 'x-key': 'k', cookie: 'sid=1', accept: '*/*' };
    const { outcome } = await run([other, peeking], {}, headers);
    if (outcome.kind !== 'authenticated') throw new Error(outcome.kind);
    expect(outcome.credentials()).to.deep.equal(['x-key', 'cookie']);
  });

  it('names all that a provider of several credentials reads, and knows a grant by none of them', async () => {
    const several = ['X-Key', 'Authorization'];
    for (const [sent, more] of [
      ['x-key', []],
      ['authorization', []],
      ['accept', ['accept', UNREAD]],
    ] as const) {
      const reading = link('P', (request) => (request.header(sent), ANN), several);
      const { outcome } = await run([reading], {}, { [sent]: 'k' });
      if (outcome.kind !== 'authenticated') throw new Error(outcome.kind);
      expect(outcome.credentials()).to.have.members(['x-key', 'authorization', ...more]);
      expect(outcome.headersRead).to.include.members(['x-key', 'authorization']);
    }
  });

  it('knows a grant that did not find the header which its provider names', async () => {
    const isUnread = async (credential: string | undefined, read: readonly string[]) => {
      const reading = link(
        'P',
        (request) => {
          for (const name of read) request.header(name);
          return ANN;
        },
        credential,
      );
      const { outcome } = await run([reading], {}, { 'x-key': 'k' });
      if (outcome.kind !== 'authenticated') throw new Error(outcome.kind);
      return outcome.credentials().includes(UNREAD);
    };
    expect(await isUnread('x-key', ['X-Key'])).to.be.false;
    expect(await isUnread('x-key', [])).to.be.true;
    expect(await isUnread('x-absent', ['x-absent'])).to.be.true;
    expect(await isUnread(undefined, ['authorization'])).to.be.true;
    for (const named of ['cookie', 'tls']) expect(await isUnread(named, [])).to.be.false;
  });
});
