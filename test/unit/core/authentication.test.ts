import { expect } from 'chai';
import { Authentication } from '../../../src/core/authentication';

describe('Authentication', () => {
  it('states a new login, now, when only a user is given', () => {
    const before = Date.now();
    const login = new Authentication({ username: 'ann' });
    expect(login.authenticatedAt.getTime()).to.be.within(before, Date.now());
    expect({ ...login, authenticatedAt: 0 }).to.deep.equal({
      user: { username: 'ann' },
      authenticatedAt: 0,
      methods: [],
      scopes: undefined,
      expiresAt: undefined,
      claims: {},
      replyHeaders: {},
    });
  });

  it('keeps what it is given', () => {
    const details = {
      authenticatedAt: new Date(1),
      methods: ['pwd'],
      scopes: ['read'],
      expiresAt: new Date(2),
      claims: { a: 1 },
      replyHeaders: { 'X-Proof': 'a' },
    };
    expect({ ...new Authentication({ username: 'ann' }, details) }).to.deep.equal({
      user: { username: 'ann' },
      ...details,
    });
  });
});
