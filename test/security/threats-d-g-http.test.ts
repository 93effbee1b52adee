/** Sections D and G over HTTP: tokens that are forged, and user files that change under load. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { Service } from 'typedi';
import {
  Authentication,
  AuthProvider,
  ConfigurationError,
  type Constructor,
  FileUserstore,
  MemoryUserstore,
  securest,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { MemoryLogger, reset } from '../support/reset';
import { type Api, BODIES, fingerprint, provider, startApi } from '../support/scripted';

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
  describe(`Threats by tokens on ${driver.name}`, () => {
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

    it('D1: no token says how it is to be verified', async () => {
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

    it('D3: a key in the token is not used and a URL in it not fetched', async () => {
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

    it('D4: a key id is never a path, a query or a header line', async () => {
      await using api = await start();
      const kids = ['../../../../dev/null', "' OR 1=1 --", 'a\r\nX: y', '\0', 'k'.repeat(5_000), '__proto__'];
      await expectRefused(
        api,
        Object.fromEntries(kids.map((kid) => [kid.slice(0, 20), forge({ ...HEADER, kid }, CLAIMS, '')])),
      );
    });

    it('D6: a weak secret stops the app at start', () => {
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

    it('D7: a token without a sound end is refused', async () => {
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

    it('D8: issuer and audience are compared as a whole', async () => {
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

    it('D10: a token for nobody, for an unknown and for an inactive user is refused alike', async () => {
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

  describe(`Threats to user files on ${driver.name}`, () => {
    let folder: string;
    let path: string;
    beforeEach(() => {
      reset();
      folder = mkdtempSync(join(tmpdir(), 'users-'));
      path = join(folder, 'users.yaml');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** Replaces the file as a whole, as writers should. */
    const replace = (text: string) => {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    };
    /** Users and a group of one version: the roles of all of them carry its number. */
    const version = (number: number) =>
      [
        'users:',
        `  - { username: ann, email: v${number}@example.org, roles: [own${number}], groups: [team] }`,
        'groups:',
        `  - { name: team, roles: [team${number}] }`,
        '',
      ].join('\n');
    const byName = provider(
      'p',
      async (request, users) => {
        const name = request.header('x-user');
        return name === undefined ? null : await users.getUser(name);
      },
      { credential: 'x-user' },
    );
    const start = (controllers?: Constructor<object>[]) => {
      class File extends FileUserstore {
        constructor() {
          super({ path, pollMs: 2 });
        }
      }
      const host = controllers === undefined ? {} : { controllers };
      return startApi(driver, { host, security: { providers: [byName], userstores: [File] } });
    };

    it('G1: a bad first version stops the app at start', async () => {
      for (const text of ['', 'users: [', 'users: ann', 'users:\n  - { username: ann, active: "off" }\n']) {
        replace(text);
        const outcome = await start().then(
          (api) => api[Symbol.asyncDispose]().then(() => 'started'),
          (error: unknown) => error,
        );
        expect(outcome, text).to.be.instanceOf(ConfigurationError);
      }
    });

    it('G1: a broken, empty or deleted file leaves the last good users, and is told of once', async () => {
      replace(version(1));
      await using api = await start();
      const problems = () => api.events.filter(({ type }) => type === 'misconfigured').length;
      const isIn = async () => (await api.get('/guarded', { 'x-user': 'ann' })).status === 200;
      const faults = ['users: [', '', 'users:\n  - { username: ann, active: off }\n', undefined];
      for (const [index, text] of faults.entries()) {
        if (text === undefined) rmSync(path);
        else replace(text);
        await eventually(() => problems() > index);
        expect(problems(), String(text)).to.equal(index + 1);
        expect(await isIn(), String(text)).to.equal(true);
      }
      replace(version(2).replaceAll('ann', 'bob'));
      const users = async () => (await api.get('/guarded', { 'x-user': 'bob' })).status;
      while ((await users()) !== 200);
      expect(await isIn()).to.equal(false);
      await api.security.close();
    });

    it('G6: a thousand logins during reloads see one version each, never a mixture', async () => {
      @JsonController()
      class Versions {
        @Authorized()
        @Get('/version')
        version(@CurrentUser() { email, roles }: User) {
          return { email, roles };
        }
      }
      replace(version(0));
      await using api = await start([Versions]);
      let logins = 0;
      const versionsOf = async (parallel: number): Promise<Set<string>> => {
        const requests = Array.from({ length: parallel }, () => api.get('/version', { 'x-user': 'ann' }));
        const numbers = (await Promise.all(requests)).map((reply) => {
          const { email } = reply.json();
          const number = String(/^v(\d+)@/.exec(String(email))?.[1]);
          expect(reply.json()).to.deep.equal({ email, roles: [`own${number}`] });
          return number;
        });
        logins += parallel;
        return new Set(numbers);
      };
      for (let number = 1; number <= 50 || logins < 1000; number += 1) {
        replace(version(number));
        while (!(await versionsOf(20)).has(String(number)));
      }
      await api.security.close();
      const troubles = api.events.filter(({ type }) => type === 'unavailable' || type === 'misconfigured');
      expect(troubles).to.deep.equal([]);
    });
  });
}
