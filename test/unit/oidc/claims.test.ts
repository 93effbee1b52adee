import { expect } from 'chai';
import fc from 'fast-check';
import { TokenInvalidError } from '../../../src/errors';
import {
  checkTimes,
  readIntrospectedClaims,
  readJwtClaims,
  toVerified,
  type TokenPolicy,
} from '../../../src/oidc/claims';

const NOW = 1_700_000_000;
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const policy: TokenPolicy = {
  issuer: 'https://id.example/realms/app',
  audience: ['notes-api', 'notes-admin'],
  audienceClaim: 'aud',
  maxAgeSeconds: 3600,
  clockToleranceSeconds: 30,
  dpop: true,
  mtls: true,
};
const claims = { iss: policy.issuer, aud: 'notes-api', sub: 'alice', iat: NOW, exp: NOW + 60 };

const readJwt = (more: object, with_: Partial<TokenPolicy> = {}) =>
  readJwtClaims({ ...claims, ...more }, { ...policy, ...with_ });
/** Claims without one of them. */
const without = (left: keyof typeof claims): object =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => name !== left));
const parsed = (text: string): object => JSON.parse(text) as object;
const times =
  (more: object, nowSeconds: number, with_: Partial<TokenPolicy> = {}) =>
  () =>
    checkTimes(readJwt(more), { ...policy, ...with_ }, nowSeconds * 1000);

