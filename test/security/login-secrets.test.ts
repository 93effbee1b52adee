/** What logins that are kept say in events, logs, audit lines and telemetry: never a cookie, a code, a token or a password. */
import { createHmac } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import {
  auditLog,
  type Constructor,
  MemoryFactors,
  MemoryState,
  MemoryUserstore,
  otpController,
  OtpService,
  passwordController,
  PasswordProvider,
  type SecurityEvent,
  sessionController,
  SessionProvider,
  SessionService,
  tokenController,
  TokenProvider,
  TokenService,
} from '../../src';
import { instrument } from '../../src/opentelemetry';
import { fromBase32 } from '../support/base32';
import { Browser } from '../support/browser';
import { basic } from '../support/drivers';
import { OWN_DRIVERS } from '../support/own-drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { Telemetry } from '../support/telemetry';

const START = 1_800_000_000_000;
const PASSWORD = 'green-paper-boat-1';
const NEXT_PASSWORD = 'white-stone-bridge-2';
const WRONG = 'wrong-wooden-horse-3';
const SECRET = 'a secret of more than thirty-two bytes';

/** What an authenticator app shows. @see RFC 6238 section 4 */
function codeAt(base32: string, now: number): string {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac('sha1', fromBase32(base32)).update(step).digest();
  const value = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fff_ffff;
  return String(value % 1_000_000).padStart(6, '0');
}

for (const driver of OWN_DRIVERS) {
  describe(`Logins that are kept, on ${driver.name}`, () => {
    beforeEach(reset);

    it('are told of without their secrets', async () => {
      let now = START;
      const clock = (): number => now;
      const state = new MemoryState({ clock });
      const password = await cheapPasswords.hash(PASSWORD);
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password, id: 7, tokensValidFrom: new Date(START - 10_000) }] });
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }
      class Sessions extends SessionService {
        constructor() {
          super({ state });
        }
      }
      class Otp extends OtpService {
        constructor() {
          super({ store: new MemoryFactors(), secret: SECRET });
        }
      }
      class Tokens extends TokenService {
        constructor() {
          super({ secret: SECRET, issuer: 'i', audience: 'a', state, clock });
        }
      }
      const [sessions, tokens] = [new Sessions(), new Tokens()];
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      const known = new Map<unknown, unknown>([
        [Sessions, sessions],
        [Tokens, tokens],
      ]);
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
          known.set(cls, instance);
          return instance as T;
        },
      };
      const events: SecurityEvent[] = [];
      const audited: string[] = [];
      const published: unknown[] = [];
      const hear = (event: unknown): void => void published.push(event);
      const log = auditLog((line) => audited.push(line), { vocabulary: 'owasp', clock });
      await using telemetry = new Telemetry();
      await using api = await startApi(driver, {
        host: {
          controllers: [
            sessionController({ sessions: Sessions, secondFactors: [Otp] }),
            otpController({ otp: Otp, sessions: Sessions }),
            passwordController({ sessions: Sessions }),
            tokenController({ tokens: Tokens }),
          ],
        },
        security: {
          container,
          userstores: [Users],
          providers: [Password, Session, Token],
          clock,
          explain: 'log',
          onEvent: (event) => {
            events.push(event);
            void log(event);
          },
        },
      });
      instrument(api.security, { ...telemetry.providers, endUser: true });
      subscribe('securest:event', hear);
      const secrets = new Set([PASSWORD, NEXT_PASSWORD, WRONG, password, SECRET]);
      try {
        const post = async (own: Browser, path: string, body: object, status: number, headers = {}) => {
          const reply = await own.send('POST', path, { body, headers });
          expect(reply.status, `${path} ${reply.text}`).to.equal(status);
          for (const value of own.cookies.values()) secrets.add(value);
          return reply.text === '' ? {} : reply.json();
        };
        const own = new Browser(api.server);
        await post(own, '/session', { username: 'ann', password: WRONG }, 401);
        await post(own, '/session', { username: 'ann', password: PASSWORD }, 200);
        const { secret } = (await post(own, '/otp', {}, 200)) as { secret: string };
        secrets.add(secret);
        const code = codeAt(secret, now);
        const { recoveryCodes } = (await post(own, '/otp/confirm', { code }, 200)) as {
          recoveryCodes: string[];
        };
        for (const each of recoveryCodes) secrets.add(each);

        now += 30_000;
        const half = new Browser(api.server);
        await post(half, '/session', { username: 'ann', password: PASSWORD }, 200);
        const wrong = recoveryCodes[0]?.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
        await post(half, '/otp/factor', { code: wrong }, 401);
        await post(half, '/otp/factor', { code: recoveryCodes[0] }, 200);

        const client = new Browser(api.server);
        const first = await post(client, '/token', {}, 200, basic('ann', PASSWORD));
        const renewed = await post(client, '/token/refresh', { refreshToken: first['refreshToken'] }, 200);
        for (const each of [first, renewed]) {
          secrets.add(String(each['token'])).add(String(each['refreshToken']));
        }
        const forged = `${String(renewed['refreshToken']).slice(0, -6)}AAAAAA`;
        secrets.add(forged);
        await post(client, '/token/refresh', { refreshToken: forged }, 401);

        const change = (currentPassword: string) =>
          half.send('PUT', '/password', { body: { currentPassword, newPassword: NEXT_PASSWORD } });
        expect((await change(WRONG)).status).to.equal(403);
        const changed = await change(PASSWORD);
        expect(changed.status, changed.text).to.equal(204);
        for (const value of half.cookies.values()) secrets.add(value);
        expect((await own.get('/session')).status).to.equal(401);
        expect((await half.send('DELETE', '/session')).status).to.be.oneOf([200, 204]);
      } finally {
        unsubscribe('securest:event', hear);
      }
      const measured = [
        await telemetry.points(),
        telemetry.spans.map(({ name, attributes }) => [name, attributes]),
      ];
      const streams = {
        events: JSON.stringify(events),
        published: JSON.stringify(published),
        audited: audited.join('\n'),
        measured: JSON.stringify(measured),
        log: api.logger.lines.join('\n'),
      };
      for (const [name, text] of Object.entries(streams)) {
        expect(text.length, name).to.be.greaterThan(100);
        for (const secret of secrets) {
          expect(secret.length).to.be.greaterThan(5);
          expect(text.includes(secret), `${secret} in ${name}`).to.equal(false);
        }
      }
      expect(secrets.size).to.be.greaterThan(20);
      expect(streams.audited).to.include('authn_login_success').and.to.include('authn_login_fail');
      expect(audited.every((line) => (JSON.parse(line) as { v?: unknown }).v === 1)).to.equal(true);
    });
  });
}
