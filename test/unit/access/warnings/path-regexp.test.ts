import { expect } from 'chai';
import { canMatchPath } from '../../../../src/access/warnings/path-regexp';

describe('canMatchPath', () => {
  for (const source of [
    '^\\/any\\d+$',
    'any\\d+',
    'notes',
    '^[/]x',
    '^.x',
    '^\\W',
    '^\\x2fnotes',
    '^\\u002fnotes',
    '^\\u{2f}notes',
    '(?:)',
    '',
    '^$|^\\/',
    '^(?:x|\\/)a',
    '^(?:notes)?\\/a',
    '^(notes)*\\/a',
    '^n{0}\\/a',
    '^n{0,2}\\/a',
    '^\\/(?<id>\\w+)$',
    '^(?=\\/)\\/a',
    '^(?!x)\\/',
    '^\\/(?<!x)a',
    '^\\/a$(?:b)?',
    '^\\/a\\b',
    '^(\\/a)\\1?$',
    '^\\/x{a}$',
    '^\\/a|^\\/x^\\/b',
    '^\\/x(?:^a|b)',
    '^\\/x$\\/?$',
    '^\\/[^\\]^$]+$',
    ')',
  ]) {
    it(`is true for ${source}`, () => expect(canMatchPath(source)).to.equal(true));
  }

  for (const source of [
    '^notes',
    '^\\.hidden',
    '^$x',
    '^x|^y',
    '^\\/x^\\/any\\d+$\\/?$',
    '^\\/api^\\/x\\/any\\/?$\\/?$',
    '^\\/x\\/any$\\/i?$',
    '^\\/x$a+',
    '^\\/x(?:^a|^b)',
    '^\\/x(^a)+',
    '^\\/x(?:^a){1,2}',
    '(?:x^)y',
    '^(?:\\/a)+^b',
    '^(?:\\/a^){2}',
    '^(?:^\\/){2}',
    '^\\/(?:a$){2}b',
    'a$b',
    '[/]^',
    '\\/^x',
    '^(?:notes|files)',
    '^(?<a>notes)+',
  ]) {
    it(`is false for ${source}`, () => expect(canMatchPath(source)).to.equal(false));
  }

  // What the host is handed is a RegExp: the engine itself says what matches.
  const PATHS = ['/', '/a', '/x', '/x/', '/x/a', '/x/a/', '/x/a/i', '//', '/notes', '/x/notes'];
  const PARTS = ['^', '$', 'x', '\\/', 'a?', '(?:^a|x)', '(?:x$)?', '[^/]+', '.'];
  it('is true for every expression of three parts that matches a path', () => {
    let matching = 0;
    for (const first of PARTS)
      for (const second of PARTS)
        for (const third of PARTS) {
          const source = first + second + third;
          if (!PATHS.some((path) => new RegExp(source).test(path))) continue;
          matching += 1;
          expect(canMatchPath(source), source).to.equal(true);
        }
    expect(matching).to.be.greaterThan(200);
  });
});
