/** Sessions beside those of express-session and koa-session, with helmet and CORS: docs/coming-from-express-session.md. */
import type { IncomingMessage } from 'node:http';
import cors from '@koa/cors';
import { expect } from 'chai';
import expressCors from 'cors';
import express from 'express';
import expressSession from 'express-session';
import helmet from 'helmet';
import { createSession } from 'koa-session';
import { Authorized, CurrentUser, Get, JsonController, Post, Req, UseBefore } from 'routing-controllers';
import {
  Authentication,
  BadCredentialsError,
  MemoryState,
  MemoryUserstore,
  Public,
  sessionController,
  SessionProvider,
  SessionService,
  type User,
} from '../../src';
import { Browser } from '../support/browser';
import { type Around, DRIVERS } from '../support/drivers';
import { startPageApp } from '../support/page-app';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';

const PASSWORD = 'correct horse';
const HASH = cheapPasswords.hash(PASSWORD);
const ORIGIN = 'https://app.example';

interface Basket {
  items?: number;
}

/** The basket of a visitor, which the other library keeps. */
const ofExpress = (request: object) => (request as { session: Basket }).session;
const ofKoa = (request: object) => (request as { ctx: { session: Basket } }).ctx.session;

/** What is left of the request for an action, by a middleware that proves a login itself. */
const proved = new WeakMap<IncomingMessage, string>();

function expressLogin(request: IncomingMessage, _: unknown, next: () => void): void {
  proved.set(request, 'ann');
  next();
}
function koaLogin(context: { req: IncomingMessage }, next: () => Promise<void>): Promise<void> {
  proved.set(context.req, 'ann');
  return next();
}
/** Node's own request of what `@Req()` gives. */
const rawOf = (request: object) => (request as { req?: IncomingMessage }).req ?? (request as IncomingMessage);

const around = (isParsed: boolean): Around => ({
  express: {
    before: (app) => {
      app.use(helmet(), expressCors({ origin: ORIGIN, credentials: true }));
      app.use(
        expressSession({
          name: 'basket',
          secret: 'a secret of the basket',
          resave: false,
          saveUninitialized: false,
          cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
        }),
      );
      if (isParsed) app.use(express.json(), express.urlencoded({ extended: false }));
    },
  },
  koa: {
    before: (app) => {
      app.keys = ['a secret of the basket'];
      app.use(cors({ origin: ORIGIN, credentials: true }));
      app.use(createSession({ key: 'basket', sameSite: 'lax' }, app));
    },
  },
});

for (const driver of DRIVERS) {
  describe(`Sessions beside those of another library, on ${driver.name}`, () => {
    beforeEach(reset);

    const start = async (isParsed: boolean) => {
      const hash = await HASH;
      class Sessions extends SessionService {
        constructor() {
          super({ state: new MemoryState() });
        }
      }
      const sessions = new Sessions();
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password: hash }] });
        }
      }
      class Password extends CheapPasswordProvider {
        constructor() {
          super({ basic: false });
        }
      }
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      const users = new Users();
      const basketOf = driver.isExpress ? ofExpress : ofKoa;
      @JsonController('/basket')
      class BasketController {
        @Public() @Post('/') add(@Req() request: object) {
          const basket = basketOf(request);
          basket.items = (basket.items ?? 0) + 1;
          return { items: basket.items };
        }
        @Public()
        @UseBefore(driver.isExpress ? expressLogin : koaLogin)
        @Post('/login')
        async login(@Req() request: object) {
          const user = users.getUser(proved.get(rawOf(request)) ?? '');
          if (user === null) throw new BadCredentialsError();
          await sessions.start(new Authentication(user), rawOf(request));
          return { username: user.username };
        }
        @Authorized() @Get('/') show(@Req() request: object, @CurrentUser({ required: true }) user: User) {
          return { of: user.username, items: basketOf(request).items ?? 0 };
        }
      }
      const known = new Map<unknown, object>([
        [Sessions, sessions],
        [Users, users],
      ]);
      const get = <T>(cls: new (...args: never[]) => T): T => {
        const made = known.get(cls) ?? new (cls as unknown as new () => object)();
        known.set(cls, made);
        return made as T;
      };
      return startApi(driver, {
        host: { controllers: [BasketController, sessionController({ sessions: Sessions })] },
        security: { container: { get }, userstores: [Users], providers: [Password, Session] },
        around: around(isParsed),
      });
    };

    for (const isParsed of driver.isExpress ? [false, true] : [false]) {
      const title = isParsed ? 'behind parsers of the app' : 'without parsers in front';
      it(`keep both cookies over login and logout, ${title}`, async () => {
        await using api = await start(isParsed);
        const browser = new Browser(api.server);
        expect((await browser.send('POST', '/basket')).json()).to.deep.equal({ items: 1 });
        expect((await browser.get('/basket')).status).to.equal(401);
        const form = { username: 'ann', password: PASSWORD, returnTo: '/basket' };
        const login = await browser.send('POST', '/session', { form });
        expect([login.status, login.headers['location']]).to.deep.equal([303, '/basket']);
        expect([...browser.cookies.keys()]).to.include.members(['basket', '__Host-session']);
        expect((await browser.send('POST', '/basket')).json()).to.deep.equal({ items: 2 });
        expect((await browser.get('/basket')).json()).to.deep.equal({ of: 'ann', items: 2 });
        const end = await browser.send('POST', '/session/end', { form: {} });
        expect(end.status).to.equal(303);
        expect((await browser.get('/basket')).status).to.equal(401);
        expect((await browser.send('POST', '/basket')).json()).to.deep.equal({ items: 3 });
      });
    }

    it("begin in an action behind a login that is another library's", async () => {
      await using api = await start(false);
      const browser = new Browser(api.server);
      const reply = await browser.send('POST', '/basket/login');
      expect([reply.status, reply.json()]).to.deep.equal([200, { username: 'ann' }]);
      expect((await browser.get('/basket')).json()).to.deep.equal({ of: 'ann', items: 0 });
    });

    it('keep the headers of helmet and CORS', async () => {
      await using api = await start(false);
      const browser = new Browser(api.server);
      const body = { username: 'ann', password: PASSWORD };
      const headers = { origin: ORIGIN };
      const reply = await browser.send('POST', '/session', { body, headers });
      expect(reply.status).to.equal(200);
      expect(reply.headers['access-control-allow-origin']).to.equal(ORIGIN);
      if (driver.isExpress) expect(reply.headers['x-content-type-options']).to.equal('nosniff');
      const refused = await new Browser(api.server).get('/basket', headers);
      expect([refused.status, refused.headers['access-control-allow-origin']]).to.deep.equal([401, ORIGIN]);
      if (driver.isExpress) expect(refused.headers['x-content-type-options']).to.equal('nosniff');
    });
  });
}

describe('The app of docs/coming-from-express-session.md', () => {
  beforeEach(reset);

  it('keeps a basket in express-session and the login in a session of its own', async () => {
    await using server = await startPageApp('coming-from-express-session.md');
    const browser = new Browser(server);
    await browser.send('POST', '/basket');
    const page = await browser.get('/basket', { accept: 'text/html' });
    expect([page.status, page.headers['location']]).to.deep.equal([303, '/login?returnTo=%2Fbasket']);
    const body = { username: 'ann', password: 'correct horse battery staple' };
    expect((await browser.send('POST', '/session', { body })).status).to.equal(200);
    expect([...browser.cookies.keys()].sort()).to.deep.equal(['__Host-session', 'basket']);
    expect((await browser.get('/basket')).json()).to.deep.equal({ of: 'ann', items: 1 });
  });
});
