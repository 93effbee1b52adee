import { expect } from 'chai';
import { attribute } from '../../../src/authentication/attribute';
import { Authentication, type AuthenticationDetails, provedLogin } from '../../../src/core/authentication';
import type { User } from '../../../src/core/user';
import type { UserstoreInterface } from '../../../src/core/userstore';
import { DEADLINE_MS, hang, holdDeadlines } from '../../support/deadlines';
import { storesInOrder } from './fakes';

const NOW = 1_000;
const STAMP = 7;
const STORED: User = {
  username: 'ann',
  roles: ['editor', 'reader'],
  groups: ['staff'],
  email: 'ann@example.org',
  tokensValidFrom: new Date(STAMP),
};

/** A login whose user a provider stated by itself. */
function statedBy(stated: User, details: AuthenticationDetails = {}): Authentication {
  const user = { ...stated };
  const stamp = new Authentication(user, details).stamp;
  return provedLogin(details, {
    user,
    source: { kind: 'provider', name: 'P' },
    home: undefined,
    stamp,
    now: NOW,
  });
}

const stores = (...answers: UserstoreInterface['getUser'][]) =>
  storesInOrder(answers.map((getUser) => ({ getUser })));
const attributed = (user: User, ...answers: UserstoreInterface['getUser'][]): Promise<Authentication> =>
  attribute(
    { authentication: statedBy(user), origin: undefined, hasOwnUsers: false },
    stores(...answers),
    DEADLINE_MS,
  );

