import { expect } from 'chai';
import { Authorized, Controller, Get, JsonController, Post } from 'routing-controllers';
import {
  Authentication,
  AuthenticationRequiredError,
  type AuthProviderInterface,
  BadCredentialsError,
  type Constructor,
  type Factor,
  Public,
  recentLogin,
  type SecurestOptions,
  type SecurityRequest,
  StepUpRequiredError,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { refusal, SecuredServer } from '../support/secured-server';
import { reset } from '../support/reset';

const NOW = 1_800_000_000_000;

/** A session by cookie, whose value says how it was proved. */
class Session implements AuthProviderInterface {
  readonly credential = 'cookie';
  readonly proves = 'session';
  readonly schemes = [];

  authenticate(request: SecurityRequest): Authentication | null {
    const cookie = request.cookie('sid');
    if (cookie === undefined) return null;
    const factors: Factor[] = [{ method: cookie, at: new Date(NOW - 600_000) }];
    return new Authentication({ username: 'ann', roles: ['editor'] }, { factors });
  }

  challenge() {
    return { scheme: 'Session' };
  }
}

class Header implements AuthProviderInterface {
  readonly credential = 'x-user';
  readonly needsUserstore = false;

  authenticate(request: SecurityRequest): Authentication | null {
    if (request.header('x-user') === undefined) return null;
    if (request.header('x-user') === 'nobody') throw new BadCredentialsError();
    return new Authentication({ username: 'ann' }, { authenticatedAt: new Date(NOW - 600_000) });
  }
}

function pages(): Constructor<object>[] {
  @JsonController()
  class Pages {
    @Authorized() @Get('/notes') notes() {
      return 'ok';
    }
    @Authorized() @Post('/notes') add() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300, methods: ['passkey', 'otp'], acr: ['gold', 'silver'] }))
    @Get('/strong')
    strong() {
      return 'ok';
    }
    @Authorized(['admin']) @Get('/admin') admin() {
      return 'ok';
    }
    @Authorized() @Get('/thrown') thrown() {
      throw new StepUpRequiredError({ methods: ['passkey'] });
    }
    @Public() @Get('/asks') asks() {
      throw new AuthenticationRequiredError();
    }
    @Public() @Get('/login') login() {
      return 'log in';
    }
  }
  @Controller()
  class Texts {
    @Authorized() @Get('/text') text() {
      return 'ok';
    }
  }
  return [Pages, Texts];
}

const PAGE = { 'sec-fetch-dest': 'document' };
const SESSION = { cookie: 'sid=pwd' };
const TWICE = ['Authorization', 'Basic YTpi', 'Authorization', 'Basic YTpi'];

