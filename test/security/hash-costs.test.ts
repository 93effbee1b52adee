/** Stored hashes whose numbers are out of bounds: no work is done for them. */
import { expect } from 'chai';
import { HashPool } from '../../src/passwords/work/hash-pool';
import { Passwords } from '../../src/passwords/passwords';
import { fresh, OPT_IN } from '../support/hash-tables';

const DIGEST = 'A'.repeat(42) + 'E';
const SALT = 'c29tZXNhbHQ';
const bcrypt = (cost: string) => `$2b$${cost}$abcdefghijklmnopqrstuu5s2Aa6CA1C7B8vT5GGZ2mXmBvHcYzVe`;
const argon2 = (numbers: string) => `$argon2id$v=19$${numbers}$${SALT}$${'A'.repeat(43)}`;
const scrypt = (numbers: string) => `$scrypt$${numbers}$${SALT}$${DIGEST}`;
const pbkdf2 = (rounds: string) => `$pbkdf2-sha256$${rounds}$${SALT}$${DIGEST}`;
const django = (rounds: string) => `pbkdf2_sha256$${rounds}$salt$${DIGEST}=`;
const sha512Crypt = (rounds: string) => `$6$rounds=${rounds}$saltsalt$${'.'.repeat(86)}`;

/** The last that is read, and the first that is not. */
const BOUNDS: Record<string, [read: string, refused: string]> = {
  'cost of bcrypt': [bcrypt('15'), bcrypt('16')],
  'least cost of bcrypt': [bcrypt('04'), bcrypt('03')],
  'memory of argon2': [argon2('m=524288,t=8,p=1'), argon2('m=524289,t=1,p=1')],
  'passes of argon2': [argon2('m=8,t=100,p=1'), argon2('m=8,t=101,p=1')],
  'memory and passes of argon2': [argon2('m=524288,t=8,p=1'), argon2('m=524288,t=9,p=1')],
  'lanes of argon2': [argon2('m=1024,t=1,p=16'), argon2('m=1024,t=1,p=17')],
  'memory for each lane of argon2': [argon2('m=32,t=1,p=4'), argon2('m=31,t=1,p=4')],
  'N of scrypt': [scrypt('ln=18,r=8,p=1'), scrypt('ln=19,r=8,p=1')],
  'r of scrypt': [scrypt('ln=14,r=128,p=1'), scrypt('ln=14,r=129,p=1')],
  'p of scrypt': [scrypt('ln=14,r=8,p=16'), scrypt('ln=14,r=8,p=17')],
  'N for its r in scrypt (RFC 7914)': [scrypt('ln=15,r=1,p=1'), scrypt('ln=16,r=1,p=1')],
  'rounds of PBKDF2': [pbkdf2('10000000'), pbkdf2('10000001')],
  "rounds of Django's PBKDF2": [django('10000000'), django('10000001')],
  'most rounds of SHA-crypt': [sha512Crypt('1000000'), sha512Crypt('1000001')],
  'fewest rounds of SHA-crypt': [sha512Crypt('1000'), sha512Crypt('999')],
};

const HEX_SALT = 'a1'.repeat(16);
const aspNet = (iterations: number) => {
  const header = Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 16]);
  header.writeUInt32BE(iterations, 5);
  return Buffer.concat([header, Buffer.alloc(48, 1)]).toString('base64');
};

const FRAMEWORK_BOUNDS: Record<string, [read: string, refused: string]> = {
  "rounds of Keycloak's PBKDF2, each of two blocks": [
    `$pbkdf2-sha256$5000000$${SALT}$${'A'.repeat(86)}`,
    `$pbkdf2-sha256$5000001$${SALT}$${'A'.repeat(86)}`,
  ],
  "rounds of Werkzeug's PBKDF2": [
    `pbkdf2:sha256:10000000$salt$${'0a'.repeat(32)}`,
    `pbkdf2:sha256:10000001$salt$${'0a'.repeat(32)}`,
  ],
  "N of Werkzeug's scrypt": [
    `scrypt:262144:8:1$salt$${'0a'.repeat(64)}`,
    `scrypt:524288:8:1$salt$${'0a'.repeat(64)}`,
  ],
  "p of Django's scrypt": [
    `scrypt$16384$salt$8$16$${'A'.repeat(86)}==`,
    `scrypt$16384$salt$8$17$${'A'.repeat(86)}==`,
  ],
  "N of Spring's scrypt": [
    `{scrypt}$120801$${SALT}=$${'A'.repeat(43)}=`,
    `{scrypt}$130801$${SALT}=$${'A'.repeat(43)}=`,
  ],
  'cost of bcrypt-sha256': [
    `$bcrypt-sha256$v=2,t=2b,r=15$abcdefghijklmnopqrstuu$5s2Aa6CA1C7B8vT5GGZ2mXmBvHcYzVe`,
    `$bcrypt-sha256$v=2,t=2b,r=16$abcdefghijklmnopqrstuu$5s2Aa6CA1C7B8vT5GGZ2mXmBvHcYzVe`,
  ],
  "cost of WordPress's bcrypt": [
    `$wp${bcrypt('15').replace('$2b', () => '$2y')}`,
    `$wp${bcrypt('16').replace('$2b', () => '$2y')}`,
  ],
  'rounds of OpenLDAP': [
    `{PBKDF2-SHA256}10000000$${SALT}$${DIGEST}`,
    `{PBKDF2-SHA256}10000001$${SALT}$${DIGEST}`,
  ],
  'rounds of ASP.NET': [aspNet(10_000_000), aspNet(10_000_001)],
  'memory of argon2 behind a prefix': [
    `{ARGON2}${argon2('m=524288,t=8,p=1')}`,
    `{ARGON2}${argon2('m=524289,t=1,p=1')}`,
  ],
};

