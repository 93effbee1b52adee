/** The login action of docs/refresh-tokens.md, for clients that post JSON, works as the page says. */
import { expect } from 'chai';
import { Get, JsonController, type RoutingControllersOptions } from 'routing-controllers';
import { Service } from 'typedi';
import {
  AuthProvider,
  MemoryState,
  MemoryUserstore,
  tokenController,
  TokenProvider,
  TokenService,
  Userstore,
} from '../../src';
import { PATIENCE_MS } from '../support/deadlines';
import { type Driver, DRIVERS, TestServer } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';

const EMAIL = 'ann@example.org';
const PASSWORD = 'pässword: of ann';

describe('The login by JSON of docs/refresh-tokens.md', () => {
  let optionsFor: (driver: Driver, settings?: string) => RoutingControllersOptions;

  beforeEach(async () => {
    reset();
    const password = await cheapPasswords.hash(PASSWORD);
    @Userstore()
    class Users extends MemoryUserstore {
      constructor() {
        super({ users: [{ username: EMAIL, password }] });
      }
    }
    @AuthProvider(1)
    class Password extends CheapPasswordProvider {}
    @Service()
    class Tokens extends TokenService {
      constructor() {
        super({
          secret: 'a secret of more than thirty-two characters',
          issuer: 'notes',
          audience: 'notes-api',
          state: new MemoryState(),
        });
      }
    }
    @AuthProvider(2)
    class Token extends TokenProvider {
      constructor(tokens: Tokens) {
        super(tokens);
      }
    }
    @JsonController('/notes')
    class NotesController {
      @Get('/') list() {
        return [];
      }
    }
    optionsFor = (driver, settings = '') => {
      const printed = blocksOf('refresh-tokens.md', 'ts').find((block) => block.includes('LoginController'));
      const source = (printed ?? '')
        .replace('createExpressServer(\n', 'export const options = itself(\n')
        .replace(
          'createSecurity({',
          `createSecurity({ logger, deadlineMs: ${String(PATIENCE_MS)}, ${settings}`,
        )
        .replace('authenticate(request,', driver.isExpress ? '$&' : 'authenticate(request.req,');
      const given = {
        ...{ logger: new MemoryLogger(), userstores: [Users], providers: [Password, Token] },
        ...{ NotesController, Service, tokenController, Tokens, itself: (value: unknown) => value },
      };
      return (runBlock(source, given) as { options: RoutingControllersOptions }).options;
    };
  });

  function login(server: TestServer, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return server.fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async function codeOf(reply: Response): Promise<string | undefined> {
    return ((await reply.json()) as { code?: string }).code;
  }

  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  for (const driver of DRIVERS) {
    it(`answers both tokens, which work, on ${driver.name}`, async () => {
      await using server = await TestServer.start(driver.build(optionsFor(driver)));
      const reply = await login(server, { email: EMAIL, password: PASSWORD });
      expect([reply.status, reply.headers.get('cache-control')]).to.deep.equal([200, 'no-store']);
      const { token, refreshToken } = (await reply.json()) as { token: string; refreshToken: string };
      expect((await server.fetch('/notes', bearer(token))).status).to.equal(200);
      const refreshed = await server.fetch('/token/refresh', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken }),
      });
      expect(refreshed.status).to.equal(200);
      const logins: unknown = await (await server.fetch('/token/families', bearer(token))).json();
      expect(logins).to.have.nested.property('[0].ip', '127.0.0.1');
    });

    it(`refuses other credentials, and bodies without them, on ${driver.name}`, async () => {
      await using server = await TestServer.start(driver.build(optionsFor(driver)));
      const wrong = await login(server, { email: EMAIL, password: 'wrong' });
      expect([wrong.status, await codeOf(wrong)]).to.deep.equal([401, 'invalid_credentials']);
      const statuses = [
        { email: 'bob@example.org', password: PASSWORD },
        { email: `${EMAIL}:`, password: PASSWORD },
        { email: { toString: 1 }, password: PASSWORD },
        { email: EMAIL },
        { email: EMAIL, password: '' },
        {},
      ].map(async (body) => (await login(server, body)).status);
      expect(await Promise.all(statuses)).to.deep.equal([401, 401, 400, 400, 401, 400]);
    });

    it(`refuses a second pair of credentials in the header on ${driver.name}`, async () => {
      await using server = await TestServer.start(driver.build(optionsFor(driver)));
      const reply = await login(server, { email: EMAIL, password: PASSWORD }, bearer('x').headers);
      expect([reply.status, await codeOf(reply)]).to.deep.equal([400, 'invalid_request']);
    });

    it(`slows guesses down on ${driver.name}`, async () => {
      await using server = await TestServer.start(driver.build(optionsFor(driver)));
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 11; attempt++) {
        statuses.push((await login(server, { email: EMAIL, password: `guess ${String(attempt)}` })).status);
      }
      expect(statuses.at(0)).to.equal(401);
      expect(statuses.at(-1)).to.equal(429);
    });

    it(`asks for TLS if the app does on ${driver.name}`, async () => {
      await using server = await TestServer.start(driver.build(optionsFor(driver, 'requireHttps: true,')));
      const body = { email: EMAIL, password: PASSWORD };
      // Without the header, the client is on this machine.
      const reply = await login(server, body, { 'x-forwarded-for': '192.0.2.1' });
      expect([reply.status, await codeOf(reply)]).to.deep.equal([403, 'https_required']);
    });

    it(`answers pages of trusted origins only on ${driver.name}`, async () => {
      const trusted = "trustedOrigins: ['https://app.example'],";
      await using server = await TestServer.start(driver.build(optionsFor(driver, trusted)));
      const from = async (origin: string) => {
        const headers = { 'sec-fetch-site': 'cross-site', origin };
        const reply = await login(server, { email: EMAIL, password: PASSWORD }, headers);
        return [reply.status, await codeOf(reply)];
      };
      expect(await from('https://app.example')).to.deep.equal([200, undefined]);
      expect(await from('https://other.example')).to.deep.equal([403, 'cross_site']);
    });
  }
});
