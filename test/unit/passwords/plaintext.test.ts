import { createHash } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Passwords } from '../../../src';
import { schemeOf } from '../../../src/passwords/schemes';
import type { HashRow } from '../../support/hash-tables';
import argon2 from '../../vectors/argon2.json';
import bcrypt from '../../vectors/bcrypt.json';
import desCrypt from '../../vectors/des_crypt.json';
import django from '../../vectors/django_hashers.json';
import ldap from '../../vectors/ldap_userpassword.json';
import others from '../../vectors/other_schemes_refuse_by_default.json';
import pbkdf2 from '../../vectors/pbkdf2_passlib_django.json';
import sha256Crypt from '../../vectors/sha256_crypt.json';
import sha512Crypt from '../../vectors/sha512_crypt.json';

const PASSWORDS = [
  'secret', 'hunter2', 'P4ssw0rd!', 'Passw0rd123', 'Summer2024Winter', 'catch22catch22', 'shakespeare', 'Sasha12345',
  '12345678', '123456789012', '0', '-', 'a:b', 'pa$$word', '50% off $5', 'a+b=c', 'smile:)', 'hello (world)',
  'kettle drum seven', 'correct horse battery staple', 'correct-horse', 'correct-horse-battery-staple',
  'one-two-three-four-five-six', 'CorrectHorseBatteryStaple', 'KETTLE DRUM SEVEN', 'kettledrumseven7',
  'Correct-Horse-Battery',
  'correct-horse-battery-2024',
  'Tr0ub4dor&3', 'MyP@ssw0rd123!', 'x7-rT2!kQ9_z', 'ann.smith@example.org', 'https://example.org/', 'C:\\Users\\ann',
  '2024-01-01 12:00', '+49 170 1234567', '192.168.1.1', 'deadbeef', 'dad beef cafe', 'this that then when',
  'shall we: go', 'scrambled eggs', 'a whirlpool', 'encrypted', 'cryptic', '"air quotes" inside', "it's a secret",
  'grüße!', 'naïve café', 'пароль и ключ', '密码密码密码', '🔑 under the mat', 'é'.repeat(512),
]; // prettier-ignore

