import { expect } from 'chai';
import { Secrets } from '../../../src/core/secrets';

const HASH = '$2b$12$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC';

function secrets(...values: unknown[]): Secrets {
  const made = Secrets.of(...values);
  if (made === undefined) expect.fail('there are secrets');
  return made;
}

describe('Secrets', () => {
  for (const nothing of [undefined, null, '', 0]) {
    it(`are none when the only hash is ${String(nothing)}`, () => {
      expect(Secrets.of(nothing)).to.equal(undefined);
      expect(Secrets.of(nothing, HASH)?.isIn(HASH)).to.equal(true);
    });
  }

  it('are in a text that is or has one of them', () => {
    const both = secrets(HASH, 'another-hash');
    for (const text of [HASH, `x${HASH}`, `${HASH}x`, 'another-hash']) expect(both.isIn(text)).to.equal(true);
    for (const text of ['', '$2b$12$', HASH.slice(1), HASH.slice(0, -1), HASH.toUpperCase()]) {
      expect(both.isIn(text)).to.equal(false);
    }
  });

  it('of less than eight characters are only whole texts', () => {
    const short = secrets('a');
    expect(short.isIn('a')).to.equal(true);
    for (const text of ['ab', 'ba', 'A', '']) expect(short.isIn(text)).to.equal(false);
    expect(secrets('1234567').isIn('x1234567')).to.equal(false);
    expect(secrets('12345678').isIn('x12345678')).to.equal(true);
  });

  it('are in a text that has them as JSON', () => {
    for (const value of ['say "hello"', 'back\\slash', 'line\nbreak', 'lone \ud800 half']) {
      expect(secrets(value).isIn(JSON.stringify({ password: value }))).to.equal(true);
    }
  });

  it('are in bytes', () => {
    expect(secrets(HASH).isInBytes(Buffer.from(`x${HASH}`))).to.equal(true);
    expect(secrets(HASH).isInBytes(Buffer.from(HASH.slice(1)))).to.equal(false);
    expect(secrets('a').isInBytes(Buffer.from('a'))).to.equal(true);
    expect(secrets('a').isInBytes(Buffer.from('ab'))).to.equal(false);
  });

  it('are typeable when one of them has no sign of a hash', () => {
    for (const value of ['suspended', 'pending-approval', 'ab.DEScrypt.x']) {
      expect(secrets(value).areTypeable).to.equal(true);
      expect(secrets(HASH, value).areTypeable).to.equal(true);
    }
    for (const value of [HASH, '{PLAIN}a', 'pbkdf2_sha256$1$a$b']) {
      expect(secrets(value).areTypeable).to.equal(false);
    }
  });

  it('are in the name of a property unless a user can have typed them', () => {
    expect(secrets(HASH).isInName(HASH)).to.equal(true);
    expect(secrets(HASH).isInName(Symbol(`x${HASH}`))).to.equal(true);
    expect(secrets(HASH).isInName('password')).to.equal(false);
    expect(secrets(HASH).isInName(Symbol.iterator)).to.equal(false);
    expect(secrets('username').isInName('username')).to.equal(false);
  });
});
