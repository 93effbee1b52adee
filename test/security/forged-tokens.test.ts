/** Tokens that are forged, over HTTP: each is refused as any bad token is. */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Service } from 'typedi';
import {
  Authentication,
  AuthProvider,
  ConfigurationError,
  MemoryUserstore,
  securest,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { type Api, BODIES, fingerprint, startApi } from '../support/scripted';

const SECRET = 'k'.repeat(32);
/** The time of the whole file, in seconds: the clock stands. */
const now = 1_800_000_000;
const clock = () => now * 1000;
const options = {
  secret: SECRET,
  issuer: 'notes',
  audience: 'notes-api',
  ttlSeconds: 60,
  maxAgeSeconds: 600,
  clock,
};
const service = new TokenService(options);
class Tokens extends TokenProvider {
  constructor() {
    super(service);
  }
}
class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann' }, { username: 'gone', active: false }] });
  }
}

const CHALLENGE = 'Bearer realm="api", error="invalid_token"';
const CLAIMS = {
  iss: 'notes',
  aud: 'notes-api',
  sub: 'ann',
  iat: now,
  exp: now + 60,
  jti: 'id',
  auth_time: now,
};
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token with this header and these claims, signed with the app's own secret. */
function forge(header: unknown, claims: unknown = CLAIMS, secret = SECRET): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
/** The header that the service itself writes. */
const HEADER = JSON.parse(
  Buffer.from(
    service
      .issue(new Authentication<User>({ username: 'ann' }, { authenticatedAt: new Date(clock()) }))
      .token.split('.')[0]!,
    'base64url',
  ).toString(),
) as Record<string, unknown>;

