import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  ConfigurationError,
  type Constructor,
  CurrentAuthentication,
  MemoryState,
  MemoryUserstore,
  passwordController,
  sessionController,
  SessionProvider,
  SessionService,
  type User,
} from '../../src';
import { Browser } from '../support/browser';
import { OWN_DRIVERS } from '../support/own-drivers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';

const START = 1_800_000_000_000;
const HASHES = {
  ann: cheapPasswords.hash('password of ann'),
  eve: cheapPasswords.hash('password of eve'),
};

for (const driver of OWN_DRIVERS) {
  describe(`Two services of sessions in one app on ${driver.name}`, () => {
    let now: number;

    beforeEach(() => {
      reset();
      now = START;
    });

    const start = async (shopName = 'shop', deskName = 'desk') => {
      const state = new MemoryState({ clock: () => now });
      class Shop extends SessionService {
        constructor() {
          super({ state, cookie: { name: shopName } });
        }
      }
      class Desk extends SessionService {
        constructor() {
          super({ state, cookie: { name: deskName } });
        }
      }
      const tokensValidFrom = new Date(START - 1000);
      const users: User[] = [
        { username: 'ann', password: await HASHES.ann, id: 1, tokensValidFrom },
        { username: 'eve', password: await HASHES.eve, id: 2, tokensValidFrom },
      ];
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
        }
      }
      class Password extends CheapPasswordProvider {
        constructor() {
          super({ basic: false });
        }
      }
      const [shop, desk] = [new Shop(), new Desk()];
      class ShopSession extends SessionProvider {
        constructor() {
          super(shop);
        }
      }
      class DeskSession extends SessionProvider {
        constructor() {
          super(desk);
        }
      }
      @JsonController()
      class Probe {
        @Authorized() @Get('/who') who(
          @CurrentAuthentication() { user, factors, sessionId }: Authentication,
        ) {
          return { username: user.username, factors, sessionId };
        }
      }
      const known = new Map<unknown, unknown>([[Shop, shop], [Desk, desk], [Users, new Users()]]); // prettier-ignore
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
          known.set(cls, instance);
          return instance as T;
        },
      };
      const api = await SecuredServer.start(driver, {
        controllers: [
          Probe,
          sessionController({ sessions: Shop }),
          sessionController({ sessions: Desk, path: '/desk' }),
          passwordController({ sessions: Shop }),
        ],
        security: {
          container,
          userstores: [Users],
          providers: [Password, DeskSession, ShopSession],
          clock: () => now,
        },
      });
      const logIn = async (path: string, username: string, own = new Browser(api.server)) => {
        const body = { username, password: `password of ${username}` };
        const reply = await own.send('POST', path, { body });
        expect(reply.status, reply.text).to.equal(200);
        return own;
      };
      return Object.assign(api, { logIn });
    };

    it('need cookies of different names, also for logins that lack a factor', async () => {
      for (const [one, other] of [
        ['shop', 'shop'],
        ['shop', 'shop-half'],
        ['desk-half', 'desk'],
      ] as const) {
        const failure: unknown = await start(one, other).catch((error: unknown) => error);
        expect(failure, other).to.be.instanceOf(ConfigurationError);
        expect((failure as Error).message).to.contain('two services have the cookie __Host-');
      }
    });

    it('never strengthen the session of one person by the password of another', async () => {
      await using api = await start();
      const shop = await api.logIn('/session', 'ann');
      now += 3_600_000 / 6;
      const before = (await shop.get('/who')).json();
      const both = await api.logIn('/desk', 'eve', shop.copy());
      expect((await both.get('/who')).json()).to.include({ username: 'eve' });
      const reply = await both.send('POST', '/session/password', { body: { password: 'password of eve' } });
      expect([reply.status, reply.cookies]).to.deep.equal([403, []]);
      expect((await shop.get('/who')).json()).to.deep.equal(before);
    });

    it('never renew the session of one person after another has changed the password', async () => {
      await using api = await start();
      const shop = await api.logIn('/session', 'ann');
      const before = (await shop.get('/who')).json();
      const both = await api.logIn('/desk', 'eve', shop.copy());
      const reply = await both.send('PUT', '/password', {
        body: { currentPassword: 'password of eve', newPassword: 'a phrase for the desk' },
      });
      expect([reply.status, reply.cookies]).to.deep.equal([204, []]);
      expect((await shop.get('/who')).json()).to.deep.equal(before);
      expect((await both.get('/who')).json()).to.include({ username: 'ann' });
    });

    it('take no cookie of each other, though they have one state', async () => {
      await using api = await start();
      const shop = await api.logIn('/session', 'ann');
      const renamed = new Browser(api.server);
      renamed.cookies.set('__Host-desk', shop.cookies.get('__Host-shop') ?? '');
      expect((await renamed.get('/who')).status).to.equal(401);
      await api.logIn('/desk', 'ann', renamed);
      expect((await shop.get('/who')).status).to.equal(200);
      const ids = async (own: Browser, path: string) =>
        ((await own.get(path)).json() as unknown as { id: string }[]).map(({ id }) => id);
      const [[one = '', ...more], others] = [
        await ids(shop, '/session/all'),
        await ids(renamed, '/desk/all'),
      ];
      expect([more.length, others.length, others.includes(one)]).to.deep.equal([0, 1, false]);
      expect((await renamed.send('DELETE', `/desk/all/${one}`)).status).to.equal(404);
      expect((await renamed.send('DELETE', '/desk/all')).status).to.equal(204);
      expect((await shop.get('/who')).status).to.equal(200);
    });

    it('list, prove and end by the cookie of their own alone', async () => {
      await using api = await start();
      const desk = await api.logIn('/desk', 'ann');
      for (const [method, path] of [
        ['GET', '/session'],
        ['GET', '/session/all'],
        ['DELETE', '/session/all'],
      ] as const) {
        expect((await desk.send(method, path)).status, `${method} ${path}`).to.equal(403);
      }
      expect((await desk.get('/desk')).json()).to.include({ username: 'ann', isCurrent: true });
    });
  });
}
