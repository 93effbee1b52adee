/**
 * Tokens printed in RFCs, Wycheproof's JWS suite and hostile JWTs, against a verifier that knows one HS256
 * key. The vectors' tokens are typed `JWT` or not at all, so they are held against that type here: refused
 * for their type alone, as the service does, they would prove nothing.
 */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenInvalidError } from '../../src/errors';
import { TokenProvider } from '../../src/providers/token';
import { readClaims, type ClaimsPolicy, type VerifiedToken } from '../../src/tokens/claims';
import { hs256Key, MAX_TOKEN_LENGTH, signCompact, verifyCompact, type JwsKey } from '../../src/tokens/jws';
import { verifyJwt } from '../../src/tokens/jwt';
import { TokenService } from '../../src/tokens/token-service';
import { fakeRequest } from '../support/fake-request';

interface Vector {
  id: string;
  token: unknown;
  json?: unknown;
  expect: string;
  verify_key?: string;
  key_utf8?: string;
  key?: { kty?: string; k?: string; keys?: unknown } | null;
  pinned_algorithms?: string[];
  alg?: string;
  group?: string;
  comment?: string;
}

interface Attacks {
  now: number;
  issuer: string;
  audience: string;
  keys: Record<string, JsonWebKey>;
  vectors: Vector[];
}

const load = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '..', 'vectors', name), 'utf8')) as unknown;

const attacks = load('jwt_attacks.json') as Attacks;
const rfc = (load('jwt_rfc.json') as { vectors: Vector[] }).vectors;
const wycheproof = (load('jws_wycheproof.json') as { vectors: Vector[] }).vectors;

const secretOf = (key: { k?: string | undefined }): Buffer => Buffer.from(key.k ?? '', 'base64url');
const sharedSecret = secretOf(attacks.keys['hs256'] as { k?: string });
const textOf = (token: unknown): string => (typeof token === 'string' ? token : JSON.stringify(token));

const policy: ClaimsPolicy = {
  issuer: attacks.issuer,
  audience: attacks.audience,
  maxAgeSeconds: 3600,
  clockToleranceSeconds: 30,
};

const verify = (token: string, key: JwsKey = hs256Key(sharedSecret)): VerifiedToken =>
  readClaims(verifyJwt(key, token, 'JWT'), policy, attacks.now * 1000);

const refusesJws = (secret: Uint8Array, token: unknown): void => {
  expect(() => verifyCompact(hs256Key(secret), textOf(token))).to.throw(TokenInvalidError);
};

/** An oct JWK alone, or the one in a set of one. Empty where there is none. */
function hmacSecret(vector: Vector): Buffer | undefined {
  const keys = vector.key?.keys;
  const candidates = (Array.isArray(keys) ? keys : [vector.key]) as { kty?: string; k?: string }[];
  const hmac = candidates.filter((key) => key.kty === 'oct' && typeof key.k === 'string');
  return hmac.length === 1 && hmac[0] !== undefined ? secretOf(hmac[0]) : undefined;
}

/** Every form in which a public key could have been mistaken for a secret. */
function publicKeyBytes(jwk: JsonWebKey): Buffer[] {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const pem = key.export({ format: 'pem', type: 'spki' }).toString();
  const raw = [jwk.x, jwk.n].filter((part) => typeof part === 'string');
  return [
    Buffer.from(pem),
    Buffer.from(pem.trimEnd()),
    key.export({ format: 'der', type: 'spki' }),
    Buffer.from(JSON.stringify(jwk)),
    ...raw.map((part) => Buffer.from(part, 'base64url')),
  ];
}

