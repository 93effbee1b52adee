import { createHmac } from 'node:crypto';
import { genSaltSync, hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { Passwords, passwords } from '../../../src/passwords/passwords';

// A refusal costs what the dearest hash did that an instance has met.
let hasher: Passwords;
beforeEach(() => {
  hasher = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });
});

const UNREADABLE: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  'the text "null"': 'null',
  'an empty string': '',
  'a number': 12,
  'an object': {},
  'an array that holds a hash': [hashSync('secret', 4)],
  plaintext: 'secret',
  'one character too few': hashSync('secret', 4).slice(0, -1),
  'one character too many': `${hashSync('secret', 4)}.`,
  'a trailing newline': `${hashSync('secret', 4)}\n`,
  'salt without digest': hashSync('secret', 4).slice(0, 29),
  $2$: hashSync('secret', 4).replace('$2b$', '$2$'),
  $2x$: hashSync('secret', 4).replace('$2b$', '$2x$'),
  'cost 0': hashSync('secret', 4).replace('$04$', '$00$'),
  'cost 3': hashSync('secret', 4).replace('$04$', '$03$'),
  'cost 16': hashSync('secret', 4).replace('$04$', '$16$'),
  'cost 32': hashSync('secret', 4).replace('$04$', '$32$'),
  'a salt with an unused bit set': '$2b$04$abcdefghijklmnopqrstuv5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  'a digest with an unused bit set': '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBuj',
  'a megabyte': 'x'.repeat(1_000_000),
};

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('was not refused'),
    (error: unknown) => error as Error,
  );
}

