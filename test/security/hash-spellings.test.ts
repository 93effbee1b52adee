/** A hash has one spelling, and a password that no hash is of has no stand-in that matches. */
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { fresh, OPT_IN } from '../support/hash-tables';

interface Spelled {
  readonly password: string;
  readonly hash: string;
  /** What is replaced by what. */
  readonly others: readonly (readonly [from: string, to: string])[];
}

const SPELLED: Record<string, Spelled> = {
  argon2: {
    password: 'password',
    hash: '$argon2i$v=19$m=380,t=2,p=2$c29tZXNhbHQ$SrssP8n7m/12VWPM8dvNrw',
    others: [
      ['dvNrw', 'dvNrx'],
      ['dvNrw', 'dvNrw=='],
      ['bHQ$', 'bHR$'],
      ['bHQ$', 'bHQ=$'],
      ['n7m/12', 'n7m_12'],
      ['$argon2i', '$ARGON2I'],
      ['m=380', 'm=0380'],
      ['t=2', 't=+2'],
    ],
  },
  scrypt: {
    password: 'test',
    hash: '$scrypt$ln=8,r=8,p=1$wlhLyXmP8b53bm1NKYVQqg$mTpvG8lzuuDk+DWz8HZIB6Vum6erDuUm0As5yU+VxWA',
    others: [
      ['VxWA', 'VxWB'],
      ['VxWA', 'VxWA='],
      ['VQqg$', 'VQqh$'],
      ['VQqg$', 'VQqg==$'],
      ['Dk+D', 'Dk-D'],
      ['Dk+D', 'Dk.D'],
      ['ln=8', 'ln=08'],
      ['$scrypt', '$Scrypt'],
    ],
  },
  'PBKDF2 of passlib': {
    password: 'password',
    hash: '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
    others: [
      ['.tmQ', '.tmR'],
      ['.tmQ', '.tmQ='],
      ['6c.tmQ', '6c+tmQ'],
      ['E0Vw$', 'E0Vx$'],
      ['1212', '01212'],
      ['1212', ' 1212'],
      ['$pbkdf2-sha256', '$PBKDF2-SHA256'],
    ],
  },
  'PBKDF2 of Django': {
    password: 'not a password',
    hash: 'pbkdf2_sha256$10000$kjVJaVz6qsnJ$5yPHw3rwJGECpUf70daLGhOrQ5+AMxIJdz1c3bqK1Rs=',
    others: [
      ['K1Rs=', 'K1Rt='],
      ['K1Rs=', 'K1Rs'],
      ['K1Rs=', 'K1Rs=='],
      ['5+AM', '5-AM'],
      ['$10000', '$010000'],
      ['pbkdf2_sha256', 'PBKDF2_SHA256'],
    ],
  },
  'LDAP, salted': {
    password: 'test',
    hash: '{SSHA}P90+qijSp8MJ1tN25j5o1PflUvlqjXHOGeOckw==',
    others: [
      ['ckw==', 'ckx=='],
      ['ckw==', 'ckw='],
      ['ckw==', 'ckw'],
      ['P90+q', 'P90-q'],
      ['P90+q', 'P90 +q'],
      ['{SSHA}', '{SSHA} '],
      ['{SSHA}', 'SSHA'],
    ],
  },
  'LDAP, unsalted': {
    password: 'boabspasswurd',
    hash: '{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=',
    others: [
      ['qiE=', 'qiF='],
      ['qiE=', 'qiE'],
      ['+', '-'],
      ['{SHA}', '{SHA1}'],
    ],
  },
  'DES crypt': {
    password: 'U*U*U*U*',
    hash: 'CCNf8Sbh3HDfQ',
    others: [
      ['DfQ', 'DfR'],
      ['DfQ', 'Df'],
    ],
  },
  'SHA-crypt': {
    password: 'Hello world!',
    hash: '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
    others: [
      ['Ec5', 'EcE'],
      ['$5$', '$5$rounds=05000$'],
      ['$5$', '$5$rounds=$'],
      ['$5$', '$5$Rounds=5000$'],
      ['$5$', '$5$rounds=5000,'],
      ['$5$salt', '$5salt'],
      ['saltstring', 'saltstringsaltstring'],
    ],
  },
  'PBKDF2 of Werkzeug': {
    password: 'grüße Welt 12',
    hash: 'pbkdf2:sha512:2000$5IhZIJkRlc8hKqJF$6f0897b853f12962ee91d692c4af4c0746548bc0fb9df75b9853a9c363007f67760bb560cc42e20b3d3f48e267a73a3ff734bac50390e6d9389c739ca6755d24',
    others: [
      ['pbkdf2:sha512', 'PBKDF2:SHA512'],
      ['pbkdf2:sha512', 'pbkdf2:sha-512'],
      [':2000$', ':02000$'],
      [':2000$', '$'],
      [':2000$', ':2e3$'],
      [':2000$', ':2000$$'],
      ['755d24', 'ABCDEF'],
      ['24', ''],
    ],
  },
  'scrypt of Werkzeug': {
    password: 'grüße Welt 12',
    hash: 'scrypt:1024:4:2$w7PuldiqZWwOE9OW$d13fb9b49e89e006550f4ab088d542f156259d919d4ddf971523251f0deb435a394cac3bd1f2c493074eb1be760779030b799a1ed384c129ff37138b29742557',
    others: [
      ['scrypt:1024', 'scrypt:01024'],
      ['scrypt:1024', 'scrypt:1025'],
      ['scrypt:1024', 'scrypt:1e3'],
      [':4:2', ':4'],
      [':4:2', ':4:2:1'],
      [':4:2', ':4:0'],
      ['394cac3bd1f2c493074eb1be760779030b799a1ed384c129ff37138b29742557', ''],
    ],
  },
  'scrypt of Django': {
    password: 'lètmein',
    hash: 'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
    others: [
      ['scrypt$16384', 'scrypt$016384'],
      ['scrypt$16384', 'scrypt$16383'],
      ['$8$1$', '$8$'],
      ['$8$1$', '$8$01$'],
      ['Pw==', 'Pw='],
      ['Pw==', 'Px=='],
      ['+9PP', '-9PP'],
    ],
  },
  'bcrypt-sha256 of passlib': {
    password: 'grüße Welt 12',
    hash: '$bcrypt-sha256$v=2,t=2b,r=5$b8KpnlDDYP1xa8H9bXMhTe$ENabFnL73ty.P0MqFhQVBW/HmZBNWoG',
    others: [
      ['v=2', 'v=3'],
      ['v=2', 'v=1'],
      ['r=5', 'r=05'],
      ['r=5', 'r=3'],
      ['r=5', 'r=16'],
      ['t=2b', 't=2y'],
      ['t=2b,r=5', 'r=5,t=2b'],
    ],
  },
  WordPress: {
    password: 'grüße Welt 12',
    hash: '$wp$2y$10$kXiWn0oa8tWFKUjiboEnHeh38Ql0hEGW/WvXoNZbgKy2mbIxuA6BW',
    others: [
      ['$wp$', '$wp'],
      ['$wp$2y', '$wp$2b'],
      ['$wp$', '$WP$'],
      ['$10$', '$16$'],
    ],
  },
  'ASP.NET Identity': {
    password: 'my password',
    hash: 'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
    others: [
      ['UEw==', 'UEw='],
      ['UEw==', 'UEx=='],
      ['UEw==', 'UE8='],
      ['AQAAAAE', 'AgAAAAE'],
      ['AQAAAAE', 'AQAAAAM'],
      ['AQAAAAEAACcQ', 'AQAAAAEAAAAA'],
      ['AAAAEAAB', 'AAAACAAB'],
    ],
  },
  'scrypt of Spring': {
    password: 'password',
    hash: '{scrypt}$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO7re7Ei+fUZRJ68k9lTyuTeUp4of4g24hHnazw==$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=',
    others: [
      ['$e0801$', '$0e0801$'],
      ['$e0801$', '$E0801$'],
      ['$e0801$', '$e0800$'],
      ['$e0801$', '$ff0801$'],
      ['{scrypt}', '{SCRYPT}'],
      ['{scrypt}', '{scrypt@5.8}'],
      ['RpY5Pc=', 'RpY5Pd='],
    ],
  },
  'PBKDF2 of OpenLDAP': {
    password: 'grüße Welt 12',
    hash: '{PBKDF2-SHA256}2000$qlUKwVirVSrlvFcqxZhTKg$6a4Tvz/3Yp3I3Zq7bBcqsBKTkfGGti6P55kJGbbdAlI',
    others: [
      ['}2000', '}02000'],
      ['}2000', '}-1'],
      ['{PBKDF2-SHA256}', '{PBKDF2-SHA384}'],
      ['{PBKDF2-SHA256}', '{PBKDF2_SHA256}'],
      ['AlI', 'AlI='],
    ],
  },
};

