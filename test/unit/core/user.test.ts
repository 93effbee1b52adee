import { inspect } from 'node:util';
import { expect } from 'chai';
import { isGroup, isUser, type User, withoutPassword } from '../../../src/core/user';

class Account implements User {
  constructor(
    public username: string,
    public password: string,
  ) {}

  greet(): string {
    return `${this.username}/${this.password}`;
  }
}

describe('isUser', () => {
  const full = {
    username: 'ann',
    password: 'hash',
    email: 'a@b.example',
    active: true,
    roles: ['a'],
    groups: ['g'],
    tokensValidFrom: new Date(0),
  };
  const accepted: [string, unknown][] = [
    ['a user name alone', { username: 'ann' }],
    ['every field', full],
    ['null in optional fields', { username: 'ann', password: null, email: null, roles: null, groups: null }],
    ['a null-prototype object', Object.assign(Object.create(null) as object, { username: 'ann' })],
    ['a class instance', new Account('ann', 'hash')],
    ['a frozen object', Object.freeze({ ...full })],
    ['a getter', { get username() { return 'ann'; } }], // prettier-ignore
    ['further fields', { username: 'ann', [Symbol('tenant')]: 1, id: 7 }],
  ];
  for (const [what, value] of accepted) {
    it(`accepts ${what}`, () => {
      expect(isUser(value)).to.be.true;
    });
  }

  const refused: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['a string', 'ann'],
    ['a function', Object.assign(() => 1, { username: 'ann' })],
    ['an array', Object.assign([], { username: 'ann' })],
    ['an empty object', {}],
    ['an empty user name', { username: '' }],
    ['a numeric user name', { username: 7 }],
    ['a String object as name', { username: Object('ann') as unknown }],
    ['a numeric password', { ...full, password: 1 }],
    ['email: false', { ...full, email: false }],
    ["active: 'false'", { ...full, active: 'false' }],
    ['active: 1', { ...full, active: 1 }],
    ['active: null', { ...full, active: null }],
    ["roles: 'admin'", { ...full, roles: 'admin' }],
    ['a Set of roles', { ...full, roles: new Set(['a']) }],
    ['an empty role', { ...full, roles: [''] }],
    ['groups: [null]', { ...full, groups: [null] }],
    ['an invalid date', { ...full, tokensValidFrom: new Date(NaN) }],
    ['a numeric date', { ...full, tokensValidFrom: 0 }],
    ['a throwing getter', { get username() { throw new Error('no'); } }], // prettier-ignore
    ['a revoked proxy', revokedProxy()],
  ];
  for (const [what, value] of refused) {
    it(`refuses ${what}`, () => {
      expect(isUser(value)).to.be.false;
    });
  }
});

describe('isGroup', () => {
  const table: [unknown, boolean][] = [
    [{ name: 'g' }, true],
    [{ name: 'g', roles: ['r'], groups: ['parent'] }, true],
    [{ name: 'g', roles: null, groups: null }, true],
    [{ name: '' }, false],
    [{ name: 'g', roles: 'r' }, false],
    [{ name: 'g', groups: [1] }, false],
    [{ username: 'g' }, false],
    [['g'], false],
    [null, false],
    [revokedProxy(), false],
  ];
  for (const [value, expected] of table) {
    it(`is ${String(expected)} for ${inspect(value)}`, () => {
      expect(isGroup(value)).to.equal(expected);
    });
  }
});

describe('withoutPassword', () => {
  const TENANT = Symbol('tenant');

  it('copies a plain object without its hash, and leaves the record as it was', () => {
    const record = { username: 'ann', password: 'canary', roles: ['a'], [TENANT]: 7 };
    const user = withoutPassword(record);
    expect(user).to.not.equal(record);
    expect(Reflect.ownKeys(user)).to.deep.equal(['username', 'roles', TENANT]);
    expect(record.password).to.equal('canary');
  });

  it('copies a null-prototype object into one', () => {
    const record = Object.assign(Object.create(null) as User, { username: 'ann', password: 'canary' });
    const user = withoutPassword(record);
    expect(Object.getPrototypeOf(user)).to.equal(null);
    expect('password' in user).to.be.false;
  });

  it('copies a frozen plain object', () => {
    expect(withoutPassword(Object.freeze({ username: 'ann', password: 'canary' }))).to.deep.equal({
      username: 'ann',
    });
  });

  it('keeps a getter a getter and does not call it', () => {
    let calls = 0;
    const user = withoutPassword({
      username: 'ann',
      get password() {
        calls += 1;
        return 'canary';
      },
      get email() {
        calls += 1;
        return 'a@b.example';
      },
    });
    expect(calls).to.equal(0);
    expect('password' in user).to.be.false;
    expect(user.email).to.equal('a@b.example');
  });

  it('makes the hash of a class instance non-enumerable, so that its methods work', () => {
    const record = new Account('ann', 'canary');
    const user = withoutPassword(record);
    expect(user).to.equal(record).and.be.instanceOf(Account);
    expect(user.greet()).to.equal('ann/canary');
    expect(withoutPassword(user)).to.equal(record);
  });

  it('copies a frozen class instance without its hash', () => {
    const user = withoutPassword(Object.freeze(new Account('ann', 'canary')));
    expect(user).to.be.instanceOf(Account);
    expect(user.greet()).to.equal('ann/undefined');
  });

  it('shows the hash in no JSON, spread or inspection', () => {
    const records: User[] = [
      { username: 'ann', password: 'canary' },
      new Account('ann', 'canary'),
      Object.freeze(new Account('ann', 'canary')),
      Object.seal(new Account('ann', 'canary')),
    ];
    for (const user of records.map(withoutPassword)) {
      expect(JSON.stringify(user) + JSON.stringify({ ...user }) + inspect(user)).to.not.contain('canary');
    }
  });
});

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({ username: 'ann', name: 'g' }, {});
  revoke();
  return proxy;
}
