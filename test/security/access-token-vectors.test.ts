/** Hostile JWTs against a provider of access tokens that knows public keys, with jose as the judge. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CompactSign, createLocalJWKSet, importJWK, type JWK, jwtVerify } from 'jose';
import { Authentication, TokenInvalidError } from '../../src';
import { AccessTokenProvider } from '../../src/oidc';
import { fakeRequest } from '../support/fake-request';

interface Attacks {
  now: number;
  issuer: string;
  audience: string;
  keys: Record<string, JWK>;
  vectors: { id: string; token: unknown; expect: string }[];
}

const load = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '..', 'vectors', name), 'utf8')) as unknown;
const { now, issuer, audience, keys, vectors } = load('jwt_attacks.json') as Attacks;
const rfc = (load('jwt_rfc.json') as { vectors: { id: string; signing_key?: JWK; token: unknown }[] })
  .vectors;

const jwks = { keys: Object.values(keys).filter(({ kty }) => kty !== 'oct') };
const provider = new AccessTokenProvider({ issuer, audience, keys: { jwks }, clock: () => now * 1000 });
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Refusals other than those of a wrong token come through and fail the test. */
async function oursAccepts(token: string): Promise<boolean> {
  const request = fakeRequest({ headers: { authorization: `Bearer ${token}` } });
  try {
    const login = await provider.authenticate(request, { getUser: (username) => ({ username }) });
    expect(login === null || login instanceof Authentication).to.equal(true);
    return login !== null;
  } catch (error) {
    if (error instanceof TokenInvalidError) return false;
    if ((error as { code?: unknown }).code === 'invalid_request') return false;
    throw error;
  }
}

async function joseAccepts(token: string): Promise<boolean> {
  const options = { algorithms, issuer, audience, clockTolerance: 30, currentDate: new Date(now * 1000) };
  return jwtVerify(token, createLocalJWKSet(jwks), options).then(
    () => true,
    () => false,
  );
}

describe('Hostile JWTs as access tokens', () => {
  const tokens = [...vectors, ...rfc].flatMap(({ id, token }) =>
    typeof token === 'string' ? [{ id, token }] : [],
  );

  it('are refused wherever jose refuses them', async () => {
    expect(tokens.length).to.be.greaterThan(20);
    for (const { id, token } of tokens) {
      if (await oursAccepts(token)) expect(await joseAccepts(token), id).to.equal(true);
    }
  });

  it('are refused where the vectors say that they are invalid', async () => {
    for (const { id, token, expect: verdict } of vectors) {
      if (verdict === 'invalid' && typeof token === 'string') {
        expect(await oursAccepts(token), id).to.equal(false);
      }
    }
  });

  it('are refused for what they are: a good token of the same key is taken, and a changed one is not', async () => {
    const signing = rfc.find(({ id }) => id === 'RFC7515-A3')!.signing_key!;
    const key = await importJWK(signing, 'ES256');
    const claims = { iss: issuer, aud: audience, sub: 'alice', iat: now, exp: now + 60, scope: 'a' };
    const signed = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(key);
    expect([await oursAccepts(signed), await joseAccepts(signed)]).to.deep.equal([true, true]);
    const [header, payload, signature] = signed.split('.') as [string, string, string];
    const admin = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const forged of [
      `${header}.${admin}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
    ]) {
      expect([await oursAccepts(forged), await joseAccepts(forged)]).to.deep.equal([false, false]);
    }
  });
});
