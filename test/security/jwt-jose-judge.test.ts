/**
 * jose judges: whatever the token service accepts, jose accepts too. The service is stricter where a token could be
 * written in another way, or says something that cannot be.
 */
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { Authentication } from '../../src/core/authentication';
import { TokenInvalidError } from '../../src/errors';
import { TokenService } from '../../src/tokens/token-service';

const NOW = 1_700_000_000;
const TOLERANCE = 5;
const secret = Buffer.from('a secret that ours and jose share');
const service = new TokenService({
  secret,
  issuer: 'https://issuer.example',
  audience: 'api',
  maxAgeSeconds: 3600,
  clockToleranceSeconds: TOLERANCE,
  clock: () => NOW * 1000,
});

/** Refusals other than TokenInvalidError come through and fail the test. */
function oursAccepts(token: string): boolean {
  try {
    service.verify(token);
    return true;
  } catch (error) {
    if (error instanceof TokenInvalidError) return false;
    throw error;
  }
}

async function joseAccepts(token: string): Promise<boolean> {
  try {
    await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      issuer: 'https://issuer.example',
      audience: 'api',
      requiredClaims: ['exp', 'iat', 'sub', 'jti'],
      clockTolerance: TOLERANCE,
      currentDate: new Date(NOW * 1000),
    });
    return true;
  } catch {
    return false;
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');

function signRaw(header: string, payload: string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const HEADER = { alg: 'HS256', typ: 'at+jwt' };
const CLAIMS = { iss: 'https://issuer.example', aud: 'api', sub: 'alice', iat: NOW, exp: NOW + 60, jti: '1' };

/** Mostly the good value, so that enough tokens are good in all places at once. */
function mostly(good: fc.Arbitrary<unknown>, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: good, weight: 15 }, { arbitrary: odd, weight: 1 });
}

const oddValue = fc.oneof(
  fc.constantFrom(undefined, null, true, '', [], {}, -1, 0, 1e300),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Times around now, the borders of the tolerance and fractions among them. */
const time = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((delta) => NOW + delta),
  fc.double({ min: -20, max: 20, noNaN: true }).map((delta) => NOW + delta),
  fc.constantFrom(NOW + 0.0004, NOW - TOLERANCE + 0.0004, NOW + TOLERANCE + 0.0004, NOW - TOLERANCE),
);

const claimsSets = fc.record(
  {
    iss: mostly(fc.constant(CLAIMS.iss), fc.oneof(oddValue, fc.constant(['https://issuer.example']))),
    aud: mostly(
      fc.constantFrom<unknown>('api', ['api', 'other']),
      fc.oneof(oddValue, fc.constant(['api', 1])),
    ),
    sub: mostly(fc.string({ minLength: 1, unit: 'binary' }), oddValue),
    iat: mostly(
      fc.integer({ min: -600, max: 0 }).map((delta) => NOW + delta),
      fc.oneof(time, oddValue),
    ),
    exp: mostly(
      fc.integer({ min: 1, max: 600 }).map((delta) => NOW + delta),
      fc.oneof(time, oddValue, fc.constant((NOW + 600) * 1000)),
    ),
    jti: mostly(fc.uuid(), oddValue),
    nbf: mostly(
      fc.integer({ min: -600, max: 0 }).map((delta) => NOW + delta),
      fc.oneof(time, oddValue),
    ),
    scope: mostly(fc.constantFrom('', 'a', 'a b'), oddValue),
    amr: mostly(fc.constantFrom<string[]>([], ['pwd']), oddValue),
    extra: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: ['iss', 'aud', 'sub', 'iat', 'exp', 'jti'] },
);

const headers = fc.record(
  {
    alg: mostly(
      fc.constant('HS256'),
      fc.oneof(oddValue, fc.constantFrom('none', 'hs256', 'HS512', ['HS256'])),
    ),
    typ: mostly(
      fc.constantFrom('at+jwt', 'AT+JWT', 'application/at+jwt', 'APPLICATION/at+JWT'),
      fc.oneof(oddValue, fc.constantFrom('JWT', 'at+jwt ', 'x/at+jwt', 'rt+jwt')),
    ),
    kid: fc.oneof(fc.string(), fc.jsonValue()),
    crit: mostly(fc.constant(undefined), fc.constantFrom([], ['b64'], ['exp'], 'b64', null)),
    b64: mostly(fc.constant(undefined), fc.constantFrom(true, false, 'x', null)),
    zip: mostly(fc.constant(undefined), fc.constantFrom('DEF', null)),
    cty: fc.constantFrom('JWT', 'json'),
  },
  { requiredKeys: ['alg', 'typ'] },
);

/** Checks tokens from the generator with both, and tells which share of them the service accepted. */
async function judge(tokens: fc.Arbitrary<string>, numRuns: number): Promise<number> {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      if (!oursAccepts(token)) return;
      accepted += 1;
      expect(await joseAccepts(token), token).to.equal(true);
    }),
    { numRuns },
  );
  return accepted / numRuns;
}

