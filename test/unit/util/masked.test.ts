import { expect } from 'chai';
import { masked, secretsIn } from '../../../src/util/masked';

const HASH = `$2b$12$${'a'.repeat(53)}`;
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';

describe('masked', () => {
  const table: [text: string, secrets: string[], expected: string][] = [
    ['nothing to hide', [], 'nothing to hide'],
    [`hash ${HASH} of ann`, [], 'hash *** of ann'],
    [`"${HASH.replace('2b', '2y')}"`, [], '"***"'],
    [`cannot read ${TOKEN}: bad`, [], 'cannot read ***: bad'],
    [`cannot read ${TOKEN.slice(0, 40)}`, [], 'cannot read ***'],
    ['key k-123456 of app', ['k-123456'], 'key *** of app'],
    ['a secret and another secret', ['secret', 'a secret and'], '*** another ***'],
    ['a.c (b', ['a.c', '(b'], '*** ***'],
  ];
  for (const [text, secrets, expected] of table) {
    it(`makes ${JSON.stringify(expected)}`, () => {
      expect(masked(text, secrets)).to.equal(expected);
    });
  }
});

describe('secretsIn', () => {
  const basic = (pair: string) => Buffer.from(pair).toString('base64');

  it('finds the value, its longer parts, and the password of Basic', () => {
    const encoded = basic('ann:open sesame');
    expect(secretsIn(`Basic ${encoded}`)).to.include.members([encoded, 'ann:open sesame', 'open sesame']);
    expect(secretsIn('sid=0123456789; theme=dark')).to.include.members(['0123456789']);
    expect(secretsIn('0123456789')).to.include.members(['0123456789']);
  });

  it('takes no common word for a secret', () => {
    for (const value of ['', 'Bearer', 'Bearer x', 'dark', `Basic ${basic('a:b')}`]) {
      for (const word of ['Bearer', 'dark', 'b', '']) expect(secretsIn(value)).not.to.include(word);
    }
  });
});
