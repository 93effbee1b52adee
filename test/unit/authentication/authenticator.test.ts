import { expect } from 'chai';
import {
  type AuthenticationOutcome,
  Authenticator,
  type AuthenticatorOptions,
} from '../../../src/authentication/authenticator';
import type { ChainLink } from '../../../src/authentication/chain';
import { type FakeRequestOptions, fakeRequest } from '../../support/fake-request';
import { InvalidRequestError } from '../../../src/errors';
import { chainOptions, link, stateOf } from './fakes';

function setUp(links: ChainLink[], options: Partial<AuthenticatorOptions> = {}) {
  const outcomes: AuthenticationOutcome[] = [];
  const authenticator = new Authenticator({
    ...chainOptions(links),
    requireHttps: false,
    trustedOrigins: new Set(),
    isLoopback: (ip) => ip === '127.0.0.1',
    onOutcome: (_request, outcome) => outcomes.push(outcome),
    onRecheck: () => {},
    ...options,
  });
  return { authenticator, outcomes };
}

describe('Authenticator', () => {
  it('asks once for a request, however many ask at the same time and later', async () => {
    const provider = link('P', async () => ({ username: 'ann' }));
    const { authenticator, outcomes } = setUp([provider]);
    const state = stateOf(fakeRequest());
    const all = await Promise.all(Array.from({ length: 20 }, async () => authenticator.authenticate(state)));
    all.push(await authenticator.authenticate(state));
    expect(provider.calls()).to.equal(1);
    expect(new Set(all)).to.have.lengthOf(1);
    expect(outcomes).to.deep.equal([all[0]]);
  });

  it('has the outcome at once where the provider answers at once, and gives it to who asks meanwhile', async () => {
    const state = stateOf(fakeRequest());
    let within: unknown;
    const provider = link('P', () => {
      within = authenticator.authenticate(state);
      return { username: 'ann' };
    });
    const { authenticator, outcomes } = setUp([provider]);
    const outcome = authenticator.authenticate(state);
    expect(outcome).to.not.be.instanceOf(Promise);
    expect(state.outcome).to.equal(outcome);
    expect(authenticator.authenticate(state)).to.equal(outcome);
    expect(await within).to.equal(outcome);
    expect(provider.calls()).to.equal(1);
    expect(outcomes).to.deep.equal([outcome]);
  });

  it('never gives one request the outcome of another', async () => {
    const provider = link('P', async (request) => ({ username: request.header('x-user') ?? '' }));
    const { authenticator } = setUp([provider]);
    const names = Array.from({ length: 200 }, (_, index) => `user-${index % 50}`);
    const found = await Promise.all(
      names.map(async (name) => {
        const request = fakeRequest({ headers: { 'x-user': name } });
        const outcome = await authenticator.authenticate(stateOf(request));
        return outcome.kind === 'authenticated' ? outcome.authentication.user.username : outcome.kind;
      }),
    );
    expect(found).to.deep.equal(names);
    expect(provider.calls()).to.equal(names.length);
  });

  it('bars an ambient credential that a foreign page may have sent', async () => {
    const { authenticator, outcomes } = setUp([link('P', () => ({ username: 'ann' }), 'cookie')]);
    const outcome = await authenticator.authenticate(stateOf(fakeRequest({ method: 'POST' })));
    if (outcome.kind !== 'barred') return expect.fail(outcome.kind);
    expect(outcome.error()).to.include({ httpCode: 403, code: 'cross_site' });
    expect(outcome.authenticated.authentication.user.username).to.equal('ann');
    expect(outcomes).to.deep.equal([outcome]);
  });

  describe('with requireHttps', () => {
    const basic = { authorization: 'bAsIc QTpC' };
    const table: [string, FakeRequestOptions, string][] = [
      ['Basic over plain HTTP', { ip: '10.0.0.1', headers: basic }, 'refused'],
      ['Basic over TLS', { ip: '10.0.0.1', secure: true, headers: basic }, 'authenticated'],
      ['Basic from this machine', { ip: '127.0.0.1', headers: basic }, 'authenticated'],
      [
        'Basic by a proxy on this machine',
        { headers: { ...basic, 'X-Forwarded-For': '10.0.0.1' } },
        'refused',
      ],
      [
        'Basic by a proxy over TLS',
        { secure: true, headers: { ...basic, Forwarded: 'for=x' } },
        'authenticated',
      ],
      ['Bearer over plain HTTP', { ip: '10.0.0.1', headers: { authorization: 'Bearer x' } }, 'authenticated'],
      ['no Authorization', { ip: '10.0.0.1' }, 'authenticated'],
    ];
    for (const [what, options, kind] of table) {
      it(`is ${kind} for ${what}`, async () => {
        const provider = link('P', () => ({ username: 'ann' }));
        const { authenticator } = setUp([provider], { requireHttps: true });
        const outcome = await authenticator.authenticate(stateOf(fakeRequest(options)));
        expect(outcome.kind).to.equal(kind);
        expect(provider.calls()).to.equal(kind === 'refused' ? 0 : 1);
        if (outcome.kind === 'refused')
          expect(outcome.error()).to.include({ httpCode: 403, code: 'https_required' });
      });
    }

    it('refuses several Authorization lines as such', async () => {
      const request = {
        ...fakeRequest({ ip: '10.0.0.1' }),
        header: () => {
          throw new InvalidRequestError();
        },
      };
      const outcome = await setUp([], { requireHttps: true }).authenticator.authenticate(stateOf(request));
      if (outcome.kind !== 'refused') return expect.fail(outcome.kind);
      expect(outcome.error().httpCode).to.equal(400);
    });
  });
});
