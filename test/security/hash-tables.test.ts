/** Known hashes of every kind, row by row. */
import { expect } from 'chai';
import { schemeOf } from '../../src/passwords/schemes';
import { fresh, type HashRow, OPT_IN, passwordOf, SharingPool } from '../support/hash-tables';
import argon2 from '../vectors/argon2.json';
import desCrypt from '../vectors/des_crypt.json';
import django from '../vectors/django_hashers.json';
import frameworks from '../vectors/framework_hashes.json';
import crossChecks from '../vectors/hash_cross_checks.json';
import ldap from '../vectors/ldap_userpassword.json';
import others from '../vectors/other_schemes_refuse_by_default.json';
import pbkdf2 from '../vectors/pbkdf2_passlib_django.json';
import wycheproof from '../vectors/pbkdf2_raw_wycheproof.json';
import sha256Crypt from '../vectors/sha256_crypt.json';
import sha512Crypt from '../vectors/sha512_crypt.json';

/** When the password of a row is proved: always, where the scheme is accepted, or never. */
type Verdict = 'always' | 'accepted' | 'never';
type Counts = Record<Verdict, number>;

interface Table {
  readonly name: string;
  readonly rows: readonly HashRow[];
  readonly counts: Counts;
  readonly verdicts: (row: HashRow) => Verdict;
}

const bySchemes =
  (always: readonly string[], accepted: readonly string[] = []) =>
  ({ scheme = '' }: HashRow): Verdict =>
    always.includes(scheme) ? 'always' : accepted.includes(scheme) ? 'accepted' : 'never';

const TABLES: readonly Table[] = [
  {
    name: 'argon2',
    rows: argon2.vectors,
    counts: { always: 15, accepted: 0, never: 12 },
    verdicts: () => 'always',
  },
  {
    name: 'des_crypt',
    rows: desCrypt.vectors,
    counts: { always: 0, accepted: 4, never: 1 },
    verdicts: () => 'accepted',
  },
  {
    name: 'Django',
    rows: django.vectors,
    counts: { always: 5, accepted: 0, never: 22 },
    verdicts: bySchemes(['django_argon2', 'django_bcrypt', 'django_bcrypt_sha256']),
  },
  {
    name: 'LDAP userPassword',
    rows: ldap.vectors,
    counts: { always: 12, accepted: 4, never: 30 },
    verdicts: (row) => {
      if (/^\{ssha\d*\}/i.test(row.hash)) return 'always';
      return /^\{sha\}/i.test(row.hash) || row.scheme === 'ldap_plaintext' ? 'accepted' : 'never';
    },
  },
  {
    name: 'other schemes',
    rows: others.vectors,
    counts: { always: 9, accepted: 0, never: 117 },
    verdicts: bySchemes(['scrypt', 'bcrypt_sha256']),
  },
  {
    name: 'PBKDF2 of passlib and Django',
    rows: pbkdf2.vectors,
    counts: { always: 6, accepted: 2, never: 16 },
    verdicts: bySchemes(
      ['pbkdf2_sha256', 'pbkdf2_sha512', 'django_pbkdf2_sha256'],
      ['pbkdf2_sha1', 'django_pbkdf2_sha1'],
    ),
  },
  {
    name: 'sha256_crypt',
    rows: sha256Crypt.vectors,
    counts: { always: 10, accepted: 0, never: 3 },
    verdicts: () => 'always',
  },
  {
    name: 'sha512_crypt',
    rows: sha512Crypt.vectors,
    counts: { always: 8, accepted: 0, never: 4 },
    verdicts: () => 'always',
  },
  {
    name: 'cross-checks by libxcrypt and hashlib',
    rows: crossChecks.vectors,
    counts: { always: 103, accepted: 20, never: 0 },
    verdicts: ({ scheme = '', hash }) =>
      /des_crypt|sha1$/.test(scheme) || /^\{sha\}/i.test(hash) ? 'accepted' : 'always',
  },
  {
    name: 'frameworks and servers',
    rows: frameworks.vectors,
    counts: { always: 50, accepted: 17, never: 0 },
    verdicts: ({ scheme = '', hash }) =>
      /des_crypt|sha1$|plain|noop|aspnet_v2|dovecot_pbkdf2|spring_pbkdf2$/.test(scheme) ||
      /^\{sha\}/i.test(hash)
        ? 'accepted'
        : 'always',
  },
];

function verdictOf({ verdicts }: Table, row: HashRow): Verdict {
  const password = passwordOf(row) ?? '';
  // No client sends an empty password or NUL, and no hash is made of them.
  if (row.expect !== 'match' || password === '' || password.includes('\0')) return 'never';
  return verdicts(row);
}