describe('Passwords of bcrypt', () => {
  describe('hash', () => {
    it('makes a $2b$ hash that the password verifies against and another does not', async () => {
      const hash = await hasher.hash('pässwörd: 🔑');
      expect(hash).to.match(/^\$2b\$04\$/);
      expect(hasher.isReadable(hash)).to.be.true;
      expect(await hasher.verify('pässwörd: 🔑', hash)).to.be.true;
      expect(await hasher.verify('pässwörd: 🔒', hash)).to.be.false;
    });

    it('salts each hash anew', async () => {
      expect(await hasher.hash('same')).to.not.equal(await hasher.hash('same'));
    });

    it('has cost 12 when none is given', async () => {
      expect(await passwords.hash('secret')).to.match(/^\$2b\$12\$/);
    });

    it('hashes 72 bytes of UTF-8 as they are, and pre-hashes and marks what is longer', async () => {
      const longest = 'é'.repeat(36);
      expect(await hasher.hash(longest)).to.match(/^\$2b\$/);
      const hash = await hasher.hash(`${longest}x`);
      expect(hash).to.match(/^\$hmac-sha256\$2b\$04\$[./A-Za-z0-9]{53}$/);
      expect(hasher.isReadable(hash)).to.be.true;
      expect(await hasher.verify(`${longest}x`, hash)).to.be.true;
      expect(await hasher.verify(`${longest}y`, hash)).to.be.false;
      expect(await hasher.verify(longest, hash)).to.be.false;
    });

    it('takes 1,024 bytes of UTF-8 and refuses more', async () => {
      const longest = 'é'.repeat(512);
      expect(await hasher.verify(longest, await hasher.hash(longest))).to.be.true;
      expect(await rejection(hasher.hash(`${longest}x`))).to.be.instanceOf(RangeError);
    });

    it('refuses NUL', async () => {
      expect(await rejection(hasher.hash('a\0b'))).to.be.instanceOf(TypeError);
    });

    it('refuses 16 MB by length, without hashing', async () => {
      expect(await rejection(hasher.hash('x'.repeat(16 * 1024 * 1024)))).to.be.instanceOf(RangeError);
    });

    it('refuses empty passwords, lone surrogates and values that are not strings', async () => {
      for (const password of ['', 'a\ud800b', undefined, null, 12, {}, ['secret'], Buffer.from('secret')]) {
        expect(await rejection(hasher.hash(password as string))).to.be.instanceOf(TypeError);
      }
    });

    it('names no password in what it throws', async () => {
      for (const password of [`canary\0`, `canary\ud800`, 'canary'.repeat(200)]) {
        const error = await rejection(hasher.hash(password));
        expect(`${error.message} ${error.stack}`).to.not.include('canary');
      }
    });
  });

  describe('cost', () => {
    it('is a whole number from 4 to 15', () => {
      for (const cost of [3, 16, 31, 0, -1, 4.5, Number.NaN, Infinity, '10']) {
        const newHashes = { scheme: 'bcrypt', cost: cost as number } as const;
        expect(() => new Passwords({ newHashes }), String(cost)).to.throw(ConfigurationError);
      }
      expect(() => new Passwords({ newHashes: { scheme: 'bcrypt', cost: 15 } })).to.not.throw();
    });
  });

  describe('verify', () => {
    it('does not match on the same first 72 bytes', async () => {
      const hash = hashSync('x'.repeat(72), 4);
      expect(await hasher.verify('x'.repeat(72), hash)).to.be.true;
      expect(await hasher.verify('x'.repeat(73), hash)).to.be.false;
    });

    it('a marked hash is bcrypt over the base64 of the HMAC under its salt', async () => {
      const password = `${'abc123'.repeat(12)}xyz`;
      const salt = genSaltSync(4);
      const key = createHmac('sha256', salt.slice(-22)).update(password).digest('base64');
      const hash = `$hmac-sha256${hashSync(key, salt)}`;
      expect(await hasher.verify(password, hash)).to.be.true;
      expect(await hasher.verify(key, hash)).to.be.false;
      expect(await hasher.verify(key, hash.slice(12))).to.be.true;
      expect(await hasher.verify(password, hash.slice(12))).to.be.false;
      expect(await hasher.verify(password.slice(0, 72), hash)).to.be.false;
      expect(await hasher.verify('x'.repeat(1025), hash)).to.be.false;
    });

    it('refuses marked hashes of other kinds and beyond the bound of the cost', async () => {
      const hash = `$hmac-sha256${hashSync('x', 5)}`;
      expect(hasher.isReadable(hash)).to.be.true;
      for (const [from, to] of [
        ['$05$', '$16$'],
        ['$05$', '$03$'],
        ['$05$', '$5$'],
        ['$2b$', '$2x$'],
        ['$hmac-sha256', '$hmac-sha256$hmac-sha256'],
        ['$hmac-sha256', '$hmac-sha256$'],
        ['$hmac-sha256', '$hmac-sha512'],
        ['$hmac-sha256', 'hmac-sha256'],
      ] as const) {
        expect(hasher.isReadable(hash.replace(from, () => to)), to).to.be.false;
        expect(
          await hasher.verify(
            'x',
            hash.replace(from, () => to),
          ),
          to,
        ).to.be.false;
      }
    });

    it('spends one verification on an overlong password', async () => {
      const hash = hashSync('x'.repeat(72), 10);
      await hasher.verify('x'.repeat(73), hash);
    });

    it('does not match a password that only repeats the key behind a NUL', async () => {
      const hash = hashSync('abc', 4);
      expect(await hasher.verify('abc\0abc', hash)).to.be.false;
      expect(await hasher.verify('abc\0', hash)).to.be.false;
    });

    it('answers to 16 MB within 50 ms', async () => {
      const hash = hashSync('secret', 4);
      expect(await hasher.verify('x'.repeat(16 * 1024 * 1024), hash)).to.be.false;
    });

    it('is false for lone surrogates and for a password that is no string', async () => {
      const hash = hashSync('undefined', 4);
      for (const password of ['\ud800', undefined, null, 12, {}]) {
        expect(await hasher.verify(password as string, hash)).to.be.false;
      }
    });

    for (const [what, hash] of Object.entries(UNREADABLE)) {
      it(`is false within 50 ms for ${what} as the hash`, async () => {
        expect(await hasher.verify('secret', hash as string)).to.be.false;
        expect(hasher.isReadable(hash)).to.be.false;
      });
    }
  });
});

describe('Passwords.needsRehash for bcrypt', () => {
  const needsRehash = (hash: string, cost = 5) =>
    new Passwords({ newHashes: { scheme: 'bcrypt', cost } }).needsRehash(hash);

  it('is true for a lower cost, and false for the same or a higher one', () => {
    for (const prefix of ['$2a$', '$2b$', '$2y$', '$hmac-sha256$2b$']) {
      const hash = hashSync('secret', 5).replace('$2b$', () => prefix);
      expect([needsRehash(hash, 4), needsRehash(hash, 5), needsRehash(hash, 6)]).to.deep.equal([
        false,
        false,
        true,
      ]);
    }
  });

  it('is true for what cannot be read', () => {
    for (const [what, hash] of Object.entries(UNREADABLE)) {
      expect(needsRehash(hash as string), what).to.be.true;
    }
  });
});

describe('Passwords.decoy for bcrypt', () => {
  it('is readable, of the cost of new hashes, and another in each instance', () => {
    expect(passwords.decoy()).to.match(/^\$2b\$12\$/);
    expect(passwords.isReadable(passwords.decoy())).to.be.true;
    expect(passwords.decoy()).to.not.equal(new Passwords().decoy());
  });
});
