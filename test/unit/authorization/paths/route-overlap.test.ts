import { expect } from 'chai';
import { type Effect, parsePattern } from '../../../../src/authorization/paths/pattern';
import { concerns, shapeOf } from '../../../../src/authorization/paths/route-overlap';

function overlaps(effect: Effect, written: string, method: string, route: string, methods = '*'): boolean {
  const pattern = parsePattern(written);
  if (typeof pattern === 'string') throw new Error(pattern);
  const rule = { effect, role: 'r', pattern, methods: new Set(methods.split(' ')), line: 1 };
  return concerns(rule)(shapeOf(method, route));
}

describe('concerns', () => {
  for (const [pattern, route, allow, deny] of [
    ['/notes', '/notes', true, true],
    ['/notes', '/Notes/', true, true],
    ['/nots', '/notes', false, false],
    ['/notes/*', '/notes', true, true],
    ['/notes/*', '/notes/:id', true, true],
    ['/notes/*', '/notes/:id/tags', true, true],
    ['/notes/7', '/notes/:id', true, true],
    ['/notes/7', '/notes/:id?', true, true],
    ['/notes', '/notes/:id?', true, true],
    ['/notes/7', '/notes', false, false],
    ['/notes/*/tags', '/notes/:id', false, false],
    ['/notes/*/tags', '/notes/:id/tags', true, true],
    ['/notes/*/tags', '/notes/:id/:x/tags', false, true],
    ['/notes/*/tags', '/notes/:id/x', false, false],
    ['/no*', '/notes', true, true],
    ['/no*', '/yes', false, false],
    ['/no*', '/notes/:id', false, true],
    ['/n*s/7', '/notes/:id', true, true],
    ['*/tags', '/tags', false, true],
    ['*/tags', '/a/b/tags', false, true],
    ['*', '/anything/:at/all', true, true],
    ['/x', '^\\/regexp$', true, true],
    ['/x', '/:id(\\d+)', true, true],
    ['/x', '/a/:id(\\d+)', false, false],
    ['/x/y/z', '/x/*', true, true],
    ['/x/y/z', '/x/(.*)', true, true],
    ['/x/y/z', '/x/{*rest}', true, true],
    ['/y', '/x/(.*)', false, false],
    ['/', '/', true, true],
    ['/', '/x', false, false],
  ] as const) {
    it(`${pattern} and ${route}: allow ${String(allow)}, deny ${String(deny)}`, () => {
      expect([
        overlaps('allow', pattern, 'GET', route),
        overlaps('deny', pattern, 'GET', route),
      ]).to.deep.equal([allow, deny]);
    });
  }

  it('takes a regular expression for any path, whatever it looks like', () => {
    const pattern = parsePattern('/x');
    if (typeof pattern === 'string') throw new Error(pattern);
    const rule = { effect: 'allow' as const, role: 'r', pattern, methods: new Set(['*']), line: 1 };
    expect(concerns(rule)(shapeOf('GET', 'notes', true))).to.equal(true);
    expect(concerns(rule)(shapeOf('GET', 'notes', false))).to.equal(false);
  });

  it('asks for a method of the route', () => {
    expect(overlaps('allow', '/x', 'GET', '/x', 'GET')).to.equal(true);
    expect(overlaps('allow', '/x', 'POST', '/x', 'GET')).to.equal(false);
    expect(overlaps('allow', '/x', 'ALL', '/x', 'GET')).to.equal(true);
    expect(overlaps('allow', '/x', 'HEAD', '/x', 'GET')).to.equal(true);
    expect(overlaps('deny', '/x', 'GET', '/x', 'HEAD')).to.equal(true);
    expect(overlaps('deny', '/x', 'POST', '/x', 'HEAD')).to.equal(false);
  });
});
