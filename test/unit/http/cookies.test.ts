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

  it('gives what splitting the header would, for whatever is in it', () => {
    const trimmed = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '');
    const bySplitting = (header: string, name: string): string | undefined => {
      const pairs = header.split(';').filter((pair) => pair.includes('='));
      const named = pairs.filter((pair) => trimmed(pair.slice(0, pair.indexOf('='))) === name);
      const [pair] = named;
      return named.length === 1 && pair !== undefined
        ? trimmed(pair.slice(pair.indexOf('=') + 1))
        : undefined;
    };
    // The same on every run.
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const parts = ['id', 'i', 'd', 'id id', '=', '=', ';', '; ', ' ', '\t', 'x', '"', '\u00a0'];
    let found = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const header = Array.from({ length: next(14) }, () => parts[next(parts.length)]).join('');
      for (const name of ['id', 'i', 'id id', 'idid', ' id', 'id=', ';id', '=']) {
        const value = bySplitting(header, name);
        expect(cookieIn(header, name), JSON.stringify([header, name])).to.equal(value);
        if (value !== undefined) found += 1;
      }
    }
    expect(found).to.be.above(1000);
  });

  it('is found in time in a header that has its name very often, and nothing else', () => {
    expect(cookieIn(`${'id '.repeat(100_000)};id=a`, 'id')).to.equal('a');
  });
});
