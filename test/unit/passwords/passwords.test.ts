import { compareSync, hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { type NewHashes, type OptInScheme, Passwords, type PasswordsOptions } from '../../../src';
import { ConfigurationError } from '../../../src/errors';
import { HashPool } from '../../../src/passwords/work/hash-pool';
import type { HashTask } from '../../../src/passwords/work/hash-worker';
import { OPT_IN } from '../../support/hash-tables';
import frameworks from '../../vectors/framework_hashes.json';

const NEW: Record<string, { settings: NewHashes; weaker: NewHashes[]; written: RegExp }> = {
  bcrypt: {
    settings: { scheme: 'bcrypt', cost: 5 },
    weaker: [{ scheme: 'bcrypt', cost: 4 }],
    written: /^\$2b\$05\$[./A-Za-z0-9]{53}$/,
  },
  argon2id: {
    settings: { scheme: 'argon2id', memoryKib: 256, passes: 2, lanes: 2 },
    weaker: [
      { scheme: 'argon2id', memoryKib: 255, passes: 3, lanes: 2 },
      { scheme: 'argon2id', memoryKib: 512, passes: 1 },
    ],
    written: /^\$argon2id\$v=19\$m=256,t=2,p=2\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$/,
  },
  scrypt: {
    settings: { scheme: 'scrypt', cost: 8, blockSize: 8, parallelism: 2 },
    weaker: [
      { scheme: 'scrypt', cost: 7, parallelism: 4 },
      { scheme: 'scrypt', cost: 8, parallelism: 1 },
      { scheme: 'scrypt', cost: 9, blockSize: 4, parallelism: 2 },
    ],
    written: /^\$scrypt\$ln=8,r=8,p=2\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$/,
  },
  'pbkdf2-sha256': {
    settings: { scheme: 'pbkdf2-sha256', iterations: 2000 },
    weaker: [{ scheme: 'pbkdf2-sha256', iterations: 1999 }],
    written: /^\$pbkdf2-sha256\$2000\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{43}$/,
  },
  'pbkdf2-sha512': {
    settings: { scheme: 'pbkdf2-sha512', iterations: 2000 },
    weaker: [{ scheme: 'pbkdf2-sha512', iterations: 1999 }],
    written: /^\$pbkdf2-sha512\$2000\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{86}$/,
  },
};

/** What new hashes are where no numbers are given: OWASP's advice, or more. */
const DEFAULTS: Record<string, string> = {
  bcrypt: '$2b$12$',
  argon2id: '$argon2id$v=19$m=19456,t=2,p=1$',
  scrypt: '$scrypt$ln=17,r=8,p=1$',
  'pbkdf2-sha256': '$pbkdf2-sha256$600000$',
  'pbkdf2-sha512': '$pbkdf2-sha512$220000$',
};

describe('Passwords', () => {
  for (const [name, { settings, weaker, written }] of Object.entries(NEW)) {
    describe(`with new hashes of ${name}`, () => {
      const own = new Passwords({ newHashes: settings });

      it('makes hashes that the password verifies against and another does not', async () => {
        for (const password of ['pässwörd: 🔑', 'é'.repeat(512)]) {
          const hash = await own.hash(password);
          expect(own.isReadable(hash)).to.equal(true);
          expect(await own.verify(password, hash)).to.equal(true);
          for (const wrong of [`${password}x`, password.slice(1), '', hash]) {
            expect(await own.verify(wrong, hash)).to.equal(false);
          }
        }
        const hash = await own.hash('secret');
        expect(hash).to.match(written);
        expect(await own.hash('secret')).to.not.equal(hash);
      });

      it('refuses to hash what no login takes, and names no password', async () => {
        for (const password of ['', 'canary\0', 'canary\ud800', 'canary'.repeat(200)]) {
          const error = await own.hash(password).then(
            () => expect.fail('was hashed'),
            (thrown: unknown) => thrown as Error,
          );
          expect(error).to.be.instanceOf(password.length > 1024 ? RangeError : TypeError);
          expect(`${error.message} ${String(error.stack)}`).to.not.include('canary');
        }
      });

      it('needs no new hash for its own, and one for weaker ones and other schemes', async () => {
        expect(own.needsRehash(await own.hash('secret'))).to.equal(false);
        for (const newHashes of weaker) {
          const hash = await new Passwords({ newHashes }).hash('secret');
          expect([own.isReadable(hash), own.needsRehash(hash)], hash).to.deep.equal([true, true]);
        }
        for (const other of Object.values(NEW)) {
          if (other.settings === settings) continue;
          expect(own.needsRehash(await new Passwords({ newHashes: other.settings }).hash('secret'))).to.equal(
            true,
          );
        }
      });

      it('has a decoy of the same settings that is another in each instance', async () => {
        expect(own.decoy()).to.match(written);
        expect(own.isReadable(own.decoy())).to.equal(true);
        expect(await own.verify('stand-in', own.decoy())).to.equal(false);
        expect(new Passwords({ newHashes: settings }).decoy()).to.not.equal(own.decoy());
      });

      it('has the numbers that OWASP advises where none are given', () => {
        const { scheme } = settings;
        const decoy = new Passwords({ newHashes: { scheme } }).decoy();
        expect(decoy.startsWith(DEFAULTS[name]!)).to.equal(true);
      });
    });
  }

  it('refuses settings out of bounds', () => {
    for (const newHashes of [
      null,
      'bcrypt',
      {},
      { scheme: 'md5' },
      { scheme: 'toString' },
      { scheme: 'plaintext' },
      { scheme: 'bcrypt', cost: 3 },
      { scheme: 'bcrypt', cost: 16 },
      { scheme: 'bcrypt', cost: '12' },
      { scheme: 'argon2id', memoryKib: 7 },
      { scheme: 'argon2id', memoryKib: 15, lanes: 2 },
      { scheme: 'argon2id', memoryKib: 524_289 },
      { scheme: 'argon2id', memoryKib: 524_288, passes: 9 },
      { scheme: 'argon2id', passes: 0 },
      { scheme: 'argon2id', passes: 101 },
      { scheme: 'argon2id', lanes: 17 },
      { scheme: 'scrypt', cost: 0 },
      { scheme: 'scrypt', cost: 19 },
      { scheme: 'scrypt', cost: 16, blockSize: 1 },
      { scheme: 'scrypt', parallelism: 3 },
      { scheme: 'scrypt', blockSize: 1.5 },
      { scheme: 'pbkdf2-sha256', iterations: 999 },
      { scheme: 'pbkdf2-sha512', iterations: 10_000_001 },
      { scheme: 'pbkdf2-sha512', iterations: Number.NaN },
    ]) {
      const options = { newHashes } as PasswordsOptions;
      expect(() => new Passwords(options), JSON.stringify(newHashes)).to.throw(ConfigurationError);
    }
    for (const accept of [null, 'plaintext', ['md5'], ['plaintext', 1], [undefined], {}]) {
      const options = { accept } as unknown as PasswordsOptions;
      expect(() => new Passwords(options), JSON.stringify(accept)).to.throw(ConfigurationError);
    }
  });

  describe('accept', () => {
    const hashes: Record<OptInScheme, string[]> = {
      'pbkdf2-sha1': [
        '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI',
        'pbkdf2_sha1$10000$wz5B6WkasRoF$atJmJ1o+XfJxKq1+Nu1f1i57Z5I=',
      ],
      'ldap-sha': ['{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE='],
      'des-crypt': ['CCNf8Sbh3HDfQ', '{CRYPT}CCNf8Sbh3HDfQ', '{crypt}CCNf8Sbh3HDfQ'],
      plaintext: ['secret', '{PLAIN}secret', '{cleartext}secret'],
    };

    for (const [name, own] of Object.entries(hashes) as [OptInScheme, string[]][]) {
      it(`reads ${name} only where it says so, and marks it for an upgrade`, () => {
        const others = OPT_IN.filter((other) => other !== name);
        for (const hash of own) {
          expect(new Passwords().isReadable(hash), hash).to.equal(false);
          expect(new Passwords({ accept: others }).isReadable(hash), hash).to.equal(false);
          const accepting = new Passwords({ accept: [name] });
          expect([accepting.isReadable(hash), accepting.needsRehash(hash)]).to.deep.equal([true, true]);
        }
      });
    }
  });

  describe('explain', () => {
    it('tells how a hash would be read, and quotes none of it', () => {
      const own = new Passwords();
      const explained = own.explain('{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=');
      expect(explained).to.include("accept: ['ldap-sha']").and.not.include('ddSFG');
      expect(own.explain('{CRYPT}CCNf8Sbh3HDfQ')).to.include("accept: ['des-crypt']");
      expect(own.explain('{PLAIN}canary')).to.include("accept: ['plaintext']").and.not.include('canary');
    });

    it('says how a password is stored that could be a hash, where plain texts are accepted', () => {
      const own = new Passwords({ accept: ['plaintext'] });
      for (const text of ['"canary"', '$x$canary', '{SHA}canary', '5f4dcc3b5aa765d61d8327deb882cf99']) {
        expect(own.explain(text), text)
          .to.include('{PLAIN}')
          .and.not.include('canary')
          .and.not.include('5f4d');
        expect(new Passwords({ accept: ['des-crypt'] }).explain(text), text).to.equal(undefined);
      }
      for (const text of ['CCNf8Sbh3HDfQ', '{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=']) {
        expect(own.explain(text)).to.include('accept: [').and.include('{PLAIN}');
      }
      for (const text of ['kettle drum seven', '{PLAIN}"canary"', own.decoy()]) {
        expect(own.explain(text), text).to.equal(undefined);
      }
    });

    it('has nothing to say about what is read, what is broken, and texts that may be anything', () => {
      const own = new Passwords({ accept: ['ldap-sha'] });
      for (const hash of [own.decoy(), '{SHA}ddSFGmjXYPbZC+NXR2kCzBRjqiE=', '$2b$16$', 'secret', '{SHA}x']) {
        expect(own.explain(hash), hash).to.equal(undefined);
      }
    });
  });

  describe('without the package argon2', () => {
    const pool = new HashPool({ argon2: 'argon2-that-is-not-installed' });
    after(() => pool.close());
    const hashes = [
      '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
      'argon2$argon2i$v=19$m=256,t=1,p=1$c29tZXNhbHQ$AJFIsNZTMKTAewB4+ETN1A',
    ];

    it('refuses new hashes of argon2id, and says what to install', () => {
      expect(() => new Passwords({ newHashes: { scheme: 'argon2id' }, pool })).to.throw(
        ConfigurationError,
        'npm install argon2',
      );
    });

    it('matches no stored hash of argon2, and says what to install', async () => {
      const own = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 }, pool });
      for (const hash of hashes) {
        expect(new Passwords().isReadable(hash)).to.equal(true);
        expect(own.isReadable(hash)).to.equal(false);
        expect(await own.verify('password', hash)).to.equal(false);
        expect(own.explain(hash)).to.include('npm install argon2');
        expect(own.explain(hash.slice(0, -4))).to.equal(undefined);
      }
    });
  });

  describe('normal forms', () => {
    const newHashes = { scheme: 'bcrypt', cost: 4 } as const;
    const composed = 'gr\u00fc\u00dfe \u00e9';
    const decomposed = 'gru\u0308\u00dfe e\u0301';
    const inNeither = 'gr\u00fc\u00dfe e\u0301';
    const forms = [composed, decomposed, inNeither];

    it('makes new hashes of the composed form', async () => {
      for (const form of forms) {
        const hash = await new Passwords({ newHashes }).hash(form);
        expect([compareSync(composed, hash), compareSync(decomposed, hash)]).to.deep.equal([true, false]);
      }
    });

    it('proves each form right for a hash of each normal form, and no other letters', async () => {
      for (const origin of [composed, decomposed]) {
        const hash = hashSync(origin, 4);
        for (const form of forms) {
          expect(await new Passwords({ newHashes }).verify(form, hash), `${form} ${origin}`).to.equal(true);
        }
        for (const wrong of ['grusse e', 'gruße e', 'GRÜßE É', 'gr\uff55\u0308ße é']) {
          expect(await new Passwords({ newHashes }).verify(wrong, hash), wrong).to.equal(false);
        }
      }
      expect(await new Passwords({ newHashes }).verify(inNeither, hashSync(inNeither, 4))).to.equal(true);
    });

    it('keeps compatible characters apart: a ligature is not two letters', async () => {
      const own = new Passwords({ newHashes });
      expect(await own.verify('office', await own.hash('o\ufb03ce'))).to.equal(false);
    });

    it('marks the hash of another form for an upgrade once it was proved right, and no other', async () => {
      const [good, old] = [hashSync(composed, 4), hashSync(decomposed, 4)];
      for (const form of forms) {
        const own = new Passwords({ newHashes });
        expect(await own.verify(form, good)).to.equal(true);
        expect(await own.verify('wrong \u00e9', old)).to.equal(false);
        expect([own.needsRehash(good), own.needsRehash(old)]).to.deep.equal([false, false]);
        expect(await own.verify(form, old)).to.equal(true);
        expect([own.needsRehash(good), own.needsRehash(old)], form).to.deep.equal([false, true]);
      }
    });

    it('tries as many forms for a decoy as for any hash: the typed text alone decides', async () => {
      const tasks: HashTask[] = [];
      class Recording extends HashPool {
        override run(task: HashTask): Promise<unknown> {
          tasks.push(task);
          return Promise.resolve(false);
        }
      }
      const own = new Passwords({ newHashes, pool: new Recording() });
      const ssha = '{SSHA}P90+qijSp8MJ1tN25j5o1PflUvlqjXHOGeOckw==';
      for (const [form, count] of [
        ['secret', 0],
        [composed, 1],
        [decomposed, 1],
        [inNeither, 2],
      ] as const) {
        tasks.length = 0;
        for (const hash of [own.decoy(), hashSync('x', 4), ssha]) await own.verify(form, hash);
        const tried = tasks.map((task) => (task.kind === 'verify' ? (task.otherForms ?? []).length : -1));
        expect(tried, form).to.deep.equal([count, count, count]);
      }
    });

    it('is right for a refused login too, whichever form matches', async () => {
      const own = new Passwords({ newHashes });
      for (const hash of [hashSync(composed, 4), hashSync(decomposed, 4)]) {
        for (const form of forms) expect(await own.verify(form, hash, undefined, true)).to.equal(true);
      }
    });

    it('takes the longest passwords, whose normal form may be longer than what is typed', async () => {
      const own = new Passwords({ newHashes });
      // The letter is never composed, and takes twice the bytes in every normal form.
      const password = '\u0958'.repeat(341);
      expect(Buffer.byteLength(password.normalize('NFC'))).to.be.greaterThan(1024);
      expect(await own.verify(password, await own.hash(password))).to.equal(true);
    });
  });

  describe('devisePepper', () => {
    const newHashes = { scheme: 'bcrypt', cost: 4 } as const;

    for (const { password_utf8: password, pepper, hash } of frameworks.peppered) {
      it(`reads a hash of ${String(password.length)} characters and a pepper of ${String(pepper.length)}`, async () => {
        const own = new Passwords({ newHashes, devisePepper: pepper });
        expect([await own.verify(password, hash), own.needsRehash(hash)]).to.deep.equal([true, true]);
        for (const wrong of [`x${password}`, password + pepper, 'x'.repeat(73), '', password.slice(1)]) {
          expect(await own.verify(wrong, hash), wrong).to.equal(false);
        }
        const others = [
          new Passwords({ newHashes, devisePepper: `?${pepper}` }),
          new Passwords({ newHashes }),
        ];
        for (const other of others) expect(await other.verify(password, hash)).to.equal(false);
        const made = await own.hash(password);
        expect(await new Passwords({ newHashes }).verify(password, made)).to.equal(true);
        expect(own.needsRehash(made)).to.equal(false);
      });
    }

    it('leaves other hashes as they are', async () => {
      const own = new Passwords({ newHashes, devisePepper: 'pepper' });
      for (const prefix of ['$2b$', '$2y$']) {
        const stored = (password: string) => hashSync(password, 4).replace(/^\$2b\$/, () => prefix);
        expect(await own.verify('secret', stored('secret'))).to.equal(true);
        expect(await own.verify('secret', stored('secretpepper'))).to.equal(false);
      }
    });

    it('refuses what cannot be one, without quoting it', () => {
      for (const devisePepper of ['', 'canary\0', 'canary\ud800', 7, null, ['canary']]) {
        const options = { devisePepper } as PasswordsOptions;
        expect(() => new Passwords(options))
          .to.throw(ConfigurationError)
          .with.property('message')
          .that.does.not.include('canary');
      }
    });
  });
});
