import crypto from 'node:crypto';
import { mock } from 'node:test';
import { expect } from 'chai';
import { Authentication } from '../../../src/core/authentication';
import { ConfigurationError, TokenInvalidError } from '../../../src/errors';
import { hs256Key, signCompact } from '../../../src/tokens/jws';
import { signJwt } from '../../../src/tokens/jwt';
import { TokenService } from '../../../src/tokens/token-service';
import type { TokenServiceOptions } from '../../../src/tokens/token-service-options';

const START = 1_700_000_000_000;
const SECRET = 'canary-secret-of-thirty-two-bytes!';
const key = hs256Key(Buffer.from(SECRET));

describe('The tokens that a TokenService remembers', () => {
  let now: number;
  beforeEach(() => {
    now = START;
  });
  afterEach(() => {
    mock.restoreAll();
  });

  const open = (options: Partial<TokenServiceOptions> = {}): TokenService =>
    new TokenService({
      secret: SECRET,
      issuer: 'notes',
      audience: 'notes-api',
      clockToleranceSeconds: 0,
      clock: () => now,
      ...options,
    });
  const login = () => new Authentication({ username: 'alice' }, { authenticatedAt: new Date(now) });
  const signed = (claims: object): string =>
    signJwt(key, {
      iss: 'notes',
      aud: 'notes-api',
      sub: 'alice',
      iat: now / 1000,
      exp: now / 1000 + 600,
      jti: '1',
      ...claims,
    });
  /** How often a signature was computed and JSON parsed meanwhile. */
  const workOf = (work: () => unknown): [signatures: number, parsed: number] => {
    const sign = mock.method(crypto, 'createHmac');
    const parse = mock.method(JSON, 'parse');
    try {
      work();
      return [sign.mock.callCount(), parse.mock.callCount()];
    } finally {
      mock.restoreAll();
    }
  };
  const refuses = (tokens: TokenService, token: unknown): void => {
    expect(() => tokens.verify(token as string), JSON.stringify(token).slice(0, 60)).to.throw(
      TokenInvalidError,
    );
  };

  it('are verified again without a signature and without JSON, with the same answer', () => {
    const tokens = open();
    const { token } = tokens.issue(login());
    const first = tokens.verify(token);
    expect(workOf(() => tokens.verify(token))).to.deep.equal([0, 0]);
    expect(tokens.verify(token)).to.deep.equal(first);
    expect(workOf(() => open({ tokenCache: 0 }).verify(token))[0]).to.equal(1);
  });

  it('parse a header once, whatever the tokens say', () => {
    const tokens = open();
    const texts = Array.from({ length: 5 }, () => tokens.issue(login()).token);
    tokens.verify(texts[0] ?? '');
    expect(workOf(() => texts.slice(1).map((token) => tokens.verify(token)))).to.deep.equal([4, 4]);
  });

  it('are still held against exp, as the clock goes on and back', () => {
    const tokens = open({ ttlSeconds: 600 });
    const { token } = tokens.issue(login());
    tokens.verify(token);
    for (const [time, isGood] of [
      [START + 599_999, true],
      [START + 600_000, false],
      [START + 599_999, true],
      [START + 86_400_000, false],
      [START, true],
      [START - 1, false],
      [Number.NaN, false],
      [START, true],
    ] as const) {
      now = time;
      if (isGood) expect(tokens.verify(token).subject).to.equal('alice');
      else refuses(tokens, token);
    }
  });

  it('are still held against nbf and iat, as the clock goes back', () => {
    const tokens = open({ clockToleranceSeconds: 5 });
    for (const claims of [{ nbf: START / 1000 + 10 }, { iat: START / 1000 + 10 }]) {
      const token = signed({ auth_time: START / 1000, ...claims });
      for (const [time, isGood] of [
        [START, false],
        [START + 4999, false],
        [START + 5000, true],
        [START + 4999, false],
        [START + 5000, true],
      ] as const) {
        now = time;
        if (isGood) tokens.verify(token);
        else refuses(tokens, token);
      }
      now = START;
    }
  });

  it('are not remembered before they were accepted', () => {
    const tokens = open({ tokenCache: 1 });
    const good = signed({});
    tokens.verify(good);
    for (const claims of [{ aud: 'mail-api' }, { iss: 'x' }, { exp: now / 1000 }, { nbf: now / 1000 + 60 }]) {
      refuses(tokens, signed(claims));
    }
    refuses(tokens, signCompact(key, { typ: 'JWT' }, '{}'));
    refuses(tokens, signJwt(hs256Key(Buffer.alloc(32, 1)), {}));
    expect(workOf(() => tokens.verify(good))[0]).to.equal(0);
  });

  it('are those of one service: another key, audience, issuer or age refuses them all the same', () => {
    const tokens = open();
    const { token } = tokens.issue(login());
    const others = [
      { secret: 'x'.repeat(32) },
      { audience: 'mail-api' },
      { issuer: 'mail' },
      { maxAgeSeconds: 599, ttlSeconds: 599 },
    ].map(open);
    for (let round = 0; round < 2; round += 1) {
      tokens.verify(token);
      for (const other of others) refuses(other, token);
    }
    const same = open();
    expect(workOf(() => same.verify(token))[0], 'nothing is shared').to.equal(1);
  });

  it('cannot be changed by who got their claims', () => {
    const tokens = open();
    const token = signed({ amr: ['pwd'], scope: 'read', aud: ['notes-api', 'x'], act: { sub: ['bob'] } });
    const first = tokens.verify(token);
    const claims = first.claims as { sub: string; aud: string[]; act: { sub: string[] }; added?: boolean };
    for (const change of [
      () => (claims.sub = 'admin'),
      () => (claims.added = true),
      () => claims.aud.push('mail-api'),
      () => (claims.act.sub[0] = 'admin'),
      () => (first.methods as string[]).push('otp'),
      () => (first.scopes as string[]).push('write'),
    ]) {
      expect(change).to.throw(TypeError);
    }
    for (const time of [first.issuedAt, first.expiresAt, first.acceptedUntil, first.authenticatedAt]) {
      time?.setTime(now + 1e12);
    }
    Object.assign(first, { subject: 'admin', scopes: undefined });
    expect(tokens.verify(token)).to.deep.include({
      subject: 'alice',
      scopes: ['read'],
      methods: ['pwd'],
      issuedAt: new Date(now),
      expiresAt: new Date(now + 600_000),
      acceptedUntil: new Date(now + 600_000),
      authenticatedAt: new Date(now),
    });
  });

  it('are found in no other spelling', () => {
    const tokens = open();
    const token = signed({});
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (let round = 0; round < 2; round += 1) {
      tokens.verify(token);
      for (const other of [
        `${token}=`,
        `${token}==`,
        `${token} `,
        `${token}\n`,
        ` ${token}`,
        `${token}\0`,
        `\ufeff${token}`,
        `${token}\u0301`,
        `${token}.`,
        `${token}A`,
        token.toUpperCase(),
        token.replace('.', '\uff0e'),
        `${header}=.${payload}.${signature}`,
        `${header}.${payload}=.${signature}`,
        `${header}.${payload}A.${signature}`,
        `${header}..${signature}`,
        `.${signature}`,
        signature,
        `${String.fromCharCode(token.charCodeAt(0) + 256)}${token.slice(1)}`,
        `${'A'.repeat(8192)}${token}`,
      ]) {
        refuses(tokens, other);
      }
      for (const other of [[token], { toString: () => token }, Buffer.from(token), new String(token)]) {
        refuses(tokens, other);
      }
    }
  });

  it('are as many as wanted, and each verifies whether it is among them or not', () => {
    const tokens = open({ tokenCache: 10 });
    const texts = Array.from({ length: 200 }, (_, index) => signed({ sub: `u${String(index)}` }));
    for (let round = 0; round < 2; round += 1) {
      texts.forEach((token, index) => {
        expect(tokens.verify(token).subject).to.equal(`u${String(index)}`);
      });
    }
    const [signatures] = workOf(() => texts.map((token) => tokens.verify(token)));
    expect(signatures).to.be.within(190, 200);
  });

  it('may be long, and what is longer than tokens are is refused', () => {
    const tokens = open();
    const long = signed({ pad: 'x'.repeat(5800) });
    tokens.verify(long);
    expect(workOf(() => tokens.verify(long))).to.deep.equal([0, 0]);
    refuses(tokens, signed({ pad: 'x'.repeat(6200) }));
  });

  it('are a whole number, from none to a million', () => {
    for (const tokenCache of [-1, 1.5, 1_000_001, Number.NaN, Infinity, '10', true, {}]) {
      expect(() => open({ tokenCache: tokenCache as number }), JSON.stringify(tokenCache)).to.throw(
        ConfigurationError,
        'tokenCache',
      );
    }
    for (const tokenCache of [0, 1, 1_000_000, undefined]) open({ tokenCache });
  });
});
