import { expect } from 'chai';
import { type Effect, parsePattern } from '../../../../src/authorization/paths/pattern';
import { parseRequestPath } from '../../../../src/authorization/paths/request-path';
import { RuleTree } from '../../../../src/authorization/paths/rule-tree';
import { addRule, matchRule } from '../../../support/path-rules';

const ROWS: readonly [pattern: string, path: string, allow: boolean, deny: boolean][] = [
  ['*', '/', true, true],
  ['*', '/a/b/c', true, true],
  ['/*', '/', true, true],
  ['/**', '/a/b', true, true],
  ['/', '/', true, true],
  ['/', '/a', false, false],
  ['/a', '/a', true, true],
  ['/a', '/a/', true, true],
  ['/a/', '/a', true, true],
  ['/A', '/a', true, true],
  ['/a', '/ab', false, false],
  ['/a', '/a/b', false, false],
  ['/a', '/', false, false],
  ['/a/*', '/a', true, true],
  ['/a/*', '/a/b', true, true],
  ['/a/*', '/a/b/c', true, true],
  ['/a/*', '/ab', false, false],
  ['/a/*', '/', false, false],
  ['/a/*/', '/a', false, false],
  ['/a/*/', '/a/b', true, true],
  ['/a/*/', '/a/b/c', false, true],
  ['/a/*/c', '/a/b/c', true, true],
  ['/a/*/c', '/a/b/b/c', false, true],
  ['/a/*/c', '/a/c', false, false],
  ['/a/*/c', '/a/c/c', true, true],
  ['/a/*/c', '/a/b/c/d', false, false],
  ['/a/*/c/*', '/a/b/c', true, true],
  ['/a/*/c/*', '/a/b/b/c/d/e', false, true],
  ['/*/*', '/a', true, true],
  ['/*/*', '/', false, false],
  ['*/*', '/', false, true],
  ['*/c', '/c', false, true],
  ['*/c', '/a/c', true, true],
  ['*/c', '/a/b/c', false, true],
  ['*/c', '/ac', false, false],
  ['/*/c', '/c', false, false],
  ['*c', '/ac', true, true],
  ['*c', '/a/bc', false, true],
  ['/a*', '/a', true, true],
  ['/a*', '/abc', true, true],
  ['/a*', '/ab/c', false, true],
  ['/a*', '/b', false, false],
  ['/a*c', '/ac', true, true],
  ['/a*c', '/abc', true, true],
  ['/a*c', '/ab/bc', false, true],
  ['/a*c', '/a', false, false],
  ['/aba*aba', '/aba', false, false],
  ['/a*/*', '/ab', true, true],
  ['/a*/*', '/ab/c/d', true, true],
  ['/a*/d', '/ab/d', true, true],
  ['/a*/d', '/ab/c/d', false, true],
  ['/*.json', '/x.json', true, true],
  ['/*.json', '/xjson', false, false],
  ['/x/*b*d*/z', '/x/abcd/z', true, true],
  ['/x/*b*d*/z', '/x/b/d/z', false, true],
  ['/x/*b*b', '/x/b', false, false],
  ['/a.b', '/axb', false, false],
  ['/(a+)+', '/aaaa', false, false],
  ['/é', '/%C3%A9', true, true],
  ['/a b', '/a%20b', true, true],
  ['/admin', '/adm%C4%B1n', false, false],
];

describe('RuleTree', () => {
  for (const effect of ['allow', 'deny'] as const) {
    for (const [pattern, path, allow, deny] of ROWS) {
      const expected = effect === 'allow' ? allow : deny;
      it(`${effect} ${pattern} ${expected ? 'covers' : 'does not cover'} ${path}`, () => {
        expect(matchRule(effect, pattern, path)).to.equal(expected ? 'match' : 'no match');
      });
    }
  }

  const tree = (effect: Effect, rules: readonly [role: string, pattern: string, methods: string][]) => {
    const built = new RuleTree(effect);
    for (const [line, [role, written, methods]] of rules.entries()) {
      const pattern = parsePattern(written);
      if (typeof pattern === 'string') throw new Error(pattern);
      built.add({ effect, role, pattern, methods: new Set(methods.split(' ')), line }, pattern);
    }
    return (sent: string, method: string, ...roles: string[]) =>
      built.find(parseRequestPath(sent)!, method, new Set(roles))?.line;
  };

  it('finds the rule of one of the roles and for the method', () => {
    const find = tree('allow', [
      ['a', '/x', 'GET'],
      ['a', '/x/*', 'POST'],
      ['b', '/x', 'POST'],
      ['c', '/*', 'PUT'],
      ['c', '/x*', 'DELETE'],
      ['d', '/x*', 'DELETE'],
    ]);
    expect(find('/x', 'GET', 'a')).to.equal(0);
    expect(find('/x', 'HEAD', 'a')).to.equal(0);
    expect(find('/x', 'POST', 'a')).to.equal(1);
    expect(find('/x', 'POST', 'b')).to.equal(2);
    expect(find('/x', 'PUT', 'a', 'b')).to.equal(undefined);
    expect(find('/x', 'PUT', 'a', 'b', 'c')).to.equal(3);
    expect(find('/x', 'DELETE', 'd')).to.equal(5);
    expect(find('/x', 'DELETE', 'a')).to.equal(undefined);
    expect(find('/x', 'GET')).to.equal(undefined);
    expect(find('/x', 'get', 'a')).to.equal(undefined);
  });

  it('goes every way that matches', () => {
    const find = tree('deny', [
      ['r', '/a/b/c', 'GET'],
      ['r', '/a/*/d', 'GET'],
      ['r', '/*/b/e', 'GET'],
      ['r', '/*/b*/f', 'GET'],
    ]);
    expect(
      ['/a/b/c', '/a/b/d', '/a/b/e', '/a/b/f', '/a/b/g'].map((path) => find(path, 'GET', 'r')),
    ).to.deep.equal([0, 1, 2, 3, undefined]);
  });

  for (const [title, hostile] of [
    ['a run of one letter', `/${'a'.repeat(4000)}`],
    ['many segments', '/a'.repeat(256)],
    ['many segments that nearly match', `${'/a'.repeat(255)}/b`],
    ['a long tail', `/${'ab'.repeat(2000)}!`],
  ] as const) {
    it(`does not take longer for stars over stars and ${title}`, () => {
      const built = new RuleTree('deny');
      for (const pattern of [
        '/*/a/*/a/*/a/*/c',
        '/*a*a*a*a*a*c',
        '/(a+)+',
        '/*/*/*/*/*/x',
        '*a*b*c',
        '/a*/a*/a*/c',
      ]) {
        addRule(built, 'deny', pattern);
      }
      // The steps are counted, not the time: the tree may not look at a place twice.
      const path = parseRequestPath(hostile)!;
      let looks = 0;
      const segments = new Proxy(path.segments, {
        get: (target, key, receiver): unknown => {
          looks += 1;
          return Reflect.get(target, key, receiver);
        },
      });
      expect(built.find({ ...path, segments }, 'GET', new Set(['r']))).to.equal(undefined);
      expect(looks).to.be.at.most(300);
    });
  }
});
