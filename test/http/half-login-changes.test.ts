import { expect } from 'chai';
import {
  type Constructor,
  MemoryFactors,
  MemoryState,
  MemoryUserstore,
  otpController,
  OtpService,
  PasswordProvider,
  sessionController,
  SessionProvider,
  SessionService,
  type User,
} from '../../src';
import { codeOf, stepAt } from '../../src/factors/one-time-code';
import { fromBase32 } from '../support/base32';
import { Browser } from '../support/browser';
import { OWN_DRIVERS } from '../support/own-drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';

const START = 1_800_000_000_000;
const PASSWORD = 'correct horse';
const NAME = '__Host-session';

/** Sets up codes of a known key. */
async function enrol(otp: OtpService, user: { username: string; userId?: string }): Promise<Buffer> {
  const { secret } = await otp.setUp(user);
  const key = fromBase32(secret);
  await otp.confirm(user, codeOf(key, stepAt(START) - 1));
  return key;
}

for (const driver of OWN_DRIVERS) {
  describe(`A half login on ${driver.name}`, () => {
    let user: User | null;
    /** Called after each reading of the user. */
    let onRead: () => void;

    beforeEach(async () => {
      reset();
      onRead = () => undefined;
      user = {
        username: 'ann',
        password: await cheapPasswords.hash(PASSWORD),
        id: 7,
        tokensValidFrom: new Date(START - 5000),
      };
    });

    const start = async () => {
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [] });
        }
        override getUser() {
          const found = user;
          onRead();
          return found;
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ basic: false, passwords: cheapPasswords });
        }
      }
      class Sessions extends SessionService {
        constructor() {
          super({ state: new MemoryState({ clock: () => START }) });
        }
      }
      class Otp extends OtpService {
        constructor() {
          super({
            store: new MemoryFactors(),
            secret: 'a secret of more than thirty-two bytes',
            clock: () => START,
          });
        }
      }
      const [sessions, otp] = [new Sessions(), new Otp()];
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      const known = new Map<unknown, unknown>([[Sessions, sessions], [Otp, otp]]); // prettier-ignore
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
          known.set(cls, instance);
          return instance as T;
        },
      };
      const api = await SecuredServer.start(driver, {
        controllers: [
          sessionController({ sessions: Sessions, secondFactors: [Otp] }),
          otpController({ otp: Otp, sessions: Sessions }),
        ],
        security: { container, userstores: [Users], providers: [Password, Session], clock: () => START },
      });
      const key = await enrol(otp, { username: 'ann', userId: '7' });
      const half = async () => {
        const browser = new Browser(api.server);
        const reply = await browser.send('POST', '/session', {
          body: { username: 'ann', password: PASSWORD },
        });
        expect(reply.json()).to.deep.equal({ next: ['otp'] });
        return browser;
      };
      const complete = (browser: Browser) =>
        browser.send('POST', '/otp/factor', { body: { code: codeOf(key, stepAt(START)) } });
      return Object.assign(api, { half, complete });
    };

    const CHANGES: Readonly<Record<string, (user: User) => User | null>> = {
      'another password': (ann) => ({ ...ann, tokensValidFrom: new Date(START) }),
      'another person of the name': (ann) => ({ ...ann, id: 8 }),
      'an inactive account': (ann) => ({ ...ann, active: false }),
      'no account': () => null,
    };
    for (const [name, change] of Object.entries(CHANGES)) {
      for (const readings of [0, 1, 2, 3]) {
        it(`opens nothing after ${name}, also where that came after ${String(readings)} readings of its request`, async () => {
          await using api = await start();
          const browser = await api.half();
          let count = 0;
          const apply = (): void => {
            if (count === readings && user !== null) user = change(user);
            count += 1;
          };
          if (readings === 0) apply();
          else count = 1;
          onRead = apply;
          await api.complete(browser);
          onRead = () => undefined;
          const { status } = await browser.get('/session');
          const isEarly = count > readings;
          if (isEarly) expect(status).to.equal(401);
        });
      }
    }

    it('ends with the session at a logout', async () => {
      await using api = await start();
      const browser = await api.half();
      const copy = browser.copy();
      expect([...copy.cookies.keys()]).to.deep.equal([`${NAME}-half`]);
      expect((await browser.send('DELETE', '/session')).status).to.equal(204);
      expect(browser.cookies.size).to.equal(0);
      expect((await api.complete(copy)).status).to.equal(401);
      expect(copy.cookies.has(NAME)).to.equal(false);
    });
  });
}
