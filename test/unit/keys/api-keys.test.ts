import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  AccessDeniedError,
  type ApiKeyInfo,
  ApiKeys,
  type ApiKeysOptions,
  type AppFacts,
  Authentication,
  ConfigurationError,
  InvalidRequestError,
  type NewApiKey,
  ServiceUnavailableError,
  type StateStoreInterface,
} from '../../../src';
import { verifierOf } from '../../../src/keys/api-keys';
import { toBase62 } from '../../../src/keys/base62';
import { crc32 } from '../../../src/keys/crc32';
import { newKey, readKey } from '../../../src/keys/key-form';
import { notePlace } from '../../../src/keys/key-login';
import { provedLogin, type ProvedBy } from '../../../src/core/authentication';
import type { EventOrigin, KnownUser } from '../../../src/core/auth-provider';
import type { ServiceEvent } from '../../../src/core/events';
import type { SecurityRequest } from '../../../src/core/request';
import { eventually } from '../../support/eventually';
import { login, WatchedState } from '../../support/key-fixtures';
import { CrashWatch } from '../../support/scripted';

const DAY = 24 * 60 * 60 * 1000;
const START = Date.UTC(2026, 0, 1);

/** Resolves with what it was refused with. */
async function refusal(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was not refused');
}

describe('ApiKeys', () => {
  let now = START;
  let state: WatchedState;

  beforeEach(() => {
    now = START;
    state = new WatchedState(() => now);
  });

  const make = (options: Partial<ApiKeysOptions> = {}) =>
    new ApiKeys({ state, prefix: 'notes', clock: () => now, ...options });
  const find = async (keys: ApiKeys, text: string) => verifierOf(keys).find(text);
  const proved = (provedBy: ProvedBy, details = {}, more = {}) =>
    provedLogin(details, {
      user: { username: 'ann' },
      source: { kind: 'userstore', name: 'Users' },
      home: undefined,
      stamp: 0,
      now,
      provedBy,
      ...more,
    });

  describe('create()', () => {
    it('makes a key that is found, and stores neither the key nor its secret', async () => {
      const keys = make();
      const { key, info } = await keys.create(login(), { name: 'build' });
      expect(info).to.deep.equal({
        id: key.slice(6, 22),
        name: 'build',
        hint: `${key.slice(0, 10)}…${key.slice(-4)}`,
        createdAt: new Date(START),
        expiresAt: new Date(START + 90 * DAY),
      } satisfies ApiKeyInfo);
      expect(await find(keys, key)).to.include({ id: info.id, user: 'ann' });
      const [[name, entry] = ['', undefined]] = [...state.entries];
      expect(name).to.equal(`key:${info.id}`);
      expect(entry?.owner).to.equal('ann');
      expect(entry?.ends).to.equal(START + 90 * DAY);
      expect(JSON.stringify([...state.entries])).not.to.include(key.slice(23, 66));
      expect(state.only.row).to.include({ v: 1, user: 'ann', stamp: 0, prefix: 'notes' });
    });

    it('keeps scopes and days as they were asked for', async () => {
      const keys = make();
      const { info } = await keys.create(login(), { name: 'x', scopes: ['a:b', 'c', 'a:b'], days: 7 });
      expect(info.scopes).to.deep.equal(['a:b', 'c']);
      expect(info.expiresAt).to.deep.equal(new Date(START + 7 * DAY));
      expect((await keys.create(login(), { name: 'x', scopes: [] })).info.scopes).to.deep.equal([]);
      expect((await keys.create(login(), { name: 'x', days: 366 })).info.expiresAt).to.deep.equal(
        new Date(START + 366 * DAY),
      );
    });

    it('takes names of 1 to 100 characters of any language', async () => {
      const keys = make();
      for (const name of ['x', 'ü'.repeat(100), '\ud83d\ude00'.repeat(100), 'Müllers "CI" <b>']) {
        expect((await keys.create(login(), { name })).info.name).to.equal(name);
      }
    });

    const wishes: [what: string, wish: unknown][] = [
      ['no wish', undefined],
      ['null', null],
      ['a text', 'build'],
      ['a list', ['build']],
      ['no name', {}],
      ['an empty name', { name: '' }],
      ['a name of spaces', { name: '  \u3000' }],
      ['a name of 101 characters', { name: 'x'.repeat(101) }],
      ['a huge name', { name: 'x'.repeat(1e6) }],
      ['a name that is no text', { name: 7 }],
      ['a name that is a list', { name: ['x'] }],
      ['a name with a line break', { name: 'a\nb' }],
      ['a name with half a character', { name: 'a\ud83d' }],
      ['a name that is written backwards', { name: 'a\u202eb' }],
      ['scopes that are a text', { name: 'x', scopes: 'a' }],
      ['scopes that are null', { name: 'x', scopes: null }],
      ['a scope with a space', { name: 'x', scopes: ['a b'] }],
      ['an empty scope', { name: 'x', scopes: [''] }],
      ['a scope that is no text', { name: 'x', scopes: [7] }],
      ['a list with a hole', { name: 'x', scopes: Object.assign([], { 1: 'a' }) }],
      ['too many scopes', { name: 'x', scopes: Array.from({ length: 101 }, (_, at) => `s${String(at)}`) }],
      ['a scope that is too long', { name: 'x', scopes: ['s'.repeat(257)] }],
      ['0 days', { name: 'x', days: 0 }],
      ['more days than may be', { name: 'x', days: 367 }],
      ['half a day', { name: 'x', days: 0.5 }],
      ['days as a text', { name: 'x', days: '7' }],
      ['no number of days', { name: 'x', days: NaN }],
      ['days without an end', { name: 'x', days: Infinity }],
      ['days that are null', { name: 'x', days: null }],
      ['a misspelt field', { name: 'x', scope: ['a'] }],
      ['a field that is a symbol', { name: 'x', [Symbol('s')]: 1 }],
      ['an inherited name', Object.create({ name: 'x' })],
    ];
    for (const [what, wish] of wishes) {
      it(`refuses ${what}, and makes nothing`, async () => {
        const error = await refusal(make().create(login(), wish as NewApiKey));
        expect(error).to.be.instanceOf(InvalidRequestError);
        expect(state.calls).to.deep.equal([]);
      });
    }

    it('refuses a login by a key, and takes the others', async () => {
      expect(await refusal(make().create(proved('key'), { name: 'x' }))).to.be.instanceOf(AccessDeniedError);
      for (const by of ['login', 'session', 'token'] as const) await make().create(proved(by), { name: 'x' });
    });

    it('makes no key that may do more than a limited login', async () => {
      const limited = new Authentication({ username: 'ann' }, { scopes: ['a', 'b'] });
      for (const scopes of [undefined, ['a', 'c'], ['c']]) {
        const wish = { name: 'x', ...(scopes && { scopes }) };
        expect(await refusal(make().create(limited, wish))).to.be.instanceOf(AccessDeniedError);
      }
      expect((await make().create(limited, { name: 'x', scopes: ['a'] })).info.scopes).to.deep.equal(['a']);
      expect((await make().create(limited, { name: 'x', scopes: [] })).info.scopes).to.deep.equal([]);
    });

    it('takes a login alone, whose user a userstore can have', async () => {
      const wrong: unknown[] = [
        undefined,
        { username: 'ann' },
        new Authentication({ username: '' }),
        proved('login', {}, { source: { kind: 'provider', name: 'Company' } }),
        proved('token', { isBound: true }),
        login({ username: 'x'.repeat(513) }),
        login({ username: 'ann\ud83d' }),
      ];
      for (const one of wrong) {
        expect(await refusal(make().create(one as Authentication, { name: 'x' }))).to.be.instanceOf(
          TypeError,
        );
      }
      expect(state.calls).to.deep.equal([]);
    });

    it('never gives a user more keys than may be, however many are asked for at once', async () => {
      const keys = make({ maxPerUser: 3 });
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, at) => keys.create(login(), { name: String(at) })),
      );
      const made = results.filter(({ status }) => status === 'fulfilled');
      expect(made).to.have.length(3);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(InvalidRequestError);
      }
      expect(await keys.list(login())).to.have.length(3);
      expect(state.entries.size).to.equal(3);
      // Others have their own.
      await keys.create(login({ username: 'ben' }), { name: 'x' });
    });

    it('never does so in several processes either', async () => {
      const slow = new Proxy(state, {
        get: (target, name, receiver) => {
          const value: unknown = Reflect.get(target, name, receiver);
          if (name !== 'list') return value;
          return async (owner: string) => {
            // As it was when the store was asked: others come between that and the answer.
            const found = await target.list(owner);
            await new Promise((resolve) => setImmediate(resolve));
            return found;
          };
        },
      });
      for (let round = 0; round < 20; round += 1) {
        state.entries.clear();
        const processes = Array.from({ length: 4 }, () => make({ state: slow, maxPerUser: 2 }));
        const results = await Promise.allSettled(
          Array.from({ length: 20 }, (_, at) => processes[at % 4]!.create(login(), { name: String(at) })),
        );
        const made = results.filter(({ status }) => status === 'fulfilled');
        expect(made.length).to.be.at.most(2);
        expect(state.entries.size).to.equal(made.length);
      }
    });

    it('counts neither ended keys nor those of others', async () => {
      const keys = make({ maxPerUser: 1 });
      await make({ prefix: 'admin' }).create(login(), { name: 'x' });
      await keys.create(login(), { name: 'x', days: 1 });
      expect(await refusal(keys.create(login(), { name: 'x' }))).to.be.instanceOf(InvalidRequestError);
      now += DAY;
      const { info } = await keys.create(login(), { name: 'y' });
      expect(await refusal(keys.create(login(), { name: 'x' }))).to.be.instanceOf(InvalidRequestError);
      await keys.revoke(login(), info.id);
      await keys.create(login(), { name: 'z' });
    });

    it('is unavailable where the state is, and reads no row of a later version', async () => {
      class Down extends WatchedState {
        override list(): Promise<never> {
          return Promise.reject(new ServiceUnavailableError());
        }
      }
      const down = make({ state: new Down(() => now) });
      expect(await refusal(down.create(login(), { name: 'x' }))).to.be.instanceOf(ServiceUnavailableError);
      const keys = make();
      const { info } = await keys.create(login(), { name: 'x' });
      state.rewrite(`key:${info.id}`, { v: 2 });
      const before = state.only;
      expect(await refusal(keys.create(login(), { name: 'x' }))).to.be.instanceOf(ServiceUnavailableError);
      expect(await refusal(keys.list(login()))).to.be.instanceOf(ServiceUnavailableError);
      expect(await refusal(keys.revoke(login(), info.id))).to.be.instanceOf(ServiceUnavailableError);
      expect(state.only).to.deep.equal(before);
    });

    it('ends no process where the state answers with promises that reject', async () => {
      const broken = () => [
        Promise.reject(new Error('canary')),
        ['key:x', Promise.reject(new Error('canary'))],
      ];
      const { key } = await make().create(login(), { name: 'x' });
      for (const method of ['list', 'get', 'set', 'delete'] as const) {
        const odd = {
          get: (id: string) => state.get(id),
          set: (...given: Parameters<StateStoreInterface['set']>) => state.set(...given),
          delete: (id: string) => state.delete(id),
          list: (owner: string) => state.list(owner),
          [method]: broken,
        } as unknown as StateStoreInterface;
        const keys = make({ state: odd });
        const found = await find(make(), key);
        if (found !== undefined) verifierOf(keys).noteUse(found);
        await Promise.allSettled([
          keys.list(login()),
          find(keys, key),
          keys.create(login(), { name: 'y' }),
          keys.revoke(login(), key.slice(6, 22)),
        ]);
      }
    });

    it('makes another one where the id is taken', async () => {
      class Taken extends WatchedState {
        left = 2;
        override set(...args: Parameters<WatchedState['set']>) {
          this.left -= 1;
          return this.left >= 0 ? Promise.resolve(false) : super.set(...args);
        }
      }
      const keys = make({ state: new Taken(() => now) });
      const { key } = await keys.create(login(), { name: 'x' });
      expect(await find(keys, key)).not.to.equal(undefined);
    });

    it('takes no answer of a state for success that is none', async () => {
      for (const answer of [undefined, null, 1, 'true', {}]) {
        const odd: StateStoreInterface = Object.assign(new WatchedState(() => now), {
          set: () => Promise.resolve(answer as boolean),
        });
        expect(await refusal(make({ state: odd }).create(login(), { name: 'x' }))).to.be.instanceOf(
          TypeError,
        );
      }
    });
  });

  describe('list()', () => {
    it('gives the live keys of the user, the newest first', async () => {
      const keys = make();
      for (const name of ['a', 'b', 'c']) {
        await keys.create(login(), { name, days: name === 'a' ? 1 : 9 });
        now += 1000;
      }
      await keys.create(login({ username: 'Ann' }), { name: 'other' });
      expect((await keys.list(login())).map(({ name }) => name)).to.deep.equal(['c', 'b', 'a']);
      expect((await keys.list({ username: 'ann' })).map(({ name }) => name)).to.deep.equal(['c', 'b', 'a']);
      now = START + DAY;
      expect((await keys.list(login())).map(({ name }) => name)).to.deep.equal(['c', 'b']);
      expect(await keys.list(login({ username: 'ann ' }))).to.deep.equal([]);
    });

    it('leaves out what is no key, and keys of another prefix, store or person', async () => {
      const keys = make();
      await keys.create(proved('login', {}, { home: 'Staff' }), { name: 'staff' });
      await keys.create(login({ id: 1 }), { name: 'former' });
      await keys.create(login(), { name: 'mine' });
      await make({ prefix: 'admin' }).create(login(), { name: 'admin' });
      await state.set('rt:x', '{"v":9}', undefined, new Date(now + DAY), 'ann');
      await state.set('key:x', '{"v":9}', undefined, new Date(now + DAY), 'ann');
      const names = async (user: Parameters<ApiKeys['list']>[0]) =>
        (await keys.list(user)).map(({ name }) => name).toSorted();
      expect(await names(login())).to.deep.equal(['mine']);
      expect(await names(login({ id: 1 }))).to.deep.equal(['former']);
      expect(await names(login({ id: 1n }))).to.deep.equal(['former']);
      expect(await names(login({ id: 2 }))).to.deep.equal([]);
      expect(await names(proved('login', {}, { home: 'Staff' }))).to.deep.equal(['staff']);
      // By name alone all persons are meant that ever had it.
      expect(await names({ username: 'ann' })).to.deep.equal(['former', 'mine']);
      expect(await names({ username: 'ann', userstore: 'Staff' })).to.deep.equal(['staff']);
      expect(await names({ username: 'ann', userstore: 'Other' })).to.deep.equal([]);
    });

    it('gives, counts and ends keys of a time when the app had several stores, as they still count', async () => {
      const keys = make({ maxPerUser: 2 });
      const { info } = await keys.create(proved('login', {}, { home: 'Users' }), { name: 'before' });
      await keys.create(proved('login'), { name: 'after' });
      expect(await keys.list(proved('login'))).to.have.length(2);
      expect(await refusal(keys.create(proved('login'), { name: 'x' }))).to.be.instanceOf(
        InvalidRequestError,
      );
      expect(await keys.revoke(proved('login'), info.id)).to.be.true;
      expect(await keys.list(proved('login'))).to.have.length(1);
    });

    it('takes what names a user', async () => {
      for (const user of [
        undefined,
        null,
        'ann',
        {},
        { username: '' },
        { username: 7 },
        { username: 'a', userstore: 1 },
      ]) {
        expect(await refusal(make().list(user as never))).to.be.instanceOf(TypeError);
      }
    });
  });

  describe('revoke()', () => {
    it('ends a key once, for its user alone', async () => {
      const keys = make();
      const { key, info } = await keys.create(login(), { name: 'x' });
      expect(await keys.revoke(login({ username: 'ben' }), info.id)).to.be.false;
      expect(await keys.revoke({ username: 'ann', userstore: 'Staff' }, info.id)).to.be.false;
      expect(await keys.revoke(login({ id: 7 }), info.id)).to.be.false;
      expect(await make({ prefix: 'admin' }).revoke(login(), info.id)).to.be.false;
      expect(await find(keys, key)).not.to.equal(undefined);
      const answers = await Promise.all(Array.from({ length: 20 }, () => keys.revoke(login(), info.id)));
      expect(answers.filter(Boolean)).to.have.length(1);
      expect(await find(keys, key)).to.equal(undefined);
      expect(await keys.revoke(login(), info.id)).to.be.false;
    });

    it('asks no store about what cannot be an id', async () => {
      const keys = make();
      for (const id of ['', 'x', '../x', `${'a'.repeat(16)}\n`, 'é'.repeat(16), undefined, 7, {}]) {
        expect(await keys.revoke(login(), id as string)).to.be.false;
      }
      expect(state.calls).to.deep.equal([]);
    });
  });

  describe('finding a key', () => {
    it('needs the right secret, prefix and time', async () => {
      const keys = make();
      const { key, info } = await keys.create(login(), { name: 'x', days: 1 });
      const { key: other } = await keys.create(login(), { name: 'y' });
      expect(await find(keys, key)).to.include({ id: info.id });
      state.rewrite(`key:${info.id}`, { digest: '0'.repeat(64) });
      expect(await find(keys, key)).to.equal(undefined);
      state.rewrite(`key:${other.slice(6, 22)}`, { prefix: 'admin' });
      expect(await find(keys, other)).to.equal(undefined);
      const { key: third } = await keys.create(login(), { name: 'z', days: 1 });
      now = START + DAY - 1;
      expect(await find(keys, third)).not.to.equal(undefined);
      now = START + DAY;
      expect(await find(keys, third)).to.equal(undefined);
    });

    it('does not take the key of other keys in one state under its own prefix', async () => {
      const { key } = await make().create(login(), { name: 'x' });
      const body = `admin${key.slice(5, -6)}`;
      const forged = body + toBase62(crc32(body), 6);
      expect(readKey('admin', forged)).not.to.equal(undefined);
      expect(await find(make({ prefix: 'admin' }), forged)).to.equal(undefined);
      expect(await find(make(), newKey('notes').text)).to.equal(undefined);
    });

    it('refuses rubbish without asking the store', async () => {
      const keys = make();
      for (const text of ['', 'notes_', 'notes_x', `notes_${'a'.repeat(66)}`, 'x'.repeat(100_000)]) {
        expect(await find(keys, text)).to.equal(undefined);
      }
      expect(state.calls).to.deep.equal([]);
    });

    it('is at once where the store answers at once', () => {
      const rows = new Map<string, string>();
      const atOnce: StateStoreInterface = {
        get: (key) => rows.get(key),
        set: (key, value) => Boolean(rows.set(key, value)),
        delete: (key) => rows.delete(key),
        list: () => [...rows],
      };
      const keys = make({ state: atOnce });
      return keys.create(login(), { name: 'x' }).then(({ key, info }) => {
        expect(verifierOf(keys).find(key)).to.include({ id: info.id });
      });
    });
  });

  describe('cacheMs', () => {
    const reads = () => state.calls.filter((call) => call.startsWith('get')).length;

    it('spares asking for a right key, and for no other', async () => {
      const keys = make({ cacheMs: 1000 });
      const { key, info } = await keys.create(login(), { name: 'x' });
      await find(keys, key);
      await find(keys, key);
      expect(reads()).to.equal(1);
      now += 999;
      await find(keys, key);
      expect(reads()).to.equal(1);
      now += 1;
      await find(keys, key);
      expect(reads()).to.equal(2);
      // Set back, it would live longer.
      now -= 60_000;
      await find(keys, key);
      expect(reads()).to.equal(3);
      // Nor does a wrong secret get by.
      const body = `notes_${info.id}_${newKey('notes').secret}`;
      expect(await find(keys, body + toBase62(crc32(body), 6))).to.equal(undefined);
    });

    it('is off where nothing is said', async () => {
      const keys = make();
      const { key } = await keys.create(login(), { name: 'x' });
      await find(keys, key);
      await find(keys, key);
      expect(reads()).to.equal(2);
    });

    it('ends a revoked key here at once, also one that is read at that moment', async () => {
      const keys = make({ cacheMs: 10_000 });
      const { key, info } = await keys.create(login(), { name: 'x' });
      await find(keys, key);
      await keys.revoke(login(), info.id);
      expect(await find(keys, key)).to.equal(undefined);

      const second = await keys.create(login(), { name: 'y' });
      const read = find(keys, second.key);
      await keys.revoke(login(), second.info.id);
      await read;
      expect(await find(keys, second.key)).to.equal(undefined);
    });

    it('ends with the life of the key, and is forgotten with its user', async () => {
      const keys = make({ cacheMs: 10_000 });
      const { key } = await keys.create(login(), { name: 'x', days: 1 });
      now = START + DAY - 1;
      await find(keys, key);
      now += 1;
      expect(await find(keys, key)).to.equal(undefined);
      const { key: next } = await keys.create(login(), { name: 'x' });
      await find(keys, next);
      const before = reads();
      verifierOf(keys).forget('ann');
      await find(keys, next);
      expect(reads()).to.equal(before + 1);
    });
  });

  describe('lastUsedAt', () => {
    const use = async (keys: ApiKeys, text: string) => {
      const found = await find(keys, text);
      if (found === undefined) throw new Error('There is no such key');
      verifierOf(keys).noteUse(found);
    };
    const writes = () => state.calls.filter((call) => call.startsWith('set')).length;
    const lastUse = async (keys: ApiKeys) => (await keys.list(login()))[0]?.lastUsedAt?.getTime();

    it('is written at most once a minute, and keeps all else', async () => {
      const keys = make();
      const { key } = await keys.create(login(), { name: 'x', scopes: ['a'] });
      const { lastUsedAt: never, ...before } = state.only.row;
      expect(never).to.equal(undefined);
      await use(keys, key);
      await use(keys, key);
      await eventually(async () => (await lastUse(keys)) === START);
      now += 59_999;
      await use(keys, key);
      expect(writes()).to.equal(2);
      now += 1;
      await use(keys, key);
      await eventually(async () => (await lastUse(keys)) === now);
      expect(writes()).to.equal(3);
      expect(state.only.row).to.deep.equal({ ...before, lastUsedAt: now });
      expect(state.entries.get(state.only.key)).to.include({ owner: 'ann', ends: START + 90 * DAY });
    });

    it('keeps what a later minor version added', async () => {
      const keys = make();
      const { key } = await keys.create(login(), { name: 'x' });
      const [stored] = [...state.entries.values()];
      if (stored === undefined) throw new Error('Nothing is stored');
      stored.value = JSON.stringify({ ...state.only.row, later: ['one'] });
      await use(keys, key);
      await eventually(async () => (await lastUse(keys)) === START);
      expect(state.only.row).to.deep.include({ v: 1, later: ['one'], lastUsedAt: START });
      expect(state.only.row).not.to.have.any.keys('id', 'text');
      expect([...state.entries.values()][0]?.value).to.match(/^\{"v":1,/);
    });

    it('is written by one of several processes', async () => {
      const [one, other] = [make(), make()];
      const { key } = await one.create(login(), { name: 'x' });
      const [first, second] = await Promise.all([find(one, key), find(other, key)]);
      now += 5;
      verifierOf(one).noteUse(first!);
      verifierOf(other).noteUse(second!);
      await eventually(async () => (await lastUse(one)) === now);
      await use(other, key);
      expect(state.only.row['lastUsedAt']).to.equal(now);
    });

    it('never brings an ended key back, nor undoes what another process wrote', async () => {
      const keys = make();
      const { key, info } = await keys.create(login(), { name: 'x' });
      const found = await find(keys, key);
      await keys.revoke(login(), info.id);
      verifierOf(keys).noteUse(found!);
      await new Promise((resolve) => setImmediate(resolve));
      expect(state.entries.size).to.equal(0);
      const second = await keys.create(login(), { name: 'y' });
      const read = await find(keys, second.key);
      state.rewrite(`key:${second.info.id}`, { name: 'z' });
      verifierOf(keys).noteUse(read!);
      await new Promise((resolve) => setImmediate(resolve));
      expect(state.only.row).to.include({ name: 'z' }).and.not.have.property('lastUsedAt');
    });

    it('is left alone where it cannot be written, and nobody hears of it', async () => {
      using watch = new CrashWatch();
      const failures = [
        () => Promise.reject(new ServiceUnavailableError()),
        () => {
          throw new Error('at once');
        },
        () => new Promise<never>(() => {}),
      ];
      for (const fail of failures) {
        const keys = make();
        const { key } = await keys.create(login(), { name: 'x' });
        const broken = make({ state: Object.assign(Object.create(state) as WatchedState, { set: fail }) });
        await use(broken, key);
        await use(broken, key);
      }
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('has a bounded number of writes under way', async () => {
      let asked = 0;
      const keys = make({ maxPerUser: 200 });
      const all: string[] = [];
      for (let at = 0; at < 150; at += 1) all.push((await keys.create(login(), { name: 'x' })).key);
      const hanging = () => {
        asked += 1;
        return new Promise<never>(() => {});
      };
      const broken = make({ state: Object.assign(Object.create(state) as WatchedState, { set: hanging }) });
      for (const key of all) await use(broken, key);
      expect(asked).to.equal(100);
    });
  });

  describe('in an app', () => {
    const events: [ServiceEvent, EventOrigin | undefined][] = [];
    const problems: unknown[] = [];
    const request = { method: 'POST' } as unknown as SecurityRequest;
    const appWith = (known: KnownUser | null): AppFacts => ({
      userstores: ['Users'],
      userstoresWithoutStamp: [],
      providers: [],
      clock: () => now,
      realm: 'api',
      requestOf: () => undefined,
      findUser: () => Promise.resolve(known),
      emit: (event, where) => void events.push([event, where]),
      report: (problem) => void problems.push(problem),
    });
    const known: KnownUser = {
      username: 'ann',
      userstore: undefined,
      id: '17',
      isActive: true,
      stamp: 0,
      hasStamp: true,
    };

    beforeEach(() => {
      events.length = 0;
      problems.length = 0;
    });

    it('tells of keys that are made and ended, once each', async () => {
      const keys = make();
      verifierOf(keys).onStart(appWith(known));
      const ann = proved('login', {}, { home: 'Staff', source: { kind: 'userstore', name: 'Staff' } });
      notePlace(ann, { app: appWith(known), request });
      const { info } = await keys.create(ann, { name: 'x' });
      await keys.revoke(ann, info.id);
      await keys.revoke(ann, info.id);
      const told = { user: 'ann', keyId: info.id, hint: info.hint };
      expect(events).to.deep.equal([
        [
          { type: 'key_created', ...told },
          { userstore: 'Staff', request },
        ],
        [
          { type: 'key_ended', ...told },
          { userstore: 'Staff', request },
        ],
      ]);
    });

    it('takes the id from the store where what the app sees of the user has none', async () => {
      const keys = make();
      verifierOf(keys).onStart(appWith(known));
      await keys.create(login(), { name: 'x' });
      expect(state.only.row['userId']).to.equal('17');
      expect(await keys.list(login())).to.have.length(1);
      expect(await keys.list(login({ id: 17 }))).to.have.length(1);
    });

    it('takes no id of a later user of that name', async () => {
      const keys = make();
      verifierOf(keys).onStart(appWith({ ...known, stamp: 5 }));
      await keys.create(login(), { name: 'x' });
      expect(state.only.row).not.to.have.property('userId');
    });

    it("says once that 'end' is in vain for a store without tokensValidFrom", async () => {
      const keys = make({ whenPasswordChanges: 'end' });
      verifierOf(keys).onStart(appWith({ ...known, hasStamp: false }));
      await keys.create(login(), { name: 'x' });
      await keys.create(login(), { name: 'x' });
      expect(problems).to.have.length(1);
      const kept = make();
      verifierOf(kept).onStart(appWith({ ...known, hasStamp: false }));
      await kept.create(login(), { name: 'x' });
      expect(problems).to.have.length(1);
    });
  });

  describe('options', () => {
    const bad: Record<string, unknown>[] = [
      { prefix: undefined },
      { prefix: 'N' },
      { prefix: 'a_b' },
      { prefix: '' },
      { state: undefined },
      { state: {} },
      { state: null },
      { defaultDays: 0 },
      { defaultDays: 401 },
      { defaultDays: '90' },
      { maxDays: 401 },
      { maxDays: 0 },
      { maxDays: null },
      { defaultDays: 91, maxDays: 90 },
      { maxPerUser: 0 },
      { maxPerUser: 1.5 },
      { whenPasswordChanges: 'end ' },
      { whenPasswordChanges: true },
      { cacheMs: -1 },
      { cacheMs: 10_001 },
      { cacheMs: NaN },
      { clock: 7 },
      { maxPeruser: 5 },
      { secret: 'x' },
    ];
    for (const change of bad) {
      it(`does not take ${inspect(change)}`, () => {
        expect(() => make(change)).to.throw(ConfigurationError, Object.keys(change)[0]);
      });
    }

    it('has a default that is within a shorter limit', async () => {
      const { info } = await make({ maxDays: 30 }).create(login(), { name: 'x' });
      expect(info.expiresAt).to.deep.equal(new Date(START + 30 * DAY));
    });
  });

  it('shows nothing of what it keeps', async () => {
    const keys = make({ cacheMs: 10_000 });
    const { key } = await keys.create(login(), { name: 'x' });
    const found = await find(keys, key);
    const shown =
      inspect(keys, { depth: 20, showHidden: true }) + JSON.stringify(keys) + inspect(found, { depth: 9 });
    expect(shown).not.to.include(key.slice(23, 66));
    expect(JSON.stringify(keys)).to.equal('{}');
    expect(inspect(keys, { depth: 20, showHidden: true })).not.to.include(found?.digest);
  });
});
