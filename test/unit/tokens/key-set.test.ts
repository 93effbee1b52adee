import crypto, {
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { mock } from 'node:test';
import { expect } from 'chai';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';
import { Authentication } from '../../../src/core/authentication';
import { ConfigurationError, TokenInvalidError } from '../../../src/errors';
import { KeySet } from '../../../src/tokens/key-set';
import type { TokenAlgorithm, TokenKey } from '../../../src/tokens/token-key';
import { TokenService } from '../../../src/tokens/token-service';
import { everythingShownBy } from '../../support/shown';

const START = 1_900_000_000_000;
const ASYMMETRIC = ['EdDSA', 'ES256', 'RS256'] as const;
const ALGORITHMS = ['HS256', ...ASYMMETRIC] as const;

const made: Record<(typeof ASYMMETRIC)[number], KeyObject> = {
  EdDSA: generateKeyPairSync('ed25519').privateKey,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};
const SECRET = 'canary-secret-of-thirty-two-bytes!';
const keyOf = (algorithm: TokenAlgorithm): string | KeyObject =>
  algorithm === 'HS256' ? SECRET : made[algorithm];

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('KeySet', () => {
  let now: number;
  const clock = (): number => now;
  beforeEach(() => {
    now = START;
  });

  const setOf = (...keys: TokenKey[]): KeySet => new KeySet(keys, { clock });
  const serviceOf = (keys: KeySet, tokenCache = 1000): TokenService =>
    new TokenService({ keys, issuer: 'notes', audience: 'notes-api', clock, tokenCache });
  const tokenOf = (service: TokenService): string =>
    service.issue(new Authentication({ username: 'ann' }, { authenticatedAt: new Date(now) })).token;
  const refuses = (service: TokenService, token: string): void => {
    expect(() => service.verify(token), token.slice(0, 80)).to.throw(TokenInvalidError);
  };
  const fault = (...keys: unknown[]): string => {
    try {
      new KeySet(keys as TokenKey[], { clock });
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigurationError);
      return (error as Error).message;
    }
    return expect.fail('it was taken');
  };

  for (const algorithm of ALGORITHMS) {
    it(`signs and verifies by ${algorithm}, with kid and alg in the header`, () => {
      const service = serviceOf(setOf({ algorithm, key: keyOf(algorithm), kid: 'one' }), 0);
      const token = tokenOf(service);
      expect(headerOf(token)).to.deep.equal({ typ: 'at+jwt', alg: algorithm, kid: 'one' });
      expect(service.verify(token).subject).to.equal('ann');
      const [header, payload, signature = ''] = token.split('.');
      const flipped = Buffer.from(signature, 'base64url');
      flipped[0] = (flipped[0] ?? 0) ^ 1;
      refuses(service, `${header}.${payload}.${flipped.toString('base64url')}`);
      refuses(service, `${header}.${payload}.${signature.slice(0, -4)}`);
      refuses(service, `${header}.${encode({ sub: 'admin' })}.${signature}`);
    });
  }

  for (const algorithm of ASYMMETRIC) {
    it(`takes a key of ${algorithm} in each form, which is the same key`, async () => {
      const key = made[algorithm];
      const pem = key.export({ format: 'pem', type: 'pkcs8' });
      const der = key.export({ format: 'der', type: 'pkcs8' });
      const jwk = key.export({ format: 'jwk' });
      const token = tokenOf(serviceOf(setOf({ algorithm, key })));
      const thumbprint = await calculateJwkThumbprint(jwk);
      for (const form of [key, pem, Buffer.from(pem), der, new Uint8Array(der), jwk]) {
        const service = serviceOf(setOf({ algorithm, key: form }));
        expect(service.verify(token).subject).to.equal('ann');
        expect(service.jwks().keys.map(({ kid }) => kid)).to.deep.equal([thumbprint]);
      }
    });

    it(`publishes of ${algorithm} what jose verifies with, and nothing private`, async () => {
      const service = serviceOf(setOf({ algorithm, key: made[algorithm], kid: 'k' }));
      const jwks = service.jwks();
      const published = {
        EdDSA: ['crv', 'kty', 'x'],
        ES256: ['crv', 'kty', 'x', 'y'],
        RS256: ['e', 'kty', 'n'],
      };
      expect(Object.keys(jwks.keys[0] ?? {}).toSorted()).to.deep.equal(
        [...published[algorithm], 'alg', 'kid', 'use'].toSorted(),
      );
      const checked = await jwtVerify(tokenOf(service), createLocalJWKSet(jwks as never), {
        issuer: 'notes',
        audience: 'notes-api',
        typ: 'at+jwt',
        currentDate: new Date(now),
      });
      expect(checked.payload.sub).to.equal('ann');
    });

    it(`verifies by a public key of ${algorithm}, and never signs with it`, () => {
      const { kid } = setOf({ algorithm, key: made[algorithm] }).jwks().keys[0] as { kid: string };
      const token = tokenOf(serviceOf(setOf({ algorithm, key: made[algorithm] })));
      const [jwk] = setOf({ algorithm, key: made[algorithm] }).jwks().keys;
      const own = { algorithm: 'EdDSA', key: generateKeyPairSync('ed25519').privateKey } as const;
      const service = serviceOf(setOf({ algorithm, key: jwk!, signFrom: new Date(now) }, own));
      expect(service.verify(token).subject).to.equal('ann');
      expect(headerOf(tokenOf(service))['kid']).to.not.equal(kid);
      expect(fault({ algorithm, key: jwk })).to.match(/No key may sign/);
    });
  }

  it('signs with the key of the latest signFrom that has come, by the clock at each use', () => {
    const at = (seconds: number): Date => new Date(START + seconds * 1000);
    const service = serviceOf(
      setOf(
        { algorithm: 'ES256', key: made.ES256, kid: 'old', signFrom: at(-100), until: at(200) },
        { algorithm: 'EdDSA', key: made.EdDSA, kid: 'next', signFrom: at(100) },
        { algorithm: 'HS256', key: SECRET, kid: 'older', signFrom: at(-200) },
      ),
    );
    const kids = () => service.jwks().keys.map(({ kid }) => kid);
    const signed: unknown[] = [];
    const tokens: string[] = [];
    for (const seconds of [0, 99.999, 100, 199, 50]) {
      now = START + seconds * 1000;
      tokens.push(tokenOf(service));
      signed.push(headerOf(tokens.at(-1) ?? '')['kid']);
    }
    expect(signed).to.deep.equal(['old', 'old', 'next', 'next', 'old']);
    now = START + 199_999;
    for (const token of tokens) service.verify(token);
    expect(kids()).to.deep.equal(['old', 'next']);
    now = START + 200_000;
    expect(kids()).to.deep.equal(['next']);
    for (const [index, token] of tokens.entries()) {
      if (signed[index] === 'old') refuses(service, token);
      else service.verify(token);
    }
  });

  it('refuses to sign when the last key has ended', () => {
    const service = serviceOf(setOf({ algorithm: 'EdDSA', key: made.EdDSA, until: new Date(START + 1000) }));
    now = START + 1000;
    expect(() => tokenOf(service)).to.throw(ConfigurationError, 'No key may sign');
  });

  it('takes the first of two that sign from the same time', () => {
    const keys: TokenKey[] = ALGORITHMS.map((algorithm) => ({
      algorithm,
      key: keyOf(algorithm),
      kid: algorithm,
    }));
    expect(headerOf(tokenOf(serviceOf(setOf(...keys))))['kid']).to.equal('HS256');
    expect(headerOf(tokenOf(serviceOf(setOf(...keys.toReversed()))))['kid']).to.equal('RS256');
  });

  it('never publishes a secret', () => {
    const keys = setOf({ algorithm: 'HS256', key: SECRET }, { algorithm: 'HS256', key: SECRET, kid: null });
    expect(keys.jwks()).to.deep.equal({ keys: [] });
    expect(new TokenService({ secret: SECRET, issuer: 'i', audience: 'a' }).jwks()).to.deep.equal({
      keys: [],
    });
  });

  it('takes tokens without a kid by a secret of `kid: null` alone, until that ends, and never signs with it', () => {
    const before = new TokenService({ secret: SECRET, issuer: 'notes', audience: 'notes-api', clock });
    const old = tokenOf(before);
    const moved = serviceOf(
      setOf(
        {
          algorithm: 'HS256',
          key: SECRET,
          kid: null,
          signFrom: new Date(START),
          until: new Date(START + 60_000),
        },
        { algorithm: 'EdDSA', key: made.EdDSA, signFrom: new Date(0) },
      ),
    );
    expect(moved.verify(old).subject).to.equal('ann');
    expect(headerOf(tokenOf(moved))['alg']).to.equal('EdDSA');
    now = START + 60_000;
    refuses(moved, old);
    now = START;
    refuses(serviceOf(setOf({ algorithm: 'HS256', key: SECRET })), old);
    refuses(serviceOf(setOf({ algorithm: 'EdDSA', key: made.EdDSA })), old);
    for (const algorithm of ASYMMETRIC) {
      expect(fault({ algorithm, key: made[algorithm], kid: null })).to.match(/keys\[0\] must have a kid/);
    }
    expect(fault({ algorithm: 'HS256', key: SECRET, kid: null })).to.match(/No key may sign/);
  });

  it('finds a key by nothing but the exact text of its kid', () => {
    const service = serviceOf(
      setOf(
        { algorithm: 'HS256', key: SECRET, kid: '1' },
        { algorithm: 'HS256', key: randomBytes(32), kid: '__proto__' },
        { algorithm: 'HS256', key: SECRET.repeat(2), kid: null },
      ),
    );
    const token = tokenOf(service);
    service.verify(token);
    const hmac = createSecretKey(Buffer.from(SECRET));
    const forge = (header: string): string => {
      const input = `${encode(header)}.${token.split('.')[1] ?? ''}`;
      return `${input}.${createHmac('sha256', hmac).update(input).digest('base64url')}`;
    };
    service.verify(forge('{"alg":"HS256","typ":"at+jwt","kid":"1"}'));
    for (const kid of [
      '1',
      'true',
      'null',
      '["1"]',
      '{"toString":"1"}',
      '""',
      '"1 "',
      '"../../../dev/null"',
      '"constructor"',
      '"__proto__"',
      '"undefined"',
      '"null"',
      `"${'1'.repeat(4000)}"`,
    ]) {
      refuses(service, forge(`{"alg":"HS256","typ":"at+jwt","kid":${kid}}`));
    }
    refuses(service, forge('{"alg":"HS256","typ":"at+jwt"}'));
    refuses(service, forge('{"alg":"HS256","typ":"at+jwt","__proto__":{"kid":"1"}}'));
    refuses(service, forge('{"alg":"HS256","typ":"at+jwt","Kid":"1"}'));
  });

  it('holds alg against the named key: no algorithm and no key of the token is ever used', () => {
    const rsa = made.RS256;
    const publicPem = setOf({ algorithm: 'RS256', key: rsa, kid: 'r' }).jwks().keys[0]!;
    const service = serviceOf(
      setOf(...ALGORITHMS.map((algorithm) => ({ algorithm, key: keyOf(algorithm), kid: algorithm }))),
    );
    const payload = tokenOf(service).split('.')[1] ?? '';
    const publicKey = createPublicKey({ key: publicPem, format: 'jwk' });
    const forms = [
      publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      publicKey.export({ format: 'der', type: 'spki' }),
      JSON.stringify(publicPem),
      Buffer.from(String(publicPem.n), 'base64url'),
    ];
    for (const secret of forms) {
      for (const kid of ['RS256', 'HS256', undefined]) {
        const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`;
        refuses(service, `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
      }
    }
    const signers: Record<string, (input: string) => Buffer> = {
      EdDSA: (input) => sign(null, Buffer.from(input), made.EdDSA),
      ES256: (input) => sign('sha256', Buffer.from(input), { key: made.ES256, dsaEncoding: 'ieee-p1363' }),
      RS256: (input) => sign('sha256', Buffer.from(input), rsa),
      HS256: (input) => createHmac('sha256', SECRET).update(input).digest(),
    };
    for (const [signer, signedBy] of Object.entries(signers)) {
      for (const kid of ALGORITHMS) {
        for (const alg of [...ALGORITHMS, 'none', 'Ed25519', 'ES256K', 'PS256', 'rs256', ['RS256'], null]) {
          const input = `${encode({ alg, typ: 'at+jwt', kid })}.${payload}`;
          const token = `${input}.${signedBy(input).toString('base64url')}`;
          if (alg === signer && kid === signer) service.verify(token);
          else refuses(service, token);
        }
      }
    }
    const other = generateKeyPairSync('ed25519');
    const jwk = other.publicKey.export({ format: 'jwk' });
    for (const header of [
      { jwk },
      { jwk, kid: 'EdDSA' },
      { jku: 'http://127.0.0.1:9/', kid: 'EdDSA' },
      { x5c: ['AA=='], kid: 'EdDSA' },
    ]) {
      const input = `${encode({ alg: 'EdDSA', typ: 'at+jwt', ...header })}.${payload}`;
      refuses(service, `${input}.${sign(null, Buffer.from(input), other.privateKey).toString('base64url')}`);
    }
    const der = sign('sha256', Buffer.from('a.b'), made.ES256);
    refuses(
      service,
      `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'ES256' })}.${payload}.${der.toString('base64url')}`,
    );
  });

  it('replaces all keys or none; tokens of a key that is gone are refused, remembered ones too', () => {
    for (const cache of [0, 1000]) {
      const keys = setOf({ algorithm: 'EdDSA', key: made.EdDSA });
      const service = serviceOf(keys, cache);
      const token = tokenOf(service);
      service.verify(token);
      for (const bad of [
        [],
        [{ algorithm: 'EdDSA', key: 'x' }],
        [{ algorithm: 'ES256', key: made.EdDSA }],
        undefined,
      ]) {
        expect(() => {
          keys.replace(bad as TokenKey[]);
        }).to.throw(ConfigurationError);
        service.verify(token);
      }
      keys.replace([
        { algorithm: 'ES256', key: made.ES256 },
        { algorithm: 'EdDSA', key: made.EdDSA, signFrom: new Date(START + 1000) },
      ]);
      service.verify(token);
      expect(headerOf(tokenOf(service))['alg']).to.equal('ES256');
      keys.replace([{ algorithm: 'ES256', key: made.ES256 }]);
      refuses(service, token);
      const { kid } = headerOf(token) as { kid: string };
      keys.replace([{ algorithm: 'EdDSA', key: generateKeyPairSync('ed25519').privateKey, kid }]);
      refuses(service, token);
    }
  });

  it('verifies a remembered token without a signature, also after equal keys were put in place', () => {
    const keys = setOf({ algorithm: 'RS256', key: made.RS256 });
    const service = serviceOf(keys);
    const token = tokenOf(service);
    service.verify(token);
    const verify = mock.method(crypto, 'verify');
    try {
      service.verify(token);
      keys.replace([
        { algorithm: 'RS256', key: made.RS256 },
        { algorithm: 'HS256', key: SECRET },
      ]);
      service.verify(token);
      expect(verify.mock.callCount()).to.be.at.most(1); // the self-test of a new key
    } finally {
      mock.restoreAll();
    }
  });

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const exponent = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
  const x25519 = generateKeyPairSync('x25519').privateKey;
  const ed448 = generateKeyPairSync('ed448').privateKey;
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
  const jwk = made.EdDSA.export({ format: 'jwk' });
  const ec = made.ES256.export({ format: 'jwk' });
  const foreign = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const foreignEc = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const oct = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url') };
  const encrypted = made.EdDSA.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const FAULTS: Record<string, unknown> = {
    'a short RSA key': { algorithm: 'RS256', key: weak },
    'an RSA key with the exponent 3': { algorithm: 'RS256', key: exponent },
    'an RSA-PSS key': { algorithm: 'RS256', key: pss },
    'an EC key for RS256': { algorithm: 'RS256', key: made.ES256 },
    'P-384 for ES256': { algorithm: 'ES256', key: p384 },
    'secp256k1 for ES256': { algorithm: 'ES256', key: k256 },
    'X25519 for EdDSA': { algorithm: 'EdDSA', key: x25519 },
    'Ed448 for EdDSA': { algorithm: 'EdDSA', key: ed448 },
    'a short secret': { algorithm: 'HS256', key: 'x'.repeat(31) },
    'a secret that is PEM': { algorithm: 'HS256', key: made.EdDSA.export({ format: 'pem', type: 'pkcs8' }) },
    'a private key as a secret': { algorithm: 'HS256', key: made.RS256 },
    'a secret as a key pair': { algorithm: 'EdDSA', key: createSecretKey(Buffer.from(SECRET)) },
    'a text that is no PEM': { algorithm: 'EdDSA', key: SECRET },
    'an empty text': { algorithm: 'EdDSA', key: '' },
    'no key': { algorithm: 'EdDSA' },
    'an encrypted PEM': { algorithm: 'EdDSA', key: encrypted },
    'a JWK of another kind': { algorithm: 'ES256', key: jwk },
    'a JWK with another alg': { algorithm: 'EdDSA', key: { ...jwk, alg: 'ES256' } },
    'a JWK for encryption': { algorithm: 'EdDSA', key: { ...jwk, use: 'enc' } },
    'a JWK with other operations': { algorithm: 'EdDSA', key: { ...jwk, key_ops: ['verify'] } },
    'a JWK with the x of another': { algorithm: 'EdDSA', key: { ...jwk, x: foreign.x } },
    'a JWK with the point of another': {
      algorithm: 'ES256',
      key: { ...ec, x: foreignEc.x, y: foreignEc.y },
    },
    'a JWK without x': { algorithm: 'EdDSA', key: { ...jwk, x: undefined } },
    'a JWK with a number': { algorithm: 'EdDSA', key: { ...jwk, d: 1 } },
    'a JWK off the curve': { algorithm: 'ES256', key: { ...ec, y: ec.x } },
    'an RSA JWK with d alone': {
      algorithm: 'RS256',
      key: { ...made.RS256.export({ format: 'jwk' }), p: undefined },
    },
    'a JWK with more primes': {
      algorithm: 'RS256',
      key: { ...made.RS256.export({ format: 'jwk' }), oth: [] },
    },
    'an oct JWK for EdDSA': { algorithm: 'EdDSA', key: oct },
    'an oct JWK with padding': { algorithm: 'HS256', key: { ...oct, k: `${oct.k}==` } },
    'a JWK with a kid that is a number': { algorithm: 'EdDSA', key: { ...jwk, kid: 1 } },
    'an unknown algorithm': { algorithm: 'none', key: SECRET },
    HS512: { algorithm: 'HS512', key: SECRET },
    'an empty kid': { algorithm: 'HS256', key: SECRET, kid: '' },
    'a long kid': { algorithm: 'HS256', key: SECRET, kid: 'x'.repeat(257) },
    'a kid with a line break': { algorithm: 'HS256', key: SECRET, kid: 'a\nb' },
    'a time as text': { algorithm: 'HS256', key: SECRET, until: '2030-01-01' },
    'a broken date': { algorithm: 'HS256', key: SECRET, signFrom: new Date(NaN) },
    'an end before the beginning': {
      algorithm: 'HS256',
      key: SECRET,
      signFrom: new Date(START),
      until: new Date(START),
    },
    'a misspelt member': { algorithm: 'HS256', key: SECRET, utnil: new Date() },
    'an ended key alone': { algorithm: 'HS256', key: SECRET, until: new Date(START) },
    'a key for later alone': { algorithm: 'HS256', key: SECRET, signFrom: new Date(START + 1) },
    null: null,
    undefined: undefined,
    'a text': 'key',
  };
  for (const [name, key] of Object.entries(FAULTS)) {
    it(`refuses ${name}, and says nothing of the key`, () => {
      const message = fault(key);
      for (const secret of [SECRET, 'canary', String(jwk.d), String(ec.d), 'BEGIN']) {
        expect(message).to.not.include(secret);
      }
    });
  }

  it('refuses two keys with one kid, stated or not, and more than a hundred', () => {
    const key = made.EdDSA;
    expect(fault({ algorithm: 'EdDSA', key }, { algorithm: 'EdDSA', key })).to.match(/keys\[1\] has the kid/);
    expect(
      fault({ algorithm: 'EdDSA', key, kid: 'a' }, { algorithm: 'HS256', key: SECRET, kid: 'a' }),
    ).to.match(/keys\[1\] has the kid/);
    const secret = { algorithm: 'HS256', key: SECRET, kid: null };
    expect(fault({ algorithm: 'EdDSA', key }, secret, secret)).to.match(/keys\[2\] has the kid/);
    const many = Array.from({ length: 101 }, (_, index) => ({
      algorithm: 'HS256',
      key: SECRET,
      kid: String(index),
    }));
    expect(fault(...many)).to.match(/1 to 100/);
    for (const none of [[], undefined, {}, 'keys']) {
      expect(() => new KeySet(none as TokenKey[])).to.throw(ConfigurationError, '1 to 100');
    }
    // eslint-disable-next-line no-sparse-arrays -- a hole must not be passed over
    expect(() => new KeySet([, ...many.slice(0, 1)] as TokenKey[])).to.throw(ConfigurationError, 'keys[0]');
  });

  it('names a secret by a hash that is neither the secret nor its thumbprint', async () => {
    const kid = String(headerOf(tokenOf(serviceOf(setOf({ algorithm: 'HS256', key: SECRET }))))['kid']);
    expect(kid).to.match(/^[\w-]{43}$/);
    expect(kid).to.not.equal(await calculateJwkThumbprint(oct));
    expect(kid).to.not.equal(createHash('sha256').update(SECRET).digest('base64url'));
    const again = serviceOf(setOf({ algorithm: 'HS256', key: oct }));
    expect(headerOf(tokenOf(again))['kid']).to.equal(kid);
  });

  it('takes the kid of a JWK, and another that is stated beside it', () => {
    const named = { ...jwk, kid: 'mine', alg: 'EdDSA', use: 'sig', key_ops: ['sign'] } as JsonWebKey;
    expect(setOf({ algorithm: 'EdDSA', key: named }).jwks().keys[0]).to.include({ kid: 'mine' });
    expect(setOf({ algorithm: 'EdDSA', key: named, kid: 'x' }).jwks().keys[0]).to.include({ kid: 'x' });
  });

  it('shows no key, whichever way it is looked at', () => {
    const keys = setOf(
      ...ALGORITHMS.map((algorithm) => ({ algorithm, key: keyOf(algorithm), kid: algorithm })),
    );
    const shown = everythingShownBy(keys) + everythingShownBy(serviceOf(keys)) + JSON.stringify(keys.jwks());
    const secrets = ASYMMETRIC.flatMap((algorithm) => {
      const { d, p, q } = made[algorithm].export({ format: 'jwk' });
      return [d, p, q].filter((part) => part !== undefined);
    });
    for (const secret of [SECRET, Buffer.from(SECRET).toString('base64url'), ...secrets]) {
      expect(shown).to.not.include(secret);
    }
  });

  it('does not let what it publishes change it', () => {
    const keys = setOf({ algorithm: 'EdDSA', key: made.EdDSA });
    const before = JSON.stringify(keys.jwks());
    Object.assign(keys.jwks().keys[0] ?? {}, { x: 'other', d: 'x' });
    (keys.jwks().keys as unknown[]).length = 0;
    expect(JSON.stringify(keys.jwks())).to.equal(before);
  });

  it('takes either a secret or keys', () => {
    const keys = setOf({ algorithm: 'EdDSA', key: made.EdDSA });
    const names = { issuer: 'i', audience: 'a' };
    for (const given of [
      {},
      { secret: SECRET, keys },
      { keys: [] as never },
      { keys: { jwks: () => keys.jwks() } as never },
    ]) {
      expect(() => new TokenService({ ...given, ...names })).to.throw(ConfigurationError, 'TokenService');
    }
    expect(new TokenService({ secret: undefined, keys, ...names }).issuer).to.equal('i');
  });
});