/** What is no password, as it stands. */
const POSSIBLE_HASHES: Record<string, readonly string[]> = {
  'locked accounts': ['!', '!secret', '!!', '*', '*LK*', '*secret', '_secret', '$secret', '{secret'],
  'stand-ins for no password': [
    'x',
    'NP',
    'NULL',
    'null',
    'None',
    'undefined',
    'NaN',
    '\\N',
    '[object Object]',
  ],
  'text that was not cut off': [' secret', 'secret ', 'secret\n', 'se\tcret', '\ufeffsecret', 'secret\u00a0'],
  'characters that nobody types': [
    'se\u200bcret',
    'se\u2028cret',
    'se\u0085cret',
    'secret\ufffd',
    'se\0cret',
  ],
  'quotes and brackets': ['"secret"', "'secret'", '`secret`', "b'secret'", '“secret”', '«secret»', '<secret>', '(secret)', '[secret]'], // prettier-ignore
  'schemes in front': [
    '{MD5}X03MO1qnZdYdgyfeuILPmQ==', '{UNKNOWN}secret', '{x-issha, 1024}secret', 'old {SSHA}secret', '$x$secret',
    'U$S$secret', '"$2b$10$abc', 'sha256:abc', 'SHA-512 abc', 'sha1$aa$bb', 'md5:abc', 'md5(abc)', 'bcrypt:abc',
    'pbkdf2:sha256:1000$rsq$bd', 'pbkdf2_sha256$10', 'argon2id', 'scrypt:32768:8:1$salt$00', 'SCRAM-SHA-256$4096:x',
    'crypt$c2$x', 'hash=secret', 'ntlm:secret', 'ntlmv2:secret', 'grub.pbkdf2.sha512.10.BC', 'crc32:cbf43926',
    'unsalted_md5$abc', 'phpass:x', 'whirlpool:x', 'hmac x', '{PLAIN.b64}c2VjcmV0', 'PLAIN:secret',
  ], // prettier-ignore
  'escaped schemes': [
    '%242b%2410%24abc', '%7Bssha%7Dabc', '&#36;2b&#36;10', '\\u0024x\\u0024', '\\$2b\\$10\\$abc', '\\x5f4d', '\\137\\115',
  ], // prettier-ignore
  'hexadecimal digests': [
    '5f4dcc3b5aa765d61d8327deb882cf99', '5F4DCC3B5AA765D6', '697a7de87c5390b2', 'md5d4fc5129cc2c25465a5370113ae9835f',
    'md55f4dcc3b', '0x0100DEADBEEFCAFE0011', '0x5f4dcc3b', '5f:4d:cc:3b:5a:a7:65:d6', '5F-4D-CC-3B-5A-A7-65-D6',
    '5f 4d cc 3b 5a a7 65 d6', '5f4dcc3b 5aa765d6 1d8327de b882cf99', '5f4dcc3b-5aa7-65d6-1d83-27deb882cf99',
    '<Buffer 5f 4d cc 3b 5a a7 65 d6>', 'user:5f4dcc3b', 'c9b81d939d6fd80c:6677b2c394311355', '094F471A1A0A',
    'x5f4dcc3b5aa765d6y', '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29', '1234567890123456', '\uff15\uff46\uff14\uff44cc3b5aa765d61d8327deb882cf99',
  ], // prettier-ignore
  'base64 and its kin': [
    'X03MO1qnZdYdgyfeuILPmQ==', 'X03MO1qnZdYdgyfeuILPmQ', 'X03MO1qnZdYd gyfeuILPmQ', 'X03M O1qn ZdYd gyfe uILP mQ',
    'ddSFGmjXYPbZC+NXR2kCzBRjqiE=', 'ddSFGmjXYPbZC-NXR2kCzBRjqiE', 'CCNf8Sbh3HDfQ', 'CCNf8Sbh3HDf', 'CCNf8Sbh3HDfQQ',
    'qiyh4XPJGsOZ2MEAyLkfWqeQ', '(GDpOtD35gGlyDksQRxEU)', 'GDpOtD35gGlyDksQRxEU', 'AQAAAAEAACcQAAAAEMxk1h5GhWvGS0y1qhC3B0y0kBMzr3Wnn', '2b10abcdefghijklmnopqrstuu5s2Aa6CA1C7B8v',
    'L5G4YO22U5S5MHMDE7PLRAWPTE', 'xesef-disof-gytuf-katof-movif-baxux', '95,77,204,59,90,167,101,214', '95 77 204 59 90 167 101 214',
    '9jqo^BlbD-BleB1DJ+*+F(f,q', 'salt:correcthorsebattery',
  ], // prettier-ignore
  'what no login takes': ['', '\ud800', 'x'.repeat(1025), 'é'.repeat(513), '{PLAIN}', '{PLAIN}se\0cret', `{PLAIN}${'é'.repeat(513)}`], // prettier-ignore
};

/** Every hash of the tables that has at least the length of one by DES. */
const VECTORS: readonly string[] = [
  argon2,
  bcrypt,
  desCrypt,
  django,
  ldap,
  others,
  pbkdf2,
  sha256Crypt,
  sha512Crypt,
]
  .flatMap(({ vectors }) => vectors as readonly HashRow[])
  .map(({ hash }) => hash)
  .filter(({ length }) => length >= 13);

/** What imports, exports and copying make of a stored text. */
const DAMAGE: Record<string, (text: string) => string> = {
  nothing: (text) => text,
  'double quotes': (text) => `"${text}"`,
  'single quotes': (text) => `'${text}'`,
  'an opening quote': (text) => `"${text}`,
  'a closing quote': (text) => `${text}'`,
  JSON: (text) => JSON.stringify({ hash: text }),
  'a space in front': (text) => ` ${text}`,
  'a line end': (text) => `${text}\r\n`,
  'a space in the middle': (text) => `${text.slice(0, text.length / 2)} ${text.slice(text.length / 2)}`,
  'a label in front': (text) => `password: ${text}`,
  'a comma behind': (text) => `${text},`,
  'the first character missing': (text) => text.slice(1),
  'the last character missing': (text) => text.slice(0, -1),
  'a third of it missing': (text) => text.slice(0, -text.length / 3),
  'capitals alone': (text) => text.toUpperCase(),
  'small letters alone': (text) => text.toLowerCase(),
  backwards: (text) => [...text].reverse().join(''),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
  'hexadecimal digits': (text) => Buffer.from(text).toString('hex'),
  'escapes of URLs': (text) => encodeURIComponent(text),
  'escapes of a shell': (text) => text.replaceAll('$', '\\$'),
  'dollars missing': (text) => text.replaceAll('$', ''),
  'colons for dollars': (text) => text.replaceAll('$', ':'),
};

