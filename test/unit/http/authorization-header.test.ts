import { expect } from 'chai';
import { parseAuthorization } from '../../../src/http/authorization-header';

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

  it('reads a header of nothing but spaces, or with as many after the scheme', () => {
    const spaces = ' '.repeat(200_000);
    expect(parseAuthorization(`Basic${spaces}\u0000`)).to.deep.equal({
      scheme: 'basic',
      credentials: '\u0000',
    });
    expect(parseAuthorization(`${spaces}x`)).to.equal(undefined);
  });
});
