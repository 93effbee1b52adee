import { expect } from 'chai';
import { dateGetter, fixedUser } from '../../../src/core/fixed-user';
import { publicUser } from '../../../src/core/public-user';
import { stampOf } from '../../../src/core/stamp';
import type { User } from '../../../src/core/user';

const HASH = '$2b$04$abcdefghijklmnopqrstuuN0nOlZ1qKDBRyDXK2l4QOdD2lBVdlYe';

function frozenAnn(more: object = {}): User {
  const roles = Object.freeze(['editor']);
  const ann = { username: 'ann', password: HASH, roles, tags: Object.freeze(['a', 'b']), ...more };
  Object.defineProperty(ann, 'tokensValidFrom', { get: dateGetter(1_000), enumerable: true });
  return Object.freeze(ann);
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

describe('fixedUser', () => {
  it('knows of a frozen record what is found out anew of every other', () => {
    const ann = frozenAnn();
    const fixed = fixedUser(ann);
    expect(fixed?.stamp).to.equal(stampOf(ann));
    expect(fixed?.secrets?.isIn(HASH)).to.be.true;
    expect(fixed?.publicCopy()).to.deep.equal(publicUser(ann));
    expect(fixed?.publicCopy()).to.have.keys('username', 'roles', 'tags', 'tokensValidFrom');
    expect(fixedUser(ann)).to.equal(fixed);
  });

  it('copies the record each time, so that nothing of one login reaches the next', () => {
    const fixed = fixedUser(frozenAnn());
    const first = fixed?.publicCopy() as User & { tags: string[] };
    first.tags.push('c');
    first.tokensValidFrom?.setTime(0);
    Object.assign(first, { username: 'eve', roles: ['admin'], active: true });
    expect(fixed?.publicCopy()).to.deep.equal({
      username: 'ann',
      roles: ['editor'],
      tags: ['a', 'b'],
      tokensValidFrom: new Date(1_000),
    });
    expect(() => (fixed?.publicCopy().roles as string[]).push('admin')).to.throw(TypeError);
  });

  it('copies lists and dates under symbols too', () => {
    const [tags, born] = [Symbol('tags'), Symbol('born')];
    const record = { username: 'ann', [tags]: Object.freeze(['a']) };
    Object.defineProperty(record, born, { get: dateGetter(5), enumerable: true });
    const copy = () => fixedUser(Object.freeze(record))?.publicCopy() as unknown as Record<symbol, never>;
    (copy()[tags] as string[] | undefined)?.push('b');
    (copy()[born] as Date | undefined)?.setTime(6);
    expect([copy()[tags], copy()[born]]).to.deep.equal([['a'], new Date(5)]);
  });

  const changeable: [what: string, user: unknown][] = [
    ['a record that is not frozen', { ...frozenAnn() }],
    ['a list that is not frozen', frozenAnn({ roles: ['editor'] })],
    ['an object in it', frozenAnn({ address: Object.freeze({ city: 'x' }) })],
    ['a list of objects', frozenAnn({ tags: Object.freeze([{}]) })],
    ['a list with a property', frozenAnn({ tags: Object.freeze(Object.assign(['a'], { more: 1 })) })],
    ['a date, which can be set', frozenAnn({ born: new Date() })],
    ['a getter of the app', Object.freeze({ username: 'ann', get roles() { return []; } })], // prettier-ignore
    ['a function', frozenAnn({ load: () => 1 })],
    ['a promise', frozenAnn({ notes: Promise.resolve() })],
    ['a class', Object.freeze(Object.assign(new (class Person {})(), { username: 'ann' }))],
    ['no prototype', Object.freeze(Object.assign(Object.create(null), { username: 'ann' }) as User)],
    ['a proxy', new Proxy(frozenAnn(), {})],
    ['a list that is a proxy', frozenAnn({ tags: new Proxy(Object.freeze(['a']), {}) })],
    ['a list that is a revoked proxy', frozenAnn({ tags: revoked() })],
    ['a hidden property', Object.freeze(Object.defineProperty({ username: 'ann' }, 'x', { value: 1 }))],
    ['no name', Object.freeze({ name: 'ann' })],
    [
      'a hash that another field repeats as a word',
      Object.freeze({ username: 'ann', password: 'w', a: 'w' }),
    ],
  ];
  for (const [what, user] of changeable) {
    it(`knows nothing for good of ${what}`, () => {
      expect(fixedUser(user)).to.equal(undefined);
    });
  }

  it('knows nothing of what is no object, and runs no code of the app', () => {
    for (const value of [undefined, null, 'ann', 1]) expect(fixedUser(value)).to.equal(undefined);
    const trap = (): never => {
      throw new Error('asked');
    };
    const proxy = new Proxy({}, { isExtensible: trap, ownKeys: trap, get: trap, getPrototypeOf: trap });
    expect(fixedUser(proxy)).to.equal(undefined);
  });
});
