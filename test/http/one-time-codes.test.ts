import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  MemoryFactors,
  MemoryState,
  MemoryUserstore,
  otpController,
  OtpService,
  type OtpServiceOptions,
  type OtpStoreInterface,
  recentLogin,
  type SecurityEvent,
  ServiceUnavailableError,
  sessionController,
  SessionProvider,
  SessionService,
  Throttle,
  type User,
} from '../../src';
import { passkeyController, PasskeyService } from '../../src/passkeys';
import { Authenticator, type CreationOptions, type RequestOptions } from '../support/authenticator';
import { fromBase32 } from '../support/base32';
import { Browser } from '../support/browser';
import { OWN_DRIVERS } from '../support/own-drivers';
import { reset } from '../support/reset';
import { PATIENCE_MS } from '../support/deadlines';
import { SecuredServer } from '../support/secured-server';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';

const START = 1_800_000_000_000;
const PASSWORD = 'correct horse';
const HASH = cheapPasswords.hash(PASSWORD);
const SECRET = 'a secret of more than thirty-two bytes';
const ORIGIN = 'https://app.example';

/** What an authenticator app shows. @see RFC 6238 section 4 */
function codeAt(base32: string, now: number): string {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac('sha1', fromBase32(base32)).update(step).digest();
  const value = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fff_ffff;
  return String(value % 1_000_000).padStart(6, '0');
}

function probe(): Constructor<object> {
  @JsonController()
  class Probe {
    @Authorized() @Get('/who') who(@CurrentAuthentication() login: Authentication) {
      return { username: login.user.username, methods: login.methods };
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300, methods: 'mfa' })) @Get('/strong') strong() {
      return 'ok';
    }
  }
  return Probe;
}

