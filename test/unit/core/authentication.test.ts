import { mock } from 'node:test';
import { expect } from 'chai';
import type { User } from '../../../src/core/user';
import { Authentication, type AuthenticationDetails, provedLogin } from '../../../src/core/authentication';

describe('Authentication', () => {
  it('refuses a detail of an unknown name, which would be no limit', () => {
    for (const name of ['expiresat', 'scope', 'role', '']) {
      const details = { methods: ['otp'], [name]: undefined };
      expect(() => new Authentication({ username: 'ann' }, details)).to.throw(
        TypeError,
        JSON.stringify(name),
      );
    }
    const login = Object.assign(new Authentication({ username: 'ann' }, { methods: ['otp'] }), { more: 1 });
    expect(new Authentication({ username: 'ann' }, login).methods).to.deep.equal(['otp']);
    const spread = { ...new Authentication({ username: 'ann' }, { methods: ['otp'] }), scopes: ['read'] };
    expect(new Authentication({ username: 'bob' }, spread)).to.deep.include({
      user: { username: 'bob' },
      methods: ['otp'],
      scopes: ['read'],
    });
  });

  it('states a new login, now, when only a user is given', () => {
    mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
    const login = new Authentication({ username: 'ann' });
    mock.timers.reset();
    expect(login.authenticatedAt).to.deep.equal(new Date(1_700_000_000_000));
    expect({ ...login, authenticatedAt: 0 }).to.deep.equal({
      user: { username: 'ann' },
      authenticatedAt: 0,
      methods: [],
      scopes: undefined,
      roles: [],
      isBound: false,
      expiresAt: undefined,
      claims: {},
      source: undefined,
      provedBy: 'login',
      familyId: undefined,
      sessionId: undefined,
      stamp: 0,
      replyHeaders: {},
    });
  });

  it('keeps what it is given', () => {
    const details = {
      authenticatedAt: new Date(1),
      methods: ['pwd'],
      scopes: ['read'],
      roles: ['auditor'],
      isBound: true,
      expiresAt: new Date(2),
      claims: { a: 1 },
      stamp: 3,
      familyId: 'f',
      sessionId: 's',
      replyHeaders: { 'X-Proof': 'a' },
    };
    expect({ ...new Authentication({ username: 'ann' }, details) }).to.deep.equal({
      user: { username: 'ann' },
      source: undefined,
      provedBy: 'login',
      ...details,
    });
  });

  it('takes no source from the app', () => {
    const forged = { source: { kind: 'userstore', name: 'sql' } } as AuthenticationDetails;
    expect(new Authentication({ username: 'ann' }, forged).source).to.equal(undefined);
  });

  it('keeps that its user is of no store, also where login and user are spread', () => {
    const user = { username: 'ann' };
    const source = { kind: 'provider', name: 'Company' } as const;
    const login = provedLogin({}, { user, source, home: undefined, stamp: 0, now: 9 });
    for (const stated of [
      new Authentication(user),
      new Authentication({ ...user }, login),
      new Authentication({ ...user }, { ...login }),
    ]) {
      expect(stated.source).to.deep.equal(source);
    }
    expect(new Authentication({ ...user }).source).to.equal(undefined);
  });

  it('keeps what the chain knows of a login, for another user object too', () => {
    const user = { username: 'ann', tokensValidFrom: new Date(5) };
    const source = { kind: 'userstore', name: 'sql' } as const;
    const login = provedLogin({ methods: ['pwd'] }, { user, source, home: 'sql', stamp: 4, now: 9 });
    expect(login).to.include({ user, source, stamp: 4 });
    expect(login.authenticatedAt).to.deep.equal(new Date(9));
    const narrowed = new Authentication({ username: 'ann' }, login);
    expect(narrowed).to.deep.include({ source, stamp: 4, methods: ['pwd'], authenticatedAt: new Date(9) });
    expect(Authentication.homeOf(narrowed)).to.equal('sql');
    expect(new Authentication(user)).to.deep.include({ source, stamp: 4 });
  });

  describe('provedBy', () => {
    const proved = (provedBy?: 'login' | 'session' | 'token' | 'key', user: User = { username: 'ann' }) =>
      provedLogin(
        {},
        { user, source: undefined, home: undefined, stamp: 0, now: 9, ...(provedBy && { provedBy }) },
      );

    it('is token where nothing is said, so that a login of the chain starts nothing', () => {
      expect(proved().provedBy).to.equal('token');
    });

    for (const provedBy of ['session', 'token', 'key'] as const) {
      it(`stays ${provedBy} around the user, the login, and a login that is spread`, () => {
        const login = proved(provedBy);
        for (const stated of [
          new Authentication(login.user),
          new Authentication({ ...login.user }, login),
          new Authentication({ ...login.user }, { ...login }),
          new Authentication(login.user, proved('login')),
        ]) {
          expect(stated.provedBy).to.equal(provedBy);
        }
      });
    }

    it('is the weakest of the logins that have the very same user', () => {
      const user = { username: 'ann' };
      proved('key', user);
      expect(new Authentication(user).provedBy).to.equal('key');
      proved('login', user);
      expect(new Authentication(user).provedBy).to.equal('key');
    });

    it('is key where a provider says what is not known, also where the app states the login anew', () => {
      for (const odd of ['Login', 'password', 7]) {
        const login = proved(odd as 'login');
        for (const stated of [login, new Authentication(login.user), new Authentication(login.user, login)]) {
          expect(stated.provedBy).to.equal('key');
        }
      }
    });

    it('is login for a user whom the app looked up itself', () => {
      proved('key');
      expect(new Authentication({ username: 'ann' }).provedBy).to.equal('login');
    });

    it('never gets stronger by what the app says', () => {
      const { user } = proved('key');
      for (const provedBy of ['login', 'anything', null, 7]) {
        expect(new Authentication(user, { provedBy } as object).provedBy).to.equal('key');
      }
      for (const provedBy of ['Login', '', null, 7]) {
        expect(new Authentication({ username: 'ann' }, { provedBy } as object).provedBy).to.equal('key');
      }
    });
  });

  it('keeps the family of a login around its user and around the login', () => {
    const facts = { source: undefined, home: undefined, stamp: 0, now: 9, familyId: 'f1' };
    const login = provedLogin({}, { ...facts, user: { username: 'ann' } });
    for (const stated of [
      login,
      new Authentication(login.user),
      new Authentication({ ...login.user }, login),
      new Authentication({ ...login.user }, { ...login }),
    ]) {
      expect(stated.familyId).to.equal('f1');
    }
    expect(new Authentication({ username: 'ann' }).familyId).to.equal(undefined);
  });

  it('keeps what the chain knows of a login around it, where its user is shared with other requests', () => {
    const user = { username: 'ann' };
    const proved = (provedBy: 'login' | 'token', stamp: number, familyId?: string) => {
      const source = { kind: 'userstore', name: 'Users' } as const;
      return provedLogin({}, { user, source, home: 'Users', stamp, provedBy, familyId, now: 9 });
    };
    const logins = [
      proved('token', 1, 'f1'),
      proved('login', 1),
      proved('token', 2, 'f2'),
      proved('login', 3),
    ];
    for (const login of logins) {
      const { provedBy, stamp, familyId, source } = new Authentication(user, login);
      expect({ provedBy, stamp, familyId, source }).to.deep.equal({
        provedBy: login.provedBy,
        stamp: login.stamp,
        familyId: login.familyId,
        source: login.source,
      });
    }
    expect(new Authentication(user).provedBy).to.equal('token');
  });

  it('takes the time of a provider that states one, and else that of the chain', () => {
    const facts = { user: { username: 'ann' }, source: undefined, home: undefined, stamp: 0, now: 9 };
    const stated = new Authentication(facts.user, { authenticatedAt: new Date(1) });
    expect(provedLogin(stated, facts).authenticatedAt).to.deep.equal(new Date(1));
    expect(provedLogin(new Authentication(facts.user), facts).authenticatedAt).to.deep.equal(new Date(9));
    expect(provedLogin({}, facts).authenticatedAt).to.deep.equal(new Date(9));
  });

  it('keeps that its time is not known, also where it is spread, with its user or without', () => {
    const facts = { user: { username: 'ann' }, source: undefined, home: undefined, stamp: 0, now: 9 };
    const login = provedLogin({ authenticatedAt: null }, facts);
    const { user, ...rest } = login;
    for (const details of [login, { ...login }, rest, { ...rest, scopes: [] }]) {
      expect(new Authentication(user, details).authenticatedAt).to.equal(undefined);
    }
    expect(new Authentication(user, { authenticatedAt: undefined }).authenticatedAt).to.be.a('date');
  });

  it('is stated of anything: whether it is a user is found out by the chain', () => {
    for (const user of [null, undefined, 7, 'ann', { tokensValidFrom: 'x' }]) {
      expect(new Authentication(user as never).stamp).to.equal(0);
    }
  });
});
