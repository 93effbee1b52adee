import { expect } from 'chai';
import fc from 'fast-check';
import { parsePattern } from '../../src/authorization/paths/pattern';
import { parseRequestPath } from '../../src/authorization/paths/request-path';
import { RuleTree } from '../../src/authorization/paths/rule-tree';
import { addRule } from '../support/path-rules';

const ROLES = new Set(['r']);
const segment = fc
  .array(fc.constantFrom('a', 'b', 'B', '.x', '*'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(''));
const written = fc
  .tuple(
    fc.constantFrom('/', '*/', '*', '/*/'),
    fc.array(segment, { maxLength: 4 }),
    fc.constantFrom('', '/', '/*', '/*/'),
  )
  .map(([start, segments, end]) => `${start}${segments.join('/')}${end}`.replace(/\/{2,}/g, '/'))
  .filter((pattern) => typeof parsePattern(pattern) !== 'string');
const sent = fc
  .tuple(
    fc.array(fc.array(fc.constantFrom('a', 'b', 'A', '.x', 'c'), { minLength: 1, maxLength: 3 }), {
      maxLength: 6,
    }),
    fc.boolean(),
  )
  .map(
    ([segments, slash]) =>
      `/${segments.map((parts) => parts.join('')).join('/')}${slash && segments.length > 0 ? '/' : ''}`,
  );

/** The meaning of a rule said once more, by a regular expression each. */
function naive(effect: 'allow' | 'deny', pattern: string, path: string): boolean {
  const text = path.toLowerCase().replace(/\/$/, '');
  let rule = pattern.toLowerCase().replace(/\*+/g, '*');
  if (rule === '*' || rule === '/*') return true;
  const takesRest = rule.endsWith('/*');
  if (takesRest) rule = rule.slice(0, -2);
  else rule = rule.replace(/\/$/, '');
  const literal = (piece: string) => piece.replace(/[.+()]/g, '\\$&');
  const body = (source: string): string =>
    source
      .split('/')
      .map((part) =>
        part === '*'
          ? effect === 'allow'
            ? '[^/]+'
            : '[^/]+(?:/[^/]+)*'
          : part
              .split('*')
              .map(literal)
              .join(effect === 'allow' ? '[^/]*' : '.*'),
      )
      .join('/');
  const starts =
    rule === '' || rule.startsWith('/')
      ? [rule]
      : effect === 'deny' && rule.startsWith('*/')
        ? [rule.slice(1), `/${rule}`]
        : effect === 'deny' && rule === '*'
          ? ['', '/*']
          : [`/${rule}`];
  return starts.some((start) => new RegExp(`^${body(start)}${takesRest ? '(?:/.*)?' : ''}$`).test(text));
}

describe('The tree of rules', () => {
  for (const effect of ['allow', 'deny'] as const) {
    it(`agrees with one regular expression a rule: ${effect}`, () => {
      fc.assert(
        fc.property(fc.array(written, { minLength: 1, maxLength: 8 }), sent, (patterns, path) => {
          const tree = new RuleTree(effect);
          for (const pattern of patterns) addRule(tree, effect, pattern);
          const found = tree.find(parseRequestPath(path)!, 'GET', ROLES) !== undefined;
          expect(found, `${patterns.join(' ')} for ${path}`).to.equal(
            patterns.some((pattern) => naive(effect, pattern, path)),
          );
        }),
        { numRuns: 20_000 },
      );
    });
  }

  it('denies whatever it would allow', () => {
    fc.assert(
      fc.property(written, sent, (pattern, path) => {
        const trees = { allow: new RuleTree('allow'), deny: new RuleTree('deny') };
        addRule(trees.allow, 'allow', pattern);
        addRule(trees.deny, 'deny', pattern);
        const read = parseRequestPath(path)!;
        if (trees.allow.find(read, 'GET', ROLES) === undefined) return;
        expect(trees.deny.find(read, 'GET', ROLES)).to.not.equal(undefined);
      }),
      { numRuns: 5000 },
    );
  });
});
