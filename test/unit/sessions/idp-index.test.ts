import { expect } from 'chai';
import { MemoryState, SessionService } from '../../../src';
import { endOfIdp, noteIdp } from '../../../src/sessions/idp-index';
import type { SessionParts } from '../../../src/sessions/session-parts';
import type { IdpRecord } from '../../../src/sessions/session-record';
import { keeperOf } from '../../../src/sessions/session-service';
import { fakeRequest } from '../../support/fake-request';

const NOW = 1_800_000_000_000;
const key = (index: number) => `ses:${String(index).padStart(43, '0')}`;

class Entries extends MemoryState {
  readonly texts = new Map<string, string>();
  races = 0;
  constructor() {
    super({ clock: () => NOW });
  }
  override set(...args: Parameters<MemoryState['set']>) {
    if (this.races-- > 0) return false;
    this.texts.set(args[0], args[1]);
    return super.set(...args);
  }
}

function partsOf(state: MemoryState, name = 'session'): SessionParts {
  return keeperOf(new SessionService({ state, clock: () => NOW, cookie: { name } })).parts;
}

function note(parts: SessionParts, idp: IdpRecord, ofKey: string, until: number): Promise<void> {
  return noteIdp(parts, idp, ofKey, until, fakeRequest({}));
}

function write({ store }: SessionParts, index: number, idp?: IdpRecord): Promise<boolean> {
  const secret = '0'.repeat(43);
  const factors = [{ method: 'idp', at: null }];
  const times = { started: NOW, seen: NOW, ends: NOW + 1000 };
  const record = { user: 'ann', stamp: 0, factors, secret, idp, ...times, ip: '', userAgent: '' };
  return store.set('ses', key(index).slice('ses:'.length), record, NOW + 1000);
}

describe('The sessions of a login at a provider', () => {
  const idp = { issuer: 'https://id.example', subject: 'u-1', sid: 's-1' };

  const indexes = (state: Entries) => [...state.texts].filter(([name]) => name.startsWith('oidc:'));

  it('are noted by person and by session, and those that have ended make way at a hundred', async () => {
    const state = new Entries();
    const parts = partsOf(state);
    await write(parts, 3);
    for (let index = 0; index < 103; index += 1) await note(parts, idp, key(index), NOW + 1000 - index);
    expect(indexes(state)).to.have.length(2);
    for (const [name, text] of indexes(state)) {
      expect(name).to.match(/^oidc:[\w-]{43}$/);
      const { v, ids, until } = JSON.parse(text) as Record<string, unknown>;
      expect([v, until]).to.deep.equal([1, NOW + 1000]);
      // The one that lives, the newest of then, as they may be about to be written, and those since.
      const newest = Array.from({ length: 13 }, (_, index) => key(90 + index));
      expect(ids).to.deep.equal([key(3), ...newest]);
    }
  });

  it('of which there are more than a hundred end, the oldest first: the provider could not end it', async () => {
    const state = new Entries();
    const parts = partsOf(state);
    for (let index = 0; index < 102; index += 1) {
      await note(parts, idp, key(index), NOW + 1000);
      await write(parts, index);
    }
    for (const [, text] of indexes(state)) {
      const { ids } = JSON.parse(text) as { ids: string[] };
      expect([ids.length, ids[0], ids.at(-1)]).to.deep.equal([100, key(2), key(101)]);
    }
    const living = await parts.store.list('ses', 'ann');
    expect(living.map(({ id }) => `ses:${id}`).sort()).to.deep.equal(
      Array.from({ length: 100 }, (_, index) => key(index + 2)),
    );
  });

  it('end whichever service of the state they are of', async () => {
    const state = new Entries();
    const [own, other] = [partsOf(state), partsOf(state, 'desk')];
    await note(other, idp, key(1), NOW + 1000);
    await write(other, 1, idp);
    expect(await endOfIdp(own, idp, fakeRequest({}))).to.equal(1);
    expect(await other.store.get('ses', key(1).slice('ses:'.length))).to.equal(undefined);
  });

  it('are never noted together for two issuers, or a person who is called as a session', async () => {
    const state = new Entries();
    const parts = partsOf(state);
    await note(parts, { issuer: 'https://a.example', subject: 'x', sid: 'x' }, key(1), NOW + 1000);
    await note(parts, { issuer: 'https://b.example', subject: 'x', sid: 'x' }, key(2), NOW + 1000);
    expect(state.texts.size).to.equal(4);
  });

  it('are noted after others who did the same at once, and are unavailable where that never ends', async () => {
    const state = new Entries();
    const parts = partsOf(state);
    state.races = 19;
    await note(parts, { issuer: 'https://id.example', subject: 'u-1' }, key(1), NOW + 1000);
    expect(state.texts.size).to.equal(2);
    state.races = 99;
    const error: unknown = await note(parts, idp, key(2), NOW + 1000).catch((cause: unknown) => cause);
    expect(error).to.have.property('httpCode', 503);
  });

  it('are unavailable, and left as they are, where an entry is of a later version or damaged', async () => {
    for (const text of [
      '{"v":2,"ids":[],"until":1}',
      '{',
      '{"v":1,"ids":["x"],"until":1}',
      '{"v":1,"ids":[]}',
      '{"v":1,"ids":[],"ended":["x"],"until":1}',
      '{"v":1,"ids":[],"ended":{},"until":1}',
      '[]',
      'null',
    ]) {
      const state = new Entries();
      const parts = partsOf(state);
      await note(parts, { issuer: 'https://id.example', subject: 'u-1' }, key(1), NOW + 1000);
      const [name = '', before = ''] = [...state.texts].at(-1) ?? [];
      expect(state.set(name, text, before, new Date(NOW + 1000))).to.equal(true);
      const error: unknown = await note(parts, idp, key(2), NOW + 1000).catch((cause: unknown) => cause);
      expect(error, text).to.have.property('httpCode', 503);
      expect(state.get(name)).to.equal(text);
    }
  });
});
