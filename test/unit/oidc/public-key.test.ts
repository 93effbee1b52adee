import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { ALGORITHMS, readVerifyKey } from '../../../src/oidc/public-key';
import { KeySet } from '../../../src/oidc/key-set';
import { TokenInvalidError } from '../../../src/errors';

const publicJwk = (pair: { publicKey: KeyObject }): JsonWebKey => pair.publicKey.export({ format: 'jwk' });
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = publicJwk(rsaPair);
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const p256 = publicJwk(ec('P-256'));
const ed = publicJwk(generateKeyPairSync('ed25519'));

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

describe('readVerifyKey', () => {
  const good: Readonly<Record<string, [jwk: object, algorithms: readonly string[]]>> = {
    'an RSA key': [rsa, RSA_ALGORITHMS],
    'an RSA key of one algorithm': [{ ...rsa, alg: 'PS384' }, ['PS384']],
    'a key on P-256': [p256, ['ES256']],
    'a key on P-384': [publicJwk(ec('P-384')), ['ES384']],
    'a key on P-521': [publicJwk(ec('P-521')), ['ES512']],
    'a key of Ed25519': [ed, ['EdDSA', 'Ed25519']],
    'a key for signatures': [{ ...ed, use: 'sig', key_ops: ['verify'], ext: true }, ['EdDSA', 'Ed25519']],
    'members that it does not know': [{ ...p256, x5c: ['bm8='], x5t: 'a', exp: 1 }, ['ES256']],
  };
  for (const [what, [jwk, algorithms]] of Object.entries(good)) {
    it(`takes ${what}`, () => {
      const read = readVerifyKey({ ...jwk, kid: '1' });
      expect(read).to.deep.include({ kid: '1', algorithms });
      expect(read).to.have.nested.property('key.type', 'public');
    });
  }

  it('knows no other algorithms', () => {
    expect(ALGORITHMS).to.have.members([...RSA_ALGORITHMS, 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']);
  });

  const ignored: Readonly<Record<string, object>> = {
    'a key for encryption': { ...rsa, use: 'enc' },
    'a key of another use': { ...rsa, use: ['sig'] },
    'a key with other operations': { ...rsa, key_ops: ['encrypt'] },
    'operations that are no list': { ...rsa, key_ops: 'verify' },
    'another algorithm': { ...rsa, alg: 'RSA-OAEP' },
    'an algorithm of another key': { ...p256, alg: 'ES384' },
    'an algorithm that is no text': { ...p256, alg: ['ES256'] },
    'a symmetric algorithm': { ...rsa, alg: 'HS256' },
    'no algorithm': { ...rsa, alg: 'none' },
    'another curve': publicJwk(ec('secp256k1')),
    'a key for key agreement': publicJwk(generateKeyPairSync('x25519')),
    'a curve that is no text': { ...p256, crv: ['P-256'] },
    'an unknown kind': { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' },
    'a kind with the name of a property of objects': { kty: 'constructor' },
  };
  for (const [what, jwk] of Object.entries(ignored)) {
    it(`passes over ${what}`, () => {
      expect(readVerifyKey(jwk)).to.equal(undefined);
    });
  }

  const inherited = Object.assign(Object.create(rsa) as object, { kid: '1' });
  const faulty: Readonly<Record<string, [jwk: unknown, says: string]>> = {
    'a private RSA key': [rsaPair.privateKey.export({ format: 'jwk' }), 'private'],
    'a private key on a curve': [ec('P-256').privateKey.export({ format: 'jwk' }), 'private'],
    'a private key for encryption': [{ ...rsa, d: 'AA', use: 'enc' }, 'private'],
    'a symmetric key': [{ kty: 'oct', k: 'AAAA' }, 'symmetric'],
    'a public key with a secret': [{ ...rsa, k: 'AAAA' }, 'symmetric'],
    'an RSA key of 1024 bits': [publicJwk(generateKeyPairSync('rsa', { modulusLength: 1024 })), '2048'],
    'an RSA key without an exponent': [{ ...rsa, e: undefined }, 'read'],
    'an RSA key with the exponent 1': [{ ...rsa, e: 'AQ' }, 'exponent'],
    'an RSA key with an even exponent': [{ ...rsa, e: 'AQAA' }, 'exponent'],
    'an RSA key with a long exponent': [{ ...rsa, e: rsa.n }, 'exponent'],
    'a modulus that is no text': [{ ...rsa, n: 5 }, 'read'],
    'a point that is not on the curve': [{ ...p256, x: p256.y }, 'read'],
    'half a point': [{ kty: 'EC', crv: 'P-256', x: p256.x }, 'read'],
    'a short key of Ed25519': [{ ...ed, x: 'AAAA' }, 'read'],
    'no kty': [{ n: rsa.n, e: rsa.e }, 'kty'],
    'what it only inherits': [inherited, 'kty'],
    'a kty that is no text': [{ ...rsa, kty: ['RSA'] }, 'kty'],
    'a kid that is no text': [{ ...rsa, kid: 1 }, 'kid'],
    null: [null, 'object'],
    'a list': [[rsa], 'object'],
    'a text': ['RSA', 'object'],
  };
  for (const [what, [jwk, says]] of Object.entries(faulty)) {
    it(`says what is wrong with ${what}`, () => {
      expect(readVerifyKey(jwk)).to.have.property('fault').that.includes(says);
    });
  }

  it('refuses an RSA key that is longer than allowed', () => {
    const long = publicJwk(generateKeyPairSync('rsa', { modulusLength: 2056 }));
    expect(readVerifyKey(long, 2048)).to.have.property('fault').that.includes('more than 2048 bits');
    expect(readVerifyKey(rsa, 2048)).to.have.property('key');
  });

  it('answers for whatever comes, and never throws', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'alg'), fc.jsonValue()),
        (jwk) => {
          const read = readVerifyKey(jwk);
          expect(read === undefined || 'fault' in read || 'key' in read).to.equal(true);
        },
      ),
    );
  });
});