for (const driver of DRIVERS) {
  describe(`The login page on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (security: SecurestOptions['security'] = { loginPage: '/login' }) =>
      SecuredServer.start(driver, {
        controllers: pages(),
        security: {
          providers: [Header, Session],
          userstores: [],
          clock: () => NOW,
          ...security,
        },
      });

    for (const [name, headers, isPage] of [
      ['a browser that opens a page', PAGE, true],
      ['a client that takes HTML', { accept: 'application/json;q=0.5, text/html' }, true],
      ['an old browser', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, true],
      ['a script that takes HTML', { 'sec-fetch-dest': 'empty', accept: 'text/html' }, false],
      ['a frame', { 'sec-fetch-dest': 'iframe', accept: 'text/html' }, false],
      ['curl', { accept: '*/*' }, false],
      ['a client that says nothing', {}, false],
      [
        'a client that takes HTML least of all',
        { accept: 'application/json, text/html;level=1;q=0.001' },
        true,
      ],
      ['a client that refuses HTML', { accept: 'application/json, text/html; q=0, */*' }, false],
      ['a client that refuses HTML by decimals', { accept: 'Text/HTML;Q=0.000;x=y' }, false],
      [
        'an old browser with a password for the proxy',
        { accept: 'text/html', authorization: 'Basic YTpi' },
        true,
      ],
      ['a page that a browser opens with a token', { ...PAGE, authorization: 'Bearer abc' }, true],
      ['a client with a token', { accept: 'text/html, *; q=.2', authorization: 'Bearer abc' }, false],
      ['an old script', { accept: 'text/html, */*; q=0.01', 'x-requested-with': 'XMLHttpRequest' }, false],
      ['a client of another type', { accept: 'text/htmlx, application/text/html' }, false],
    ] as const) {
      it(`is where ${name} ${isPage ? 'is' : 'is not'} sent`, async () => {
        await using api = await start();
        for (const path of ['/notes?a=1&b=%20', '/text']) {
          const { status, response } = await api.server.raw(path, { headers: { ...headers } });
          expect(status).to.equal(isPage ? 303 : 401);
          expect(response.headers['cache-control']).to.equal('private, no-store');
          expect(response.headers['www-authenticate']).to.equal(isPage ? undefined : 'Session realm="api"');
          expect(response.headers.location).to.equal(
            isPage ? `/login?returnTo=${encodeURIComponent(path)}` : undefined,
          );
        }
      });
    }

    it('is not where an action sends a request with two Authorization lines', async () => {
      await using api = await start();
      const headers = ['Host', 'x', 'Accept', 'text/html', ...TWICE];
      const { status } = await api.server.raw('/asks', { headers });
      expect(status).to.equal(401);
      const page = await api.server.raw('/asks', { headers: { accept: 'text/html' } });
      expect(page.status).to.equal(303);
    });

    it('is where HEAD is sent, and no method that changes something', async () => {
      await using api = await start();
      expect((await api.server.raw('/notes', { method: 'HEAD', headers: PAGE })).status).to.equal(303);
      expect((await api.server.raw('/notes', { method: 'POST', headers: PAGE })).status).to.equal(401);
    });

    it('is for missing credentials alone: wrong ones and a role that lacks stay what they are', async () => {
      await using api = await start();
      const get = async (path: string, headers: Record<string, string>) =>
        (await api.server.raw(path, { headers: { ...PAGE, ...headers } })).status;
      expect(await get('/notes', { 'x-user': 'nobody' })).to.equal(401);
      expect(await get('/admin', SESSION)).to.equal(403);
      expect(await get('/notes', SESSION)).to.equal(200);
      expect(await get('/nowhere', {})).to.equal(404);
    });

    it('leaves out an address that is none of this app', async () => {
      await using api = await start();
      const { response } = await api.server.raw(`/notes?${'a'.repeat(2000)}`, { headers: PAGE });
      expect(response.headers.location).to.equal('/login');
    });

    it('is told what a session lacks', async () => {
      await using api = await start();
      const get = async (path: string, headers: Record<string, string> = {}) =>
        (await api.server.raw(path, { headers: { ...SESSION, ...headers } })).response;
      const recent = await get('/recent', PAGE);
      expect([recent.statusCode, recent.headers.location, recent.headers['www-authenticate']]).to.deep.equal([
        303,
        '/login?maxAge=300&returnTo=%2Frecent',
        undefined,
      ]);
      const strong = await get('/strong', PAGE);
      expect(strong.headers.location).to.equal(
        '/login?stepUp=passkey,otp&maxAge=300&acr=gold%20silver&returnTo=%2Fstrong'.replace(',', '%2C'),
      );
      const thrown = await get('/thrown', PAGE);
      expect([thrown.statusCode, thrown.headers.location]).to.deep.equal([
        303,
        '/login?stepUp=passkey&returnTo=%2Fthrown',
      ]);
    });

    it('tells scripts by a header what a session lacks, and no other login', async () => {
      await using api = await start();
      const get = (path: string, headers: Record<string, string>) => api.server.raw(path, { headers });
      for (const [path, header] of [
        ['/recent', 'max_age="300"'],
        ['/strong', 'max_age="300", methods="passkey otp", acr_values="gold silver"'],
        ['/thrown', 'methods="passkey"'],
      ] as const) {
        const { status, response, text } = await get(path, SESSION);
        expect(status).to.equal(403);
        expect(JSON.parse(text)).to.include({ code: 'insufficient_user_authentication' });
        expect(response.headers['session-step-up']).to.equal(header);
        expect(response.headers['www-authenticate']).to.equal(undefined);
        const other = await get(path, { 'x-user': 'ann', ...PAGE });
        expect([other.status, other.response.headers['session-step-up']]).to.deep.equal([403, undefined]);
      }
    });

    it('is none without the option', async () => {
      await using api = await start({});
      for (const [path, headers, status] of [['/notes', {}, 401], ['/recent', SESSION, 403]] as const) {
        expect((await api.server.raw(path, { headers: { ...PAGE, ...headers } })).status).to.equal(status);
      } // prettier-ignore
    });

    it('gives the hook of the app the last word', async () => {
      await using api = await start({
        loginPage: '/login',
        onUnauthorized: () => ({ status: 401, headers: { 'X-Own': 'yes' } }),
      });
      const { status, response } = await api.server.raw('/notes', { headers: PAGE });
      expect([status, response.headers['x-own']]).to.deep.equal([401, 'yes']);
    });

    it('is refused at start where it is guarded itself, and open where @Public() says so', () => {
      const options = (path: string, security: SecurestOptions['security'] = {}) => ({
        controllers: pages(),
        security: { providers: [Session], userstores: [], loginPage: path, ...security },
      });
      expect(refusal(driver, options('/notes'))).to.contain('/notes');
      expect(refusal(driver, options('/NOTES/'))).to.contain('security.loginPage');
    });
  });
}
