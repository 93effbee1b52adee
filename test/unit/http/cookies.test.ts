import { expect } from 'chai';
import { cookieIn } from '../../../src/http/cookies';

describe('cookieIn', () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, undefined],
    ['', undefined],
    ['id=a', 'a'],
    ['other=b; id=a; third=c', 'a'],
    ['id=', ''],
    ['id=a=b==', 'a=b=='],
    [' \t id \t = \t a \t ', 'a'],
    ['id=a;id=b', undefined],
    ['id=a; id=a', undefined],
    ['id=a; id=b; id=c', undefined],
    ['ID=a', undefined],
    ['xid=a', undefined],
    ['idx=a', undefined],
    ['id', undefined],
    ['=a', undefined],
    ['\u00a0id=a', undefined],
    ['id\u00a0=a', undefined],
    ['"id"=a', undefined],
    ['id="a"', '"a"'],
    ['id=a%20b', 'a%20b'],
    ['other="; id=a"', 'a"'],
  ];
  for (const [header, value] of cases) {
    it(`gives ${String(value)} of ${JSON.stringify(header)}`, () => {
      expect(cookieIn(header, 'id')).to.equal(value);
    });
  }

  it('finds names of objects only where they came', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(cookieIn('id=a', name)).to.equal(undefined);
      expect(cookieIn(`${name}=a`, name)).to.equal('a');
    }
  });

  // With a time that grows by the square it would take minutes.
  it('reads spaces and tabs in a time that grows with them', () => {
    const blanks = ' \t'.repeat(200_000);
    expect(
      cookieIn(`x${blanks}x=${blanks}y${blanks}z; id${blanks}=${blanks}a${blanks}b${blanks}`, 'id'),
    ).to.equal(`a${blanks}b`);
  });
});
