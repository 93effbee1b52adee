import { expect } from 'chai';
import { Authentication, type Factor } from '../../../src';
import { fixedFactors, methodsOf, oldestOf, withMfa } from '../../../src/core/factors';
import { provedLogin } from '../../../src/core/authentication';

const factor = (method: string, at: number | null): Factor => ({
  method,
  at: at === null ? null : new Date(at),
});
const mfaOf = (...factors: Factor[]) => withMfa(factors).find(({ method }) => method === 'mfa');

describe('Factors', () => {
  it('amount to mfa by a passkey, at its time, of the newest where there are several', () => {
    for (const method of ['hwk', 'swk']) {
      expect(mfaOf(factor(method, 5))).to.deep.equal(factor('mfa', 5));
      expect(mfaOf(factor('pwd', 1), factor(method, 5), factor(method, 9))).to.deep.equal(factor('mfa', 9));
    }
  });

  it('amount to mfa by a code beside a first factor, at the older time', () => {
    for (const first of ['pwd', 'kerberos', 'idp']) {
      expect(mfaOf(factor(first, 3), factor('otp', 9))).to.deep.equal(factor('mfa', 3));
      expect(mfaOf(factor(first, 9), factor('otp', 3))).to.deep.equal(factor('mfa', 3));
    }
  });

  it('amount to mfa of unknown time where one of the two has none', () => {
    expect(mfaOf(factor('idp', null), factor('otp', 9))).to.deep.equal(factor('mfa', null));
    expect(mfaOf(factor('hwk', null))).to.deep.equal(factor('mfa', null));
    expect(mfaOf(factor('hwk', null), factor('pwd', 4), factor('otp', 9))).to.deep.equal(factor('mfa', 4));
  });

  it('are no mfa alone, nor twice the same', () => {
    for (const factors of [
      [factor('otp', 1)],
      [factor('pwd', 1)],
      [factor('pwd', 1), factor('kerberos', 1)],
      [factor('otp', 1), factor('otp', 2)],
      [factor('login', 1), factor('otp', 2)],
      [],
    ]) {
      expect(mfaOf(...factors)).to.equal(undefined);
    }
    expect(withMfa([factor('mfa', 3), factor('hwk', 9)])).to.have.lengthOf(2);
  });

  it('amount to mfa anew by what was proved after a login that states it', () => {
    expect(mfaOf(factor('mfa', 3), factor('hwk', 9))).to.deep.equal(factor('mfa', 9));
    expect(mfaOf(factor('mfa', null), factor('hwk', 9))).to.deep.equal(factor('mfa', 9));
    expect(mfaOf(factor('mfa', 3), factor('pwd', 7), factor('otp', 9))).to.deep.equal(factor('mfa', 7));
    expect(mfaOf(factor('mfa', 5), factor('idp', 5), factor('otp', 9))).to.deep.equal(factor('mfa', 5));
    expect(mfaOf(factor('mfa', 5), factor('idp', null), factor('otp', 9))).to.deep.equal(factor('mfa', 5));
    expect(mfaOf(factor('mfa', 5), factor('hwk', 3))).to.deep.equal(factor('mfa', 5));
  });

  it('have the oldest time, which is not known where one is not', () => {
    expect(oldestOf([factor('pwd', 7), factor('otp', 3)])).to.deep.equal(new Date(3));
    expect(oldestOf([factor('pwd', 7), factor('idp', null)])).to.equal(undefined);
    expect(oldestOf([factor('pwd', NaN)])).to.equal(undefined);
  });

  it('are methods without the provider, which is none of RFC 8176', () => {
    expect(methodsOf([factor('idp', 1), factor('otp', 1)])).to.deep.equal(['otp', 'mfa']);
    expect(methodsOf([factor('idp', 1)])).to.deep.equal([]);
    expect(methodsOf([factor('pwd', 1), factor('pwd', 2)])).to.deep.equal(['pwd']);
  });

  it('are a copy that nobody changes', () => {
    const at = new Date(5);
    const given = [{ method: 'pwd', at }];
    const fixed = fixedFactors(given);
    at.setTime(9);
    given.push({ method: 'otp', at });
    expect(fixed).to.deep.equal([factor('pwd', 5)]);
    expect(Object.isFrozen(fixed) && Object.isFrozen(fixed[0])).to.equal(true);
  });

  for (const wrong of [
    'pwd',
    {},
    [undefined],
    [null],
    ['pwd'],
    [{}],
    [{ method: 'pwd' }],
    [{ method: '', at: null }],
    [{ method: 7, at: null }],
    [{ method: 'pwd', at: 5 }],
    [{ method: 'pwd', at: undefined }],
    new Array(1),
  ]) /* prettier-ignore */ {
    it(`are refused as ${JSON.stringify(wrong)}`, () => {
      expect(() => fixedFactors(wrong)).to.throw(TypeError);
    });
  }
});

