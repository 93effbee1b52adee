import { expect } from 'chai';
import { MemoryState } from '../../../src';
import { noteIdp } from '../../../src/sessions/idp-index';
import { SessionStore } from '../../../src/sessions/session-store';

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

describe('The sessions of a login at a provider', () => {
  const idp = { issuer: 'https://id.example', subject: 'u-1', sid: 's-1' };

  it('are noted by person and by session, a hundred at most, the newest', async () => {
    const state = new Entries();
    const store = new SessionStore(state);
    for (let index = 0; index < 103; index += 1) await noteIdp(store, idp, key(index), NOW + 1000 - index);
    expect(state.texts.size).to.equal(2);
    for (const [name, text] of state.texts) {
      expect(name).to.match(/^oidc:[\w-]{43}$/);
      const { v, ids, until } = JSON.parse(text) as Record<string, unknown>;
      expect([v, until, (ids as string[]).length]).to.deep.equal([1, NOW + 1000, 100]);
      expect((ids as string[]).at(-1)).to.equal(key(102));
    }
  });

  it('are never noted together for two issuers, or a person who is called as a session', async () => {
    const state = new Entries();
    const store = new SessionStore(state);
    await noteIdp(store, { issuer: 'https://a.example', subject: 'x', sid: 'x' }, key(1), NOW + 1000);
    await noteIdp(store, { issuer: 'https://b.example', subject: 'x', sid: 'x' }, key(2), NOW + 1000);
    expect(state.texts.size).to.equal(4);
  });

  it('are noted after others who did the same at once, and are unavailable where that never ends', async () => {
    const state = new Entries();
    const store = new SessionStore(state);
    state.races = 19;
    await noteIdp(store, { issuer: 'https://id.example', subject: 'u-1' }, key(1), NOW + 1000);
    expect(state.texts.size).to.equal(2);
    state.races = 99;
    const error: unknown = await noteIdp(store, idp, key(2), NOW + 1000).catch((cause: unknown) => cause);
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
      const store = new SessionStore(state);
      await noteIdp(store, { issuer: 'https://id.example', subject: 'u-1' }, key(1), NOW + 1000);
      const [name = '', before = ''] = [...state.texts].at(-1) ?? [];
      expect(state.set(name, text, before, new Date(NOW + 1000))).to.equal(true);
      const error: unknown = await noteIdp(store, idp, key(2), NOW + 1000).catch((cause: unknown) => cause);
      expect(error, text).to.have.property('httpCode', 503);
      expect(state.get(name)).to.equal(text);
    }
  });
});
