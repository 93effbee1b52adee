import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authentication, provedLogin } from '../../../src/core/authentication';
import type { User } from '../../../src/core/user';
import { BadCredentialsError, ConfigurationError, TokenInvalidError } from '../../../src/errors';
import { hs256Key } from '../../../src/tokens/jws';
import { signJwt } from '../../../src/tokens/jwt';
import { TokenService } from '../../../src/tokens/token-service';
import type { TokenServiceOptions } from '../../../src/tokens/token-service-options';

const START = 1_700_000_000_123;
const SECRET = 'canary-secret-of-thirty-two-bytes!';
const alice = { username: 'alice' };

function makeService(options: Partial<TokenServiceOptions> = {}): {
  tokens: TokenService;
  clock: { now: number };
} {
  const clock = { now: START };
  const tokens = new TokenService({
    secret: SECRET,
    issuer: 'notes',
    audience: 'notes-api',
    clockToleranceSeconds: 0,
    clock: () => clock.now,
    ...options,
  });
  return { tokens, clock };
}

const loginAt = (time: number): Authentication =>
  new Authentication(alice, { authenticatedAt: new Date(time) });

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

describe('TokenService', () => {
  it('issues a typed HS256 token with the claims of the login', () => {
    const { tokens } = makeService();
    const login = new Authentication(alice, {
      authenticatedAt: new Date(START - 5000),
      methods: ['pwd'],
      scopes: ['notes:read', 'x'],
    });
    const { token, tokenType, expiresInSeconds } = tokens.issue(login);
    expect({ tokenType, expiresInSeconds }).to.deep.equal({ tokenType: 'Bearer', expiresInSeconds: 600 });
    expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).to.equal(
      '{"typ":"at+jwt","alg":"HS256"}',
    );
    const { jti, ...claims } = payloadOf(token);
    expect(jti).to.match(/^[0-9a-f-]{36}$/);
    expect(claims).to.deep.equal({
      iss: 'notes',
      aud: 'notes-api',
      sub: 'alice',
      iat: START / 1000,
      exp: START / 1000 + 600,
      auth_time: (START - 5000) / 1000,
      tvf: 0,
      amr: ['pwd'],
      scope: 'notes:read x',
    });
  });

  it('verifies what it issued, to the millisecond', () => {
    const { tokens } = makeService();
    const { token } = tokens.issue(
      new Authentication(alice, { authenticatedAt: new Date(START - 1), scopes: [] }),
    );
    expect(tokens.verify(token)).to.deep.include({
      subject: 'alice',
      issuedAt: new Date(START),
      expiresAt: new Date(START + 600_000),
      authenticatedAt: new Date(START - 1),
      methods: undefined,
      scopes: [],
    });
  });

  const from = (kind: 'userstore' | 'provider', home?: string): Authentication =>
    provedLogin(
      { authenticatedAt: new Date(START) },
      { user: { ...alice }, source: { kind, name: 'sql' }, home, stamp: 0, now: START },
    );

  it('names the userstore that had the user in an app with several, also where the app narrows the login', () => {
    const { tokens } = makeService();
    expect(payloadOf(tokens.issue(loginAt(START)).token)).to.not.have.property('userstore');
    expect(payloadOf(tokens.issue(from('userstore')).token)).to.not.have.property('userstore');
    const login = from('userstore', 'sql');
    for (const narrowed of [
      login,
      new Authentication(login.user, { authenticatedAt: new Date(START), scopes: ['x'] }),
      new Authentication({ ...login.user, email: 'a@b.example' }, login),
    ]) {
      const { token } = tokens.issue(narrowed);
      expect(payloadOf(token)).to.include({ sub: 'alice', userstore: 'sql' });
      expect(tokens.verify(token)).to.include({ userstore: 'sql' });
    }
  });

  it('refuses a login whose user came from no userstore, also where the app states it anew', () => {
    const { tokens } = makeService();
    const login = from('provider');
    for (const one of [
      login,
      new Authentication(login.user),
      new Authentication(login.user, login),
      new Authentication({ ...login.user, email: 'a@b.example' }, login),
    ]) {
      expect(() => tokens.issue(one)).to.throw(TypeError, /no userstore/);
    }
  });

  it('puts into the token the tokensValidFrom that the login saw', () => {
    const { tokens } = makeService();
    const user = { ...alice, tokensValidFrom: new Date(START - 7) };
    const login = new Authentication(user, { authenticatedAt: new Date(START) });
    user.tokensValidFrom = new Date(START - 3);
    for (const one of [login, new Authentication(user, login)]) {
      const { token } = tokens.issue(one);
      expect(payloadOf(token)).to.include({ tvf: START - 7 });
      expect(tokens.verify(token).stamp).to.equal(START - 7);
    }
  });

  it('refuses a login whose tokensValidFrom lies ahead by more than clocks may differ', () => {
    const { tokens } = makeService({ clockToleranceSeconds: 5 });
    const ahead = (milliseconds: number) =>
      tokens.issue(
        new Authentication(
          { ...alice, tokensValidFrom: new Date(START + milliseconds) },
          { authenticatedAt: new Date(START) },
        ),
      );
    ahead(6000);
    expect(() => ahead(6001)).to.throw(BadCredentialsError);
  });

  it('states a digest of the id of the user, if the user has one', () => {
    const { tokens } = makeService();
    const uidOf = (user: User): unknown => {
      const login = new Authentication(user, { authenticatedAt: new Date(START) });
      return payloadOf(tokens.issue(login).token)['uid'];
    };
    expect(uidOf({ username: 'ann' })).to.equal(undefined);
    expect(uidOf({ username: 'ann', id: 7 })).to.equal(uidOf({ username: 'ben', id: '7' }));
    expect(uidOf({ username: 'ann', id: 7 }))
      .to.be.a('string')
      .and.to.not.equal(uidOf({ username: 'ann', id: 8 }));
  });

  it('refuses a token whose tvf is not a time', () => {
    const { tokens } = makeService();
    const claims = { iss: 'notes', aud: 'notes-api', sub: 'alice', jti: '1', iat: START / 1000 };
    const sign = (tvf: unknown): string =>
      signJwt(hs256Key(Buffer.from(SECRET)), { ...claims, exp: START / 1000 + 1, tvf });
    for (const tvf of ['0', null, 0.5, 1e300, [0], {}, true]) {
      expect(() => tokens.verify(sign(tvf)), JSON.stringify(tvf)).to.throw(TokenInvalidError);
    }
    expect(tokens.verify(sign(-5)).stamp).to.equal(-5);
  });

  it('accepts a token until its end with the clock tolerance, and says so', () => {
    const { tokens, clock } = makeService({ clockToleranceSeconds: 5 });
    const { token } = tokens.issue(loginAt(START));
    clock.now = START + 604_999;
    expect(tokens.verify(token).acceptedUntil).to.deep.equal(new Date(START + 605_000));
    clock.now += 1;
    expect(() => tokens.verify(token)).to.throw(TokenInvalidError);
  });

  it('gives every token its own id', () => {
    const { tokens } = makeService();
    const ids = Array.from({ length: 20 }, () => tokens.verify(tokens.issue(loginAt(START)).token).id);
    expect(new Set(ids)).to.have.lengthOf(20);
  });

  it('keeps names of any script, and those of Object.prototype, as they are', () => {
    const { tokens } = makeService();
    for (const username of ['Жанна 🌍', '__proto__', 'constructor', 'a"\\\u0000', '\ud800']) {
      const { token } = tokens.issue(new Authentication({ username }, { authenticatedAt: new Date(START) }));
      expect(tokens.verify(token).subject).to.equal(username);
    }
  });

  it('refuses a token once its time is over', () => {
    const { tokens, clock } = makeService();
    const { token } = tokens.issue(loginAt(START));
    clock.now = START + 599_999;
    tokens.verify(token);
    clock.now = START + 600_000;
    expect(() => tokens.verify(token)).to.throw(TokenInvalidError);
  });

  it('refuses a token signed with its secret that lives beyond maxAgeSeconds', () => {
    const { tokens } = makeService({ maxAgeSeconds: 3600 });
    const claims = { iss: 'notes', aud: 'notes-api', sub: 'alice', jti: '1', iat: START / 1000 };
    const sign = (exp: number): string => signJwt(hs256Key(Buffer.from(SECRET)), { ...claims, exp });
    tokens.verify(sign(START / 1000 + 3600));
    expect(() => tokens.verify(sign(START / 1000 + 3601))).to.throw(TokenInvalidError);
  });

  it('ends every token of a login maxAgeSeconds after that login, however often it is exchanged', () => {
    const { tokens, clock } = makeService({ maxAgeSeconds: 1500 });
    let login = loginAt(START);
    const lifetimes: number[] = [];
    for (; clock.now < START + 1_500_000; clock.now += 500_000) {
      const issued = tokens.issue(login);
      lifetimes.push(issued.expiresInSeconds);
      login = new Authentication(alice, { authenticatedAt: tokens.verify(issued.token).authenticatedAt });
    }
    expect(lifetimes).to.deep.equal([600, 600, 500]);
    expect(() => tokens.issue(login)).to.throw(BadCredentialsError);
  });

  it('issues nothing that has less than a second to live', () => {
    const { tokens } = makeService({ maxAgeSeconds: 600 });
    expect(tokens.issue(loginAt(START - 599_000)).expiresInSeconds).to.equal(1);
    expect(() => tokens.issue(loginAt(START - 599_001))).to.throw(BadCredentialsError);
    expect(() => tokens.issue(loginAt(NaN))).to.throw(BadCredentialsError);
  });

  it('takes a login from a clock that is ahead as one of now', () => {
    const { tokens } = makeService();
    const { token } = tokens.issue(loginAt(START + 86_400_000));
    expect(tokens.verify(token).authenticatedAt).to.deep.equal(new Date(START));
  });

  it('refuses a bare user and says what to pass', () => {
    const { tokens } = makeService();
    const isTaken: User extends Parameters<TokenService['issue']>[0] ? true : false = false;
    expect(isTaken).to.equal(false);
    expect(() => tokens.issue(alice as unknown as Authentication)).to.throw(
      TypeError,
      /@CurrentAuthentication\(\).*new Authentication\(user\)/,
    );
    for (const login of [undefined, null, 'alice', { user: alice, authenticatedAt: new Date() }]) {
      expect(() => tokens.issue(login as Authentication)).to.throw(TypeError);
    }
    expect(() => tokens.issue(new Authentication({ username: '' }))).to.throw(TypeError);
  });

  it('refuses a scope that would read as two, and a login that is too large for a token', () => {
    const { tokens } = makeService();
    for (const scopes of [['a b'], [''], ['ä']]) {
      expect(() => tokens.issue(new Authentication(alice, { scopes }))).to.throw(TypeError);
    }
    expect(() => tokens.issue(new Authentication({ username: 'x'.repeat(8000) }))).to.throw(TypeError);
  });

  it('refuses a secret that is absent, empty or under 32 bytes', () => {
    for (const secret of [undefined, '', 'x'.repeat(31), Buffer.alloc(31), null, 32, {}, ['x'.repeat(32)]]) {
      expect(() => makeService({ secret: secret as string })).to.throw(ConfigurationError, /secret/);
    }
    for (const secret of ['x'.repeat(32), 'ж'.repeat(16), Buffer.alloc(32), new Uint8Array(32)])
      makeService({ secret });
  });

  it('refuses a public key as its secret', () => {
    const secret = `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(64)}\n-----END PUBLIC KEY-----`;
    expect(() => makeService({ secret })).to.throw(ConfigurationError);
    expect(() => makeService({ secret: Buffer.from(secret) })).to.throw(ConfigurationError);
  });

  it('keeps the secret it was built with when the given bytes change', () => {
    const secret = Buffer.alloc(32, 1);
    const { tokens } = makeService({ secret });
    const { token } = tokens.issue(loginAt(START));
    secret.fill(0);
    expect(tokens.verify(token).subject).to.equal('alice');
  });

  it('shows its secret neither in errors nor when it is inspected or serialised', () => {
    const { tokens } = makeService();
    const shown = [inspect(tokens, { depth: null, showHidden: true }), JSON.stringify(tokens)];
    try {
      makeService({ secret: 'canary-too-short' });
    } catch (error) {
      shown.push(inspect(error, { depth: null, showHidden: true }).replace(/at .*/g, ''));
    }
    expect(shown).to.have.lengthOf(3);
    expect(shown.join()).not.to.include('canary');
  });

  for (const [option, values] of Object.entries({
    issuer: ['', undefined, 1, ['notes']],
    audience: ['', undefined, ['notes-api']],
    ttlSeconds: [0, -1, 1.5, NaN, Infinity, '600', 31_536_001],
    maxAgeSeconds: [0, 1.5, '600', Infinity],
    clockToleranceSeconds: [-1, 61, 0.5, '30'],
    clock: [1, 'now'],
  })) {
    it(`refuses a wrong ${option} and names it`, () => {
      for (const value of values) {
        expect(() => makeService({ [option]: value }), String(value)).to.throw(ConfigurationError, option);
      }
    });
  }

  it('refuses a ttlSeconds that maxAgeSeconds would cut', () => {
    expect(() => makeService({ ttlSeconds: 601, maxAgeSeconds: 600 })).to.throw(ConfigurationError);
    makeService({ ttlSeconds: 600, maxAgeSeconds: 600 });
  });

  it('refuses to be built without options, as by a container', () => {
    for (const options of [undefined, null, { get: () => undefined }]) {
      expect(() => new TokenService(options as unknown as TokenServiceOptions)).to.throw(ConfigurationError);
    }
  });

  it('throws TokenInvalidError for whatever is no token', () => {
    const { tokens } = makeService();
    for (const token of ['', 'a', 'a.b.c', '\u0000', '...', undefined, null, 1, {}, ['a.b.c']]) {
      expect(() => tokens.verify(token as string), inspect(token)).to.throw(TokenInvalidError);
    }
  });
});