describe('attribute', () => {
  holdDeadlines();

  const same: [string, User, User?][] = [
    ['is the same', { ...STORED }],
    ['has its roles in another order, and twice', { ...STORED, roles: ['reader', 'editor', 'reader'] }],
    ['has no e-mail', { username: 'ann', roles: ['editor', 'reader'], groups: ['staff'] }],
    ['has an e-mail of null', { ...STORED, email: null }],
    ['has an e-mail that the store does not have', { ...STORED }, { ...STORED, email: undefined }],
    ['has no roles or groups, as in the store', { username: 'ann' }, { username: 'ann' }],
    [
      'has empty roles where the store has null',
      { username: 'ann', roles: [] },
      { username: 'ann', roles: null },
    ],
  ];
  for (const [what, stated, stored = STORED] of same) {
    it(`takes the login for that of the store's user when the stated one ${what}`, async () => {
      const login = await attributed(stated, () => stored);
      expect(login.source).to.deep.equal({ kind: 'userstore', name: '0' });
      expect(login.user).to.deep.equal(stated);
      expect(login.authenticatedAt?.getTime()).to.equal(NOW);
    });
  }

  it('carries the stamp that the store has', async () => {
    const login = await attributed({ ...STORED }, () => STORED);
    expect(login.stamp).to.equal(STAMP);
  });

  const others: [string, User, User?][] = [
    ['has another role', { ...STORED, roles: ['editor', 'admin'] }],
    ['has one role more', { ...STORED, roles: ['editor', 'reader', 'admin'] }],
    ['has one role fewer', { ...STORED, roles: ['editor'] }],
    ['has no roles', { ...STORED, roles: undefined }],
    ['has another group', { ...STORED, groups: ['board'] }],
    ['has one group more', { ...STORED, groups: ['staff', 'board'] }],
    ['has no groups', { ...STORED, groups: undefined }],
    ['has another e-mail', { ...STORED, email: 'ann@example.com' }],
    ['is inactive in the store', { ...STORED }, { ...STORED, active: false }],
    ['is found under another name', { ...STORED }, { ...STORED, username: 'Ann' }],
    ['is found as no user', { ...STORED }, { name: 'ann' } as never],
    ['is found with an unclear state', { ...STORED }, { ...STORED, active: 'yes' } as never],
  ];
  for (const [what, stated, stored = STORED] of others) {
    it(`leaves the login to its provider when the user ${what}`, async () => {
      const login = await attributed(stated, () => stored);
      expect(login.source).to.deep.equal({ kind: 'provider', name: 'P' });
    });
  }

  describe('and tokensValidFrom of the store', () => {
    const unstamped: User = { ...STORED, tokensValidFrom: undefined };
    const cases: [string, boolean, User, AuthenticationDetails, (Date | null | undefined)?][] = [
      ['is the moment of the login', true, unstamped, { authenticatedAt: new Date(STAMP) }],
      ['is before the login', true, unstamped, { authenticatedAt: new Date(STAMP + 1) }],
      ['is after the login', false, unstamped, { authenticatedAt: new Date(STAMP - 1) }],
      ['is after a login that is dated now', false, unstamped, {}, new Date(NOW + 1)],
      ['is none, whenever the login was', true, unstamped, { authenticatedAt: new Date(1) }, null],
      ['is compared with a broken date', false, unstamped, { authenticatedAt: new Date(Number.NaN) }],
      ['is compared with no date', false, unstamped, { authenticatedAt: 'yesterday' as never }],
      ['is another than the user is stated with', false, { ...STORED, tokensValidFrom: new Date(6) }, {}],
      ['is earlier than the user is stated with', false, { ...STORED, tokensValidFrom: new Date(8) }, {}],
      ['is set where the user is stated with none', false, { ...STORED, tokensValidFrom: null }, {}],
      ['is none where the user is stated with one', false, { ...STORED }, {}, undefined],
      ['is none where the user is stated with the epoch', false, { ...STORED, tokensValidFrom: new Date(0) }, {}, null],
      ['is that of the stated login', true, unstamped, { stamp: STAMP }],
      ['is another than that of the stated login', false, unstamped, { stamp: STAMP - 1 }],
      ['is the epoch for both', true, { ...STORED, tokensValidFrom: new Date(0) }, {}, new Date(0)],
    ]; // prettier-ignore
    for (const [what, isTheirs, stated, details, ...rest] of cases) {
      it(`${isTheirs ? 'takes the login for' : 'takes no login for'} that of the store's user when it ${what}`, async () => {
        const stored = rest.length === 0 ? STORED : { ...STORED, tokensValidFrom: rest[0] };
        const authentication = statedBy(stated, details);
        const login = await attribute(
          { authentication, origin: undefined, hasOwnUsers: false },
          stores(() => stored),
          DEADLINE_MS,
        );
        expect(login.source?.kind).to.equal(isTheirs ? 'userstore' : 'provider');
        if (!isTheirs) expect(login).to.equal(authentication);
      });
    }
  });

  const failing: [string, UserstoreInterface['getUser']][] = [
    ['does not know the user', () => null],
    ['answers undefined', async () => undefined],
    ['throws', () => { throw new Error('down'); }],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['rejects with undefined', () => Promise.reject(undefined)],
    ['never answers', hang],
  ]; // prettier-ignore
  for (const [what, getUser] of failing) {
    it(`leaves the login to its provider when the store ${what}`, async () => {
      const login = await attributed({ ...STORED }, getUser);
      expect(login.source).to.deep.equal({ kind: 'provider', name: 'P' });
    });
  }

  it('asks the first store that has the user, and no later one', async () => {
    const login = await attributed(
      { ...STORED },
      () => ({ ...STORED, roles: [] }),
      () => STORED,
    );
    expect(login.source).to.deep.equal({ kind: 'provider', name: 'P' });
    const second = await attributed(
      { ...STORED },
      () => null,
      () => STORED,
    );
    expect(second.source).to.deep.equal({ kind: 'userstore', name: '1' });
  });

  it('asks no store about a login that came from one, or that the chain did not make', async () => {
    let asked = 0;
    const chain = stores(() => ((asked += 1), STORED));
    const origin = {
      store: { getUser: () => STORED },
      name: '0',
      user: STORED,
      stamp: STAMP,
      fixed: undefined,
      isActive: true,
    };
    const found = statedBy({ ...STORED });
    expect(
      await attribute({ authentication: found, origin, hasOwnUsers: false }, chain, DEADLINE_MS),
    ).to.equal(found);
    const made = new Authentication({ ...STORED });
    expect(
      await attribute({ authentication: made, origin: undefined, hasOwnUsers: false }, chain, DEADLINE_MS),
    ).to.equal(made);
    expect(asked).to.equal(0);
  });

  it('leaves a login as it is in an app without stores', async () => {
    const login = statedBy({ ...STORED });
    expect(
      await attribute(
        { authentication: login, origin: undefined, hasOwnUsers: false },
        stores(),
        DEADLINE_MS,
      ),
    ).to.equal(login);
  });
});