describe('readJwtClaims', () => {
  it('takes what an access token must say', () => {
    expect(readJwt({})).to.deep.include({
      subject: 'alice',
      clientId: undefined,
      isClient: false,
      scopes: [],
      methods: ['token'],
      binding: { jkt: undefined, certificate: undefined },
      issuedAt: NOW * 1000,
      expiresAt: (NOW + 60) * 1000,
      notBefore: undefined,
      authenticatedAt: undefined,
    });
  });

  const refused: Readonly<Record<string, object>> = {
    'another issuer': { iss: 'https://id.example/realms/other' },
    'the issuer with a slash more': { iss: `${policy.issuer}/` },
    'the issuer in a list': { iss: [policy.issuer] },
    'another audience': { aud: 'other' },
    'an audience with another case': { aud: 'Notes-API' },
    'a part of an audience': { aud: 'notes' },
    'several audiences in one text': { aud: 'notes-api notes-admin' },
    'no audience in a list': { aud: [] },
    'a list of other audiences': { aud: ['a', 'b'] },
    'an audience beside what is no text': { aud: ['notes-api', 1] },
    'an audience in a list in a list': { aud: [['notes-api']] },
    'an object as audience': { aud: { 0: 'notes-api' } },
    'no subject': { sub: undefined },
    'an empty subject': { sub: '' },
    'a number as subject': { sub: 1 },
    'null as subject': { sub: null },
    'a list as subject': { sub: ['alice'] },
    'exp as a text': { exp: String(NOW + 60) },
    'exp that is null': { exp: null },
    'exp before 1970': { exp: -1 },
    'exp beyond what a Date can be': { exp: 8.64e12 + 1 },
    'iat as a text': { iat: String(NOW) },
    'iat in a list': { iat: [NOW] },
    'nbf as a text': { nbf: '0' },
    'nbf that is null': { nbf: null },
    'nbf that is true': { nbf: true },
    'auth_time as a text': { auth_time: String(NOW) },
    'auth_time that is null': { auth_time: null },
    'a scope that is a number': { scope: 1 },
    'a scope that is null': { scope: null },
    'a scope that is a list': { scope: ['a'] },
    'a scope with two spaces': { scope: 'a  b' },
    'a scope with a space at its end': { scope: 'a ' },
    'a scope with a line break': { scope: 'a\nb' },
    'a scope with a quote': { scope: 'a"b' },
    'a scope that is not ASCII': { scope: 'ä' },
    'an unknown form of scp': { scp: { a: true } },
    'scp that is null': { scp: null },
    'scp with what is no text': { scp: ['a', 1] },
    'scp with an empty name': { scp: ['a', ''] },
    'scp with two names in one': { scp: ['a b'] },
    'amr as a text': { amr: 'pwd' },
    'amr with what is no text': { amr: ['pwd', 1] },
    'amr that is null': { amr: null },
    'a client that is no text': { client_id: 1 },
    'a client that is null': { azp: null },
    'a client that is empty': { cid: '' },
    'cnf that is null': { cnf: null },
    'cnf that is a text': { cnf: JKT },
    'cnf that is a list': { cnf: [{ jkt: JKT }] },
    'an empty cnf': { cnf: {} },
    'cnf with a key': { cnf: { jwk: { kty: 'EC' } } },
    'cnf with a key beside a thumbprint': { cnf: { jkt: JKT, kid: '1' } },
    'cnf with the name of a method': { cnf: { constructor: JKT } },
    'a thumbprint that is too short': { cnf: { jkt: JKT.slice(1) } },
    'a thumbprint with padding': { cnf: { jkt: `${JKT}=` } },
    'a thumbprint in a list': { cnf: { jkt: [JKT] } },
    'a thumbprint that is null': { cnf: { 'x5t#S256': null } },
    'a thumbprint of a certificate by SHA-1': { cnf: { x5t: JKT } },
  };
  for (const [what, more] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => readJwt(more)).to.throw(TokenInvalidError);
    });
  }

  for (const name of ['iss', 'aud', 'sub', 'iat', 'exp'] as const) {
    it(`refuses a token without ${name}, and one that inherits it`, () => {
      expect(() => readJwtClaims(without(name) as never, policy)).to.throw(TokenInvalidError);
      const inherits = Object.assign(Object.create({ [name]: claims[name] }) as object, without(name));
      expect(() => readJwtClaims(inherits as never, policy)).to.throw(TokenInvalidError);
    });
  }

  it('takes one audience of several', () => {
    for (const aud of ['notes-admin', ['notes-api'], ['other', 'notes-admin']]) readJwt({ aud });
  });

  it('takes the client as audience where the options say so', () => {
    const cognito = { audienceClaim: 'client_id' } as const;
    expect(readJwt({ aud: undefined, client_id: 'notes-api' }, cognito).clientId).to.equal('notes-api');
    for (const client_id of [undefined, 'other', ['notes-api'], null]) {
      expect(() => readJwt({ client_id }, cognito)).to.throw(TokenInvalidError);
    }
  });

  const scopes: [claims: object, scopes: string[]][] = [
    [{}, []],
    [{ scope: '' }, []],
    [{ scope: 'read' }, ['read']],
    [{ scope: 'read write:all https://api.example/x' }, ['read', 'write:all', 'https://api.example/x']],
    [{ scp: 'read write' }, ['read', 'write']],
    [{ scp: ['read', 'write'] }, ['read', 'write']],
    [{ scp: [] }, []],
    [{ scp: '' }, []],
    [{ scope: 'one', scp: ['two'] }, ['one']],
    [{ scope: '', scp: ['two'] }, []],
    [parsed('{"scope":"toString __proto__"}'), ['toString', '__proto__']],
  ];
  for (const [more, expected] of scopes) {
    it(`reads the scopes of ${JSON.stringify(more)}`, () => {
      expect(readJwt(more).scopes).to.deep.equal(expected).and.to.be.frozen;
    });
  }

  const clients: [claims: object, clientId: string | undefined, isClient: boolean][] = [
    [{ client_id: 'app' }, 'app', false],
    [{ azp: 'app' }, 'app', false],
    [{ cid: 'app' }, 'app', false],
    [{ client_id: 'a', azp: 'b', cid: 'c' }, 'a', false],
    [{ azp: 'b', cid: 'c' }, 'b', false],
    [{ client_id: 'alice' }, 'alice', true],
    [{ client_id: 'a', azp: 'alice' }, 'a', true],
    [{ client_id: 'a', azp: 'b', cid: 'alice' }, 'a', true],
    [{ gty: 'client-credentials' }, undefined, true],
    [{ gty: ['refresh_token', 'client-credentials'] }, undefined, true],
    [{ gty: 'password', azp: 'app' }, 'app', false],
    [{ idtyp: 'app' }, undefined, true],
    [{ idtyp: 'user' }, undefined, false],
    [{ client_id: 'Alice' }, 'Alice', false],
  ];
  for (const [more, clientId, isClient] of clients) {
    it(`tells a client from a user by ${JSON.stringify(more)}`, () => {
      expect(readJwt(more)).to.deep.include({ clientId, isClient });
    });
  }

  it('reads to which keys a token is bound', () => {
    expect(readJwt({ cnf: { jkt: JKT } }).binding).to.deep.equal({ jkt: JKT, certificate: undefined });
    const both = { cnf: { 'x5t#S256': JKT, jkt: JKT } };
    expect(readJwt(both).binding).to.deep.equal({ jkt: JKT, certificate: JKT });
    for (const off of [{ dpop: false }, { mtls: false }]) {
      expect(() => readJwt(both, off)).to.throw(TokenInvalidError);
    }
    expect(() => readJwt({ cnf: { jkt: JKT } }, { dpop: false })).to.throw(TokenInvalidError);
    for (const dpop of [true, false]) {
      expect(() => readJwt({ typ: 'DPoP' }, { dpop })).to.throw(TokenInvalidError);
      expect(() => readIntrospectedClaims({ ...claims, token_type: 'dPoP' }, { ...policy, dpop })).to.throw(
        TokenInvalidError,
      );
    }
    const certificate = { token_type: 'DPoP', cnf: { 'x5t#S256': JKT } };
    expect(() => readJwt(certificate)).to.throw(TokenInvalidError);
    const bound = { ...claims, token_type: 'DPoP', typ: 'DPoP', cnf: { jkt: JKT } };
    expect(readIntrospectedClaims(bound, policy).binding.jkt).to.equal(JKT);
    readJwt({ typ: 'Bearer', token_type: { toString: 1 } });
    expect(() => readJwt({ cnf: { 'x5t#S256': JKT } }, { mtls: false })).to.throw(TokenInvalidError);
    readJwt({ cnf: { jkt: JKT } }, { mtls: false });
  });

  it('reads whatever comes or refuses it, and never throws anything else', () => {
    const names = [
      'iss',
      'aud',
      'sub',
      'scope',
      'scp',
      'amr',
      'cnf',
      'gty',
      'azp',
      'auth_time',
      'exp',
      'nbf',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (more) => {
        try {
          expect(readJwt(more).scopes).to.be.an('array');
        } catch (error) {
          expect(error).to.be.instanceOf(TokenInvalidError);
        }
      }),
    );
  });
});

