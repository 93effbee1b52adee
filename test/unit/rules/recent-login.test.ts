import { expect } from 'chai';
import {
  Authentication,
  type AuthenticationDetails,
  type Factor,
  recentLogin,
  type RecentLoginOptions,
} from '../../../src';
import { provedLogin } from '../../../src/core/authentication';
import { kindOf, type RuleContext } from '../../../src/rules/rule-kind';

const NOW = 1_800_000_000_000;
const user = { username: 'ann' };

function holds(options: RecentLoginOptions, login: Authentication): unknown {
  const rule = recentLogin(options);
  const context = {
    login,
    assumed: { everyScope: false, freshLogin: false },
    now: () => NOW,
  } as Partial<RuleContext> as RuleContext;
  return kindOf(rule).holds(rule, context);
}

const factor = (method: string, secondsAgo: number | null): Factor => ({
  method,
  at: secondsAgo === null ? null : new Date(NOW - secondsAgo * 1000),
});
const loginOf = (details: AuthenticationDetails) => new Authentication(user, details);

describe('recentLogin()', () => {
  it('holds where one factor is recent, whatever the age of the others', () => {
    const login = loginOf({ factors: [factor('pwd', 10_000), factor('otp', 10)] });
    expect(holds({ maxAgeSeconds: 300 }, login)).to.equal(true);
    expect(holds({ maxAgeSeconds: 300, methods: 'otp' }, login)).to.equal(true);
  });

  it('asks one factor for all: a recent one of another method does not do', () => {
    const login = loginOf({ factors: [factor('pwd', 10), factor('swk', 10_000)] });
    expect(holds({ maxAgeSeconds: 300, methods: 'passkey' }, login)).to.equal(false);
    expect(holds({ methods: 'passkey' }, login)).to.equal(true);
    expect(holds({ maxAgeSeconds: 300, methods: ['passkey', 'pwd'] }, login)).to.equal(true);
  });

  it('takes mfa at the time at which there were both factors anew', () => {
    const old = loginOf({ factors: [factor('pwd', 10_000), factor('otp', 10)] });
    expect(holds({ maxAgeSeconds: 300, methods: 'mfa' }, old)).to.equal(false);
    const fresh = loginOf({ factors: [factor('pwd', 20), factor('otp', 10)] });
    expect(holds({ maxAgeSeconds: 300, methods: 'mfa' }, fresh)).to.equal(true);
    expect(holds({ methods: 'mfa' }, loginOf({ factors: [factor('otp', 10)] }))).to.equal(false);
  });

  it('takes acr as what the provider said of the login there', () => {
    const claims = { acr: 'gold' };
    const stale = loginOf({ claims, factors: [factor('idp', 10_000), factor('otp', 10)] });
    expect(holds({ acr: 'gold' }, stale)).to.equal(true);
    expect(holds({ acr: 'gold', maxAgeSeconds: 300 }, stale)).to.equal(false);
    const fresh = loginOf({ claims, factors: [factor('idp', 10)] });
    expect(holds({ acr: ['gold', 'silver'], maxAgeSeconds: 300 }, fresh)).to.equal(true);
    expect(holds({ acr: 'silver' }, fresh)).to.equal(false);
    expect(
      holds({ acr: 'gold', maxAgeSeconds: 300 }, loginOf({ claims, authenticatedAt: new Date(NOW) })),
    ).to.equal(true);
  });

  it('never holds for a factor of unknown time, a broken one, or one of the future', () => {
    for (const login of [
      loginOf({ factors: [factor('pwd', null)] }),
      loginOf({ factors: [factor('pwd', NaN)] }),
      loginOf({ factors: [factor('pwd', -5.001)] }),
      loginOf({ authenticatedAt: null }),
    ]) {
      expect(holds({ maxAgeSeconds: 300 }, login)).to.equal(false);
    }
    expect(holds({ maxAgeSeconds: 300 }, loginOf({ factors: [factor('pwd', -5)] }))).to.equal(true);
    expect(holds({ maxAgeSeconds: 0 }, loginOf({ factors: [factor('pwd', 0)] }))).to.equal(true);
    expect(holds({ maxAgeSeconds: 300 }, loginOf({ factors: [factor('pwd', 300.001)] }))).to.equal(false);
    expect(holds({ methods: 'pwd' }, loginOf({ factors: [factor('pwd', null)] }))).to.equal(true);
  });

  it('never holds by age for what a browser sends again by itself, around the login too', () => {
    const facts = { user, source: undefined, home: undefined, stamp: 0, now: NOW, isRepeated: true };
    const login = provedLogin({ methods: ['pwd'] }, { ...facts, provedBy: 'login' });
    for (const one of [
      login,
      new Authentication({ username: 'ben' }, login),
      new Authentication(login.user),
    ]) {
      expect(holds({ maxAgeSeconds: 300 }, one)).to.equal(false);
    }
    expect(holds({ methods: 'pwd' }, login)).to.equal(true);
    expect(holds({ maxAgeSeconds: 300 }, provedLogin({}, { ...facts, isRepeated: false }))).to.equal(true);
  });
});