for (const table of TABLES) {
  describe(`Table of hashes: ${table.name}`, () => {
    it('has the expected number of rows of each kind, each with its password', () => {
      const counts: Counts = { always: 0, accepted: 0, never: 0 };
      for (const row of table.rows) counts[verdictOf(table, row)] += 1;
      expect(counts).to.deep.equal(table.counts);
      expect(table.rows.filter((row) => passwordOf(row) === undefined)).to.be.empty;
    });

    for (const row of table.rows) {
      const verdict = verdictOf(table, row);
      const title =
        `${row.scheme ?? ''} ${row.hash.slice(0, 30)} (${row.expect}) is ${verdict} right`.trimStart();
      it(title, async () => {
        const pool = new SharingPool();
        const [byDefault, accepting] = [fresh([], pool), fresh(OPT_IN, pool)];
        const password = passwordOf(row) ?? '';
        expect(await byDefault.verify(password, row.hash)).to.equal(verdict === 'always');
        expect(await accepting.verify(password, row.hash)).to.equal(verdict !== 'never');
        // A bare text is its own hash, and stays one with something around it.
        if (verdict === 'never' || /plain|noop/.test(row.scheme ?? '')) return;
        // As strong as new ones or not: only those of their own scheme may stay.
        if (!/^\$(?:2[aby]|hmac-sha256)\$/.test(row.hash)) {
          expect(accepting.needsRehash(row.hash)).to.equal(true);
        }
        expect(byDefault.isReadable(row.hash)).to.equal(verdict === 'always');
        const wrongs = [`x${password}`, `\u00e9${password}`, row.hash];
        for (const wrong of isDear(row.hash) ? wrongs.slice(0, 1) : wrongs) {
          expect(await accepting.verify(wrong, row.hash)).to.equal(false);
        }
        for (const [what, hash] of Object.entries(spoiled(row.hash))) {
          // A digest of argon2 may have any length, which is part of what is hashed.
          const isOther = OTHER_LENGTHS.includes(what) && row.hash.includes('$argon2');
          if (!isOther) expect(byDefault.isReadable(hash), what).to.equal(false);
          else if (isDear(row.hash)) continue;
          expect(await accepting.verify(password, hash), what).to.equal(false);
        }
      });
    }
  });
}

/** 64 MiB and more, where a computation takes a second: what is wrong with cheap ones is as wrong with these. */
function isDear(hash: string): boolean {
  const work = schemeOf(hash)?.workOf(hash);
  return work?.kind === 'argon2' && work.units >= 65_536;
}

describe('Table of hashes: argon2, each variant', () => {
  const variantsOf = (rows: readonly HashRow[]) => [
    ...new Set(
      rows
        .filter((row) => row.expect === 'match')
        .map(({ hash }) => /\$argon2(?:i|id)\$(?:v=\d+)?/.exec(hash)?.[0]),
    ),
  ];

  it('has cheap rows beside those that are tried with one wrong password', () => {
    const rows: readonly HashRow[] = [...argon2.vectors, ...frameworks.vectors].filter(({ hash }) =>
      hash.includes('$argon2'),
    );
    const dear = variantsOf(rows.filter(({ hash }) => isDear(hash)));
    expect(dear).to.not.be.empty;
    expect(variantsOf(rows.filter(({ hash }) => !isDear(hash)))).to.include.members(dear);
  });
});

const OTHER_LENGTHS = ['one more character', 'the last character missing'];

/** What is none any more, though it begins or ends as the hash does. */
function spoiled(hash: string): Record<string, string> {
  const digest = hash.search(/[^$}]*$/);
  return {
    'a trailing newline': `${hash}\n`,
    'a trailing space': `${hash} `,
    'a trailing dollar': `${hash}$`,
    'one more character': `${hash}A`,
    'one more padding': `${hash}=`,
    'a leading space': ` ${hash}`,
    'a leading newline': `\n${hash}`,
    'another in front': `x${hash}`,
    'an empty scheme in front': `{}${hash}`,
    'the last character missing': hash.slice(0, -1),
    'no digest': hash.slice(0, digest),
    'nothing but the settings': hash.slice(0, digest).replace(/\$$/, ''),
    'NUL at the end': `${hash}\0`,
    'a character of no alphabet': `${hash.slice(0, -2)}!${hash.slice(-1)}`,
    twice: hash + hash,
  };
}

describe('Table of hashes: PBKDF2 of Wycheproof, written as passlib writes it', () => {
  const BYTES = { 'HMAC-SHA256': 32, 'HMAC-SHA512': 64 };
  const rows = wycheproof.vectors.map((row) => {
    const prf = row.prf as keyof typeof BYTES;
    const dotted = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '').replaceAll('+', '.');
    // Longer output begins as the digest of full length, and shorter is part of it.
    const digest = Buffer.from(row.dk_hex, 'hex').subarray(0, BYTES[prf]);
    const salt = dotted(Buffer.from(row.salt_hex, 'hex'));
    const scheme = prf === 'HMAC-SHA256' ? 'pbkdf2-sha256' : 'pbkdf2-sha512';
    return {
      id: row.id,
      password: passwordOf({ ...row, hash: '' }),
      hash: `$${scheme}$${row.iterations}$${salt}$${dotted(digest)}`,
      isComplete: digest.length === BYTES[prf],
    };
  });

  it('has the expected number of rows of each kind', () => {
    expect(rows).to.have.length(78);
    expect(rows.filter(({ isComplete }) => isComplete)).to.have.length(39);
    expect(rows.filter(({ password }) => password === undefined)).to.have.length(20);
  });

  for (const { id, password, hash, isComplete } of rows) {
    it(`${id}: ${isComplete ? 'is read' : 'a digest cut short is not read'}`, async () => {
      const own = fresh();
      expect(own.isReadable(hash)).to.equal(isComplete);
      if (password === undefined) return;
      const isRight = isComplete && password !== '' && !password.includes('\0');
      expect(await own.verify(password, hash)).to.equal(isRight);
      expect(await own.verify(`${password}x`, hash)).to.equal(false);
    });
  }
});
