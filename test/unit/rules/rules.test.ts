import { expect } from 'chai';
import { ownerOf } from '../../../src/rules/owner';
import { allOf, anyOf, describeRule, toRule } from '../../../src/rules/rules';
import { ConfigurationError } from '../../../src/errors';

class IsOwner {
  check(): boolean {
    return true;
  }
}
class IsOwnerToo extends IsOwner {}
class NoPolicy {}

function isEditor(): boolean {
  return true;
}

describe('toRule', () => {
  const table: [string, unknown, string][] = [
    ['nothing', undefined, 'any authenticated user'],
    ['a role', 'admin', 'role admin'],
    ['a role with a space inside', 'super user', 'role super user'],
    ['an array', ['a', 'b'], 'any of (role a, role b)'],
    ['a policy class', IsOwner, 'policy IsOwner'],
    ['an inherited policy', IsOwnerToo, 'policy IsOwnerToo'],
    ['a function', isEditor, 'policy isEditor'],
    ['allOf', allOf('a', anyOf('b', IsOwner)), 'all of (role a, any of (role b, policy IsOwner))'],
    ['a rule in an array', [allOf('a', 'b'), 'c'], 'any of (all of (role a, role b), role c)'],
  ];
  for (const [what, value, words] of table) {
    it(`reads ${what}`, () => {
      expect(describeRule(toRule(value, 'here'))).to.equal(words);
    });
  }

  const owners: [string, () => unknown][] = [
    ['no store', () => ownerOf(undefined as never, 'id')],
    ['null as the store', () => ownerOf(null as never, 'id')],
    ['an instance as the store', () => ownerOf(new IsOwner() as never, 'id')],
    ['a name as the store', () => ownerOf('Notes' as never, 'id')],
    ['an owner that is a name', () => ownerOf(IsOwner as never, 'id', { owner: 'author' as never })],
    ['an owner of null', () => ownerOf(IsOwner as never, 'id', { owner: null as never })],
    ...['allow', 'Run', 'RUN', '', true, false, null, 1, ['run'], {}].map(
      (whenMissing): [string, () => unknown] => [
        `${JSON.stringify(whenMissing)} for a missing resource`,
        () => ownerOf(IsOwner as never, 'id', { whenMissing: whenMissing as never }),
      ],
    ),
    ...[undefined, null, '', ' id', 7, ['id']].map((parameter): [string, () => unknown] => [
      `${JSON.stringify(parameter)} as the parameter`,
      () => ownerOf(IsOwner as never, parameter as never),
    ]),
  ];
  for (const [what, make] of owners) {
    it(`refuses an owner rule with ${what}`, () => {
      expect(make).to.throw(ConfigurationError, /ownerOf\(\)/);
    });
  }

  it('describes an owner, and says where a missing resource is let through', () => {
    class Notes {
      get() {
        return null;
      }
    }
    expect(describeRule(ownerOf(Notes, 'id'))).to.equal('owner of Notes :id');
    expect(describeRule(ownerOf(Notes, 'id', { whenMissing: 'deny' }))).to.equal('owner of Notes :id');
    expect(describeRule(ownerOf(Notes, 'id', { whenMissing: 'run' }))).to.equal(
      'owner of Notes :id (or missing)',
    );
  });

  it('describes an anonymous function', () => {
    expect(describeRule(allOf(() => true))).to.equal('all of (policy (anonymous function))');
  });

  it('cannot be changed afterwards', () => {
    expect(toRule('a', 'here')).to.be.frozen;
    expect(allOf('a')).to.be.frozen;
  });

  const refused: [string, unknown][] = [
    ['null', null],
    ['false', false],
    ['true', true],
    ['0', 0],
    ['NaN', NaN],
    ['1', 1],
    ['a bigint', 1n],
    ['a symbol', Symbol('admin')],
    ['an empty string', ''],
    ['a blank string', ' '],
    ['a role with a space at its end', 'admin '],
    ['an empty array', []],
    ['[undefined]', [undefined]],
    ['[null]', [null]],
    ['a hole in an array', Array(1)],
    ['an array with a number', ['a', 0]],
    ['an array with an empty role', ['a', '']],
    ['a nested array', [['a']]],
    ['an empty object', {}],
    ['an object with role', { role: 'admin' }],
    ['a look-alike of a rule', { kind: 'authenticated' }],
    ['a copy of a rule', { ...allOf('a') }],
    ['a Set', new Set(['a'])],
    ['a String object', Object('admin')],
    ['a policy instance', new IsOwner()],
    ['a class without check()', NoPolicy],
  ];
  for (const [what, value] of refused) {
    it(`refuses ${what}, naming the place`, () => {
      expect(() => toRule(value, '@Authorized on class X')).to.throw(
        ConfigurationError,
        /^@Authorized on class X: /,
      );
    });
  }

  it('names a class that is no policy', () => {
    expect(() => toRule(NoPolicy, 'here')).to.throw('class NoPolicy has no method check()');
  });
});

for (const [name, combine] of [
  ['allOf', allOf],
  ['anyOf', anyOf],
] as const) {
  describe(name, () => {
    it('refuses to combine nothing', () => {
      expect(() => combine()).to.throw(ConfigurationError, `${name}()`);
    });

    it('refuses a part that is no rule', () => {
      for (const part of [undefined, null, false, '', ['a'], { kind: 'authenticated' }]) {
        expect(() => combine('a', part as string)).to.throw(ConfigurationError, `${name}()`);
      }
    });
  });
}
