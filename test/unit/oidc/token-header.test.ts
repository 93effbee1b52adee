import { expect } from 'chai';
import fc from 'fast-check';
import { TokenInvalidError } from '../../../src/errors';
import { isAccessToken, readTokenHeader } from '../../../src/oidc/token-header';

const policy = { algorithms: ['RS256', 'ES256'], type: 'auto' } as const;
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const tokenOf = (header: unknown, payload = 'e30', signature = 'AAAA') =>
  `${encode(header)}.${payload}.${signature}`;
const read = (header: unknown, with_: object = {}) =>
  readTokenHeader(tokenOf(header), { ...policy, ...with_ });

describe('readTokenHeader', () => {
  it('reads algorithm and kid', () => {
    expect(read({ alg: 'RS256', kid: 'a', typ: 'at+jwt' })).to.deep.equal({
      algorithm: 'RS256',
      kid: 'a',
      isUntyped: false,
    });
    expect(read({ alg: 'ES256' })).to.deep.equal({ algorithm: 'ES256', kid: undefined, isUntyped: true });
  });

  it('passes over keys that a header has or points to', () => {
    const jwk = { kty: 'oct', k: 'AAAA' };
    expect(
      read({ alg: 'RS256', jwk, jku: 'https://evil.example', x5u: 'a', x5c: ['b'], x5t: 'c' }),
    ).to.deep.equal({
      algorithm: 'RS256',
      kid: undefined,
      isUntyped: true,
    });
  });

  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt']) {
    it(`takes ${typ} as the type of an access token`, () => {
      for (const type of ['auto', 'at+jwt']) {
        expect(read({ alg: 'RS256', typ }, { type }).isUntyped).to.equal(false);
      }
    });
  }

  for (const typ of ['JWT', 'jwt', 'application/jwt', undefined]) {
    it(`leaves open what ${String(typ)} is, and takes it only under 'auto'`, () => {
      expect(read({ alg: 'RS256', typ }).isUntyped).to.equal(true);
      expect(() => read({ alg: 'RS256', typ }, { type: 'at+jwt' })).to.throw(TokenInvalidError);
    });
  }

  const refused: Readonly<Record<string, object>> = {
    'no algorithm': { kid: 'a' },
    none: { alg: 'none' },
    'none with another case': { alg: 'nOnE' },
    'a symmetric algorithm': { alg: 'HS256' },
    'an algorithm that is not allowed': { alg: 'PS256' },
    'an algorithm with another case': { alg: 'rs256' },
    'a list of algorithms': { alg: ['RS256'] },
    'the name of a method as algorithm': { alg: 'constructor' },
    'a kid that is a number': { alg: 'RS256', kid: 1 },
    'a kid that is null': { alg: 'RS256', kid: null },
    'an extension that it does not know': { alg: 'RS256', crit: ['exp'], exp: 1 },
    'an empty list of extensions': { alg: 'RS256', crit: [] },
    'a payload that is not encoded': { alg: 'RS256', b64: false },
    'a payload that says it is encoded': { alg: 'RS256', b64: true },
    'compressed text': { alg: 'RS256', zip: 'DEF' },
    encryption: { alg: 'RS256', enc: 'A128GCM' },
    'a nested token': { alg: 'RS256', cty: 'JWT' },
    'a nested token by its media type': { alg: 'RS256', cty: 'application/jwt' },
    'an ID token by another type': { alg: 'RS256', typ: 'id+jwt' },
    'a logout token': { alg: 'RS256', typ: 'logout+jwt' },
    'a DPoP proof': { alg: 'ES256', typ: 'dpop+jwt' },
    'a security event': { alg: 'RS256', typ: 'secevent+jwt' },
    'an empty type': { alg: 'RS256', typ: '' },
    'a type that is null': { alg: 'RS256', typ: null },
    'a type in a list': { alg: 'RS256', typ: ['at+jwt'] },
    'a type with a parameter': { alg: 'RS256', typ: 'at+jwt; charset=utf-8' },
  };
  for (const [what, header] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => read(header)).to.throw(TokenInvalidError);
    });
  }

  it('refuses what is no compact token, or another text of the same bytes', () => {
    const good = tokenOf({ alg: 'RS256' });
    const [header, payload, signature] = good.split('.') as [string, string, string];
    readTokenHeader(good, policy);
    for (const token of [
      '',
      '.',
      '..',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${good}.`,
      `${good}.${signature}.${signature}`,
      `${header}=.${payload}.${signature}`,
      `${good}=`,
      ` ${good}`,
      `${good}\n`,
      `${header}.${payload}.AAB`,
      `${header}.e31.${signature}`,
      `${header}.${payload}.A`,
      `${header}.${payload}.+/+/`,
      tokenOf('[]'),
      tokenOf('"RS256"'),
      tokenOf('null'),
      tokenOf('{"alg":"RS256"'),
      tokenOf('{"alg":"RS256","__proto__":{}}'),
      tokenOf({ alg: 'RS256', kid: 'x'.repeat(16_384) }),
    ]) {
      expect(() => readTokenHeader(token, policy), token.slice(0, 80)).to.throw(TokenInvalidError);
    }
  });

  it('refuses whatever else comes, and throws nothing but TokenInvalidError', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => tokenOf(value)),
      fc
        .dictionary(fc.constantFrom('alg', 'kid', 'typ', 'cty', 'crit'), fc.jsonValue())
        .map((value) => tokenOf(value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(policy.algorithms).to.include(readTokenHeader(text, policy).algorithm);
        } catch (error) {
          expect(error).to.be.instanceOf(TokenInvalidError);
        }
      }),
    );
  });
});

describe('isAccessToken', () => {
  const some = { iss: 'i', sub: 's', aud: 'a', exp: 1, iat: 1, azp: 'app', jti: 'j', sid: 's', acr: '1' };
  const yes: object[] = [
    { typ: 'Bearer' },
    { typ: 'DPoP' },
    { token_use: 'access' },
    { scope: 'read' },
    { scope: '' },
    { scp: ['read'] },
    { client_id: 'app' },
    { cid: 'app' },
    { azpacr: '1' },
    { appidacr: '0' },
    { gty: 'client-credentials' },
    { permissions: [] },
    { typ: 'Bearer', token_use: 'access', scope: 'openid' },
  ];
  const against: object[] = [
    { nonce: 'n' },
    { nonce: null },
    { at_hash: 'h' },
    { c_hash: 'h' },
    { s_hash: 'h' },
    { events: {} },
    { typ: 'ID' },
    { typ: 'Refresh' },
    { typ: 'bearer' },
    { typ: ['Bearer'] },
    { typ: null },
    { token_use: 'id' },
    { token_use: null },
    { token_use: ['access'] },
  ];

  for (const evidence of yes) {
    it(`takes ${JSON.stringify(evidence)} as evidence`, () => {
      expect(isAccessToken({ ...some, ...evidence })).to.equal(true);
    });
  }
  for (const evidence of against) {
    it(`takes ${JSON.stringify(evidence)} as evidence against it, whatever else there is`, () => {
      for (const other of [
        { scope: 'read' },
        { client_id: 'a' },
        { token_use: 'access' },
        { typ: 'Bearer' },
      ]) {
        expect(isAccessToken({ ...some, ...other, ...evidence })).to.equal(false);
      }
    });
  }

  it('asks for evidence, which azp, null and what is inherited are not', () => {
    expect(isAccessToken(some)).to.equal(false);
    expect(isAccessToken({})).to.equal(false);
    expect(isAccessToken({ ...some, scope: null, client_id: null })).to.equal(false);
    expect(isAccessToken(Object.create({ scope: 'read' }) as Record<string, unknown>)).to.equal(false);
  });
});
