import { expect } from 'chai';
import { MemoryFactors, type PasskeyRecord } from '../../../src';
import { migrate, SqliteClient, SqlFactors } from '../../../src/sql';
import { factorStoreContract } from '../../../src/testing';
import { FACTOR_CASES, type FactorStore } from '../../../src/testing/contracts/factor-cases';

describe('MemoryFactors', () => {
  factorStoreContract({ make: () => new MemoryFactors() });
});

describe('SqlFactors on SQLite', () => {
  const client = new SqliteClient(':memory:');
  before(() => migrate(client));
  after(() => client.close());
  factorStoreContract({ make: () => new SqlFactors({ client }) });

  it('leaves nothing behind', async () => {
    for (const table of ['securest_otp', 'securest_passkeys']) {
      expect((await client.query(`SELECT 1 AS row FROM ${table}`, [])).rows).to.deep.equal([]);
    }
  });
});

describe('factorStoreContract()', () => {
  /** How many of its tests a store fails. */
  const failures = async (change: (store: MemoryFactors) => Partial<FactorStore>): Promise<number> => {
    let count = 0;
    for (const [, body] of FACTOR_CASES) {
      const inner = new MemoryFactors();
      const own = change(inner);
      const store = new Proxy(inner, {
        get: (target, name) => {
          const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      try {
        await body(store);
      } catch {
        count += 1;
      }
    }
    return count;
  };

  const broken: readonly (readonly [string, (store: MemoryFactors) => Partial<FactorStore>])[] = [
    [
      'writes whatever there was before',
      (store) => ({ updateOtp: (user, next) => store.updateOtp(user, next, store.getOtp(user)) }),
    ],
    [
      'inserts over what is there',
      (store) => ({
        updateOtp: (user, next, previous) => store.updateOtp(user, next, previous ?? store.getOtp(user)),
      }),
    ],
    [
      'folds names',
      (store) => {
        const fold = (user: { username: string }) => ({ ...user, username: user.username.toLowerCase() });
        return {
          getOtp: (user) => store.getOtp(fold(user)),
          updateOtp: (user, ...rest) => store.updateOtp(fold(user), ...rest),
        };
      },
    ],
    [
      'knows no userstores',
      (store) => ({
        getOtp: ({ username }) => store.getOtp({ username }),
        updateOtp: ({ username }, ...rest) => store.updateOtp({ username }, ...rest),
      }),
    ],
    ['says that all went well', () => ({ updateOtp: () => true })],
    [
      'cuts texts',
      (store) => ({
        updateOtp: (user, next, previous) => store.updateOtp(user, next?.slice(0, 1000), previous),
      }),
    ],
    [
      'checks first and writes later',
      (store) => ({
        updateOtp: async (user, next, previous) => {
          if (store.getOtp(user) !== previous) return false;
          await Promise.resolve();
          return store.updateOtp(user, next, store.getOtp(user));
        },
      }),
    ],
    [
      'takes a passkey over',
      (store) => ({
        addPasskey: (passkey) => {
          store.removePasskey(store.getPasskey(passkey.id)?.user ?? passkey.user, passkey.id);
          return store.addPasskey(passkey);
        },
      }),
    ],
    [
      'folds ids',
      (store) => ({
        getPasskey: (id) => store.getPasskey(id) ?? store.getPasskey(`A${id.slice(1).toLowerCase()}`),
      }),
    ],
    [
      'lets anybody remove a passkey',
      (store) => ({
        removePasskey: (user, id) => store.removePasskey(store.getPasskey(id)?.user ?? user, id),
      }),
    ],
    [
      'changes a passkey whatever it is',
      (store) => ({
        updatePasskey: (next) => {
          const present = store.getPasskey(next.id);
          return present !== undefined && store.updatePasskey(next, present);
        },
      }),
    ],
    [
      'brings a removed passkey back',
      (store) => ({
        updatePasskey: (next, previous) => store.updatePasskey(next, previous) || store.addPasskey(next),
      }),
    ],
    [
      'loses when it was used',
      (store) => ({
        getPasskey: (id) => {
          const found = store.getPasskey(id);
          return found && ({ ...found, lastUsedAt: undefined } as unknown as PasskeyRecord);
        },
      }),
    ],
  ];
  for (const [name, change] of broken) {
    it(`finds a store that ${name}`, async () => {
      expect(await failures(change)).to.be.greaterThan(0);
    });
  }

  it('finds nothing in one that is right', async () => {
    expect(await failures(() => ({}))).to.equal(0);
  });
});
