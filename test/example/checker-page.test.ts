/** The provider of docs/coming-from-a-hand-written-checker.md accepts an app's old tokens as the page says. */
import { expect } from 'chai';
import jsonwebtoken from 'jsonwebtoken';
import { Authorized, Get, JsonController, type RoutingControllersOptions } from 'routing-controllers';
import {
  Authentication,
  AuthProvider,
  CurrentAuthentication,
  recentLogin,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { PATIENCE_MS } from '../support/deadlines';
import { type Driver, DRIVERS, TestServer } from '../support/drivers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';

const PAGE = 'coming-from-a-hand-written-checker.md';
const KEY = 'the secret by which the app has signed its tokens so far';
const CLAIMS = { iss: 'notes', aud: 'notes-api', sub: 'ann' };
/** A whole second, as the times in tokens are. */
const NOW = Date.UTC(2026, 0, 31, 12);
const second = (offset: number): number => NOW / 1000 + offset;

describe(`The provider of docs/${PAGE}`, () => {
  let now: number;
  let ann: User | null;
  let run: (change?: (text: string) => string) => RoutingControllersOptions;

  beforeEach(() => {
    reset();
    now = NOW;
    ann = { username: 'ann', roles: [] };
    @JsonController('/me')
    class NotesController {
      @Get('/') me(@CurrentAuthentication() { authenticatedAt, expiresAt }: Authentication) {
        return { authenticatedAt, expiresAt };
      }
      @Authorized(recentLogin({ maxAgeSeconds: 60 })) @Get('/recent') recent() {
        return {};
      }
    }
    const clock = () => now;
    run = (change = (text) => text) => {
      const [, printed = ''] = blocksOf(PAGE, 'ts');
      const source = change(printed)
        .replace('createKoaServer(securest(', 'export const options = (securest(')
        .replace('security: {', `security: { clock, logger, deadlineMs: ${String(PATIENCE_MS)},`);
      const jwt = {
        verify: (token: string, key: string, options: jsonwebtoken.VerifyOptions) =>
          jsonwebtoken.verify(token, key, { ...options, clockTimestamp: now / 1000 }),
      };
      const repository = { findByName: async (name: string) => (name === ann?.username ? ann : null) };
      const given = { clock, logger: new MemoryLogger(), jwt, KEY, NotesController, repository };
      return (runBlock(source, given) as { options: RoutingControllersOptions }).options;
    };
  });

  function oldToken(claims: object = { iat: second(-100), exp: second(900) }, key = KEY): string {
    return jsonwebtoken.sign({ ...CLAIMS, ...claims }, key, { noTimestamp: !('iat' in claims) });
  }

  async function statusesOf(
    driver: Driver,
    tokens: readonly string[],
    { options = run(), path = '/me' } = {},
  ): Promise<number[]> {
    await using server = await TestServer.start(driver.build(options));
    const replies = tokens.map((token) =>
      server.fetch(path, { headers: { authorization: `Bearer ${token}` } }),
    );
    return (await Promise.all(replies)).map(({ status }) => status);
  }

  for (const driver of DRIVERS) {
    it(`states the time of the login and the end of the token on ${driver.name}`, async () => {
      await using server = await TestServer.start(driver.build(run()));
      const reply = await server.fetch('/me', { headers: { authorization: `Bearer ${oldToken()}` } });
      expect(await reply.json()).to.deep.equal({
        authenticatedAt: new Date(NOW - 100_000).toISOString(),
        expiresAt: new Date(NOW + 900_000).toISOString(),
      });
    });

    it(`gives no recent login to an old token on ${driver.name}`, async () => {
      const tokens = [-61, -59].map((iat) => oldToken({ iat: second(iat), exp: second(900) }));
      expect(await statusesOf(driver, tokens, { path: '/me/recent' })).to.deep.equal([403, 200]);
    });

    it(`refuses tokens from before a changed password on ${driver.name}`, async () => {
      ann = { username: 'ann', tokensValidFrom: new Date(NOW - 9_500) };
      const tokens = [-100, -10, -9].map((iat) => oldToken({ iat: second(iat), exp: second(900) }));
      expect(await statusesOf(driver, tokens)).to.deep.equal([401, 401, 200]);
    });

    it(`refuses tokens without times, of another key, that have ended, or of nobody on ${driver.name}`, async () => {
      const times = { iat: second(-100), exp: second(900) };
      const refused = [
        oldToken({ iat: times.iat }),
        oldToken({ exp: times.exp }),
        oldToken(times, `${KEY}2`),
        oldToken({ ...times, exp: second(-1) }),
        oldToken({ ...times, sub: 'bob' }),
        oldToken({ ...times, aud: 'mail' }),
      ];
      const statuses = await statusesOf(driver, [oldToken(), ...refused]);
      expect(statuses).to.deep.equal([200, ...refused.map(() => 401)]);
    });

    it(`works beside TokenProvider until the last old token has ended on ${driver.name}`, async () => {
      const tokens = new TokenService({
        secret: 'another secret, by which all new tokens are signed',
        issuer: 'notes',
        audience: 'notes-api',
        clock: () => now,
      });
      @AuthProvider(1)
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      const options = run((text) => text.replace('@AuthProvider(1)', '@AuthProvider(9)'));
      expect(Token.name).to.equal('Token');
      const stated = new Authentication(ann!, { authenticatedAt: new Date(NOW) });
      const { token } = tokens.issue(stated);
      const old = oldToken();
      await using server = await TestServer.start(driver.build(options));
      const ask = async (sent: string) =>
        (await server.fetch('/me', { headers: { authorization: `Bearer ${sent}` } })).status;
      expect([await ask(token), await ask(old), await ask(`${old}x`)]).to.deep.equal([200, 200, 401]);
      ann = { username: 'ann', tokensValidFrom: new Date(NOW + 1) };
      expect([await ask(token), await ask(old)]).to.deep.equal([401, 401]);
    });
  }
});
