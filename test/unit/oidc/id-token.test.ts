import { createHash, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { SignJWT } from 'jose';
import { readIdToken } from '../../../src/oidc/id-token';
import { FixedKeys } from '../../../src/oidc/key-source';
import { KeySet } from '../../../src/oidc/key-set';

const NOW = 1_800_000_000_000;
const POLICY = {
  issuer: 'https://id.example',
  clientId: 'notes',
  algorithms: ['RS384', 'Ed25519', 'EdDSA'],
  clockToleranceSeconds: 30,
  trustAmr: true,
};

describe('readIdToken', () => {
  const ed = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = new FixedKeys(
    new KeySet([
      { ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed' },
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS384' },
    ]),
  );
  const signed = (claims: object, alg = 'EdDSA') => {
    const all = {
      iss: 'https://id.example',
      aud: 'notes',
      sub: 'u-1',
      nonce: 'n',
      iat: NOW / 1000,
      exp: NOW / 1000 + 60,
      ...claims,
    };
    const { kid, key } =
      alg === 'RS384' ? { kid: 'rsa', key: rsa.privateKey } : { kid: 'ed', key: ed.privateKey };
    return new SignJWT(all).setProtectedHeader({ alg, kid }).sign(key);
  };
  const read = async (claims: object, expected: object = {}, alg?: string) =>
    readIdToken(
      await signed(claims, alg),
      { nonce: 'n', maxAge: undefined, accessToken: 'the access token', now: NOW, ...expected },
      POLICY,
      keys,
    );
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => (error as { code?: unknown }).code,
    );

  it('gives who it is, each factor at the time of the login', async () => {
    const at = NOW / 1000 - 10;
    const identity = await read({ auth_time: at, amr: ['otp', 'pwd', 'idp'], acr: 'gold', sid: 's' });
    expect(identity).to.deep.include({ subject: 'u-1', acr: 'gold', sid: 's' });
    expect(identity.factors).to.deep.equal(
      ['idp', 'otp', 'pwd'].map((method) => ({ method, at: new Date(at * 1000) })),
    );
    expect(Object.isFrozen(identity.claims) && Object.isFrozen(identity.claims['amr'])).to.equal(true);
  });

  it('refuses the nonce of another login by itself', async () => {
    for (const nonce of ['m', 'nn', '', undefined, null, ['n']]) {
      expect(await faultOf(read({ nonce })), String(nonce)).to.equal('invalid_credentials');
    }
  });

  it('holds maxAge against auth_time by itself, with the tolerance', async () => {
    const seconds = NOW / 1000;
    expect(await faultOf(read({ auth_time: seconds - 330 }, { maxAge: 300 }))).to.equal(undefined);
    for (const claims of [{}, { auth_time: seconds - 331 }, { auth_time: null }]) {
      expect(await faultOf(read(claims, { maxAge: 300 }))).to.equal('invalid_credentials');
    }
    expect(await faultOf(read({ auth_time: seconds }, { maxAge: 300, now: NaN }))).to.equal(
      'invalid_credentials',
    );
  });

  it('compares at_hash by the hash of the algorithm', async () => {
    const half = (name: string) => {
      const digest = createHash(name).update('the access token').digest();
      return digest.subarray(0, digest.length / 2).toString('base64url');
    };
    for (const [alg, name] of [
      ['RS384', 'sha384'],
      ['EdDSA', 'sha512'],
      ['Ed25519', 'sha512'],
    ] as const) {
      expect(await faultOf(read({ at_hash: half(name) }, {}, alg)), alg).to.equal(undefined);
      expect(await faultOf(read({ at_hash: half('sha256') }, {}, alg)), alg).to.equal('invalid_credentials');
      expect(await faultOf(read({ at_hash: half(name) }, { accessToken: undefined }, alg)), alg).to.equal(
        'invalid_credentials',
      );
    }
  });

  it('refuses methods of an unknown form where they would count', async () => {
    for (const amr of [
      'pwd',
      [1],
      [''],
      ['a b'],
      Array.from({ length: 21 }, () => 'pwd'),
      ['x'.repeat(65)],
    ]) {
      expect(await faultOf(read({ amr }))).to.equal('invalid_credentials');
    }
  });

  it('refuses what is no token', async () => {
    for (const token of [undefined, null, 7, {}, '', 'x', 'a.b.c', 'x'.repeat(70_000)]) {
      const expected = { nonce: 'n', maxAge: undefined, accessToken: 'x', now: NOW };
      expect(await faultOf(readIdToken(token, expected, POLICY, keys))).to.equal('invalid_credentials');
    }
  });
});
