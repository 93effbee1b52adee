import { expect } from 'chai';
import { parseAuthorization } from '../../../src/util/authorization-header';

describe('parseAuthorization', () => {
  const table: [string | undefined, [scheme: string, credentials: string] | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    [' ', undefined],
    ['Basic', ['basic', '']],
    ['Basic ', ['basic', '']],
    ['bAsIc QQ==', ['basic', 'QQ==']],
    ['Basic    QQ==', ['basic', 'QQ==']],
    ['Basic QQ== ', ['basic', 'QQ== ']],
    [' Basic QQ==', undefined],
    ['Basic\tQQ==', undefined],
    ['Basic \tQQ==', ['basic', '\tQQ==']],
    ['"Basic" QQ==', undefined],
    ['XBasic QQ==', ['xbasic', 'QQ==']],
    ['Basic,Bearer x', undefined],
    ['Basic=QQ==', undefined],
    ["!#$%&'*+.^_`|~09-aZ x", ["!#$%&'*+.^_`|~09-az", 'x']],
    ['Bearer a\nb', ['bearer', 'a\nb']],
  ];
  for (const [header, expected] of table) {
    it(`reads ${JSON.stringify(header)} (RFC 9110 section 11.4)`, () => {
      const [scheme, credentials] = expected ?? [];
      expect(parseAuthorization(header)).to.deep.equal(expected && { scheme, credentials });
    });
  }

  it('takes a hostile header in linear time', () => {
    const header = `Basic${' '.repeat(200_000)}\u0000`;
    const start = performance.now();
    parseAuthorization(header);
    parseAuthorization(`${' '.repeat(200_000)}x`);
    expect(performance.now() - start).to.be.below(500);
  });
});
