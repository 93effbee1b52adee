/** What every userstore must do, whatever it keeps its users in. */
import { expect } from 'chai';
import type { Group, User } from '../../src/core/user';
import type { UserstoreInterface } from '../../src/core/userstore';

export interface StoreUnderTest {
  store: UserstoreInterface;
  /** Frees what the store holds. */
  teardown?: () => void | Promise<void>;
}

/** Makes a store that holds exactly these users and groups. */
export type StoreFactory = (users: User[], groups: Group[]) => StoreUnderTest | Promise<StoreUnderTest>;

const HASH = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

const ALICE: User & { tokensValidFrom: Date } = {
  username: 'alice',
  password: HASH,
  email: 'alice@example.com',
  active: true,
  roles: ['admin', 'author'],
  groups: ['staff'],
  tokensValidFrom: new Date('2026-01-01T00:00:00Z'),
};
const USERS: User[] = [
  ALICE,
  { username: 'bob', active: false },
  { username: 'bea', password: HASH },
  { username: 'staff', roles: ['user-named-staff'] },
  { username: 'José' },
];
const GROUPS: Group[] = [
  { name: 'staff', roles: ['reader'], groups: ['everyone'] },
  { name: 'everyone', roles: ['guest'] },
];

const NOBODY = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'a'.repeat(10_000),
  'alice\0',
  ' alice',
  'alice ',
  'Alice',
  'ALICE',
  'Jose\u0301',
  "alice' OR '1'='1",
  'alice"; DROP TABLE users; --',
  '*',
  'alice)(uid=*',
  'alice,dc=example',
  '../alice',
  'everyone',
];

/**
 * Describes a store by its contract: `describeUserstore('MyStore', (users, groups) => ({ store }))`.
 * @param keepsPasswords false for a store that has neither hashes nor times: passwords are proved elsewhere
 */
