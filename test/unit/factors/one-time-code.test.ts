import { expect } from 'chai';
import { toBase32 } from '../../../src/factors/base32';
import { codeOf, stepAt } from '../../../src/factors/one-time-code';

const KEY = Buffer.from('12345678901234567890');

describe('One-time codes', () => {
  it('are those of RFC 4226 appendix D', () => {
    const codes = Array.from({ length: 10 }, (_, counter) => codeOf(KEY, counter));
    expect(codes).to.deep.equal([
      ...['755224', '287082', '359152', '969429', '338314'],
      ...['254676', '287922', '162583', '399871', '520489'],
    ]);
  });

  const TIMES: readonly (readonly [number, string])[] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ];
  for (const [second, code] of TIMES) {
    it(`are those of RFC 6238 appendix B at ${second}`, () => {
      expect(codeOf(KEY, stepAt(second * 1000), 8)).to.equal(code);
    });
  }
});

describe('Base32', () => {
  it('is that of RFC 4648 section 10, without padding', () => {
    const texts = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'];
    expect(texts.map((text) => toBase32(Buffer.from(text)))).to.deep.equal([
      ...['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'],
    ]);
  });
});