describe('checkTimes', () => {
  it('takes a token until exp and the tolerance have passed', () => {
    times({}, NOW)();
    times({}, NOW + 89.999)();
    expect(times({}, NOW + 90)).to.throw(TokenInvalidError);
    expect(times({}, NOW + 60, { clockToleranceSeconds: 0 })).to.throw(TokenInvalidError);
    times({}, NOW + 59.999, { clockToleranceSeconds: 0 })();
  });

  for (const name of ['nbf', 'iat', 'auth_time']) {
    it(`refuses ${name} that is ahead by more than the tolerance`, () => {
      times({ [name]: NOW + 30, exp: NOW + 100 }, NOW)();
      expect(times({ [name]: NOW + 31, exp: NOW + 100 }, NOW)).to.throw(TokenInvalidError);
      const strict = { clockToleranceSeconds: 0 };
      expect(times({ [name]: NOW + 0.5, exp: NOW + 100 }, NOW, strict)).to.throw(TokenInvalidError);
    });
  }

  it('refuses a life that is longer than allowed, without a tolerance', () => {
    times({ exp: NOW + 3600 }, NOW)();
    expect(times({ exp: NOW + 3601 }, NOW)).to.throw(TokenInvalidError);
  });

  it('refuses everything under a broken clock', () => {
    for (const now of [NaN, Infinity, -Infinity]) {
      expect(times({}, now), String(now)).to.throw(TokenInvalidError);
    }
  });
});

describe('readIntrospectedClaims', () => {
  const read = (answer: object) => readIntrospectedClaims(answer as never, policy);

  it('takes an answer without times, issuer and subject', () => {
    const statement = read({ active: true, aud: 'notes-api', client_id: 'robot' });
    expect(statement).to.include({
      subject: undefined,
      isClient: true,
      clientId: 'robot',
      expiresAt: undefined,
    });
    checkTimes(statement, policy, NOW * 1000);
    expect(() => checkTimes(statement, policy, NaN)).to.throw(TokenInvalidError);
  });

  it('holds what is there against the same rules', () => {
    for (const wrong of [
      { ...claims, iss: 'https://other.example' },
      { ...claims, iss: null },
      { ...claims, aud: 'other' },
      without('aud'),
      { ...claims, sub: '' },
      { ...claims, sub: null },
      { ...claims, exp: String(NOW) },
      { ...claims, iat: null },
      { ...claims, cnf: { jwk: {} } },
    ]) {
      expect(() => read(wrong), JSON.stringify(wrong)).to.throw(TokenInvalidError);
    }
    expect(() => checkTimes(read({ aud: 'notes-api', exp: NOW }), policy, (NOW + 30) * 1000)).to.throw(
      TokenInvalidError,
    );
  });

  it('does not apply the longest life where iat is not known', () => {
    checkTimes(read({ aud: 'notes-api', exp: NOW + 100_000 }), policy, NOW * 1000);
    const long = read({ aud: 'notes-api', iat: NOW, exp: NOW + 100_000 });
    expect(() => checkTimes(long, policy, NOW * 1000)).to.throw(TokenInvalidError);
  });
});

describe('toVerified', () => {
  const verified = () => toVerified(readJwt({ auth_time: NOW - 5, amr: ['pwd', 'otp'], azp: 'app' }), policy);

  it('tells what a login by the token needs', () => {
    const { token, ...rest } = verified();
    expect(token).to.deep.include({
      issuer: policy.issuer,
      subject: 'alice',
      clientId: 'app',
      isClient: false,
    });
    expect(token.authenticatedAt).to.deep.equal(new Date((NOW - 5) * 1000));
    expect(rest).to.deep.include({
      methods: ['pwd', 'otp'],
      issuedAt: new Date(NOW * 1000),
      expiresAt: new Date((NOW + 60) * 1000),
      acceptedUntil: new Date((NOW + 90) * 1000),
    });
  });

  it('gives a token that cannot be changed, with dates of its own', () => {
    const { token } = verified();
    expect(token).to.be.frozen;
    expect(token.scopes).to.be.frozen;
    expect(token.authenticatedAt).to.not.equal(verified().token.authenticatedAt);
  });
});
