import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { Service } from 'typedi';
import {
  Authentication,
  jwksController,
  KeyFile,
  KeySet,
  securityReport,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { refusal, secured } from '../support/secured-server';
import { type Api, startApi, store } from '../support/scripted';
import { runCommand } from '../support/compiled';

const DOCUMENT = '/.well-known/jwks.json';
interface App extends AsyncDisposable {
  readonly api: Api;
  readonly tokens: () => TokenService;
}

const names = { issuer: 'notes', audience: 'notes-api' };

for (const driver of DRIVERS) {
  describe(`jwksController() on ${driver.name}`, function () {
    this.timeout(60_000);
    let folder: string;
    beforeEach(() => {
      reset();
      folder = mkdtempSync(join(tmpdir(), 'securest-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    const start = (
      keys: () => KeySet,
      options: { path?: string; maxAgeSeconds?: number } = {},
    ): Promise<App> => {
      const made: TokenService[] = [];
      @Service()
      class Tokens extends TokenService {
        constructor() {
          super({ keys: keys(), ...names });
          made.push(this);
        }
      }
      @Service()
      class Token extends TokenProvider {
        constructor(tokens: Tokens) {
          super(tokens);
        }
      }
      @Authorized()
      @JsonController('/me')
      class Me {
        @Get() me(@CurrentUser() { username }: User) {
          return { username };
        }
      }
      const controllers = [jwksController({ tokens: Tokens, ...options }), Me];
      return startApi(driver, {
        host: { controllers, routePrefix: '/api' },
        security: {
          default: 'authenticated',
          providers: [Token],
          userstores: [store((username) => ({ username }))],
        },
      }).then((api) => ({
        api,
        tokens: () => made[0]!,
        [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
      }));
    };
    const login = () => new Authentication({ username: 'ann' }, { authenticatedAt: new Date() });
    const me = async (api: Api, token: string): Promise<number> =>
      (await api.get('/api/me', { authorization: `Bearer ${token}` })).status;

    it('serves the public keys at the root to everyone, and jose verifies tokens by them', async () => {
      const [now, next] = ['EdDSA', 'ES256'] as const;
      const set = new KeySet([
        { algorithm: now, key: generateKeyPairSync('ed25519').privateKey, kid: 'now' },
        {
          algorithm: next,
          key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
          kid: 'next',
          signFrom: new Date(Date.now() + 3_600_000),
        },
        {
          algorithm: 'HS256',
          key: 'canary-secret-of-thirty-two-bytes!',
          kid: 'secret',
          signFrom: new Date(0),
        },
      ]);
      await using app = await start(() => set);
      const { api, tokens } = app;
      const reply = await api.get(DOCUMENT);
      expect(reply.status).to.equal(200);
      expect(reply.headers['cache-control']).to.equal('public, max-age=300');
      expect(reply.headers['content-type']).to.equal('application/json');
      const { keys } = reply.json() as { keys: { kid: string; d?: string }[] };
      expect(keys.map(({ kid, d }) => [kid, d])).to.deep.equal([
        ['now', undefined],
        ['next', undefined],
      ]);
      const head = await api.server.raw(DOCUMENT, { method: 'HEAD' });
      expect([head.status, head.text, head.response.headers['content-length']]).to.deep.equal([
        200,
        '',
        String(Buffer.byteLength(reply.text)),
      ]);
      expect((await api.server.raw(DOCUMENT, { method: 'POST' })).status).to.not.equal(200);
      expect((await api.get(`/api${DOCUMENT}`)).status).to.equal(404);

      const { token } = tokens().issue(login());
      const remote = createRemoteJWKSet(new URL(DOCUMENT, api.server.url));
      const options = { issuer: 'notes', audience: 'notes-api', typ: 'at+jwt' };
      expect((await jwtVerify(token, remote, options)).payload.sub).to.equal('ann');
      expect(await me(api, token)).to.equal(200);
      const forged = token.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"admin"}').toString('base64url')}.`);
      const thrown: unknown = await jwtVerify(forged, remote, options).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(Error);
      expect(await me(api, forged)).to.equal(401);
    });

    it('takes another path and age, and follows what is replaced', async () => {
      const key = (kid: string) =>
        ({ algorithm: 'EdDSA', key: generateKeyPairSync('ed25519').privateKey, kid }) as const;
      const set = new KeySet([key('one')]);
      await using app = await start(() => set, { path: '/keys', maxAgeSeconds: 0 });
      const { api, tokens } = app;
      const { token } = tokens().issue(login());
      expect((await api.get(DOCUMENT)).status).to.equal(404);
      expect((await api.get('/keys')).headers['cache-control']).to.equal('public, max-age=0');
      expect(await me(api, token)).to.equal(200);
      set.replace([key('two')]);
      expect((await api.get('/keys')).text)
        .to.include('"two"')
        .and.not.include('"one"');
      expect(await me(api, token)).to.equal(401);
    });

    it('is followed by servers of one KeyFile while its keys are rotated, without a restart', async () => {
      const file = join(folder, 'keys.json');
      expect((await runCommand(['keys', 'new', file], { cwd: folder })).code).to.equal(0);
      const open = () => start(() => new KeyFile({ path: file, pollMs: 10 }));
      await using one = await open();
      await using other = await open();
      const old = one.tokens().issue(login()).token;
      expect([await me(one.api, old), await me(other.api, old)]).to.deep.equal([200, 200]);

      const rotate = ['keys', 'rotate', file, '--in', '0', '--keep', '1h', '--algorithm', 'ES256', '--json'];
      const { out } = await runCommand(rotate, { cwd: folder });
      const { kid } = JSON.parse(out) as { kid: string };
      for (const { api } of [one, other]) {
        await eventually(async () => (await api.get(DOCUMENT)).text.includes(kid));
      }
      const fresh = other.tokens().issue(login()).token;
      expect(JSON.parse(Buffer.from(fresh.split('.')[0]!, 'base64url').toString())).to.include({
        kid,
        alg: 'ES256',
      });
      for (const token of [old, fresh]) {
        expect([await me(one.api, token), await me(other.api, token)]).to.deep.equal([200, 200]);
      }

      const good = readFileSync(file, 'utf8');
      writeFileSync(file, good.replace('"EdDSA"', '"HS256"'));
      await eventually(() =>
        one.api.logger.lines.some((line) => line.includes('the last good version stays')),
      );
      expect(one.api.logger.lines.join()).to.not.match(/"d"/);
      expect(await me(one.api, old)).to.equal(200);

      const { keys } = JSON.parse(good) as { keys: object[] };
      writeFileSync(file, JSON.stringify({ keys: keys.slice(0, 1) }));
      for (const { api } of [one, other]) await eventually(async () => (await me(api, old)) === 401);
      expect([await me(one.api, fresh), await me(other.api, fresh)]).to.deep.equal([200, 200]);
    });
  });
}

describe('jwksController()', () => {
  beforeEach(reset);

  it('is an open route of the report, at its path without a prefix', async () => {
    @Service()
    class Tokens extends TokenService {
      constructor() {
        super({ secret: 'x'.repeat(32), ...names });
      }
    }
    const { routes } = await securityReport(
      secured({ controllers: [jwksController({ tokens: Tokens })], routePrefix: '/api' }),
    );
    expect(routes.map(({ method, path, levels }) => [method, path, levels])).to.deep.equal([
      ['GET', DOCUMENT, []],
    ]);
  });

  it('refuses options that are not valid, a class that is no TokenService, and one path twice', () => {
    @Service()
    class Tokens extends TokenService {
      constructor() {
        super({ secret: 'x'.repeat(32), ...names });
      }
    }
    @Service()
    class Other {}
    for (const options of [
      {},
      { tokens: {} },
      { tokens: Tokens, path: 'x' },
      { tokens: Tokens, path: '/:x' },
      { tokens: Tokens, maxAgeSeconds: -1 },
      { tokens: Tokens, age: 1 },
    ]) {
      expect(() => jwksController(options as never), JSON.stringify(options)).to.throw(/jwksController\(\)/);
    }
    const [driver] = DRIVERS;
    expect(refusal(driver!, { controllers: [jwksController({ tokens: Other as never })] })).to.match(
      /TokenService/,
    );
    const twice = [jwksController({ tokens: Tokens }), jwksController({ tokens: Tokens })];
    expect(refusal(driver!, { controllers: twice })).to.match(/served already/);
  });
});
