import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { isGroup, isUser, type User } from '../../../src/core/user';

class Account implements User {
  constructor(
    public username: string,
    public password: string,
  ) {}
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
    [
      'an object of another realm',
      runInNewContext('({ username: "ann", roles: ["a"], tokensValidFrom: new Date(0) })'),
    ],
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
    ['an invalid date of another realm', { ...full, tokensValidFrom: runInNewContext('new Date(NaN)') }],
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
  table.forEach(([value, expected], index) => {
    it(`is ${String(expected)} for case ${index}`, () => {
      expect(isGroup(value)).to.equal(expected);
    });
  });
});

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({ username: 'ann', name: 'g' }, {});
  revoke();
  return proxy;
}