describe('hostile JWTs under HS256', () => {
  /** Where a vector may be valid: what is made of it here, and why. */
  const verdicts: Record<string, 'accepted' | 'refused'> = {
    'exp-float-ok': 'accepted',
    'b64-trailing-bits': 'refused', // one token, one text
    'b64-padding': 'refused',
    'b64-std-alphabet': 'refused',
    'proto-claim': 'refused', // no claims set that is issued has an own __proto__
    big: 'refused', // longer than a token may be
    'exp-1e400': 'refused', // the maximum lifetime
    'exp-millis': 'refused',
    'sub-__proto__': 'accepted', // a name like any other, which the userstore does not find: below
  };

  const rows = attacks.vectors.filter(({ verify_key }) => verify_key === 'hs256');

  it('has rows, and names only rows that exist', () => {
    expect(rows).to.have.lengthOf.at.least(50);
    expect(rows.map(({ id }) => id)).to.include.members(Object.keys(verdicts));
  });

  for (const { id, token, expect: expected } of rows) {
    const verdict = verdicts[id] ?? 'refused';
    it(`${id} (${expected}) is ${verdict}`, () => {
      if (verdict === 'accepted') expect(verify(textOf(token))).to.have.property('issuedAt');
      else expect(() => verify(textOf(token))).to.throw(TokenInvalidError);
    });
  }

  for (const { id, token, key_utf8 = '' } of attacks.vectors.filter((row) => row.key_utf8 !== undefined)) {
    it(`${id} is refused under its own, too short key`, () => {
      expect(() => verify(textOf(token), hs256Key(Buffer.from(key_utf8)))).to.throw(TokenInvalidError);
    });
  }

  it('sub-__proto__ is refused for want of such a user', async () => {
    const { token } = attacks.vectors.find(({ id }) => id === 'sub-__proto__') ?? {};
    const provider = new TokenProvider({ verify: (text) => verify(text) });
    const request = fakeRequest({ headers: { authorization: `Bearer ${textOf(token)}` } });
    const users = new Map([['alice', { username: 'alice' }]]);
    try {
      await provider.authenticate(request, { getUser: (name) => users.get(name) });
      expect.fail('it was taken');
    } catch (error) {
      expect(error).to.be.instanceOf(TokenInvalidError);
    }
  });

  it('a service refuses all of them for not being typed as its access tokens', () => {
    const service = new TokenService({
      secret: sharedSecret,
      issuer: attacks.issuer,
      audience: attacks.audience,
      clock: () => attacks.now * 1000,
    });
    for (const { token } of attacks.vectors)
      expect(() => service.verify(textOf(token))).to.throw(TokenInvalidError);
  });

  it('refuses every hostile token, and floods of dots, brackets and parts, for one signature at most', () => {
    const key = hs256Key(sharedSecret);
    let computed = 0;
    const counting: JwsKey = { ...key, verify: (...given) => ((computed += 1), key.verify(...given)) };
    const signaturesOf = (token: string): number => {
      computed = 0;
      try {
        verify(token, counting);
      } catch (error) {
        expect(error).to.be.instanceOf(TokenInvalidError);
      }
      return computed;
    };
    for (const row of attacks.vectors) expect(signaturesOf(textOf(row.token)), row.id).to.be.at.most(1);
    for (const part of ['.', 'a.', '[', '{"a":', 'a', '-', '\u0000', 'é']) {
      expect(signaturesOf(part.repeat(MAX_TOKEN_LENGTH + 1)), part).to.equal(0);
    }
  });
});

describe('keys that a token brings or names', () => {
  const key = hs256Key(sharedSecret);
  const claims = JSON.stringify({
    iss: attacks.issuer,
    aud: attacks.audience,
    sub: 'alice',
    jti: '1',
    iat: attacks.now,
    exp: attacks.now + 60,
  });
  const foreign = { kty: 'oct', k: Buffer.alloc(32, 9).toString('base64url') };
  const headers = [
    { jwk: foreign },
    { jku: 'http://127.0.0.1:9/keys.json' },
    { x5u: 'http://127.0.0.1:9/cert.pem' },
    { x5c: ['bm90IGEgY2VydA=='] },
    { kid: '../../../../dev/null' },
    { kid: "' OR 1=1 --" },
    { kid: 'a\r\nSet-Cookie: b' },
    { kid: 'x'.repeat(4000) },
    { kid: { toString: 1 } },
  ];

  it('are neither fetched nor looked up: the configured key alone decides', () => {
    const connections: unknown[] = [];
    const request = http.request;
    http.request = ((...args: unknown[]) => connections.push(args)) as unknown as typeof http.request;
    try {
      for (const header of headers) {
        verify(signCompact(key, { typ: 'JWT', ...header }, claims));
        for (const secret of [Buffer.alloc(32, 9), Buffer.alloc(1), Buffer.alloc(0)]) {
          const forged = signCompact(hs256Key(secret), { typ: 'JWT', ...header }, claims);
          expect(() => verify(forged)).to.throw(TokenInvalidError);
        }
      }
    } finally {
      http.request = request;
    }
    expect(connections).to.deep.equal([]);
  });

  it('a kid of 10 kB makes the token too long', () => {
    const token = signCompact(key, { typ: 'JWT', kid: 'x'.repeat(10_000) }, claims);
    expect(() => verify(token)).to.throw(TokenInvalidError);
  });
});

