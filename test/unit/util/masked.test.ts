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

  it('masks what overlaps as one, and leaves no part of either', () => {
    expect(masked('x abcdefghijkl y', ['abcdefgh', 'efghijkl'])).to.equal('x *** y');
    expect(masked('x abcabcabc y', ['abcabc'])).to.equal('x *** y');
    expect(masked('aabaabaaab', ['aabaaa'])).to.equal('aab***b');
    expect(masked('abcdefgh', ['abcdefgh', 'abcd', 'efgh', ''])).to.equal('***');
  });

  it('masks tokens behind a dash, in a list, and encrypted ones as a whole', () => {
    expect(masked(`sid-${TOKEN},${TOKEN};${TOKEN}`)).to.equal('sid-***,***;***');
    expect(masked(`at ${TOKEN}.dGFn.bW9yZQ end`)).to.equal('at *** end');
    expect(masked('a grey eyJ without dots')).to.equal('a grey eyJ without dots');
  });

  describe('of a long text', () => {
    // What takes a step for each pair of characters would not end within the time that a test has.
    const HUGE = 10_000_000;
    const hostile: Record<string, string> = {
      'one letter': 'a',
      'token starts': '-eyJ',
      'token starts with a dot': 'eyJa.',
      'hash starts': '$argon2id',
      'short hashes': '$2b$12$ ',
      'hash names': 'pbkdf2_sha1',
      braces: '{SSHA}',
      quotes: `'"`,
      dots: '.',
      surrogates: '\ud800',
      spaces: ' ',
    };
    for (const [name, part] of Object.entries(hostile)) {
      it(`tells no more than its beginning: ${name}`, () => {
        const text = part.repeat(HUGE / part.length);
        const secrets = [part.repeat(1000), `${part.repeat(1000)}b`, `b${part.repeat(1000)}`];
        expect(masked(text, secrets).length).to.be.at.most(4001);
        expect(masked(text).length).to.be.at.most(4001);
      });
    }

    it('looks at no more of it than could be told', () => {
      const beginning = 'word '.repeat(5000);
      const longer = `${beginning}${'other '.repeat(1_000_000)}`;
      expect(masked(longer)).to.equal(`${beginning.slice(0, 4000)}…`);
      expect(masked(longer, ['other '])).to.equal(masked(beginning, ['other ']));
    });

    const pieces = (secret: string) =>
      Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8));
    const secretOf = (length: number) =>
      String.fromCharCode(...Array.from({ length }, (_, index) => 0x4e00 + ((index * 7919) % 20_000)));

    for (const length of [8, 50, 3000, 16_000, 60_000]) {
      it(`leaves no part of a secret of ${String(length)} characters where it is cut`, () => {
        const secret = secretOf(length);
        for (const before of [0, 1, 3990, 3995, 3999, 4000, 4001, 4250, 4256]) {
          const told = masked(`${' '.repeat(before)}${secret}${' '.repeat(100_000)}`, [secret]);
          const found = pieces(secret).filter((piece) => told.includes(piece));
          expect(found, `after ${String(before)}`).to.deep.equal([]);
        }
      });
    }

    it('leaves no part of a secret where those before it make the text shorter', () => {
      const secret = secretOf(3000);
      for (let before = 0; before < 12; before += 1) {
        const told = masked(`${'-'.repeat(before * 250)}${`${secret} `.repeat(50)}`, [secret]);
        expect(pieces(secret).filter((piece) => told.includes(piece))).to.deep.equal([]);
      }
    });

    it('leaves no part of a token or hash where it is cut', () => {
      const long = 'x'.repeat(30_000);
      for (const before of [3900, 3990, 3996, 3999]) {
        const padding = ' '.repeat(before);
        for (const secret of [`eyJ${long}.${long}.${long}`, `$2b$12$${long}`, TOKEN, HASH]) {
          expect(masked(`${padding}${secret}`), secret.slice(0, 10)).to.match(/^ +\*{3}…?$/);
        }
      }
    });
  });

  describe('with many secrets', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `secret-${String(index)}.`);

    it('finds each of 256', () => {
      const secrets = many(256);
      expect(masked(secrets.join(' '), secrets)).to.equal(Array(256).fill('***').join(' '));
    });

    it('tells nothing where there are more than can be looked for, or longer ones', () => {
      expect(masked('a word', many(257))).to.equal('***');
      expect(masked('a word', ['x'.repeat(65_537)])).to.equal('***');
    });

    it('takes equal ones for one', () => {
      expect(masked('a word', Array<string>(5000).fill('secret'))).to.equal('a word');
    });

    it('tells nothing of a text about a header of a thousand parts', () => {
      const parts = Array.from({ length: 1500 }, (_, index) => `part${String(index).padStart(6, '0')}`);
      expect(masked(`cannot read ${parts[7]!}`, secretsIn(parts.join(';')))).to.equal('***');
    });
  });
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
