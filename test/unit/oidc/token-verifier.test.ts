import { expect } from 'chai';
import type { Problem } from '../../../src/core/events';
import { SecurityError, ServiceUnavailableError, TokenInvalidError } from '../../../src/errors';
import { type AccessTokenOptions, checkAccessTokenOptions } from '../../../src/oidc/options';
import { Discovery } from '../../../src/oidc/discovery';
import { JsonFetcher } from '../../../src/oidc/fetch-json';
import { KeySet } from '../../../src/oidc/key-set';
import { FetchedKeys, FixedKeys, type KeySource } from '../../../src/oidc/key-source';
import { TokenVerifier } from '../../../src/oidc/token-verifier';
import { type Algorithm, DISCOVERY, SigningKey, TokenIssuer } from '../../support/token-issuer';

const MINUTE = 60_000;
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';

describe('TokenVerifier', () => {
  let now: number;
  let issuer: TokenIssuer;
  let fetcher: JsonFetcher;
  let verifier: TokenVerifier;
  /** How often keys were looked for, which happens only for tokens that are not known. */
  let looks: number;
  let told: Pick<Problem, 'type' | 'problem'>[];

  beforeEach(async () => {
    now = 1_700_000_000_000;
    told = [];
    issuer = await TokenIssuer.start(() => now);
    looks = 0;
    fetcher = new JsonFetcher();
    verifier = create();
  });
  afterEach(async () => {
    fetcher.close();
    await issuer.close();
  });

  const clock = () => now;
  const create = (more: Partial<AccessTokenOptions> = {}): TokenVerifier => {
    const settings = checkAccessTokenOptions({ issuer: issuer.name, audience: 'notes-api', ...more });
    const place = settings.keys ?? new Discovery(issuer.name, fetcher, clock);
    const report = (problem: Pick<Problem, 'type' | 'problem'>) => told.push(problem);
    const keys: KeySource =
      place instanceof KeySet ? new FixedKeys(place) : new FetchedKeys(place, { fetcher, clock, report });
    const find = keys.find.bind(keys);
    keys.find = (...asked) => {
      looks += 1;
      return find(...asked);
    };
    return new TokenVerifier({ ...settings, dpop: settings.dpop !== undefined }, keys, clock);
  };
  const failure = async (token: string, by: TokenVerifier): Promise<SecurityError> => {
    // What is known is refused at once, what is new later.
    const error: unknown = await (async () => by.verify(token))().then(
      () => new Error('it was taken'),
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(SecurityError);
    return error as SecurityError;
  };
  const bad = async (token: string, by = verifier) =>
    expect(await failure(token, by)).to.be.instanceOf(TokenInvalidError);
  const unavailable = async (token: string, by = verifier) =>
    expect(await failure(token, by)).to.be.instanceOf(ServiceUnavailableError);
  const fetches = () => issuer.server.asked.length;

  it('verifies a token by the keys that discovery leads to', async () => {
    const token = await issuer.token({ scope: 'read', auth_time: now / 1000 - 5, amr: ['pwd'] });
    const verified = await verifier.verify(token);
    expect(verified.token).to.deep.include({
      issuer: issuer.name,
      subject: 'alice',
      clientId: 'app',
      isClient: false,
      scopes: ['read'],
      authenticatedAt: new Date(now - 5000),
    });
    expect(verified).to.deep.include({
      methods: ['pwd'],
      issuedAt: new Date(now),
      expiresAt: new Date(now + 600_000),
      acceptedUntil: new Date(now + 630_000),
    });
    expect(verified.token.claims).to.be.frozen;
  });

  for (const algorithm of ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as Algorithm[]) {
    it(`verifies ${algorithm}, and no other text with its signature`, async () => {
      issuer.keys = [new SigningKey('a', algorithm)];
      const token = await issuer.token();
      await verifier.verify(token);
      const [header, , signature] = token.split('.') as [string, string, string];
      const forged = Buffer.from(JSON.stringify(issuer.claims({ sub: 'admin' }))).toString('base64url');
      await bad(`${header}.${forged}.${signature}`);
      await bad(`${token.slice(0, -signature.length)}${'A'.repeat(signature.length)}`);
    });
  }

  const refused: Readonly<Record<string, [claims: object, header?: object]>> = {
    'another issuer': [{ iss: 'https://other.example' }],
    'another audience': [{ aud: 'other' }],
    'no exp': [{ exp: undefined }],
    'no iat': [{ iat: undefined }],
    'no sub': [{ sub: undefined }],
    'an exp that has passed': [{ exp: 1_699_999_970, iat: 1_699_999_000 }],
    'an iat ahead': [{ iat: 1_700_000_031 }],
    'a life of more than a day': [{ exp: 1_700_086_401 }],
    'another type': [{}, { typ: 'id+jwt' }],
    'no type and no evidence': [{ client_id: undefined }, { typ: undefined }],
    'no type and a nonce': [{ nonce: 'n' }, { typ: 'JWT' }],
    'the kid of another key': [{}, { kid: 'two' }],
    'a binding that is not checked': [{ cnf: { jkt: JKT } }],
  };
  for (const [what, [claims, header]] of Object.entries(refused)) {
    it(`refuses a token with ${what}`, async () => {
      await bad(await issuer.token(claims, header));
    });
  }

  it('refuses what is signed by a key that the token brings along', async () => {
    const own = new SigningKey('one');
    await bad(await issuer.token({}, { jwk: own.jwk }, own));
    await bad(await issuer.token({}, { jku: `${issuer.name}/evil`, kid: 'evil' }, own));
    expect(issuer.server.count('/evil')).to.equal(0);
  });

  it('refuses an HMAC with the public key as its secret', async () => {
    const { createHmac } = await import('node:crypto');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'HS256', kid: 'one', typ: 'at+jwt' })}.${encode(issuer.claims())}`;
    const secret = JSON.stringify(issuer.keys[0]!.jwk);
    await bad(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
    expect(fetches()).to.equal(0);
  });

  it('refuses a payload that is no claims set', async () => {
    const [key] = issuer.keys as [SigningKey];
    for (const payload of ['[]', 'null', '"a"', '{', '{"__proto__":{}}', '\ufeff{}']) {
      await bad(await key.sign(payload));
    }
  });

  it('takes a token without kid where one key fits, and none where several do', async () => {
    issuer.keys = [new SigningKey('a', 'RS256'), new SigningKey('b', 'ES256')];
    await verifier.verify(await issuer.token({}, { kid: undefined }, issuer.keys[1]));
    issuer.keys.push(new SigningKey('c', 'ES256'));
    const another = create();
    await bad(await issuer.token({}, { kid: undefined }, issuer.keys[1]), another);
    await another.verify(await issuer.token({}, {}, issuer.keys[1]));
  });

  it('tries at most four keys of one kid', async () => {
    issuer.keys = Array.from({ length: 5 }, () => new SigningKey('same'));
    await verifier.verify(await issuer.token({}, {}, issuer.keys[3]));
    await bad(await issuer.token({}, {}, issuer.keys[4]));
  });

  it('takes its keys from the options, and asks nobody', async () => {
    const keys = { jwks: { keys: issuer.keys.map(({ jwk }) => ({ ...jwk })) } };
    const fixed = create({ keys });
    await fixed.verify(await issuer.token());
    await bad(await issuer.token({}, { kid: 'two' }), fixed);
    expect(fetches()).to.equal(0);
  });

  it('takes its keys from an address, and reads no discovery', async () => {
    const direct = create({ keys: { jwksUri: `${issuer.name}/keys` } });
    await direct.verify(await issuer.token());
    expect(issuer.server.asked.map(({ path }) => path)).to.deep.equal(['/keys']);
  });

  it('fetches twice for 300 tokens at once', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 300 }, (_, index) => issuer.token({ jti: String(index) })),
    );
    await Promise.all(tokens.map(async (token) => verifier.verify(token)));
    expect(fetches()).to.equal(2);
  });

  it('is unavailable, and not invalid, where the issuer is down; what is no token of it stays invalid', async () => {
    const token = await issuer.token();
    issuer.server.down();
    await unavailable(token);
    await bad(await issuer.token({}, { alg: 'ES256', typ: 'logout+jwt' }));
    issuer.server.up();
    now += 1000;
    await verifier.verify(token);
    expect(told.map(({ type }) => type)).to.deep.equal(['degraded', 'recovered']);
  });

  it('fetches once for 1000 tokens of unknown kids', async () => {
    await verifier.verify(await issuer.token());
    now += 30_000;
    const tokens = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => issuer.token({}, { kid: `unknown-${String(index)}` })),
    );
    await Promise.all(tokens.map((token) => bad(token)));
    expect(issuer.server.count('/keys')).to.equal(2);
    expect(issuer.server.count(DISCOVERY)).to.equal(1);
  });

  describe('of tokens that it knows', () => {
    it('checks the times each time', async () => {
      const token = await issuer.token({ exp: now / 1000 + 60 });
      await verifier.verify(token);
      now += 89_999;
      await verifier.verify(token);
      now += 1;
      await bad(token);
    });

    it('needs a key that the issuer still has', async () => {
      const token = await issuer.token();
      await verifier.verify(token);
      issuer.keys = [new SigningKey('two')];
      await verifier.verify(token);
      now += 30_000;
      await verifier.verify(await issuer.token());
      await bad(token);
    });

    it('is unavailable once the keys are an hour old', async () => {
      const token = await issuer.token({ exp: now / 1000 + 80_000 });
      await verifier.verify(token);
      issuer.server.down();
      now += 60 * MINUTE;
      await unavailable(token);
    });

    it('gives a new token each time, so that nothing that one gets can be changed by another', async () => {
      const token = await issuer.token({ auth_time: now / 1000 });
      const one = await verifier.verify(token);
      const two = await verifier.verify(token);
      expect(one.token.claims).to.equal(two.token.claims);
      one.token.authenticatedAt?.setTime(0);
      one.acceptedUntil?.setTime(0);
      expect(two.token.authenticatedAt?.getTime()).to.equal(now);
      expect((await verifier.verify(token)).acceptedUntil?.getTime()).to.equal(now + 630_000);
    });

    it('verifies anew where nothing is remembered', async () => {
      const forgetful = create({ tokenCache: 0 });
      const token = await issuer.token();
      const one = await forgetful.verify(token);
      expect((await forgetful.verify(token)).token.claims).to.not.equal(one.token.claims);
    });

    it('answers at once, and looks for no key', async () => {
      const token = await issuer.token();
      await verifier.verify(token);
      expect(verifier.verify(token)).to.have.nested.property('token.subject', 'alice');
      expect(looks).to.equal(1);
    });

    it('lets the one go that was not used for longest', async () => {
      const small = create({ tokenCache: 2 });
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((jti) => issuer.token({ jti })));
      for (const token of [a, b, a, c]) await small.verify(token!);
      looks = 0;
      for (const token of [a, c]) await small.verify(token!);
      expect(looks).to.equal(0);
      await small.verify(b!);
      expect(looks).to.equal(1);
    });

    it('remembers no token whose claims take much memory', async () => {
      for (const more of [{ list: Array(4000).fill([]) }, { roles: Array(20).fill('a'.repeat(20)) }]) {
        const token = await issuer.token(more);
        await verifier.verify(token);
        looks = 0;
        await verifier.verify(token);
        expect(looks).to.equal('list' in more ? 1 : 0);
      }
    });

    it('gives no place to what it refuses', async () => {
      const small = create({ tokenCache: 1 });
      const token = await issuer.token();
      await small.verify(token);
      const signedByOther = new SigningKey('one');
      for (let index = 0; index < 200; index += 1) {
        await bad(await issuer.token({ jti: String(index) }, {}, signedByOther), small);
        await bad(`a.b.${String(index)}`, small);
        await bad(await issuer.token({ jti: String(index), aud: 'other' }), small);
      }
      looks = 0;
      await small.verify(token);
      expect(looks).to.equal(0);
    });

    it('takes no other text for a known token', async () => {
      const token = await issuer.token();
      await verifier.verify(token);
      for (const other of [`${token}=`, ` ${token}`, token.toUpperCase(), `${token}.`, token.slice(0, -1)]) {
        await bad(other);
      }
    });
  });
});
