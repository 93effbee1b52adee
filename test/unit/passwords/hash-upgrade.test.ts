import { expect } from 'chai';
import type { User } from '../../../src';
import { HashUpgrades } from '../../../src/passwords/hash-upgrade';
import { eventually } from '../../support/eventually';
import { fakeRequest } from '../../support/fake-request';

describe('HashUpgrades', () => {
  const user: User = { username: 'ann', password: 'old' };
  const hasher = { hash: () => Promise.resolve('new'), needsRehash: (hash: string) => hash === 'old' };
  let now: number;
  let updates: number;
  let result: () => unknown;

  const store = {
    getUser: () => user,
    updatePassword: () => {
      updates += 1;
      return result() as boolean;
    },
  };
  const login = { component: 'Password', store, user, password: 'secret', hash: 'old' };
  /** Whatever was to come without waiting for anything has come. */
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resume) => setImmediate(resume));
  };

  beforeEach(() => {
    now = 0;
    updates = 0;
    result = () => true;
  });

  it('rests for a minute after the store failed, and tries again then', async () => {
    const upgrades = new HashUpgrades(hasher, () => now);
    result = () => {
      throw new Error('read-only');
    };
    upgrades.afterReply(fakeRequest(), login);
    await eventually(() => updates === 1);
    await settle();
    now = 59_999;
    upgrades.afterReply(fakeRequest(), login);
    await settle();
    expect(updates).to.equal(1);
    now = 60_000;
    result = () => true;
    upgrades.afterReply(fakeRequest(), login);
    await eventually(() => updates === 2);
  });

  it('upgrades a user once at a time, and others beside', async () => {
    const upgrades = new HashUpgrades(hasher, () => now);
    let release: ((value: boolean) => void) | undefined;
    result = () => new Promise<boolean>((resolve) => (release = resolve));
    upgrades.afterReply(fakeRequest(), login);
    await eventually(() => updates === 1);
    upgrades.afterReply(fakeRequest(), login);
    upgrades.afterReply(fakeRequest(), { ...login, user: { username: 'ben', password: 'old' } });
    await eventually(() => updates === 2);
    await settle();
    expect(updates).to.equal(2);
    release?.(true);
  });
});