describe('tokens for other algorithms', () => {
  for (const { id, token, verify_key = '' } of attacks.vectors) {
    const jwk = attacks.keys[verify_key];
    if (jwk === undefined || verify_key === 'hs256') continue;
    it(`${id}: refused under the app's secret`, () => {
      refusesJws(sharedSecret, token);
    });
    if (id.startsWith('confusion-')) continue;
    it(`${id}: refused with the public key as the secret, in every form`, () => {
      for (const secret of publicKeyBytes(jwk)) refusesJws(secret, token);
    });
  }

  it('confusion vectors verify only under the public key itself, which no service takes as PEM', () => {
    const jwk = attacks.keys['rs256'] ?? {};
    const pems = publicKeyBytes(jwk).slice(0, 2);
    const { token } = attacks.vectors.find(({ id }) => id === 'confusion-pem') ?? {};
    const verifying = pems.filter((secret) => {
      try {
        return verifyCompact(hs256Key(secret), textOf(token)).header['alg'] === 'HS256';
      } catch {
        return false;
      }
    });
    expect(verifying).to.have.lengthOf(1);
    for (const secret of pems) {
      expect(() => new TokenService({ secret, issuer: 'i', audience: 'a' })).to.throw(/secret/);
    }
  });
});

describe('RFC vectors', () => {
  for (const vector of rfc) {
    const secret = vector.alg === 'HS256' ? hmacSecret(vector) : undefined;
    if (secret === undefined) {
      it(`${vector.id}: refused, it is no compact HS256 token`, () => {
        refusesJws(sharedSecret, vector.token ?? vector.json);
        for (const bytes of vector.key?.kty === undefined ? [] : publicKeyBytes(vector.key)) {
          refusesJws(bytes, vector.token);
        }
      });
    } else {
      it(`${vector.id}: its signature is right, and that of any other text is not`, () => {
        const token = textOf(vector.token);
        expect(verifyCompact(hs256Key(secret), token).header['alg']).to.equal('HS256');
        refusesJws(secret, token.replace('.', 'A.'));
        refusesJws(Buffer.alloc(32), token);
      });
    }
  }

  it('RFC 7519 section 3.1: the expired token verifies as a JWT and is refused for its claims', () => {
    const vector = rfc.find(({ id }) => id === 'RFC7519-3.1-expired');
    const claims = verifyJwt(hs256Key(sharedSecret), textOf(vector?.token), 'JWT');
    expect(claims).to.include({ iss: 'joe', exp: 1300819380 });
    expect(() => readClaims(claims, policy, 1300819441_000)).to.throw(TokenInvalidError);
  });
});

describe('Wycheproof JWS vectors (RFC 7515)', () => {
  const onlyHs256 = ({ pinned_algorithms: pinned = [] }: Vector): boolean =>
    pinned.length === 1 && pinned[0] === 'HS256';
  const validTexts = new Set(wycheproof.filter((row) => row.expect === 'valid').map((row) => row.token));

  for (const vector of wycheproof) {
    const name = `${vector.id} ${String(vector.comment)}`;
    const secret = onlyHs256(vector) ? hmacSecret(vector) : undefined;
    if (secret === undefined) {
      it(`${name}: refused under an HS256 key`, () => {
        refusesJws(sharedSecret, vector.token);
      });
    } else if (secret.length < 32) {
      it(`${name}: no service takes its key`, () => {
        expect(() => new TokenService({ secret, issuer: 'i', audience: 'a' })).to.throw(/secret/);
      });
    } else if (vector.expect === 'valid') {
      it(`${name}: accepted`, () => {
        expect(verifyCompact(hs256Key(secret), textOf(vector.token)).header['alg']).to.equal('HS256');
      });
    } else if (validTexts.has(vector.token)) {
      // The file has lost the padding that made 367 and 370 invalid: their text is that of the valid 357.
      it(`${name}: refused with the padding that its text has lost`, () => {
        const [header, payload, signature] = textOf(vector.token).split('.');
        for (const padded of [
          `${textOf(vector.token)}=`,
          `${String(header)}.${String(payload)}==.${String(signature)}`,
        ]) {
          refusesJws(secret, padded);
        }
      });
    } else {
      it(`${name}: refused`, () => {
        refusesJws(secret, vector.token);
      });
    }
  }

  it('has as many HS256 rows as it had', () => {
    const rows = wycheproof.filter((row) => onlyHs256(row) && hmacSecret(row) !== undefined);
    expect(rows.filter((row) => row.expect === 'valid')).to.have.lengthOf.at.least(6);
    expect(rows).to.have.lengthOf.at.least(34);
    expect(
      rows.filter((row) => row.expect !== 'valid' && validTexts.has(row.token)).map(({ id }) => id),
    ).to.deep.equal(['json_web_signature-367', 'json_web_signature-370']);
  });
});