describe('jose accepts whatever the token service accepts', () => {
  it('claims of every type and time', async () => {
    const tokens = claimsSets.map((claims) => signRaw(JSON.stringify(HEADER), JSON.stringify(claims)));
    expect(await judge(tokens, 1500)).to.be.within(0.3, 0.95);
  });

  it('headers of every type, signed with the right key', async () => {
    const tokens = headers.map((header) => signRaw(JSON.stringify(header), JSON.stringify(CLAIMS)));
    expect(await judge(tokens, 1000)).to.be.within(0.3, 0.95);
  });

  it('times at the borders of the tolerance', async () => {
    const tokens = fc
      .record({ iat: time, exp: time, nbf: time, auth_time: time }, { requiredKeys: ['iat', 'exp'] })
      .map((times) => signRaw(JSON.stringify(HEADER), JSON.stringify({ ...CLAIMS, ...times })));
    expect(await judge(tokens, 1500)).to.be.within(0.05, 0.8);
  });

  it('texts that were changed: characters flipped, put in and taken out, parts swapped', async () => {
    const token = signRaw(JSON.stringify(HEADER), JSON.stringify(CLAIMS));
    const position = fc.nat({ max: token.length });
    const character = fc.oneof(
      fc.constantFrom('.', '=', ' ', '\n', '+', '/', '-', '_', 'A'),
      fc.string({ maxLength: 2 }),
    );
    const edit = fc
      .tuple(position, fc.nat({ max: 2 }), character)
      .map(([at, length, text]) => token.slice(0, at) + text + token.slice(at + length));
    const parts = fc
      .shuffledSubarray([...token.split('.'), '', encode('{}')])
      .map((chosen) => chosen.join('.'));
    const tokens = fc.oneof({ arbitrary: edit, weight: 4 }, parts, fc.string(), fc.constant(token));
    expect(await judge(tokens, 2000)).to.be.above(0.1);
  });

  it('payloads that are edited as text and signed anew', async () => {
    const payload = JSON.stringify(CLAIMS);
    const tokens = fc
      .tuple(
        fc.nat({ max: payload.length }),
        fc.nat({ max: 2 }),
        fc.constantFrom('', ' ', '\n', '"', '1', 'e400', ','),
      )
      .map(([at, length, text]) =>
        signRaw(JSON.stringify(HEADER), payload.slice(0, at) + text + payload.slice(at + length)),
      );
    expect(await judge(tokens, 1500)).to.be.above(0.05);
  });
});

describe('tokens between the token service and jose', () => {
  it('jose accepts what the service issues, for every user name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }), async (username) => {
        const login = new Authentication(
          { username },
          { authenticatedAt: new Date(NOW * 1000), methods: ['pwd'] },
        );
        const { token } = service.issue(login);
        expect(service.verify(token).subject).to.equal(username);
        expect(await joseAccepts(token)).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });

  it('the service accepts what jose signs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.integer({ min: 1, max: 3600 }),
        async (sub, seconds) => {
          const token = await new SignJWT({ ...CLAIMS, sub, exp: NOW + seconds })
            .setProtectedHeader(HEADER)
            .sign(secret);
          expect(service.verify(token).subject).to.equal(sub);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('tokens that are right but for one thing', () => {
  const good = signRaw(JSON.stringify(HEADER), JSON.stringify(CLAIMS));
  const withClaims = (claims: object): string =>
    signRaw(JSON.stringify(HEADER), JSON.stringify({ ...CLAIMS, ...claims }));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const lastFlipped = alphabet.charAt(alphabet.indexOf(good.slice(-1)) ^ 1);

  it('are accepted without it', async () => {
    expect(oursAccepts(good) && (await joseAccepts(good))).to.equal(true);
  });

  const endless: JWTPayload = { ...CLAIMS };
  delete endless.exp;
  for (const [what, token] of Object.entries({
    'no exp': signRaw(JSON.stringify(HEADER), JSON.stringify(endless)),
    padding: `${good}=`,
    'unused bits set': good.slice(0, -1) + lastFlipped,
    'a space inside': good.replace(/\.(?=[^.]*$)/, '. '),
    'a line end': `${good}\n`,
    'exp 1e400': signRaw(JSON.stringify(HEADER), JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e400')),
    'exp in milliseconds': withClaims({ exp: (NOW + 60) * 1000 }),
    'iat in the future': withClaims({ iat: NOW + 3600, exp: NOW + 3700 }),
    'a number as sub': withClaims({ sub: 1 }),
    'an empty sub': withClaims({ sub: '' }),
    'a byte order mark': signRaw(JSON.stringify(HEADER), `\ufeff${JSON.stringify(CLAIMS)}`),
    'a number as jti': withClaims({ jti: 1 }),
  })) {
    it(`are refused for ${what}`, () => {
      expect(oursAccepts(token)).to.equal(false);
    });
  }
});
