import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { MaybePromise } from '../../core/userstore';
import type { OtpStoreInterface, PasskeyRecord, PasskeyStoreInterface } from '../../factors/factor-stores';
import type { FactorOwner } from '../../factors/second-factor';

/** A store of both kinds, as the contract tests it. */
export type FactorStore = OtpStoreInterface & PasskeyStoreInterface;

type Case = readonly [title: string, body: (store: FactorStore) => Promise<void>];

/** Different names that a store may compare as equal. */
const TWINS: readonly (readonly [string, string])[] = [
  ['ann', 'Ann'],
  ['ann', 'ann '],
  ['e\u0301', '\u00e9'],
  ['stra\u00dfe', 'strasse'],
  ['a%', 'ab'],
];

function newName(): string {
  return randomBytes(8).toString('hex');
}

function newPasskey(user: FactorOwner, id = randomBytes(24).toString('base64url')): PasskeyRecord {
  return {
    id,
    user,
    userHandle: 'aGFuZGxl',
    publicKey: 'a2V5',
    counter: 0,
    device: 'multi',
    transports: ['internal', 'hybrid'],
    name: 'L\u00e9a\u2019s phone \u{1f511}',
    createdAt: new Date(1_700_000_000_123),
  };
}

async function found(store: FactorStore, id: string): Promise<PasskeyRecord> {
  const passkey = await store.getPasskey(id);
  assert.ok(passkey !== null && passkey !== undefined, 'getPasskey() must find what was added');
  return passkey;
}

/** Starts all calls before the first is answered. */
function atOnce(asks: readonly (() => MaybePromise<boolean>)[]): Promise<boolean[]> {
  return Promise.all(asks.map(async (ask) => ask()));
}

async function isNothing(value: MaybePromise<unknown>): Promise<void> {
  const is = await value;
  assert.ok(is === null || is === undefined, 'a missing entry is null or undefined');
}