describe('KeySet', () => {
  const keyOf = (jwk: object) => (readVerifyKey(jwk) as { key: KeyObject }).key;
  const numbers = (set: KeySet, algorithm: string, kid?: string) => set.matching(algorithm, kid).length;

  it('finds a key by its kid and algorithm', () => {
    const set = new KeySet([
      { ...rsa, kid: 'a' },
      { ...p256, kid: 'b' },
      { ...ed, kid: 'c', alg: 'EdDSA' },
      rsa,
    ]);
    expect(set.matching('RS256', 'a')[0]?.equals(keyOf(rsa))).to.equal(true);
    expect(set.matching('ES256', 'b')[0]?.equals(keyOf(p256))).to.equal(true);
    expect(set.matching('EdDSA', 'c')[0]?.equals(keyOf(ed))).to.equal(true);
    for (const [algorithm, kid] of [
      ['ES256', 'a'],
      ['RS256', 'b'],
      ['Ed25519', 'c'],
      ['RS256', 'A'],
      ['RS256', ''],
      ['RS256', 'd'],
      ['none', 'a'],
      ['HS256', 'a'],
    ] as const) {
      expect(numbers(set, algorithm, kid), `${algorithm} ${kid}`).to.equal(0);
    }
  });

  it('takes a token without kid where exactly one key fits', () => {
    const set = new KeySet([
      { ...rsa, kid: 'a', alg: 'RS256' },
      { ...p256, kid: 'b' },
      { ...rsa, use: 'enc' },
    ]);
    expect(numbers(set, 'RS256')).to.equal(1);
    expect(numbers(set, 'ES256')).to.equal(1);
    expect(numbers(set, 'PS256')).to.equal(0);
    const several = new KeySet([
      { ...rsa, kid: 'a' },
      { ...rsa, kid: 'b' },
    ]);
    expect(() => several.matching('RS256', undefined)).to.throw(TokenInvalidError);
    expect(numbers(several, 'RS256', 'a')).to.equal(1);
  });

  it('gives at most four keys of one kid', () => {
    const set = new KeySet(Array.from({ length: 9 }, () => ({ ...p256, kid: 'a' })));
    expect(numbers(set, 'ES256', 'a')).to.equal(4);
  });

  it('knows its own keys and no others', () => {
    const [set, next] = [new KeySet([{ ...rsa, kid: 'a' }]), new KeySet([{ ...rsa, kid: 'a' }])];
    const [key] = set.matching('RS256', 'a');
    expect(set.has(key!)).to.equal(true);
    expect(next.has(key!)).to.equal(false);
  });

  it('leaves out keys that are wrong, says which, and shows nothing of them', () => {
    const secret = 'c2VjcmV0c2VjcmV0';
    const set = new KeySet([
      { kty: 'oct', k: secret, kid: 'x\ny' },
      { ...rsa, d: secret, kid: 'p' },
      7,
      { ...rsa, kid: 'a' },
    ]);
    expect(set.skipped).to.have.length(3);
    expect(set.skipped.join()).to.include("'x\\u000ay': it is a symmetric key");
    expect(set.skipped.join()).to.include('number 3').and.not.include(secret);
    expect(numbers(set, 'RS256', 'p')).to.equal(0);
    expect(numbers(set, 'RS256')).to.equal(1);
  });

  it('tells whether a key fits some algorithm', () => {
    const set = new KeySet([p256]);
    expect(set.fits(['RS256', 'ES256'])).to.equal(true);
    expect(set.fits(['RS256'])).to.equal(false);
  });
});