describe('The factors of a login', () => {
  const user = { username: 'ann' };
  const facts = { user, source: undefined, home: undefined, stamp: 0, now: 50 };

  it('are its methods at its time where none are stated', () => {
    const login = new Authentication(user, { authenticatedAt: new Date(3), methods: ['pwd', 'otp'] });
    expect(login.factors).to.deep.equal([factor('pwd', 3), factor('otp', 3)]);
    expect(login.methods).to.deep.equal(['pwd', 'otp']);
  });

  it('are a login at its time without methods, and of no known time where nobody knows', () => {
    expect(new Authentication(user, { authenticatedAt: new Date(3) }).factors).to.deep.equal([
      factor('login', 3),
    ]);
    expect(new Authentication(user, { authenticatedAt: null }).factors).to.deep.equal([
      factor('login', null),
    ]);
  });

  it('give the login its time, the oldest, and its methods', () => {
    const login = new Authentication(user, { factors: [factor('pwd', 7), factor('otp', 3)] });
    expect(login.authenticatedAt).to.deep.equal(new Date(3));
    expect(login.methods).to.deep.equal(['pwd', 'otp', 'mfa']);
  });

  it('never make a login younger than it says, and none known that it does not know', () => {
    const factors = [factor('pwd', 7)];
    expect(new Authentication(user, { factors, authenticatedAt: new Date(2) }).authenticatedAt).to.deep.equal(
      new Date(2),
    );
    expect(new Authentication(user, { factors, authenticatedAt: new Date(9) }).authenticatedAt).to.deep.equal(
      new Date(7),
    );
    expect(new Authentication(user, { factors, authenticatedAt: null }).authenticatedAt).to.equal(undefined);
    const partly = [factor('pwd', 7), factor('idp', null)];
    expect(
      new Authentication(user, { factors: partly, authenticatedAt: new Date(2) }).authenticatedAt,
    ).to.equal(undefined);
  });

  it('stay around the login, through the chain too, with its session', () => {
    const stated = new Authentication(user, { factors: [factor('pwd', 7), factor('otp', 3)] });
    const proved = provedLogin(stated, { ...facts, sessionId: 's' });
    const around = new Authentication({ username: 'ben' }, proved);
    for (const login of [proved, around]) {
      expect(login.factors).to.deep.equal(stated.factors);
      expect(login.sessionId).to.equal('s');
      expect(login.authenticatedAt).to.deep.equal(new Date(3));
    }
  });

  it('of a login that is spread are its methods at the oldest time', () => {
    const stated = new Authentication(user, { factors: [factor('pwd', 7), factor('otp', 3)] });
    const spread = new Authentication({ username: 'ben' }, { ...stated });
    expect(spread.factors).to.deep.equal([factor('pwd', 3), factor('otp', 3), factor('mfa', 3)]);
  });

  it('are those of nothing where the list is empty', () => {
    const login = new Authentication(user, { factors: [], authenticatedAt: new Date(3), methods: ['pwd'] });
    expect(login.factors).to.deep.equal([factor('pwd', 3)]);
  });

  it('are refused where they are none', () => {
    expect(() => new Authentication(user, { factors: ['pwd'] as unknown as Factor[] })).to.throw(TypeError);
  });
});
