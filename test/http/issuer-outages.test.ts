/** What clients get while an issuer is down, slow or wrong: 503 for its own tokens, and nothing for those of others. */
import http from 'node:http';
import { expect } from 'chai';
import { Authentication, MemoryUserstore, TokenProvider, TokenService } from '../../src';
import { AccessTokenProvider } from '../../src/oidc/provider';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { type Answer, sendJson } from '../support/scripted-issuer';
import { type Api, startApi } from '../support/scripted';
import { DISCOVERY, TokenIssuer } from '../support/token-issuer';

/** How long an issuer may take, in milliseconds. */
const FETCH_MS = 3000;

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann' }] });
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('Outages of an issuer', () => {
  let offset: number;
  let base: number;
  const clock = () => base + offset;
  let one: TokenIssuer;
  let two: TokenIssuer;
  let api: Api | undefined;
  /** What makes the fetches that are under way too late. */
  let late: (() => void)[];

  const { setTimeout } = globalThis;
  beforeEach(async () => {
    reset();
    [base, offset] = [Date.now(), 0];
    late = [];
    globalThis.setTimeout = ((callback: () => void, milliseconds?: number, ...rest: []) => {
      if (milliseconds === FETCH_MS) late.push(callback);
      return setTimeout(callback, milliseconds, ...rest);
    }) as typeof setTimeout;
    [one, two] = await Promise.all([TokenIssuer.start(clock), TokenIssuer.start(clock)]);
  });
  afterEach(async () => {
    globalThis.setTimeout = setTimeout;
    await api?.[Symbol.asyncDispose]();
    await api?.security.close();
    api = undefined;
    await Promise.all([one.close(), two.close()]);
  });

  const service = new TokenService({
    secret: 'x'.repeat(32),
    issuer: 'https://own.example',
    audience: 'own',
  });
  const ownToken = () => service.issue(new Authentication({ username: 'ann' })).token;

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const start = async (introspect?: { maxConcurrent: number }): Promise<Api> => {
        class One extends AccessTokenProvider {
          constructor() {
            super({ issuer: one.name, audience: 'notes-api', users: 'claims', userPrefix: 'one:', clock });
          }
        }
        class Two extends AccessTokenProvider {
          constructor() {
            super({
              issuer: two.name,
              audience: 'notes-api',
              users: 'claims',
              userPrefix: 'two:',
              clock,
              ...(introspect && {
                introspection: { clientId: 'api', clientSecret: 'secret', ...introspect },
              }),
            });
          }
        }
        class Own extends TokenProvider {
          constructor() {
            super(service);
          }
        }
        api = await startApi(driver, { security: { userstores: [Users], providers: [Own, One, Two] } });
        return api;
      };
      const get = async (token: string) => api!.get('/guarded', bearer(token));
      const told = () =>
        api!.events.flatMap((event) =>
          event.type === 'degraded' || event.type === 'recovered' ? [event.type] : [],
        );

      const outages: Readonly<Record<string, Answer>> = {
        'closes connections': (_, response) => response.destroy(),
        'answers with 500': (_, response) => sendJson(response, {}, 500),
        'answers with 404': (_, response) => sendJson(response, {}, 404),
        'redirects elsewhere': (_, response) =>
          response.writeHead(302, { Location: `${two.name}${DISCOVERY}` }).end(),
        'answers with no JSON': (_, response) => response.end('<html></html>'),
        'answers with a list': (_, response) => sendJson(response, [{}]),
        'answers with too much': (_, response) => sendJson(response, { a: 'x'.repeat(600_000) }),
        'answers for another issuer': (_, response) =>
          sendJson(response, { issuer: two.name, jwks_uri: `${two.name}/keys` }),
        'does not answer': () => undefined,
      };
      for (const [what, answer] of Object.entries(outages)) {
        it(`answers 503 while it ${what}, and lets all others in`, async () => {
          one.server.on(DISCOVERY, answer).on('/.well-known/oauth-authorization-server', answer);
          await start();
          const [first, second] = [await one.token(), await two.token()];
          expect((await get(second)).json()).to.deep.equal({ user: 'two:alice' });
          const refused = Promise.all(Array.from({ length: 20 }, () => get(first)));
          await eventually(() => one.server.count(DISCOVERY) === 1);
          if (what === 'does not answer') for (const end of late) end();
          const replies = await refused;
          for (const reply of replies) {
            expect(reply.status).to.equal(503);
            expect(reply.json()).to.deep.include({ code: 'authentication_unavailable' });
            expect(Number(reply.headers['retry-after'])).to.be.within(1, 30);
            expect(reply.challenges).to.deep.equal([]);
          }
          expect(one.server.count(DISCOVERY)).to.equal(1);
          expect((await get(second)).json()).to.deep.equal({ user: 'two:alice' });
          expect((await get(ownToken())).json()).to.deep.equal({ user: 'ann' });
          expect((await get(await two.token({ aud: 'other' }))).status).to.equal(401);
          expect(told()).to.deep.equal(['degraded']);
          expect(JSON.stringify([api!.events, api!.logger.lines])).to.not.include(first);
        });
      }

      it('lets its tokens in again once it is back', async () => {
        one.server.down();
        await start();
        const token = await one.token();
        expect((await get(token)).status).to.equal(503);
        one.server.up();
        offset += 2000;
        expect((await get(token)).json()).to.deep.equal({ user: 'one:alice' });
        expect(told()).to.deep.equal(['degraded', 'recovered']);
      });

      it('goes on with the keys that it had', async () => {
        await start();
        expect((await get(await one.token())).status).to.equal(200);
        one.server.down();
        offset += 40_000;
        expect((await get(await one.token({ sub: 'bob' }))).json()).to.deep.equal({ user: 'one:bob' });
        expect((await get(await one.token({}, { kid: 'new' }))).status).to.equal(503);
        expect((await get(await one.token({ sub: 'bob' }))).status).to.equal(200);
      });

      it('answers 401 and no 503 to what is wrong whatever the issuer would say', async () => {
        one.server.down();
        await start();
        const token = await one.token();
        for (const header of [{ typ: 'id+jwt' }, { alg: 'HS256' }, { crit: ['x'], x: 1 }]) {
          expect((await get(token.replace(/^[^.]+/, encode(header)))).status).to.equal(401);
        }
        expect((await get(await one.token({ iss: 'https://nobody.example' }))).status).to.equal(401);
      });

      it('lets others wait for the keys where a client goes away', async () => {
        const waiting: (() => void)[] = [];
        one.server.on('/keys', (_, response) => {
          waiting.push(() => sendJson(response, { keys: one.keys.map(({ jwk }) => jwk) }));
        });
        const { server } = await start();
        const token = await one.token();
        const leaving = http.get(`${server.url}/guarded`, { headers: bearer(token) });
        leaving.on('error', () => undefined);
        await eventually(() => waiting.length === 1);
        const others = Promise.all([get(token), get(token), get(token)]);
        leaving.destroy();
        await eventually(() => leaving.destroyed);
        // Later than whatever the server makes of the one that left.
        await get(ownToken());
        for (const end of waiting) end();
        for (const reply of await others) expect(reply.status).to.equal(200);
        expect(one.server.count('/keys')).to.equal(1);
      });

      it('introspects no more than it may at once, and answers 503 to the rest', async () => {
        const waiting: (() => void)[] = [];
        two.server.on('/introspect', (_, response) => {
          waiting.push(() => sendJson(response, { active: true, ...two.claims() }));
        });
        await start({ maxConcurrent: 5 });
        const statuses: number[] = [];
        const requests = Array.from({ length: 30 }, async (_, index) => {
          statuses.push((await get(`opaque-${index}`)).status);
        });
        await eventually(() => statuses.length === 25);
        expect(new Set(statuses)).to.deep.equal(new Set([503]));
        expect(waiting).to.have.length(5);
        expect((await get(ownToken())).status).to.equal(200);
        expect((await get(await one.token())).status).to.equal(200);
        for (const end of waiting) end();
        await Promise.all(requests);
        expect(statuses.filter((status) => status === 200)).to.have.length(5);
        expect(two.server.count('/introspect')).to.equal(5);
        expect(one.server.count('/introspect')).to.equal(0);
      });

      it('answers 503 while tokens cannot be introspected, and lets all others in', async () => {
        two.server.on('/introspect', (_, response) => sendJson(response, { error: 'invalid_client' }, 401));
        await start({ maxConcurrent: 50 });
        for (let index = 0; index < 3; index += 1) expect((await get('opaque')).status).to.equal(503);
        expect((await get(await two.token())).status).to.equal(200);
        expect((await get(ownToken())).status).to.equal(200);
        const types = api!.events.map(({ type }) => type);
        expect(types.filter((type) => type === 'misconfigured')).to.have.length(1);
        expect(types.filter((type) => type === 'degraded')).to.have.length(1);
      });
    });
  }
});

function encode(header: object): string {
  return Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'one', ...header })).toString('base64url');
}