export function describeUserstore(name: string, factory: StoreFactory, keepsPasswords = true): void {
  const password = keepsPasswords ? HASH : undefined;
  const tokensValidFrom = keepsPasswords ? ALICE.tokensValidFrom : undefined;

  describe(`${name} as a userstore`, () => {
    let store: UserstoreInterface;
    let teardown: StoreUnderTest['teardown'];

    beforeEach(async () => {
      ({ store, teardown } = await factory(USERS, GROUPS));
    });

    afterEach(async () => {
      await teardown?.();
    });

    const getUser = async (identifier: string): Promise<User> => {
      const user = await store.getUser(identifier);
      if (!user) throw new Error('The store does not find a user that it was given');
      return user;
    };
    const getGroup = async (group: string): Promise<Group | null | undefined> => store.getGroup?.(group);

    it(`finds a user with every field, ${keepsPasswords ? 'the' : 'but no'} password hash`, async () => {
      const user = await getUser('alice');
      expect(user.username).to.equal('alice');
      expect(user.password).to.equal(password);
      expect(user.email).to.equal('alice@example.com');
      expect(user.active).to.equal(true);
      expect(user.roles).to.deep.equal(['admin', 'author']);
      expect(user.groups).to.deep.equal(['staff']);
      expect(user.tokensValidFrom).to.deep.equal(tokensValidFrom);
    });

    it('finds a user who has little more than a name, inactive or not', async () => {
      expect((await getUser('bob')).active).to.equal(false);
      expect((await getUser('bob')).password ?? null).to.equal(null);
      expect((await getUser('José')).roles ?? []).to.have.length(0);
    });

    for (const identifier of NOBODY) {
      it(`finds nobody by ${JSON.stringify(identifier.slice(0, 40))}`, async () => {
        expect((await store.getUser(identifier)) ?? null).to.equal(null);
      });
    }

    it('has no groups that were not given', async () => {
      for (const group of ['__proto__', 'constructor', 'toString', '', 'alice', 'Staff', 'staff ']) {
        expect((await getGroup(group)) ?? null, group).to.equal(null);
      }
    });

    it('keeps a user and a group of one name apart', async () => {
      expect((await getUser('staff')).roles).to.deep.equal(['user-named-staff']);
      expect((await getGroup('staff'))?.roles).to.deep.equal(['reader']);
    });

    it('gives a group its own roles and its parents', async () => {
      const staff = await getGroup('staff');
      expect(staff?.name).to.equal('staff');
      expect(staff?.roles).to.deep.equal(['reader']);
      expect(staff?.groups).to.deep.equal(['everyone']);
      expect((await getGroup('everyone'))?.groups ?? []).to.have.length(0);
    });

    it('answers a hundred callers at once, each with the user asked for', async () => {
      const names = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'alice' : 'bob'));
      const found = await Promise.all(names.map(getUser));
      expect(found.map(({ username }) => username)).to.deep.equal(names);
    });

    it('is not changed by what a caller does to a record', async () => {
      const user = await getUser('alice');
      attempt(() => (user.active = false));
      attempt(() => (user.password = 'none'));
      attempt(() => (user.roles as string[]).push('root'));
      attempt(() => (user.groups as string[]).pop());
      attempt(() => user.tokensValidFrom?.setTime(0));
      const group = await getGroup('staff');
      attempt(() => (group?.roles as string[]).push('root'));
      attempt(() => (group?.groups as string[]).push('root'));

      const again = await getUser('alice');
      expect(again.active).to.equal(true);
      expect(again.password).to.equal(password);
      expect(again.roles).to.deep.equal(['admin', 'author']);
      expect(again.groups).to.deep.equal(['staff']);
      expect(again.tokensValidFrom).to.deep.equal(tokensValidFrom);
      expect((await getGroup('staff'))?.roles).to.deep.equal(['reader']);
      expect((await getGroup('staff'))?.groups).to.deep.equal(['everyone']);
    });

    if (!keepsPasswords) {
      it('takes no new hash', () => {
        expect(store.updatePassword).to.equal(undefined);
      });
      return;
    }

    describe('updatePassword', () => {
      const NEW = HASH.replace(/hWy$/, 'hWz');
      const MOMENT = new Date('2026-06-01T00:00:00.250Z');

      const update = async (user: User, newHash: string, oldHash: string): Promise<boolean> => {
        if (store.updatePassword === undefined) throw new Error('The store does not update passwords');
        return store.updatePassword(user, newHash, oldHash, { tokensValidFrom: MOMENT });
      };

      it('stores the hash and the moment, and nothing else', async () => {
        const before = await getUser('alice');
        expect(await update(before, NEW, HASH)).to.equal(true);
        const after = await getUser('alice');
        expect(after.password).to.equal(NEW);
        expect(after.tokensValidFrom).to.deep.equal(MOMENT);
        expect({ ...after, password: 0, tokensValidFrom: 0 }).to.deep.equal({
          ...before,
          password: 0,
          tokensValidFrom: 0,
        });
        expect((await getGroup('staff'))?.roles).to.deep.equal(['reader']);
      });

      it('keeps the moment when only the hash is another', async () => {
        const user = await getUser('alice');
        expect(await store.updatePassword?.(user, NEW, HASH)).to.equal(true);
        expect((await getUser('alice')).tokensValidFrom).to.deep.equal(ALICE.tokensValidFrom);
      });

      it('moves the moment forward by a second or more, whatever moment it is given', async () => {
        const moments = [
          ALICE.tokensValidFrom,
          new Date(0),
          new Date('2027-01-01T00:00:00.999Z'),
          new Date('2027-01-01T00:00:00.999Z'),
          new Date('2027-01-01T00:00:02Z'),
          new Date('9998-01-01T00:00:00Z'),
          MOMENT,
        ];
        for (const [index, tokensValidFrom] of moments.entries()) {
          const before = await getUser('alice');
          const hash = `${HASH.slice(0, -1)}${index}`;
          expect(await store.updatePassword?.(before, hash, before.password!, { tokensValidFrom })).to.equal(
            true,
          );
          const given = tokensValidFrom.getTime();
          const expected = Math.max(given, before.tokensValidFrom!.getTime() + 1000);
          expect((await getUser('alice')).tokensValidFrom?.getTime()).to.equal(expected);
        }
      });

      it('takes the moment that it is given where the record has none', async () => {
        const bea = await getUser('bea');
        expect(await store.updatePassword?.(bea, NEW, HASH, { tokensValidFrom: MOMENT })).to.equal(true);
        expect((await getUser('bea')).tokensValidFrom).to.deep.equal(MOMENT);
      });

      it('changes nothing when the old hash is another, or there is none, or no such user', async () => {
        const [alice, bob] = [await getUser('alice'), await getUser('bob')];
        for (const old of [NEW, '', HASH.toLowerCase(), `${HASH} `]) {
          expect(await update(alice, NEW, old), old).to.equal(false);
        }
        expect(await update(bob, NEW, '')).to.equal(false);
        expect(await update({ ...alice, username: 'nobody' }, NEW, HASH)).to.equal(false);
        expect(await update({ ...alice, username: '__proto__' }, NEW, HASH)).to.equal(false);
        expect((await getUser('alice')).password).to.equal(HASH);
        expect((await getUser('bob')).password ?? null).to.equal(null);
      });

      it('lets one of many at once win', async () => {
        const user = await getUser('alice');
        const hashes = Array.from({ length: 10 }, (_, index) => `${HASH.slice(0, -1)}${index}`);
        const won = await Promise.all(hashes.map((hash) => update(user, hash, HASH)));
        expect(won.filter(Boolean)).to.have.length(1);
        expect((await getUser('alice')).password).to.equal(hashes[won.indexOf(true)]);
      });
    });
  });
}

/** A store may hand out what cannot be changed, or a copy. */
function attempt(change: () => unknown): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