describe('Spellings of hashes', () => {
  for (const [name, { password, hash, others }] of Object.entries(SPELLED)) {
    it(`reads one of ${name}`, async () => {
      expect(await fresh(OPT_IN).verify(password, hash)).to.equal(true);
      for (const [from, to] of others) {
        const other = hash.replace(from, () => to);
        expect(other).to.not.equal(hash);
        expect(fresh(OPT_IN.filter((scheme) => scheme !== 'plaintext')).isReadable(other), to).to.equal(
          false,
        );
        expect(await fresh(OPT_IN).verify(password, other), to).to.equal(false);
      }
    });
  }

  it('reads $5$ with the rounds that it has without', async () => {
    const { password, hash } = SPELLED['SHA-crypt']!;
    expect(
      await fresh().verify(
        password,
        hash.replace('$5$', () => '$5$rounds=5000$'),
      ),
    ).to.equal(true);
    expect(
      await fresh().verify(
        password,
        hash.replace('$5$', () => '$5$rounds=5001$'),
      ),
    ).to.equal(false);
  });

  it('lets nothing stand in for a password that no hash is of', async () => {
    const hash = hashSync('stand-in', 4);
    for (const stored of [hash, `{CRYPT}${hash}`, `bcrypt$${hash}`, '{PLAIN}stand-in']) {
      expect(await fresh(OPT_IN).verify('stand-in', stored)).to.equal(true);
      for (const password of ['', 'a\0', '\ud800', 'x'.repeat(1025), 'é'.repeat(513)]) {
        expect(await fresh(OPT_IN).verify(password, stored)).to.equal(false);
      }
    }
    expect(await fresh().verify('x'.repeat(73), hash)).to.equal(false);
  });
});
