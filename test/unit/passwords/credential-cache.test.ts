import { expect } from 'chai';
import { inspect } from 'node:util';
import { ConfigurationError } from '../../../src/errors';
import {
  CredentialCache,
  type CredentialCacheOptions,
  type Credentials,
} from '../../../src/passwords/credential-cache';

const STORE = {};
const ANN: Credentials = { store: STORE, username: 'ann', password: 'correct horse', hash: '$2b$04$x' };

describe('CredentialCache', () => {
  let now: number;
  let cache: CredentialCache;
  const open = (options?: CredentialCacheOptions) => (cache = new CredentialCache(options, () => now));
  const add = (credentials: Credentials) => {
    cache.add(cache.ticket(credentials));
  };
  const has = (credentials: Credentials) => cache.has(cache.ticket(credentials));

  beforeEach(() => {
    now = 1000;
    open();
  });

  it('has what was added, for 60 seconds', () => {
    expect(has(ANN)).to.equal(false);
    add(ANN);
    now += 59_999;
    expect(has(ANN)).to.equal(true);
    add(ANN);
    now += 1;
    expect(has(ANN)).to.equal(false);
  });

  it('knows nothing where anything of it is another', () => {
    add(ANN);
    for (const other of [
      { store: {} },
      { username: 'Ann' },
      { password: 'correct horsf' },
      { password: '' },
      { hash: '$2b$04$y' },
      { username: 'annc', password: 'orrect horse' },
      { username: 'an', password: 'ncorrect horse' },
      { password: 'correct horse$', hash: '2b$04$x' },
    ]) {
      expect(has({ ...ANN, ...other }), JSON.stringify(other)).to.equal(false);
    }
    expect(has({ ...ANN })).to.equal(true);
  });

  it('tells half a surrogate pair from the character that stands in for it', () => {
    add({ ...ANN, password: 'correct \ufffd' });
    for (const password of ['correct \ud800', 'correct \udfff'])
      expect(has({ ...ANN, password })).to.equal(false);
    expect(has({ ...ANN, password: 'correct \ufffd' })).to.equal(true);
  });

  it('has another key in each cache, and shows neither password nor hash', () => {
    const other = new CredentialCache();
    expect(cache.ticket(ANN).key).to.not.equal(other.ticket(ANN).key);
    add(ANN);
    const shown = inspect(cache, { depth: 10, showHidden: true }) + JSON.stringify(cache.ticket(ANN));
    expect(shown).to.not.contain('correct horse').and.to.not.contain('$2b$');
  });

  it('forgets a user, and only that one', () => {
    add(ANN);
    add({ ...ANN, password: 'older' });
    add({ ...ANN, username: 'bob' });
    cache.forget('ann');
    expect([has(ANN), has({ ...ANN, password: 'older' }), has({ ...ANN, username: 'bob' })]).to.deep.equal([
      false,
      false,
      true,
    ]);
  });

  it('does not remember what was forgotten while it was verified', () => {
    const ticket = cache.ticket(ANN);
    cache.forget('ann');
    cache.add(ticket);
    expect(has(ANN)).to.equal(false);
  });

  const gate = () => {
    let open: (proved: unknown) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const result = new Promise<unknown>((resolve, reject) => {
      open = resolve;
      fail = reject;
    });
    return { verify: () => result, open, fail };
  };
  const neverAsked = () => Promise.reject(new Error('was verified again'));

  it('waits for the same credentials that are being verified, and believes only a right proof', async () => {
    const first = gate();
    const proofs = [cache.prove(cache.ticket(ANN), first.verify), cache.prove(cache.ticket(ANN), neverAsked)];
    const other = gate();
    const others = cache.prove(cache.ticket({ ...ANN, password: 'other' }), other.verify);
    other.open(false);
    expect(await others).to.equal(false);
    first.open(true);
    expect(await Promise.all(proofs)).to.deep.equal([true, true]);
    expect(has(ANN)).to.equal(false);
    expect(await cache.prove(cache.ticket(ANN), () => Promise.resolve('true'))).to.equal(false);
  });

  it('verifies once more where the one before proved wrong, failed or was dropped', async () => {
    for (const end of ['open', 'fail'] as const) {
      const first = gate();
      const proof = cache.prove(cache.ticket(ANN), first.verify).catch(() => 'failed');
      const second = cache.prove(cache.ticket(ANN), () => Promise.resolve(true));
      if (end === 'open') first.open(false);
      else first.fail(new Error('dropped'));
      expect(await proof).to.equal(end === 'open' ? false : 'failed');
      expect(await second).to.equal(true);
    }
  });

  it('drops the oldest beyond its bound', () => {
    open({ maxEntries: 3 });
    for (const username of ['a', 'b', 'c', 'd']) add({ ...ANN, username });
    expect(['a', 'b', 'c', 'd'].map((username) => has({ ...ANN, username }))).to.deep.equal([
      false,
      true,
      true,
      true,
    ]);
  });

  it('stays within its bound and drops the oldest, whatever was forgotten or ran out meanwhile', () => {
    open({ maxEntries: 20, ttlSeconds: 5 });
    // In the order in which they were added; what has run out stays until it is looked at or is the oldest.
    const kept = new Map<string, number>();
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 5000; step += 1) {
      const username = `u${String(random(60))}`;
      const choice = random(10);
      if (choice < 7) {
        add({ ...ANN, username });
        if (!kept.has(username)) kept.set(username, now + 5000);
        const [oldest] = kept.keys();
        if (kept.size > 20) kept.delete(oldest ?? '');
      } else if (choice === 7) {
        cache.forget(username);
        kept.delete(username);
      } else {
        const isKept = now < (kept.get(username) ?? 0);
        expect(has({ ...ANN, username }), `${username} in step ${String(step)}`).to.equal(isKept);
        if (!isKept) kept.delete(username);
      }
      now += random(300);
    }
  });

  it('refuses options out of bounds', () => {
    for (const options of [
      { ttlSeconds: 0 },
      { ttlSeconds: 3601 },
      { ttlSeconds: 1.5 },
      { ttlSeconds: '60' },
      { maxEntries: 0 },
      { maxEntries: 1_000_001 },
      { maxEntries: Number.NaN },
    ]) {
      expect(() => new CredentialCache(options as CredentialCacheOptions)).to.throw(ConfigurationError);
    }
  });
});
