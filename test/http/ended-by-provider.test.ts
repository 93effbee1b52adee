import { expect } from 'chai';
import {
  type Constructor,
  MemoryFactors,
  MemoryUserstore,
  otpController,
  OtpService,
  sessionController,
  SessionProvider,
  SessionService,
} from '../../src';
import { codeOf, stepAt } from '../../src/factors/one-time-code';
import { oidcLoginController } from '../../src/oidc';
import { fromBase32 } from '../support/base32';
import { Browser } from '../support/browser';
import { OWN_DRIVERS } from '../support/own-drivers';
import { PlainState } from '../support/plain-state';
import { reset } from '../support/reset';
import { ScriptedProvider } from '../support/scripted-provider';
import { SecuredServer } from '../support/secured-server';

const START = 1_800_000_000_000;

/** Holds the first writing of a new entry, before or after it is there. */
class HeldState extends PlainState {
  hold:
    | { readonly prefix: string; readonly when: 'before' | 'after'; readonly work: () => Promise<void> }
    | undefined;

  override async set(...args: Parameters<PlainState['set']>): Promise<boolean> {
    const { hold } = this;
    if (hold === undefined || !args[0].startsWith(hold.prefix)) return super.set(...args);
    this.hold = undefined;
    if (hold.when === 'before') await hold.work();
    const isSet = await super.set(...args);
    if (hold.when === 'after') await hold.work();
    return isSet;
  }

  count(prefix: string): number {
    return [...this.entries.keys()].filter((key) => key.startsWith(prefix)).length;
  }
}

for (const driver of OWN_DRIVERS) {
  describe(`Logins at a provider that ends them while they begin on ${driver.name}`, () => {
    let provider: ScriptedProvider;
    let state: HeldState;

    beforeEach(async () => {
      reset();
      provider = await ScriptedProvider.start();
      provider.now = () => START;
      state = new HeldState(() => START);
    });
    afterEach(() => provider.close());

    /** @param isEnrolled whether the user has one-time codes */
    const start = async (isEnrolled: boolean) => {
      class Sessions extends SessionService {
        constructor() {
          super({ state });
        }
      }
      class Otp extends OtpService {
        constructor() {
          super({ store: new MemoryFactors(), secret: 'a secret of more than thirty-two bytes' });
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', id: 7, tokensValidFrom: new Date(START - 1000) }] });
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
          sessionController({ sessions: Sessions, passwords: false }),
          otpController({ otp: Otp, sessions: Sessions }),
          oidcLoginController({
            sessions: Sessions,
            issuer: provider.issuer,
            clientId: 'notes',
            clientSecret: 'a secret',
            baseUrl: 'https://notes.example',
            user: () => 'ann',
            secondFactors: [Otp],
          }),
        ],
        security: {
          container,
          userstores: [Users],
          providers: [Session],
          clock: () => START,
          logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
        },
      });
      const ann = { username: 'ann', userId: '7' };
      const key = isEnrolled ? fromBase32((await otp.setUp(ann)).secret) : Buffer.alloc(0);
      if (isEnrolled) await otp.confirm(ann, codeOf(key, stepAt(START) - 1));
      const logIn = async (browser: Browser) => {
        const { headers } = await browser.get('/oidc/login');
        const { state: value, nonce } = ScriptedProvider.authorization(headers['location']);
        await provider.grant(nonce, { sid: 's-1' });
        const query = new URLSearchParams({ iss: provider.issuer, state: value, code: 'good' });
        return browser.get(`/oidc/callback?${query.toString()}`);
      };
      const complete = (browser: Browser) =>
        browser.send('POST', '/otp/factor', { body: { code: codeOf(key, stepAt(START)) } });
      /** Has the provider end the login at that writing. @returns a promise of its status */
      const endAt = (prefix: string, when: 'before' | 'after', claims: Record<string, unknown>) => {
        let status = 0;
        state.hold = {
          prefix,
          when,
          work: async () => {
            const form = { logout_token: await provider.logoutToken(claims) };
            const headers = { 'sec-fetch-site': undefined };
            ({ status } = await new Browser(api.server).send('POST', '/oidc/backchannel', { form, headers }));
          },
        };
        return () => status;
      };
      return Object.assign(api, { browser: () => new Browser(api.server), logIn, complete, endAt });
    };

    for (const [title, claims] of [
      ['by its session', { sid: 's-1', sub: undefined }],
      ['by its session and its person', { sid: 's-1' }],
      ['by its person', {}],
    ] as const) {
      for (const when of ['before', 'after'] as const) {
        it(`leave no session, ${title}, ${when} that is written`, async () => {
          await using api = await start(false);
          const status = api.endAt('ses:', when, claims);
          const browser = api.browser();
          const reply = await api.logIn(browser);
          expect(status()).to.equal(200);
          expect(reply.headers['location']).to.equal('/login?error=login_failed');
          expect([...browser.cookies.keys(), state.count('ses:')]).to.deep.equal([0]);
          // Another login there is another one.
          const again = api.browser();
          expect((await api.logIn(again)).headers['location']).to.equal('/');
          expect((await again.get('/session')).status).to.equal(200);
        });

        it(`leave no half login, ${title}, ${when} that is written`, async () => {
          await using api = await start(true);
          const status = api.endAt('half:', when, claims);
          const browser = api.browser();
          const reply = await api.logIn(browser);
          expect(status()).to.equal(200);
          expect(reply.headers['location']).to.equal('/login?error=login_failed');
          expect([...browser.cookies.keys(), state.count('half:')]).to.deep.equal([0]);
        });

        it(`leave no session, ${title}, ${when} a half login has become one`, async () => {
          await using api = await start(true);
          const browser = api.browser();
          expect((await api.logIn(browser)).headers['location']).to.equal('/login?next=otp');
          const status = api.endAt('ses:', when, claims);
          expect((await api.complete(browser)).status).to.equal(401);
          expect(status()).to.equal(200);
          expect([browser.cookies.has('__Host-session'), state.count('ses:')]).to.deep.equal([false, 0]);
        });
      }

      it(`leave no session, ${title}, after the half login is no more and before the session is noted`, async () => {
        await using api = await start(true);
        const browser = api.browser();
        expect((await api.logIn(browser)).headers['location']).to.equal('/login?next=otp');
        const status = api.endAt('oidc:', 'before', claims);
        expect((await api.complete(browser)).status).to.equal(401);
        expect(status()).to.equal(200);
        expect(state.count('ses:')).to.equal(0);
      });
    }
  });
}
