import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  MemoryState,
  MemoryUserstore,
  recentLogin,
  SessionProvider,
  SessionService,
} from '../../src';
import { oidcLoginController } from '../../src/oidc';
import { Browser } from '../support/browser';
import { DRIVERS } from '../support/drivers';
import { ProviderWithPages, Visitor } from '../support/login-pages';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';

const SECRET = 'a secret, with +/=%& and : in it';

for (const driver of DRIVERS) {
  describe(`Logins at oidc-provider on ${driver.name}`, () => {
    let provider: ProviderWithPages;
    beforeEach(async () => {
      reset();
      provider = await ProviderWithPages.start();
    });
    afterEach(() => provider[Symbol.asyncDispose]());

    const start = async () => {
      class Sessions extends SessionService {
        constructor() {
          super({ state: new MemoryState() });
        }
      }
      const sessions = new Sessions();
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann' }] });
        }
      }
      @JsonController()
      class Probe {
        @Authorized() @Get('/who') who(@CurrentAuthentication() { user, claims }: Authentication) {
          return { username: user.username, claims };
        }
        @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
          return 'ok';
        }
      }
      const known = new Map<unknown, unknown>([[Sessions, sessions]]);
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
          known.set(cls, instance);
          return instance as T;
        },
      };
      const controller = oidcLoginController({
        sessions: Sessions,
        issuer: provider.issuer,
        clientId: 'notes',
        clientSecret: SECRET,
        baseUrl: 'https://notes.example',
        user: ({ issuer, subject }) =>
          issuer === provider.issuer && subject === 'person-1' ? 'ann' : undefined,
      });
      const api = await SecuredServer.start(driver, {
        controllers: [Probe, controller],
        security: { container, userstores: [Users], providers: [Session] },
      });
      await provider.register({
        redirectUri: 'https://notes.example/oidc/callback',
        loginPage: 'https://notes.example/login',
        backchannel: `${api.server.url}/oidc/backchannel`,
        secret: SECRET,
      });
      return Object.assign(api, { browser: () => new Browser(api.server) });
    };

    const logIn = async (browser: Browser, visitor: Visitor, query = '') => {
      const { headers } = await browser.get(`/oidc/login${query}`);
      const back = await visitor.follow(String(headers['location']));
      expect(back.origin).to.equal('https://notes.example');
      const reply = await browser.get(`${back.pathname}${back.search}`);
      return { location: reply.headers['location'], back };
    };

    it('go by its pages, and by single sign-on once it knows the person', async () => {
      await using api = await start();
      const visitor = new Visitor('person-1');
      const [one, two] = [api.browser(), api.browser()];
      expect((await logIn(one, visitor, '?returnTo=/who')).location).to.equal('/who');
      expect((await one.get('/who')).json()).to.deep.equal({
        username: 'ann',
        claims: { issuer: provider.issuer, subject: 'person-1' },
      });
      expect((await logIn(two, visitor)).location).to.equal('/');
      expect(visitor.logins).to.equal(1);
      expect((await two.get('/recent')).status).to.equal(403);
      expect((await logIn(two, visitor, '?maxAge=300')).location).to.equal('/');
      expect((await two.get('/recent')).status).to.equal(200);
      expect(visitor.logins).to.equal(1);
    });

    it('ask the person again where the login must be new', async () => {
      await using api = await start();
      const visitor = new Visitor('person-1');
      const browser = api.browser();
      await logIn(browser, visitor);
      expect((await logIn(browser, visitor, '?maxAge=0')).location).to.equal('/');
      expect(visitor.logins).to.equal(2);
    });

    it('come to nothing for somebody without an account, and for a code that was used', async () => {
      await using api = await start();
      const browser = api.browser();
      expect((await logIn(browser, new Visitor('person-2'))).location).to.equal('/login?error=no_account');
      const { headers } = await browser.get('/oidc/login');
      const back = await new Visitor('person-1').follow(String(headers['location']));
      const other = browser.copy();
      const callback = `${back.pathname}${back.search}`;
      expect((await browser.get(callback)).headers['location']).to.equal('/');
      expect((await other.get(callback)).headers['location']).to.equal('/login?error=login_failed');
    });

    it('end everywhere with a logout', async () => {
      await using api = await start();
      const visitor = new Visitor('person-1');
      const [one, two, other] = [api.browser(), api.browser(), api.browser()];
      await logIn(one, visitor);
      await logIn(two, visitor);
      await logIn(other, new Visitor('person-1'));
      const { headers } = await one.send('POST', '/oidc/logout', { form: {} });
      const back = await visitor.follow(String(headers['location']));
      expect(back.href).to.equal('https://notes.example/login');
      expect((await one.get('/who')).status).to.equal(401);
      expect((await two.get('/who')).status).to.equal(401);
      expect((await other.get('/who')).status).to.equal(200);
    });
  });
}