const number = (alphabet: string) => (bytes: Buffer): string => {
  const digits = Math.ceil((bytes.length * 8) / Math.log2(alphabet.length));
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let digit = 0; digit < digits; digit += 1) {
    text = (alphabet[Number(rest % BigInt(alphabet.length))] ?? '') + text;
    rest /= BigInt(alphabet.length);
  }
  return text;
}; // prettier-ignore
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SMALL = CAPITALS.toLowerCase();
const DIGITS = '0123456789';
const ENCODINGS: Record<string, (bytes: Buffer) => string> = {
  'base64': (bytes) => bytes.toString('base64'),
  'base64 without padding': (bytes) => bytes.toString('base64').replace(/=/g, ''),
  'base64 for URLs': (bytes) => bytes.toString('base64url'),
  'base64 of crypt(3)': (bytes) => bytes.toString('base64').replace(/=/g, '').replaceAll('+', '.'),
  'hexadecimal digits': (bytes) => bytes.toString('hex'),
  'hexadecimal digits in capitals': (bytes) => bytes.toString('hex').toUpperCase(),
  'decimal digits': number(DIGITS),
  base32: number(`${CAPITALS}234567`),
  base36: number(DIGITS + SMALL),
  base58: number(DIGITS.slice(1) + CAPITALS.replace(/[IO]/g, '') + SMALL.replace('l', '')),
  base62: number(DIGITS + CAPITALS + SMALL),
}; // prettier-ignore

describe('Plain texts as stored passwords', () => {
  const own = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 }, accept: ['plaintext'] });
  const logsIn = async (typed: string, stored: string): Promise<boolean> =>
    own.isReadable(stored) && own.verify(typed, stored);

  for (const text of PASSWORDS) {
    it(`takes ${JSON.stringify(text.slice(0, 40))} for a password`, async () => {
      expect(await logsIn(text, text)).to.equal(true);
      expect(own.needsRehash(text)).to.equal(true);
      for (const wrong of [`${text} `, `x${text}`, text.slice(1), `{PLAIN}${text}`]) {
        expect(await logsIn(wrong, text)).to.equal(false);
      }
    });
  }

  for (const [what, texts] of Object.entries(POSSIBLE_HASHES)) {
    it(`takes no ${what} for a password`, async () => {
      for (const text of texts) {
        expect(own.isReadable(text), JSON.stringify(text)).to.equal(false);
        expect(await own.verify(text, text), JSON.stringify(text)).to.equal(false);
      }
    });
  }

  it('takes whatever stands behind {PLAIN}, {CLEARTEXT} or {CLEAR} for the password, exactly', async () => {
    const texts = [...PASSWORDS, ...Object.values(POSSIBLE_HASHES).flat(), '{PLAIN}x', hashSync('secret', 4)];
    // Those that no login takes, marked or not.
    const storable = texts.filter((text) => /^[^\0\p{Cs}]+$/u.test(text) && Buffer.byteLength(text) < 1000);
    for (const text of storable) {
      for (const mark of ['{PLAIN}', '{CLEARTEXT}', '{clear}', '{Plain}']) {
        expect(await logsIn(text, mark + text), JSON.stringify(text)).to.equal(true);
        for (const wrong of [mark + text, `${text}x`, text.slice(1), text.toUpperCase(), text.trim()]) {
          if (wrong !== text) expect(await logsIn(wrong, mark + text), JSON.stringify(wrong)).to.equal(false);
        }
      }
    }
  });

  it('knows as many known hashes as ever', () => {
    expect(VECTORS.length).to.be.greaterThan(300);
  });

  for (const [what, damaged] of Object.entries(DAMAGE)) {
    it(`takes no known hash for a password that has suffered ${what}`, () => {
      const taken = VECTORS.map(damaged).filter(
        // Fewer characters hold no digest.
        (text) => text.length >= 13 && schemeOf(text)?.name === 'plaintext',
      );
      expect(taken).to.deep.equal([]);
    });
  }

  for (const [name, encoded] of Object.entries(ENCODINGS)) {
    it(`lets no digest log in that is written in ${name}`, () => {
      const passed: string[] = [];
      for (const [digest, bytes] of [
        ['md5', 16],
        ['sha1', 20],
        ['sha224', 28],
        ['sha256', 32],
        ['sha384', 48],
        ['sha512', 64],
      ] as const) {
        // prettier-ignore
        for (let count = 0; count < 100; count += 1) {
          const text = encoded(createHash(digest).update(String(count)).digest());
          for (const stored of [text, ` ${text}`, `"${text}"`, `user:${text}`, `${text}:user`, `salt ${text}`]) {
            if (own.isReadable(stored)) passed.push(`${String(bytes)} ${stored}`);
          }
        }
      }
      expect(passed).to.deep.equal([]);
    });
  }
});
