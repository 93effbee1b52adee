import { expect } from 'chai';
import { Activity } from '../../../src/authentication/activity';
import { findKnownUser } from '../../../src/authentication/known-user';
import { UserstoreChain } from '../../../src/authentication/userstore-chain';
import type { User } from '../../../src/core/user';
import type { UserstoreInterface } from '../../../src/core/userstore';
import { ServiceUnavailableError } from '../../../src/errors';
import { DEADLINE_MS, hang, holdDeadlines } from '../../support/deadlines';
import { storesInOrder } from './fakes';

const STAMP = 1_700_000_000_000;
const ANN: User = { username: 'ann', password: 'hash', id: 'u-1', tokensValidFrom: new Date(STAMP) };

function storeOf(...users: User[]): UserstoreInterface {
  return { getUser: (name) => users.find(({ username }) => username === name) ?? null };
}

describe('findKnownUser', () => {
  holdDeadlines();

  const find = (stores: UserstoreInterface[], home?: string, name = 'ann') =>
    findKnownUser(storesInOrder(stores), name, home, DEADLINE_MS);

  it('tells what services need of a user, and nothing else', async () => {
    expect(await find([storeOf(ANN)])).to.deep.equal({
      username: 'ann',
      userstore: undefined,
      id: 'u-1',
      isActive: true,
      stamp: STAMP,
      hasStamp: false,
    });
    expect(await find([storeOf(ANN)], undefined, 'bob')).to.equal(null);
  });

  it('names the userstore in an app of several, and finds nobody there without its name', async () => {
    const stores = [storeOf({ username: 'bob' }), storeOf(ANN)];
    expect(await find(stores, '1')).to.include({ username: 'ann', userstore: '1' });
    for (const home of [undefined, '0', '2', '']) expect(await find(stores, home)).to.equal(null);
    // The chain finds the first of that name, so a token is never for the second.
    expect(await find([storeOf(ANN), storeOf(ANN)], '1')).to.equal(null);
  });

  it('takes the name of another userstore for nobody in an app of one', async () => {
    expect(await find([storeOf(ANN)], '0')).to.include({ username: 'ann' });
    expect(await find([storeOf(ANN)], 'other')).to.equal(null);
  });

  it('says who must not log in, by the record and by the app', async () => {
    expect(await find([storeOf({ ...ANN, active: false })])).to.include({ isActive: false });
    const link = { name: 'a', get: () => storeOf(ANN) };
    const chain = new UserstoreChain(() => [link], new Activity(() => false));
    expect(await findKnownUser(chain, 'ann', undefined, DEADLINE_MS)).to.include({ isActive: false });
  });

  it('knows whether the store has stamps', async () => {
    const updatePassword = () => true;
    for (const [store, hasStamp] of [
      [{}, false],
      [{ updatePassword }, true],
      [{ hasTokensValidFrom: true }, true],
      [{ updatePassword, hasTokensValidFrom: false }, false],
    ] as const) {
      expect(await find([{ ...storeOf(ANN), ...store }])).to.include({ hasStamp });
    }
  });

  for (const [id, known] of [
    ['u-1', 'u-1'],
    [7, '7'],
    [7n, '7'],
    ['7', '7'],
    [0, '0'],
    ['', undefined],
    [1.5, undefined],
    [NaN, undefined],
    [null, undefined],
    [{ toString: () => 'u-1' }, undefined],
    ['x'.repeat(257), undefined],
  ] as const) {
    it(`takes the id ${typeof id} ${String(id).slice(0, 20)} as ${String(known)}`, async () => {
      expect(await find([storeOf({ ...ANN, id })])).to.have.property('id', known);
    });
  }

  it('takes an id that cannot be read for none', async () => {
    const user = Object.defineProperty({ ...ANN }, 'id', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(await find([storeOf(user)])).to.have.property('id', undefined);
  });

  it('rejects when a store is down, too slow, or returns something that is not a user', async () => {
    const failing = (getUser: UserstoreInterface['getUser']) =>
      find([{ getUser }]).then(
        () => expect.fail('found'),
        (error: unknown) => error,
      );
    expect(await failing(() => Promise.reject(new ServiceUnavailableError()))).to.be.instanceOf(
      ServiceUnavailableError,
    );
    expect(await failing(() => hang())).to.be.instanceOf(ServiceUnavailableError);
    expect(await failing(() => ({ name: 'ann' }) as never)).to.be.instanceOf(TypeError);
  });
});
