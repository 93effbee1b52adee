import { expect } from 'chai';
import { TokenInvalidError } from '../../../src/errors';
import { readClaims, type ClaimsPolicy } from '../../../src/tokens/claims';

const NOW = 1_700_000_000;
const policy: ClaimsPolicy = {
  issuer: 'https://issuer.example',
  audience: 'api',
  maxAgeSeconds: 3600,
  clockToleranceSeconds: 0,
};
const valid = {
  iss: 'https://issuer.example',
  aud: 'api',
  sub: 'alice',
  iat: NOW - 10,
  exp: NOW + 600,
  jti: '1',
};

const read = (claims: object, overrides: Partial<ClaimsPolicy> = {}, nowMs = NOW * 1000): unknown =>
  readClaims({ ...valid, ...claims }, { ...policy, ...overrides }, nowMs);

const takes = (claims: object, overrides?: Partial<ClaimsPolicy>, nowMs?: number): void => {
  expect(() => read(claims, overrides, nowMs), JSON.stringify(claims)).not.to.throw();
};
const refuses = (claims: object, overrides?: Partial<ClaimsPolicy>, nowMs?: number): void => {
  expect(() => read(claims, overrides, nowMs), JSON.stringify(claims)).to.throw(TokenInvalidError);
};

describe('readClaims', () => {
  it('states what the token says', () => {
    const login = { auth_time: NOW - 60, amr: ['pwd'], scope: 'a b', userstore: 'sql', tvf: 5, uid: 'x' };
    const claims = { ...valid, iat: NOW - 9.75, ...login, extra: 1 };
    expect(readClaims(claims, policy, NOW * 1000)).to.deep.equal({
      subject: 'alice',
      id: '1',
      issuedAt: new Date(NOW * 1000 - 9750),
      expiresAt: new Date((NOW + 600) * 1000),
      acceptedUntil: new Date((NOW + 600 + policy.clockToleranceSeconds) * 1000),
      authenticatedAt: new Date((NOW - 60) * 1000),
      methods: ['pwd'],
      scopes: ['a', 'b'],
      userstore: 'sql',
      stamp: 5,
      userIdDigest: 'x',
      familyId: undefined,
      claims,
    });
  });

  it('takes iat for the login where auth_time is absent, and no methods, scopes and userstore where none are', () => {
    expect(read({})).to.include({ methods: undefined, scopes: undefined, userstore: undefined });
    expect(read({})).to.have.deep.property('authenticatedAt', new Date((NOW - 10) * 1000));
  });

  it('refuses exp that is missing or no number', () => {
    const rest: Partial<typeof valid> = { ...valid };
    delete rest.exp;
    expect(() => readClaims(rest, policy, NOW * 1000)).to.throw(TokenInvalidError);
    for (const exp of [String(NOW + 600), true, null, {}, [NOW + 600], undefined]) refuses({ exp });
  });

  it('refuses exp beyond any date, in milliseconds, or beyond the maximum lifetime', () => {
    for (const exp of [Infinity, NaN, 1e300, -1, (NOW + 600) * 1000, NOW - 10 + 3600.001]) refuses({ exp });
    takes({ exp: NOW - 10 + 3600 });
    refuses({ exp: NOW + 600, auth_time: NOW - 3001 });
    takes({ exp: NOW + 600, auth_time: NOW - 3000 });
  });

  it('refuses a token from the moment that exp names', () => {
    refuses({ exp: NOW });
    refuses({ exp: NOW - 1 });
    takes({ exp: NOW + 0.001 });
    refuses({ exp: NOW }, { clockToleranceSeconds: 30 }, (NOW + 30) * 1000);
    takes({ exp: NOW }, { clockToleranceSeconds: 30 }, (NOW + 30) * 1000 - 1);
  });

  it('refuses any issuer but the exact one', () => {
    for (const iss of [
      'https://issuer.example/',
      'https://issuer.example.evil.example',
      'https://issuer',
      'HTTPS://issuer.example',
      ['https://issuer.example'],
      '',
      null,
      undefined,
    ]) {
      refuses({ iss });
    }
  });

  it('refuses any audience but the exact one, alone or in a list of strings', () => {
    for (const aud of [
      'ap',
      'apis',
      'API',
      '',
      [],
      [['api']],
      ['api', 1],
      { 0: 'api' },
      null,
      undefined,
      ['apis'],
      ['ap'],
    ]) {
      refuses({ aud });
    }
    takes({ aud: ['other', 'api'] });
  });

  it('refuses a sub or jti that is no string, empty or missing', () => {
    for (const value of [1, '', null, undefined, ['alice'], { toString: 'alice' }]) {
      refuses({ sub: value });
      refuses({ jti: value });
    }
    refuses({ jti: 'x'.repeat(257) });
    takes({ jti: 'x'.repeat(256) });
  });

  it('reads own claims only', () => {
    expect(() => readClaims(Object.create(valid) as object as typeof valid, policy, NOW * 1000)).to.throw(
      TokenInvalidError,
    );
  });

  it('refuses iat in the future, missing or of another type', () => {
    for (const iat of [NOW + 0.001, 'x', null, undefined, Infinity, -1]) refuses({ iat });
    takes({ iat: NOW });
    takes({ iat: NOW + 30 }, { clockToleranceSeconds: 30 });
    refuses({ iat: NOW + 31 }, { clockToleranceSeconds: 30 });
  });

  it('refuses nbf in the future or of another type', () => {
    for (const nbf of [NOW + 1, NOW + 0.001, 'x', null, Infinity]) refuses({ nbf });
    takes({ nbf: NOW });
    takes({ nbf: NOW + 30 }, { clockToleranceSeconds: 30 });
    refuses({ nbf: NOW + 31 }, { clockToleranceSeconds: 30 });
  });

  it('refuses a negative nbf, and one that is no number, however long ago it would be', () => {
    for (const nbf of [
      -1,
      -0.001,
      -NOW,
      -Infinity,
      -1e300,
      NaN,
      '0',
      '',
      false,
      true,
      [],
      [0],
      {},
      undefined,
    ]) {
      refuses({ nbf });
      refuses({ nbf }, { clockToleranceSeconds: 3600 });
    }
    takes({ nbf: 0 });
    takes({ nbf: -0 });
  });

  it('holds a fraction of nbf against whole seconds, so that it never lets a token in early', () => {
    for (const nbf of [NOW + 0.001, NOW + 0.5, NOW + 0.999]) {
      for (const milliseconds of [0, 500, 999]) refuses({ nbf }, {}, NOW * 1000 + milliseconds);
      takes({ nbf }, {}, (NOW + 1) * 1000);
      refuses({ nbf: nbf + 30 }, { clockToleranceSeconds: 30 }, NOW * 1000 + 999);
      takes({ nbf: nbf + 30 }, { clockToleranceSeconds: 30 }, (NOW + 1) * 1000);
    }
    takes({ nbf: NOW - 0.5 });
  });

  it('refuses a login after the token, and auth_time, amr, scope or userstore of another type', () => {
    refuses({ auth_time: NOW - 9 });
    for (const auth_time of ['x', null, undefined, NaN]) refuses({ auth_time });
    for (const amr of ['pwd', [1], null, {}]) refuses({ amr });
    for (const scope of [['a'], null, 1, 'a  b', ' a', 'a"', 'a\\b', 'ä', 'a\nb']) refuses({ scope });
    for (const scope of [undefined, 'a']) {
      for (const userstore of ['', null, 1, ['sql'], {}, undefined]) refuses({ userstore, scope });
    }
  });

  it('reads an empty scope as a limit to nothing', () => {
    expect(read({ scope: '' })).to.have.deep.property('scopes', []);
  });

  it('refuses everything under a clock that gives no number', () => {
    refuses({}, {}, NaN);
  });
});