for (const driver of OWN_DRIVERS) {
  describe(`One-time codes on ${driver.name}`, () => {
    let now: number;
    let users: User[];
    let events: SecurityEvent[];
    let log: string[];
    let store: MemoryFactors;
    let state: MemoryState;

    beforeEach(async () => {
      reset();
      now = START;
      events = [];
      log = [];
      store = new MemoryFactors();
      state = new MemoryState({ clock: () => now });
      const tokensValidFrom = new Date(START - 1000);
      users = [
        { username: 'ann', password: await HASH, id: 7, tokensValidFrom },
        { username: 'ben', password: await HASH, id: 8, tokensValidFrom },
      ];
    });

    const start = async (options: Partial<OtpServiceOptions> = {}, isPasskeyOnly = false, basic = false) => {
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
        }
      }
      class Sessions extends SessionService {
        constructor() {
          super({ state });
        }
      }
      class Otp extends OtpService {
        constructor() {
          super({ store, secret: SECRET, ...options });
        }
      }
      class Passkeys extends PasskeyService {
        constructor() {
          super({ store, secret: SECRET, rpId: 'app.example', origins: [ORIGIN] });
        }
      }
      class Password extends CheapPasswordProvider {
        constructor() {
          super({ basic });
        }
      }
      const sessions = new Sessions();
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
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
      const keep = (line: string) => void log.push(line);
      const api = await SecuredServer.start(driver, {
        controllers: [
          probe(),
          sessionController({
            sessions: Sessions,
            secondFactors: isPasskeyOnly ? [Passkeys] : [Otp, Passkeys],
          }),
          otpController({ otp: Otp, sessions: Sessions }),
          passkeyController({ passkeys: Passkeys, sessions: Sessions }),
        ],
        security: {
          container,
          userstores: [Users],
          providers: [Password, Session],
          realm: 'Notes',
          deadlineMs: PATIENCE_MS,
          clock: () => now,
          onEvent: (event) => void events.push(event),
          logger: { info: keep, warn: keep, error: keep },
        },
      });
      const browser = () => new Browser(api.server);
      const byPassword = async (name = 'ann', own = browser()) => {
        const reply = await own.send('POST', '/session', { body: { username: name, password: PASSWORD } });
        expect(reply.status, reply.text).to.equal(200);
        return own;
      };
      const send = (own: Browser, path: string, body?: object) =>
        own.send('POST', path, body === undefined ? {} : { body });
      /** A user with one-time codes, in the session that set them up. */
      const enrolled = async (name = 'ann') => {
        const own = await byPassword(name);
        const { secret, uri } = (await send(own, '/otp')).json() as { secret: string; uri: string };
        const reply = await send(own, '/otp/confirm', { code: codeAt(secret, now) });
        expect(reply.status, reply.text).to.equal(200);
        const { recoveryCodes } = reply.json() as { recoveryCodes: string[] };
        // The code of the set-up was used.
        now += 30_000;
        return { browser: own, secret, uri, recoveryCodes };
      };
      return Object.assign(api, { browser, byPassword, send, enrolled });
    };
    const NEVER = new Throttle({ perPair: 1_000_000, perAccount: 1_000_000, perAddress: 1_000_000 });

    const told = () =>
      events.flatMap((event) => (event.type === 'misconfigured' ? [[event.component, event.problem]] : []));

    it('say at start that factors in memory are gone after a restart', async () => {
      await (await start())[Symbol.asyncDispose]();
      const problem =
        'second factors are kept in the memory of this process: after a restart the password alone is enough';
      expect(told()).to.deep.include(['Otp', problem]).and.to.deep.include(['Passkeys', problem]);
    });

    it('say nothing of a store of the app', async () => {
      const lasting: OtpStoreInterface = { getOtp: () => undefined, updateOtp: () => true };
      await (await start({ store: lasting }))[Symbol.asyncDispose]();
      expect(told().map(([component]) => component))
        .to.include('Passkeys')
        .and.to.not.include('Otp');
    });

    it('warn at start of a provider that accepts the password alone, by Basic', async () => {
      const warned = () => log.filter((line) => line.includes('accepts a password alone'));
      await (await start())[Symbol.asyncDispose]();
      expect(warned()).to.deep.equal([]);
      await (await start({}, false, true))[Symbol.asyncDispose]();
      expect(warned()).to.have.lengthOf(1);
      expect(warned()[0]).to.match(/^securest: session\w+\(\) asks for second factors, and Password accepts/);
    });

    it('are set up in a fresh session, count once they are confirmed, and go', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      const { secret, uri } = (await api.send(browser, '/otp')).json() as { secret: string; uri: string };
      expect(uri)
        .to.match(/^otpauth:\/\/totp\/Notes:ann\?/)
        .and.to.contain(`secret=${secret}`);
      // Nothing counts yet: a password alone is a login.
      expect((await api.byPassword()).cookies.has('__Host-session')).to.equal(true);
      const wrong = await api.send(browser, '/otp/confirm', { code: '000000' });
      expect([wrong.status, wrong.headers['www-authenticate']]).to.deep.equal([401, 'Session realm="Notes"']);
      const reply = await api.send(browser, '/otp/confirm', { code: codeAt(secret, now) });
      const { recoveryCodes } = reply.json() as { recoveryCodes: string[] };
      expect([reply.status, recoveryCodes.length, reply.headers['cache-control']]).to.deep.equal([
        200,
        10,
        'no-store',
      ]);
      expect(events.find(({ type }) => type === 'factor_added')).to.include({ user: 'ann', method: 'otp' });
      for (const [method, path] of [
        ['POST', '/otp'],
        ['POST', '/otp/recovery'],
        ['DELETE', '/otp'],
      ] as const) {
        const refused = await browser.send(method, path);
        expect([refused.status, refused.headers['session-step-up']]).to.deep.equal([
          403,
          'max_age="300", methods="mfa"',
        ]);
      }
      now += 30_000;
      await api.send(browser, '/otp/factor', { code: codeAt(secret, now) });
      const renewed = (await api.send(browser, '/otp/recovery')).json() as { recoveryCodes: string[] };
      expect(renewed.recoveryCodes).to.have.length(10).and.not.to.include(recoveryCodes[0]);
      expect((await browser.send('DELETE', '/otp')).status).to.equal(204);
      expect((await browser.send('DELETE', '/otp')).status).to.equal(204);
      expect(events.filter(({ type }) => type === 'factor_removed')).to.have.length(1);
      expect((await api.byPassword()).cookies.has('__Host-session')).to.equal(true);
    });

    it('complete a half login, which passes no guard before', async () => {
      await using api = await start();
      const { secret } = await api.enrolled();
      const half = api.browser();
      const reply = await api.send(half, '/session', { username: 'ann', password: PASSWORD });
      expect(reply.json()).to.deep.equal({ next: ['otp'] });
      for (const path of ['/who', '/session', '/passkeys'])
        expect((await half.get(path)).status).to.equal(401);
      for (const path of ['/otp', '/otp/confirm', '/otp/recovery', '/passkeys']) {
        expect((await api.send(half, path, { code: '1' })).status, path).to.equal(401);
      }
      const before = half.copy();
      const right = await api.send(half, '/otp/factor', { code: codeAt(secret, now) });
      expect([right.status, right.json()]).to.deep.equal([200, { username: 'ann' }]);
      expect((await half.get('/who')).json()).to.deep.equal({
        username: 'ann',
        methods: ['pwd', 'otp', 'mfa'],
      });
      expect(half.cookies.has('__Host-session-half')).to.equal(false);
      now += 30_000;
      const late = await api.send(before, '/otp/factor', { code: codeAt(secret, now) });
      expect([late.status, late.json()['code']]).to.deep.equal([401, 'authentication_required']);
      expect((await api.send(api.browser(), '/otp/factor', { code: '000000' })).status).to.equal(401);
    });

    it('complete no half login that was begun for another factor', async () => {
      await using api = await start({}, true);
      const { browser, secret } = await api.enrolled();
      // Its user has no passkey: a password alone is a login, which codes step up.
      const stepped = await api.byPassword();
      expect((await api.send(stepped, '/otp/factor', { code: codeAt(secret, now) })).status).to.equal(200);
      expect((await stepped.get('/strong')).status).to.equal(200);
      const added = (await api.send(stepped, '/passkeys/options', { for: 'add' })).json();
      const authenticator = new Authenticator(ORIGIN);
      const response = authenticator.create(added as unknown as CreationOptions);
      expect((await api.send(stepped, '/passkeys', { response })).status).to.equal(201);

      now += 30_000;
      const half = api.browser();
      const login = await api.send(half, '/session', { username: 'ann', password: PASSWORD });
      expect(login.json()).to.deep.equal({ next: ['passkey'] });
      const refused = await api.send(half, '/otp/factor', { code: codeAt(secret, now) });
      expect([refused.status, refused.cookies]).to.deep.equal([401, []]);
      expect((await half.get('/who')).status).to.equal(401);
      // The code was not looked at.
      expect((await api.send(browser, '/otp/factor', { code: codeAt(secret, now) })).status).to.equal(200);
      const asked = (await api.send(half, '/passkeys/options', { for: 'factor' })).json();
      const use = authenticator.get(asked as unknown as RequestOptions);
      expect((await api.send(half, '/passkeys/factor', { response: use })).status).to.equal(200);
      expect((await half.get('/who')).status).to.equal(200);
    });

    it('are answered by redirects for forms, with a way back that is a path of the app', async () => {
      await using api = await start();
      const { secret } = await api.enrolled();
      const half = api.browser();
      const login = { username: 'ann', password: PASSWORD, returnTo: '/notes?a=b' };
      const first = await half.send('POST', '/session', { form: login });
      expect(first.headers['location']).to.equal('/login?next=otp&returnTo=%2Fnotes%3Fa%3Db');
      const wrong = await half.send('POST', '/otp/factor', {
        form: { code: '000000', returnTo: '/notes?a=b' },
      });
      expect([wrong.status, wrong.headers['location']]).to.deep.equal([
        303,
        '/login?error=invalid_credentials&next=otp&returnTo=%2Fnotes%3Fa%3Db',
      ]);
      const expired = await api.browser().send('POST', '/otp/factor', { form: { code: '000000' } });
      expect(expired.headers['location']).to.equal('/login?error=login_expired');
      const code = codeAt(secret, now);
      const right = await half.send('POST', '/otp/factor', { form: { code, returnTo: '/notes?a=b' } });
      expect([right.status, right.headers['location']]).to.deep.equal([303, '/notes?a=b']);
      expect((await half.get('/strong')).status).to.equal(200);
      now += 30_000;
      const again = await half.send('POST', '/otp/factor', {
        form: { code: codeAt(secret, now), returnTo: '//evil.example' },
      });
      expect(again.headers['location']).to.equal('/');
    });

    it('step a session up, with a new secret, and count once', async () => {
      await using api = await start();
      const { browser, secret } = await api.enrolled();
      expect((await browser.get('/strong')).status).to.equal(403);
      const before = browser.cookies.get('__Host-session');
      const code = codeAt(secret, now);
      const reply = await api.send(browser, '/otp/factor', { code });
      expect([reply.status, reply.json()]).to.deep.equal([200, { username: 'ann' }]);
      expect(browser.cookies.get('__Host-session')).not.to.equal(before);
      expect((await browser.get('/strong')).status).to.equal(200);
      const [stepUp] = events.filter(({ type }) => type === 'stepped_up');
      expect(stepUp).to.include({ user: 'ann', method: 'otp' });
      expect((await api.send(browser, '/otp/factor', { code })).status).to.equal(401);
      expect(events.filter(({ type }) => type === 'factor_failed')).to.have.length(1);
    });

    it('of ten equal ones at once one counts', async () => {
      await using api = await start({ throttle: NEVER });
      const { secret } = await api.enrolled();
      const halves = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const half = api.browser();
          await api.send(half, '/session', { username: 'ann', password: PASSWORD });
          return half;
        }),
      );
      const code = codeAt(secret, now);
      const replies = await Promise.all(
        [...halves, ...halves].map((half) => api.send(half.copy(), '/otp/factor', { code })),
      );
      const statuses = replies.map(({ status }) => status).toSorted();
      expect(statuses).to.deep.equal([200, ...Array<number>(9).fill(401)]);
    });

    it('are guessed in vain over fifty half logins: counted for the account, then 429', async () => {
      await using api = await start();
      const { secret } = await api.enrolled();
      const counts = new Map<number, number>();
      let half = api.browser();
      for (let guess = 0; guess < 200; guess += 1) {
        if (guess % 4 === 0) {
          half = api.browser();
          await api.send(half, '/session', { username: 'ann', password: PASSWORD });
        }
        const { status } = await api.send(half, '/otp/factor', { code: String(guess).padStart(6, '0') });
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
      expect([...counts.keys()].toSorted()).to.deep.equal([401, 429]);
      expect(counts.get(401)).to.be.at.most(10);
      const waiting = await half.send('POST', '/otp/factor', { form: { code: codeAt(secret, now) } });
      expect(waiting.headers['location']).to.equal('/login?error=too_many_attempts&next=otp');
      expect((await half.get('/who')).status).to.equal(401);
    });

    it('are closed after a hundred wrong ones, until a recovery code or a passkey is proved', async () => {
      await using api = await start({ throttle: NEVER });
      const { browser, secret, recoveryCodes } = await api.enrolled();
      const close = async () => {
        for (let guess = 0; guess < 100; guess += 1) {
          await api.send(browser, '/otp/factor', { code: '12345' });
        }
        now += 30_000;
        expect((await api.send(browser, '/otp/factor', { code: codeAt(secret, now) })).status).to.equal(401);
      };
      await close();
      expect(events.filter(({ type }) => type === 'factor_closed')).to.have.length(1);
      const [first = ''] = recoveryCodes;
      expect((await api.send(browser, '/otp/factor', { code: first })).status).to.equal(200);
      expect((await api.send(browser, '/otp/factor', { code: codeAt(secret, now) })).status).to.equal(200);
      const options = (await api.send(browser, '/passkeys/options', { for: 'add' })).json();
      const authenticator = new Authenticator(ORIGIN);
      const response = authenticator.create(options as unknown as CreationOptions);
      expect((await api.send(browser, '/passkeys', { response })).status).to.equal(201);
      await close();
      const asked = (await api.send(browser, '/passkeys/options', { for: 'factor' })).json();
      const use = authenticator.get(asked as unknown as RequestOptions);
      expect((await api.send(browser, '/passkeys/factor', { response: use })).status).to.equal(200);
      now += 30_000;
      expect((await api.send(browser, '/otp/factor', { code: codeAt(secret, now) })).status).to.equal(200);
    });

    it('give way to a recovery code, once, however it is typed', async () => {
      await using api = await start();
      const { recoveryCodes } = await api.enrolled();
      const [code = '', other = ''] = recoveryCodes;
      const half = api.browser();
      const login = { username: 'ann', password: PASSWORD };
      await api.send(half, '/session', login);
      const typed = code.replaceAll('-', ' ').toLowerCase();
      expect((await api.send(half, '/otp/factor', { code: typed })).status).to.equal(200);
      expect((await half.get('/who')).json()['methods']).to.deep.equal(['pwd', 'otp', 'mfa']);
      expect(events.find(({ type }) => type === 'recovery_used')).to.include({ user: 'ann', method: 'otp' });
      const next = api.browser();
      await api.send(next, '/session', login);
      expect((await api.send(next, '/otp/factor', { code })).status).to.equal(401);
      const all = await Promise.all(
        Array.from({ length: 3 }, () => api.send(next.copy(), '/otp/factor', { code: other })),
      );
      expect(all.map(({ status }) => status).toSorted()).to.deep.equal([200, 401, 401]);
    });

    it("are the account's alone: nobody proves anything with another's", async () => {
      await using api = await start();
      const ann = await api.enrolled();
      const ben = await api.enrolled('ben');
      const half = api.browser();
      await api.send(half, '/session', { username: 'ann', password: PASSWORD });
      expect((await api.send(half, '/otp/factor', { code: codeAt(ben.secret, now) })).status).to.equal(401);
      const [foreign = ''] = ben.recoveryCodes;
      expect((await api.send(half, '/otp/factor', { code: foreign })).status).to.equal(401);
      expect((await api.send(ann.browser, '/otp/factor', { code: codeAt(ben.secret, now) })).status).to.equal(
        401,
      );
      expect((await api.send(half, '/otp/factor', { code: codeAt(ann.secret, now) })).status).to.equal(200);
    });

    it('are asked for before a passkey is added, and the other way round', async () => {
      await using api = await start();
      const { browser, secret } = await api.enrolled();
      const refused = await api.send(browser, '/passkeys/options', { for: 'add' });
      expect([refused.status, refused.headers['session-step-up']]).to.deep.equal([
        403,
        'max_age="300", methods="mfa"',
      ]);
      await api.send(browser, '/otp/factor', { code: codeAt(secret, now) });
      expect((await api.send(browser, '/passkeys/options', { for: 'add' })).status).to.equal(200);
    });

    it('are 400 for a body without a code, and 403 from pages of other sites', async () => {
      await using api = await start();
      const { browser } = await api.enrolled();
      for (const body of [{}, { code: '' }, { code: 123456 }, { code: null }, { code: ['1'] }]) {
        const reply = await api.send(browser, '/otp/factor', body);
        expect([reply.status, reply.json()['code'], reply.headers['www-authenticate']]).to.deep.equal([
          400,
          'invalid_request',
          undefined,
        ]);
      }
      for (const path of ['/otp', '/otp/factor', '/otp/confirm', '/otp/recovery']) {
        const headers = { 'sec-fetch-site': 'cross-site' };
        const reply = await browser.send('POST', path, { body: [], headers });
        expect([reply.status, reply.json()['code']], path).to.deep.equal([403, 'cross_site']);
      }
      const reply = await browser.send('DELETE', '/otp', { headers: { 'sec-fetch-site': 'same-site' } });
      expect(reply.json()['code']).to.equal('cross_site');
    });

    it('are asked of a fresh session alone', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      now += 301_000;
      for (const path of ['/otp', '/otp/confirm', '/otp/recovery']) {
        const reply = await api.send(browser, path, { code: '000000' });
        expect([reply.status, reply.headers['session-step-up']], path).to.deep.equal([403, 'max_age="300"']);
      }
    });

    it('are 503 where the store is down, and nobody is let in without them', async () => {
      await using api = await start();
      await api.enrolled();
      store.getOtp = () => {
        throw new ServiceUnavailableError();
      };
      const browser = api.browser();
      const reply = await api.send(browser, '/session', { username: 'ann', password: PASSWORD });
      expect([reply.status, reply.cookies]).to.deep.equal([503, []]);
    });

    it('say nothing of codes, keys and cookies in events and logs', async () => {
      await using api = await start();
      const { browser, secret, recoveryCodes } = await api.enrolled();
      const code = codeAt(secret, now);
      for (const tried of [code, code, recoveryCodes[0], '999999']) {
        await api.send(browser, '/otp/factor', { code: tried });
      }
      const shown = inspect([events, log], { depth: 9 });
      for (const hidden of [secret, code, '999999', SECRET, PASSWORD, ...recoveryCodes]) {
        expect(shown).not.to.contain(hidden);
      }
      expect(shown).not.to.contain(browser.cookies.get('__Host-session'));
    });
  });
}
