import { expect } from 'chai';
import { mappingOf } from '../../../src/core/name-list';
import { notAGroup, notAUser } from '../../../src/core/user';

const SECRET = 'hunter2';

describe('mappingOf', () => {
  class Role {
    constructor(readonly title: string) {}
  }
  class Row {
    get name(): string {
      return SECRET;
    }
  }

  for (const [what, value, path, mapping] of [
    ['rows with a name', [{ id: 1, name: SECRET }], 'user.roles', 'user.roles.map((role) => role.name)'],
    ['groups', [{ id: 1, name: SECRET }], 'user.groups', 'user.groups.map((group) => group.name)'],
    ['rows with a code', [{ code: SECRET }], 'user.roles', 'user.roles.map((role) => role.code)'],
    ['rows of a class', [new Role(SECRET)], 'user.roles', 'user.roles.map((role) => role.title)'],
    ['rows with a getter', [new Row()], 'user.roles', 'user.roles.map((role) => role.name)'],
    [
      'rows of a join table',
      [{ role: { name: 'a' } }],
      'user.roles',
      'user.roles.map((role) => role.role.name)',
    ],
    ['rows without a known name', [{ id: 7 }], 'user.roles', 'user.roles.map((role) => role.name)'],
    ['a name and a row', ['a', { name: 'b' }], 'user.roles', 'user.roles.map((role) => role.name)'],
    ['one row', { id: 1, name: SECRET }, 'user.roles', '[user.roles.name]'],
    ['one name', SECRET, 'user.roles', '[user.roles]'],
    ['names between commas', `${SECRET},b`, 'user.roles', "user.roles.split(',')"],
    ['a set of names', new Set([SECRET]), 'user.roles', '[...user.roles]'],
    [
      'a set of rows',
      new Set([{ name: SECRET }]),
      'user.groups',
      '[...user.groups].map((group) => group.name)',
    ],
    ['a promise', Promise.resolve([]), 'user.roles', '(await user.roles).map((role) => role.name)'],
    [
      'a collection, which it does not walk through',
      {
        [Symbol.iterator]: () => {
          throw new Error('a query');
        },
      },
      'user.roles',
      '[...user.roles].map((role) => role.name)',
    ],
    ['numbers', [1, 2], 'user.roles', undefined],
    ['a list with null', ['a', null], 'user.roles', undefined],
    ['a boolean', true, 'user.roles', undefined],
    ['null', null, 'user.roles', undefined],
  ] as const) {
    it(`says how names are got from ${what}`, () => {
      expect(mappingOf(value, path)).to.equal(mapping);
    });
  }
});

describe('The error for a record that is not valid', () => {
  it('names store, user, field, type and cure of a relation', () => {
    const { message } = notAUser({ username: 'ann', roles: [{ name: SECRET }] }, 'People');
    expect(message).to.equal(
      'People returned a record that is not a user (user ann): roles must be null, absent, or a list of non-empty ' +
        'strings, and is a list with an object: map it in getUser: roles: user.roles.map((role) => role.name)',
    );
  });

  it('names the group and the cure where the record is a group', () => {
    const { message } = notAGroup({ name: 'staff', roles: [{ name: SECRET }] }, 'People', 'staff');
    expect(message).to.match(
      /^People .* not a group \(group staff\): roles must be .* in getGroup: roles: group\.roles\.map/,
    );
    expect(notAGroup(['staff'], 'People', 'staff').message).to.equal(
      'People returned a list with a text in place of the group staff',
    );
    expect(notAGroup({ name: 7 }, 'People', 'staff').message).to.include('name must be');
  });

  it('quotes no value', () => {
    for (const roles of [SECRET, [{ name: SECRET }], { [SECRET]: SECRET }, [[SECRET]], new Set([SECRET])]) {
      expect(notAUser({ username: 'ann', roles }, 'People').message).to.not.include(SECRET);
      expect(notAGroup({ name: 'x', roles }, 'People', 'x').message).to.not.include(SECRET);
    }
  });

  it('is made of values that cannot be looked at, too', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const hostile = new Proxy([], {
      get() {
        throw new Error(SECRET);
      },
    });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const roles of [cyclic, hostile, proxy, [proxy], [hostile]]) {
      const { message } = notAUser({ username: 'ann', roles }, 'People');
      expect(message).to.match(/^People .*\(user ann\): roles must be/);
      expect(message).to.not.include(SECRET);
    }
  });
});