for (const driver of DRIVERS) {
  describe(`Forged tokens on ${driver.name}`, () => {
    beforeEach(reset);
    const start = () => startApi(driver, { security: { providers: [Tokens], userstores: [Users], clock } });

    /** Refused as any bad token is, byte by byte, as Bearer and in the other header. */
    async function expectRefused(api: Api, tokens: Record<string, string>): Promise<void> {
      const bad = fingerprint(await api.get('/guarded', { authorization: 'Bearer x.y.z' }));
      for (const [title, token] of Object.entries(tokens)) {
        const reply = await api.get('/guarded', { authorization: `Bearer ${token}` });
        expect([reply.status, reply.json()], title).to.deep.equal([401, BODIES.bad]);
        expect(reply.challenges, title).to.deep.equal([CHALLENGE]);
        expect(fingerprint(reply), title).to.equal(bad);
        const other = await api.get('/guarded', { 'authentication-token': token });
        expect(fingerprint(other), title).to.equal(bad);
      }
      expect(api.ran).to.deep.equal([]);
    }
    const withHeader = (more: object) => forge({ ...HEADER, ...more });
    const withClaims = (more: object) => forge(HEADER, { ...CLAIMS, ...more });

    it('a token that is forged like these but right is taken, so that they fail for their fault', async () => {
      await using api = await start();
      for (const authorization of [`Bearer ${forge(HEADER)}`, `bearer ${withClaims({ nbf: now })}`]) {
        expect((await api.get('/guarded', { authorization })).json()).to.deep.equal({ user: 'ann' });
      }
    });

    it('no token says how it is to be verified', async () => {
      await using api = await start();
      const [header, claims] = [encode({ ...HEADER, alg: 'none' }), encode(CLAIMS)];
      const algs = ['none', 'None', 'NONE', 'hs256', 'HS512', 'RS256', '', null, 0, ['HS256'], { HS256: 1 }];
      await expectRefused(api, {
        ...Object.fromEntries(algs.map((alg) => [`alg ${JSON.stringify(alg)}`, withHeader({ alg })])),
        'no alg': forge({ typ: HEADER['typ'] }),
        'an alg from the prototype': forge(`{"typ":"${String(HEADER['typ'])}","__proto__":{"alg":"HS256"}}`),
        unsigned: `${header}.${claims}.`,
        'unsigned without a dot': `${header}.${claims}`,
        'another secret': forge(HEADER, CLAIMS, 'x'.repeat(32)),
        'an empty secret': forge(HEADER, CLAIMS, ''),
      });
    });

    it('a key in the token is not used and a URL in it not fetched', async () => {
      let fetched = 0;
      const bait = http.createServer((_request, response) => ((fetched += 1), response.end('{}')));
      bait.on('connection', () => (fetched += 1));
      await new Promise<void>((resolve) => bait.listen(0, '127.0.0.1', resolve));
      try {
        await using api = await start();
        const url = `http://127.0.0.1:${(bait.address() as AddressInfo).port}/keys`;
        const own = 'o'.repeat(32);
        const jwk = { kty: 'oct', k: encode(own), alg: 'HS256' };
        await expectRefused(
          api,
          Object.fromEntries(
            [{ jwk }, { jku: url }, { x5u: url }, { x5c: [encode(own)] }, { jwk, jku: url, kid: url }].map(
              (more) => [Object.keys(more).join(), forge({ ...HEADER, ...more }, CLAIMS, own)],
            ),
          ),
        );
        expect(fetched).to.equal(0);
      } finally {
        bait.close();
      }
    });

    it('a key id is never a path, a query or a header line', async () => {
      await using api = await start();
      const kids = ['../../../../dev/null', "' OR 1=1 --", 'a\r\nX: y', '\0', 'k'.repeat(5_000), '__proto__'];
      await expectRefused(
        api,
        Object.fromEntries(kids.map((kid) => [kid.slice(0, 20), forge({ ...HEADER, kid }, CLAIMS, '')])),
      );
    });

    it('a weak secret stops the app at start', () => {
      for (const secret of ['', 'short', 'x'.repeat(31), undefined, null, 0]) {
        reset();
        @Service()
        class WeakTokens extends TokenService {
          constructor() {
            super({ ...options, secret: secret as string });
          }
        }
        @AuthProvider(1)
        class WeakToken extends TokenProvider {
          constructor(tokens: WeakTokens) {
            super(tokens);
          }
        }
        const security = { logger: new MemoryLogger(), userstores: [Users], providers: [WeakToken] };
        expect(() => driver.build(securest({ controllers: [], security }))).to.throw(ConfigurationError);
      }
    });

    it('a token without a sound end is refused', async () => {
      await using api = await start();
      const endless = { ...CLAIMS, exp: undefined };
      await expectRefused(api, {
        missing: forge(HEADER, endless),
        ...Object.fromEntries(
          [String(now + 60), null, true, [now + 60], now * 1000, now - 3600, 0, -1].map((exp) => [
            `exp ${JSON.stringify(exp)}`,
            withClaims({ exp }),
          ]),
        ),
        '1e400': forge(HEADER, JSON.stringify(CLAIMS).replace(`"exp":${now + 60}`, '"exp":1e400')),
        'longer than the app allows': withClaims({ exp: now + 601 }),
      });
    });

    it('issuer and audience are compared as a whole', async () => {
      await using api = await start();
      const noIssuer = { ...CLAIMS, iss: undefined };
      const noAudience = { ...CLAIMS, aud: undefined };
      await expectRefused(api, {
        'no iss': forge(HEADER, noIssuer),
        'no aud': forge(HEADER, noAudience),
        ...Object.fromEntries(
          [['notes'], 'note', 'notes/', 'Notes', '', null, { notes: 1 }].map((iss) => [
            `iss ${JSON.stringify(iss)}`,
            withClaims({ iss }),
          ]),
        ),
        ...Object.fromEntries(
          ['', [], 'notes', 'notes-api-2', ['x'], { 'notes-api': 1 }, null, 'notes-ap'].map((aud) => [
            `aud ${JSON.stringify(aud)}`,
            withClaims({ aud }),
          ]),
        ),
      });
    });

    it('a token for nobody, for an unknown and for an inactive user is refused alike', async () => {
      await using api = await start();
      const nobody = { ...CLAIMS, sub: undefined };
      await expectRefused(api, {
        missing: forge(HEADER, nobody),
        ...Object.fromEntries(
          [1, '', null, ['ann'], { ann: 1 }, 'deleted', 'Ann', '__proto__', 'gone'].map((sub) => [
            `sub ${JSON.stringify(sub)}`,
            withClaims({ sub }),
          ]),
        ),
      });
    });
  });
}