export const FACTOR_CASES: readonly Case[] = [
  [
    'keeps, changes and removes a text of a user, each only from its present value',
    async (store) => {
      const user = { username: newName() };
      await isNothing(store.getOtp(user));
      assert.equal(await store.updateOtp(user, '{"v":1}', 'other'), false);
      assert.equal(await store.updateOtp(user, '{"v":1}', undefined), true);
      assert.equal(await store.updateOtp(user, '{"v":2}', undefined), false);
      assert.equal(await store.updateOtp(user, '{"v":2}', '{"v":1} '), false);
      assert.equal(await store.getOtp(user), '{"v":1}');
      assert.equal(await store.updateOtp(user, '{"v":2}', '{"v":1}'), true);
      assert.equal(await store.updateOtp(user, undefined, '{"v":1}'), false);
      assert.equal(await store.getOtp(user), '{"v":2}');
      assert.equal(await store.updateOtp(user, undefined, '{"v":2}'), true);
      await isNothing(store.getOtp(user));
      assert.equal(await store.updateOtp(user, undefined, '{"v":2}'), false);
    },
  ],
  [
    'lets one of ten changes at once win',
    async (store) => {
      const user = { username: newName() };
      const won = async (texts: readonly string[], previous: string | undefined): Promise<string[]> => {
        const results = await atOnce(texts.map((text) => () => store.updateOtp(user, text, previous)));
        return texts.filter((_text, index) => results[index] === true);
      };
      const texts = Array.from({ length: 10 }, (_, index) => `{"n":${String(index)}}`);
      const [first, ...others] = await won(texts, undefined);
      assert.equal(others.length, 0, 'one insert of ten must win');
      assert.equal(await store.getOtp(user), first);
      const next = await won(
        texts.map((text) => `${text} `),
        first,
      );
      assert.equal(next.length, 1, 'one swap of ten must win');
      await store.updateOtp(user, undefined, next[0]);
    },
  ],
  [
    'keeps a text byte for byte, up to 16 KiB',
    async (store) => {
      const user = { username: newName() };
      const text = JSON.stringify({ a: '\u00e9\u2028\u{1f511} "\\', b: 'x'.repeat(16_000) });
      assert.equal(await store.updateOtp(user, text, undefined), true);
      assert.equal(await store.getOtp(user), text);
      assert.equal(await store.updateOtp(user, undefined, text), true);
    },
  ],
  [
    'takes no two users for one: of other names, and of other userstores',
    async (store) => {
      const [one, other] = [newName(), newName()];
      const pairs: (readonly [FactorOwner, FactorOwner])[] = [
        ...TWINS.map(([left, right]) => [{ username: one + left }, { username: one + right }] as const),
        [{ username: other }, { username: other, userstore: 'ldap' }],
        [
          { username: other, userstore: 'LDAP' },
          { username: other, userstore: 'ldap' },
        ],
      ];
      for (const [left, right] of pairs) {
        assert.equal(await store.updateOtp(left, '{"is":"left"}', undefined), true);
        await isNothing(store.getOtp(right));
        const passkey = newPasskey(left);
        assert.equal(await store.addPasskey(passkey), true);
        assert.deepEqual(await store.listPasskeys(right), []);
        assert.equal(await store.removePasskey(right, passkey.id), false);
        assert.equal(await store.removePasskey(left, passkey.id), true);
        assert.equal(await store.updateOtp(left, undefined, '{"is":"left"}'), true);
      }
    },
  ],
  [
    'keeps the text of a user whose id changes: whose it is is said by the text',
    async (store) => {
      const username = newName();
      assert.equal(await store.updateOtp({ username, userId: '1' }, '{}', undefined), true);
      assert.equal(await store.getOtp({ username, userId: '2' }), '{}');
      assert.equal(await store.updateOtp({ username }, undefined, '{}'), true);
    },
  ],
  [
    'keeps passkeys with all that they have',
    async (store) => {
      const user = { username: newName(), userId: '7' };
      const passkey = { ...newPasskey(user), counter: 2 ** 32 - 1, lastUsedAt: new Date(1_700_000_001_456) };
      await isNothing(store.getPasskey(passkey.id));
      assert.equal(await store.addPasskey(passkey), true);
      const read = await found(store, passkey.id);
      assert.deepEqual(
        { ...read, user: { ...read.user } },
        { ...passkey, user: { ...user, userstore: undefined } },
      );
      assert.deepEqual(
        (await store.listPasskeys({ username: user.username })).map(({ id }) => id),
        [passkey.id],
      );
      assert.equal(await store.removePasskey(user, passkey.id), true);
      assert.equal(await store.removePasskey(user, passkey.id), false);
      await isNothing(store.getPasskey(passkey.id));
    },
  ],
  [
    'takes an id once, also of several at once, and tells ids apart by case',
    async (store) => {
      const [one, other] = [{ username: newName() }, { username: newName() }];
      const id = `Aa${randomBytes(8).toString('hex')}`;
      const added = await atOnce(
        [one, other, one].map((user) => () => store.addPasskey(newPasskey(user, id))),
      );
      assert.deepEqual(added.filter((isAdded) => isAdded).length, 1, 'one of three must win');
      await isNothing(store.getPasskey(id.toUpperCase()));
      const twin = newPasskey(one, id.toLowerCase());
      assert.equal(await store.addPasskey(twin), true);
      for (const user of [one, other]) {
        for (const passkey of await store.listPasskeys(user)) await store.removePasskey(user, passkey.id);
      }
      await isNothing(store.getPasskey(id));
    },
  ],
  [
    'changes a passkey only from its present value, and lets one of ten concurrent changes win',
    async (store) => {
      const user = { username: newName() };
      assert.equal(await store.addPasskey(newPasskey(user)), true);
      const [first] = await store.listPasskeys(user);
      assert.ok(first !== undefined);
      const counted = (counter: number): PasskeyRecord => ({
        ...first,
        counter,
        lastUsedAt: new Date(counter),
      });
      const wins = await atOnce(
        Array.from({ length: 10 }, (_, index) => () => store.updatePasskey(counted(index + 1), first)),
      );
      assert.equal(wins.filter((isWon) => isWon).length, 1, 'one of ten must win');
      assert.equal((await found(store, first.id)).counter, wins.indexOf(true) + 1);
      assert.equal(await store.updatePasskey(counted(50), first), false);
      const present = await found(store, first.id);
      assert.equal(await store.updatePasskey({ ...present, counter: 51 }, present), true);
      assert.equal(await store.removePasskey(user, first.id), true);
      assert.equal(await store.updatePasskey({ ...present, counter: 52 }, present), false);
      await isNothing(store.getPasskey(first.id));
    },
  ],
];
