import { expect } from 'chai';
import { Passwords } from '../../src';
import bcryptVectors from '../vectors/bcrypt.json';

interface BcryptVector {
  id: string;
  password_hex: string;
  hash: string;
  expect: string;
  note?: string;
}

interface Answer {
  readonly readable: boolean;
  readonly verified: boolean;
}

/** What this library answers to each `expect` of the vectors. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  match: { readable: true, verified: true },
  mismatch: { readable: true, verified: false },
  malformed: { readable: false, verified: false },
  unidentified: { readable: false, verified: false },
  /** Refused: bcrypt reads no more than 72 bytes. */
  'policy-over-72': { readable: true, verified: false },
  /** Refused: `$2x$` is the ident of hashes made with the sign-extension bug. */
  'refuse-or-match': { readable: false, verified: false },
};

/** Two `$2a$` hashes of crypt_blowfish's collision safety look like any other; their passwords are no UTF-8. */
const READABLE_COLLISION_SAFETY = ['8', '17'];

const vectors: readonly BcryptVector[] = bcryptVectors.vectors;

// A refusal costs what the dearest hash did that an instance has met.
let hasher: Passwords;
beforeEach(() => {
  hasher = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });
});

/** A password as text; undefined where its bytes are no UTF-8, which no client can send and no string hold. */
function passwordOf(vector: BcryptVector): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(vector.password_hex, 'hex'));
  } catch {
    return undefined;
  }
}

const expressible = vectors.filter((vector) => passwordOf(vector) !== undefined);
const inexpressible = vectors.filter((vector) => passwordOf(vector) === undefined);

describe('bcrypt known-answer vectors', () => {
  it('are all either verified or, with a password that is no UTF-8, only read', () => {
    expect(vectors).to.have.length(112);
    expect(expressible).to.have.length(86);
    expect(inexpressible).to.have.length(26);
  });

  for (const vector of expressible) {
    it(`${vector.expect} ${vector.hash.slice(0, 16)} ${vector.note ?? ''}`.trimEnd(), async () => {
      const answer = ANSWERS[vector.expect];
      expect(hasher.isReadable(vector.hash)).to.equal(answer?.readable);
      const password = passwordOf(vector) ?? '';
      // An empty password never matches, whatever hash was made of it.
      const verified = answer?.verified === true && password !== '';
      expect(await hasher.verify(password, vector.hash)).to.equal(verified);
    });
  }

  for (const vector of inexpressible) {
    it(`${vector.expect} ${vector.hash.slice(0, 16)}, hash only: its password is no UTF-8`, () => {
      const readable = READABLE_COLLISION_SAFETY.includes(vector.id) || ANSWERS[vector.expect]?.readable;
      expect(hasher.isReadable(vector.hash)).to.equal(readable);
    });
  }
});
