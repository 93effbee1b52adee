import { expect } from 'chai';
import { printable } from '../../../src/util/printable';

describe('printable', () => {
  const table: [string, string][] = [
    ['ann', 'ann'],
    ['Ünïcödé 你好 😀', 'Ünïcödé 你好 😀'],
    ['a\r\nb', 'a\\u000d\\u000ab'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\0\x7f\x85', '\\u0000\\u007f\\u0085'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['\u202eevil\u2066', '\\u202eevil\\u2066'],
    ['\u200b\ufeff\u061c', '\\u200b\\ufeff\\u061c'],
    ['a\ud800b', 'a\ufffdb'],
  ];
  for (const [text, expected] of table) {
    it(`writes ${JSON.stringify(text)} as ${expected}`, () => {
      expect(printable(text)).to.equal(expected);
    });
  }

  it('cuts what is longer than the limit, also within a surrogate pair', () => {
    expect(printable('x'.repeat(256))).to.equal('x'.repeat(256));
    expect(printable('x'.repeat(1_000_000))).to.equal(`${'x'.repeat(256)}…`);
    expect(printable('ab😀', 3)).to.equal('ab\ufffd…');
  });

  for (const [name, part, written] of [
    ['control characters', '\n', '\\u000a'],
    ['halves of surrogate pairs', '\ud800', '\ufffd'],
    ['escapes', '\u001b[31m', '\\u001b[31m'],
  ] as const) {
    it(`looks at no more than it writes of ten million ${name}`, () => {
      const text = part.repeat(10_000_000 / part.length);
      expect(printable(text, 2 * part.length)).to.equal(`${written.repeat(2)}…`);
      expect(printable(text).length).to.be.at.most(256 * 6 + 1);
    });
  }
});
