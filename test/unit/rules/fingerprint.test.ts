import { expect } from 'chai';
import { fingerprint } from '../../../src/rules/fingerprint';

/** The function or class of a source text. */
function made(source: string): object {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is what matters
  return new Function(`return (${source});`)() as object;
}

function areEqual([first, second]: readonly [string, string]): boolean {
  return fingerprint(made(first)) === fingerprint(made(second));
}

describe('fingerprint', () => {
  it('is eight hex digits, the same for the same text', () => {
    expect(fingerprint((user: object) => user)).to.match(/^[0-9a-f]{8}$/);
    expect(areEqual(['(a) => a.b', '(a) => a.b'])).to.equal(true);
  });

  for (const [what, ...texts] of [
    ['spaces', '(a)=>a.b', '( a ) => a . b'],
    ['lines', '(a) => {\n  return a;\n}', '(a) => { return a; }'],
    ['line ends', '(a) => {\n return a; }', '(a) => {\r\n return a; }'],
    ['comments', '(a) => { return a; }', '(a) => { // why\n return /* it */ a; }'],
    ['layout beside a regular expression', '(a) => /["/*]/.test(a)', '(a) => /["/*]/ . test( a )'],
    ['layout beside quotes', "(a) => a === '  //x'", "(a) =>\n\ta==='  //x'"],
    ['layout of a class', 'class A { check() { return 1; } }', 'class A {\n\n  check ()\n{ return 1; } }'],
  ] as const) {
    it(`does not count ${what}`, () => expect(areEqual(texts)).to.equal(true));
  }

  for (const [what, ...texts] of [
    ['a value', '() => true', '() => false'],
    ['a name', '(a) => a.x', '(a) => a.y'],
    ['layout inside of quotes', '(a) => a === "x y"', '(a) => a === "x  y"'],
    ['layout inside of a template', '(a) => `x ${a}  y`', '(a) => `x ${a} y`'],
    ['layout inside of a regular expression', '(a) => /a  b/.test(a)', '(a) => /a b/.test(a)'],
    ['an escaped quote', "(a) => a === '\\'  x'", "(a) => a === '\\' x'"],
    ['what follows slashes in quotes', '(a) => "http://x" + a.x', '(a) => "http://x" + a.y'],
    ['what follows an escaped slash', '(a) => /\\//.test(a) && a.x', '(a) => /\\//.test(a) && a.y'],
    [
      'what follows a class of slash and star',
      '(a) => /[/*]/.test(a) && a.x',
      '(a) => /[/*]/.test(a) && a.y',
    ],
    [
      'what follows a quote in a regular expression',
      "(a) => /'/.test(a) && a.x",
      "(a) => /'/.test(a) && a.y",
    ],
    ['what follows a division', '(a) => a / 2 && a.x / 3', '(a) => a / 2 && a.y / 3'],
    ['an end of a statement after return', '(a) => { return a; }', '(a) => { return\n a; }'],
    ['signs', '(a, b) => a + +b', '(a, b) => a - -b'],
    ['words that would become one', '(a) => { typeof a; }', '(a) => { typeofa; }'],
    ['words of other letters', '(ö) => { void ö; }', '(ö) => { voidö; }'],
    ['async', '() => 1', 'async () => 1'],
    ['a method of a class', 'class A { check() { return 1; } }', 'class A { check() { return 2; } }'],
    ['a field of a class', 'class A { a = 1; check() {} }', 'class A { a = 2; check() {} }'],
  ] as const) {
    it(`counts ${what}`, () => expect(areEqual(texts)).to.equal(false));
  }

  it('counts the bases of a class', () => {
    const extending = (body: string) =>
      made(`(() => { class Base { check() { ${body} } } return class A extends Base {}; })()`);
    expect(fingerprint(extending('return 1;'))).to.equal(fingerprint(extending('return 1;')));
    expect(fingerprint(extending('return 1;'))).to.not.equal(fingerprint(extending('return 2;')));
  });

  it('counts check() of a class that is compiled to a function', () => {
    const compiled = (body: string) =>
      made(`(() => { function A() {} A.prototype.check = function () { ${body} }; return A; })()`);
    expect(fingerprint(compiled('return 1;'))).to.not.equal(fingerprint(compiled('return 2;')));
  });

  it('takes what has no text', () => {
    for (const target of [made('(() => 1)').constructor, (() => 1).bind(null), new Proxy(() => 1, {})]) {
      expect(fingerprint(target)).to.match(/^[0-9a-f]{8}$/);
    }
  });
});
