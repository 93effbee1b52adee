import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { Authorized, Get, JsonController, Post, Req } from 'routing-controllers';
import {
  Authentication,
  type Constructor,
  CurrentAuthentication,
  MemoryState,
  MemoryUserstore,
  Public,
  SessionProvider,
  SessionService,
} from '../../src';
import { Browser } from '../support/browser';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';

const START = 1_800_000_000_000;

for (const driver of DRIVERS) {
  describe(`Sessions of two apps in one process on ${driver.name}`, () => {
    beforeEach(reset);

    it('begin, are strengthened and end in each, whichever started last', async () => {
      class Sessions extends SessionService {
        constructor() {
          super({ state: new MemoryState({ clock: () => START }) });
        }
      }
      const sessions = new Sessions();
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      const appOf = (username: string) => {
        class Users extends MemoryUserstore {
          constructor() {
            super({ users: [{ username }] });
          }
        }
        @JsonController()
        class Own {
          @Public() @Post('/start') start(@Req() request: IncomingMessage) {
            return sessions.start(new Authentication({ username }), request);
          }
          @Authorized() @Post('/strengthen') strengthen(@Req() request: IncomingMessage) {
            return sessions.strengthen({ method: 'otp', at: new Date(START) }, request);
          }
          @Public() @Post('/end') async end(@Req() request: IncomingMessage) {
            return { isEnded: await sessions.end(request) };
          }
          @Authorized() @Get('/who') who(@CurrentAuthentication() { user, methods }: Authentication) {
            return { username: user.username, methods };
          }
        }
        const instances = new Map<unknown, unknown>();
        const container = {
          get: <T>(cls: Constructor<T>): T => {
            const instance: unknown = instances.get(cls) ?? new (cls as new () => object)();
            instances.set(cls, instance);
            return instance as T;
          },
        };
        return SecuredServer.start(driver, {
          controllers: [Own],
          security: { container, userstores: [Users], providers: [Session], clock: () => START },
        });
      };
      await using one = await appOf('ann');
      await using two = await appOf('ben');
      for (const [api, username] of [
        [one, 'ann'],
        [two, 'ben'],
      ] as const) {
        const browser = new Browser(api.server);
        expect((await browser.send('POST', '/start')).status).to.equal(200);
        expect((await browser.send('POST', '/strengthen')).status).to.equal(200);
        expect((await browser.get('/who')).json()).to.deep.equal({ username, methods: ['login', 'otp'] });
        expect((await browser.send('POST', '/end')).json()).to.deep.equal({ isEnded: true });
        expect((await browser.get('/who')).status).to.equal(401);
      }
    });
  });
}
