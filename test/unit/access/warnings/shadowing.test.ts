import { expect } from 'chai';
import type { ActionMetadata } from 'routing-controllers';
import type { CompiledAction } from '../../../../src/access/compiled';
import { ownerOf } from '../../../../src/rules/owner';
import { allOf, anyOf, toRule } from '../../../../src/rules/rules';
import { findShadows } from '../../../../src/access/warnings/shadowing';
import type { Rule } from '../../../../src/core/access';
import type { User } from '../../../../src/core/user';

function route(
  method: string,
  fullRoute: string | RegExp,
  isGuarded: boolean,
  rule: Rule = allOf('a'),
): CompiledAction {
  return {
    action: { fullRoute } as ActionMetadata,
    access: {
      action: isGuarded ? 'Notes.guarded' : 'Notes.open',
      method,
      route: typeof fullRoute === 'string' ? fullRoute : fullRoute.source,
      isPattern: typeof fullRoute !== 'string',
      numericParameters: [],
      levels: isGuarded ? [{ rule, source: 'Notes.guarded' }] : [],
      openedBy: undefined,
    },
    classLevels: [],
    losses: [],
    asksForUser: false,
  };
}

describe('findShadows', () => {
  const table: [open: [string, string | RegExp], guarded: [string, string | RegExp], hidden: boolean][] = [
    [['GET', '/:id'], ['GET', '/me'], true],
    [['GET', '/me'], ['GET', '/me'], true],
    [['GET', '/ME'], ['GET', '/me'], true],
    [['GET', '/me/'], ['GET', '/me'], true],
    [['GET', '/notes/:id'], ['GET', '/notes/:name'], true],
    [['GET', '/notes/:id'], ['GET', '/notes/mine'], true],
    [['ALL', '/notes'], ['POST', '/notes'], true],
    [['ALL', '*'], ['DELETE', '/notes/:id'], true],
    [['GET', '/files/*'], ['GET', '/files/a/b'], true],
    [['GET', '/notes'], ['HEAD', '/notes'], true],
    [['GET', /^\/no/], ['GET', '/notes/:id'], true],
    [['GET', /^\/x/], ['GET', /^\/x/], true],
    [['GET', /^\/[a-z]+$/], ['GET', '/:id'], false],
    [['GET', /^\/\d+$/], ['GET', '/:id'], false],
    [['GET', /^\/[^/]+$/], ['GET', '/:id'], true],
    [['GET', /^\/NOTES$/], ['GET', '/notes'], false],
    [['GET', /^\/NOTES$/i], ['GET', '/notes'], true],
    [['GET', /notes/], ['GET', '/notes'], true],
    [['GET', '/'], ['GET', '/'], true],
    [['GET', '/'], ['GET', '/x'], false],
    [['GET', '/me'], ['GET', '/:id'], false],
    [['POST', '/me'], ['GET', '/me'], false],
    [['GET', '/me'], ['ALL', '/me'], false],
    [['GET', '/notes'], ['GET', '/notes/:id'], false],
    [['GET', '/notes/:id'], ['GET', '/notes'], false],
    [['GET', '/a/:id'], ['GET', '/b/mine'], false],
    [['GET', /^\/other/], ['GET', '/notes'], false],
    [['GET', '/notes'], ['GET', /^\/notes/], false],
    [['GET', '/:id(\\d+)'], ['GET', '/me'], false],
    [['GET', '/:id(\\d+)'], ['GET', '/42'], true],
    [['GET', '/:id(\\d+)'], ['GET', '/:name'], false],
    [['GET', '/:id(\\d+)'], ['GET', '/:id(\\d+)'], true],
    [['GET', '/:id(['], ['GET', '/me'], false],
    [['GET', '/notes/:id?'], ['GET', '/notes'], true],
    [['GET', '/notes/:id?'], ['GET', '/notes/mine'], true],
    [['GET', '/:id?/x'], ['GET', '/'], false],
    [['GET', '/files/:path(.*)'], ['GET', '/files/a/b'], true],
    [['GET', '/files/:path*'], ['GET', '/files/a/b'], true],
    [['GET', '/files/*path'], ['GET', '/files/a/b'], true],
    [['GET', '/a:x'], ['GET', '/abc'], true],
    [['GET', '/a:x'], ['GET', '/bcd'], false],
    [['GET', '/a-:x'], ['GET', '/a-b'], true],
    [['GET', '/a-:x'], ['GET', '/a-:y'], true],
    [['GET', '/a-:x'], ['GET', '/:y'], false],
    [['GET', '/u/:id.:ext'], ['GET', '/u/secret.txt'], true],
    [['GET', '/u/:id.:ext'], ['GET', '/u/secret'], false],
    [['GET', '/u/:id.:ext'], ['GET', '/u/:name'], false],
    [['GET', '/u/:id.json'], ['GET', '/u/all.JSON'], true],
    [['GET', '/u/:id.json'], ['GET', '/u/allxjson'], false],
    [['GET', '/v/:p?/w'], ['GET', '/v/w'], true],
    [['GET', '/v/:p?/w'], ['GET', '/v/z/w'], true],
    [['GET', '/v/:p?/w'], ['GET', '/v/z'], false],
    [['GET', '/v{/:p}/w'], ['GET', '/v/w'], true],
    [['GET', '/v{/:p}'], ['GET', '/v/z/w'], false],
    [['GET', '/v/:p+'], ['GET', '/v/a/b'], true],
    [['GET', '/v/:p+'], ['GET', '/v'], false],
    [['GET', '/v/:p*'], ['GET', '/v'], true],
    [['GET', '/ab?c'], ['GET', '/ac'], true],
    [['GET', '/:a/:b/:c'], ['GET', '/x/:y/z'], true],
    [['GET', '/x/:b/z'], ['GET', '/:a/:b/:c'], false],
    [['GET', '/:file(*)'], ['GET', '/me'], false],
    // For one choice of its optional parts.
    [['GET', '/v'], ['GET', '/v/:p?'], true],
    [['GET', '/v/:x'], ['GET', '/v/:p?'], true],
    [['GET', '/v/x'], ['GET', '/v/:p?'], false],
    [['GET', '/v'], ['GET', '/v{/:p}{/:q}'], true],
    // For some of its methods.
    [['GET', '/h/:x'], ['ALL', '/h/q'], true],
    [['POST', '/h/:x'], ['ALL', '/h/q'], true],
    [['GET', '/h/:x'], ['ALL', '/g/q'], false],
    [['GET', '/h/:x'], ['HEAD', '/h/q'], true],
    [['HEAD', '/h/:x'], ['GET', '/h/q'], true],
    [['HEAD', '/h/q'], ['GET', '/h/q'], false],
    [['GET', '/h/:x'], ['ALL', '/h/:y'], false],
    [['GET', '/h/q'], ['ALL', '/h/:y'], false],
    [['PUT', '/h/:x'], ['POST', '/h/q'], false],
    // What a parameter takes.
    [['GET', '/:id'], ['GET', '/:id(\\d{4}-\\d{2})'], true],
    [['GET', '/:id(\\d{4}-\\d{2})'], ['GET', '/:key(\\d{4}-\\d{2})'], true],
    [['GET', '/:id(\\w+)'], ['GET', '/:id(\\d+)'], true],
    [['GET', '/:id(\\d)'], ['GET', '/:id(\\d+)'], false],
    [['GET', '/:id([0-5]\\d)'], ['GET', '/:id(\\d\\d)'], false],
    [['GET', '/:id(a|b)'], ['GET', '/:id(a|b|c)'], false],
    [['GET', '/:id(a|b|c)'], ['GET', '/:id(a|b)'], true],
    [['GET', '/:a(\\d+)-:b'], ['GET', '/1-x'], true],
    // Of two expressions.
    [['GET', /^\/h\/.*/], ['GET', /^\/h\/q$/], true],
    [['GET', /^\/h\/q$/], ['GET', /^\/h\/.*/], false],
    [['GET', /^\/h$/], ['GET', /^\/h/], false],
    [['GET', '/h/:x'], ['GET', /^\/h\/[a-z]+$/], true],
    [['GET', '/h/:x'], ['GET', /\/h\/[a-z]+/], false],
    [['GET', /^\/(?:a|b)\/x$/], ['GET', '/b/x'], true],
    [['GET', /^\/area\/?x/], ['GET', '/areax'], true],
    [['GET', /^\/h\/q$/g], ['GET', '/h/q'], true],
    [['GET', /^\/h\/(?<id>\d+)(?=\/|$)/], ['GET', '/h/42'], true],
    [['GET', /^\/(.)\1$/], ['GET', /^\/(.)\1$/], true],
  ];
  for (const [open, guarded, hidden] of table) {
    it(`an open ${open.join(' ')} ${hidden ? 'hides' : 'does not hide'} ${guarded.join(' ')}`, () => {
      const found = findShadows([route(...open, false), route(...guarded, true)]);
      expect(found).to.have.length(hidden ? 1 : 0);
    });
  }

  it('is silent where an earlier route that asks for as much answers first', () => {
    const [guarded, open, later] = [
      route('GET', '/:id', true),
      route('GET', '/:name', false),
      route('GET', '/me', true),
    ];
    expect(findShadows([guarded, open, later])).to.deep.equal([]);
    expect(findShadows([open, guarded, later])).to.deep.equal([
      { later: guarded, earlier: open },
      { later, earlier: open },
    ]);
  });

  it('names every earlier route that answers for some requests', () => {
    const [one, own, other, post, all] = [
      route('GET', '/h/:x', false),
      route('PUT', '/h/q', false),
      route('GET', '/h/:y', false),
      route('POST', '/:a/:b', false),
      route('ALL', '/h/q', true),
    ];
    expect(findShadows([one, own, other, post, all]).map(({ earlier }) => earlier)).to.deep.equal([
      one,
      post,
    ]);
  });

  it('looks at few of many routes', () => {
    let tested = 0;
    class Counting extends RegExp {
      override test(path: string): boolean {
        tested += 1;
        return super.test(path);
      }
    }
    const original = globalThis.RegExp;
    const count = 2000;
    const routes = Array.from({ length: count }, (_, index) =>
      route('GET', `/area${String(index % 100)}/a${String(index)}/:id`, index % 2 === 0),
    );
    globalThis.RegExp = Counting as RegExpConstructor;
    try {
      expect(findShadows(routes)).to.deep.equal([]);
    } finally {
      globalThis.RegExp = original;
    }
    expect(tested).to.be.within(count / 2, 20 * count);
  });

  it('is silent where the guarded route comes first, and between open routes', () => {
    expect(findShadows([route('GET', '/me', true), route('GET', '/:id', false)])).to.deep.equal([]);
    expect(findShadows([route('GET', '/:id', false), route('GET', '/me', false)])).to.deep.equal([]);
  });

  const isOld = (age: number) => (user: User) => Number(user.email) > age;
  class Store {
    get() {
      return null;
    }
  }
  const twins = [18, 21].map((age) => {
    class Policy {
      check() {
        return age > 18;
      }
    }
    return Policy;
  });
  for (const [what, earlier, later] of [
    ['two policies of one text', isOld(18), isOld(21)],
    ['two policies without a name', () => true, () => true],
    ['two policy classes of one name and text', twins[0], twins[1]],
    ['another owner', ownerOf(Store, 'id'), ownerOf(Store, 'id', { owner: () => 'ann' })],
    ['an owner or nobody', ownerOf(Store, 'id', { whenMissing: 'run' }), ownerOf(Store, 'id')],
    ['roles with the words of a description', anyOf('a', 'b', 'c'), anyOf('a, role b', 'c')],
  ] as const) {
    it(`names a guarded route that hides another: ${what}`, () => {
      const [first, second] = [toRule(earlier, 'test'), toRule(later, 'test')];
      const found = (one: Rule, other: Rule) =>
        findShadows([route('GET', '/:id', true, one), route('GET', '/me', true, other)]).length;
      expect([found(first, second), found(second, first)]).to.deep.equal([1, 1]);
      expect([found(first, first), found(second, second)]).to.deep.equal([0, 0]);
    });
  }

  for (const [what, earlier, later] of [
    ['a list of one', toRule(['a'], 'test'), toRule('a', 'test')],
    ['another order', toRule(['a', 'b'], 'test'), anyOf('b', 'a')],
    ['more than is asked', allOf('a', 'b', 'c'), allOf('c', 'a')],
    ['any user in allOf() of a role', allOf('a', toRule(undefined, 'test')), toRule('a', 'test')],
  ] as const) {
    it(`is silent about a guarded route that asks for the same: ${what}`, () => {
      const found = findShadows([route('GET', '/:id', true, earlier), route('GET', '/me', true, later)]);
      expect(found).to.deep.equal([]);
    });
  }

  const [user, a, b] = [toRule(undefined, 'test'), toRule('a', 'test'), toRule('b', 'test')];
  for (const [what, earlier, later, isNamed] of [
    ['the same', a, toRule('a', 'test'), false],
    ['a role before any user', a, user, false],
    ['any user before a role', user, a, true],
    ['another role', b, a, true],
    ['one of two roles before one of them', toRule(['a', 'b'], 'test'), a, true],
  ] as const) {
    it(`${isNamed ? 'names' : 'is silent about'} a guarded route that hides another: ${what}`, () => {
      const found = findShadows([route('GET', '/:id', true, earlier), route('GET', '/me', true, later)]);
      expect(found).to.have.length(isNamed ? 1 : 0);
    });
  }
});