const HUGE = '1'.repeat(2049);
const HOSTILE: Record<string, string> = {
  'numbers beyond all bounds': pbkdf2(HUGE),
  'rounds that are no number': pbkdf2('NaN'),
  'rounds in another notation': pbkdf2('1e9'),
  'negative rounds': pbkdf2('-1'),
  'no rounds': pbkdf2('0'),
  'rounds in other digits': pbkdf2('\u0661\u0660\u0660\u0660'),
  'zero memory': argon2('m=0,t=1,p=1'),
  'zero passes': argon2('m=65536,t=0,p=1'),
  'zero lanes': argon2('m=65536,t=1,p=0'),
  'a keyid': argon2('m=65536,t=1,p=1,keyid=Hj5+dsK0'),
  'numbers in another order': argon2('t=1,m=65536,p=1'),
  'version 18': argon2('m=65536,t=1,p=1').replace('v=19', 'v=18'),
  'N of one': scrypt('ln=0,r=8,p=1'),
  'very much of salt': `$pbkdf2-sha256$1000$${'A'.repeat(2049)}$${DIGEST}`,
  'very much of digest': `{SSHA}${'A'.repeat(2049)}`,
  'very much of dollars': '$'.repeat(2049),
  'very much of braces': '{CRYPT}'.repeat(300),
  'all bits of the iterations of ASP.NET': aspNet(0xffffffff),
  'no iterations of ASP.NET': aspNet(0),
  'no salt of Werkzeug': `pbkdf2:sha256:1000$$${'0a'.repeat(32)}`,
  'N of Werkzeug that is no power of two': `scrypt:1000:8:1$salt$${'0a'.repeat(64)}`,
  'N of one, of Django': `scrypt$1$salt$8$1$${'A'.repeat(86)}==`,
  'numbers of Spring beyond all bounds': `{scrypt}$ffffff$${SALT}=$${'A'.repeat(43)}=`,
  'Dovecot with huge rounds': `{PBKDF2}$1$salt$99999999$${'0a'.repeat(20)}`,
  'Spring with half a digest': `{pbkdf2@SpringSecurity_v5_8}${HEX_SALT}${'0a'.repeat(16)}`,
  'prefixes of two kinds': `{BLF-CRYPT}{CRYPT}${bcrypt('05')}`,
  'very much of text': 'x'.repeat(2049),
  'schemes in schemes': '{CRYPT}{CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
};

/** Computes nothing, and says so. */
class IdlePool extends HashPool {
  override run(): Promise<unknown> {
    return Promise.reject(new Error('a hash was computed'));
  }
}

async function refusesUnworked(hash: string): Promise<void> {
  for (const accept of [[], OPT_IN]) {
    const own = new Passwords({ accept, pool: new IdlePool() });
    expect(own.isReadable(hash)).to.equal(false);
    expect(own.needsRehash(hash)).to.equal(true);
    expect(await own.verify('secret', hash)).to.equal(false);
  }
}

describe('The cost of stored hashes', () => {
  for (const [what, [read, refused]] of Object.entries({ ...BOUNDS, ...FRAMEWORK_BOUNDS })) {
    it(`bounds the ${what}`, async () => {
      expect(fresh().isReadable(read)).to.equal(true);
      await refusesUnworked(refused);
    });
  }

  for (const [what, hash] of Object.entries(HOSTILE)) {
    it(`${what} is false without any work`, () => refusesUnworked(hash));
  }
});
