/** What events and log lines say of a request is safe to read, and never holds a secret. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  ApiKeyProvider,
  ApiKeys,
  auditLog,
  type Authentication,
  CurrentAuthentication,
  MemoryState,
  MemoryUserstore,
  PasswordProvider,
  type SecurityEvent,
  type SecurityRequest,
  TokenProvider,
  TokenService,
  Authentication as Login,
  type User,
} from '../../src';
import { instrument } from '../../src/opentelemetry';
import { basic, DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { MemoryLogger, reset } from '../support/reset';
import { provider, startApi, store } from '../support/scripted';
import { Telemetry } from '../support/telemetry';

const HOSTILE: Readonly<Record<string, string>> = {
  CRLF: 'ann\r\ninfo securest: provider 1 Forged',
  ANSI: 'ann\u001b[2J\u001b[31mred\u009b31m',
  'U+2028 and U+2029': 'ann\u2028x\u2029y',
  'NEL, NUL and DEL': 'ann\u0085\u0000\u007f',
  'bidirectional marks': 'ann\u202egro.live\u2066',
  'zero width': 'an\u200bn\ufeff',
  'a lone surrogate': 'ann\ud800',
  '1 MB': 'x'.repeat(1024 * 1024),
  '1 MB of control characters': '\n'.repeat(1024 * 1024),
};
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** Every text in an event, however deep. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

for (const driver of DRIVERS) {
  describe(`Events and logs on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [title, name] of Object.entries(HOSTILE)) {
      it(`a user name with ${title} is safe in every event and log line`, async () => {
        const logger = new MemoryLogger();
        const grants = provider('p', () => ({ username: name, groups: ['down'] }));
        const down = class extends store(() => null) {
          override getGroup(group: string): null {
            if (group === 'down') throw new Error(`no group for ${name}`);
            return null;
          }
        };
        await using api = await startApi(driver, {
          security: { providers: [grants], userstores: [down], logger },
        });
        await api.get('/guarded');
        await api.get('/admin');
        expect(api.events.map(({ type }) => type)).to.include.members([
          'authenticated',
          'allowed',
          'unavailable',
        ]);
        const told = [...api.events.flatMap(texts), ...logger.lines];
        for (const text of told) {
          expect(text).not.to.match(UNSAFE);
          expect(text.length).to.be.lessThan(13_000);
        }
        for (const event of api.events) {
          if ('user' in event) expect(event.user?.length).to.be.lessThan(2000);
        }
      });
    }

    it('a path and a method are as safe, and each event is one line of JSON', async () => {
      const path = `/guarded?x=%0d%0a\u001b`.replace('\u001b', '%1b');
      await using api = await startApi(driver, { security: { providers: [provider('p', () => null)] } });
      await api.get(path);
      await api.get(`/guarded?${'x'.repeat(10_000)}`);
      for (const event of api.events) {
        expect(JSON.stringify(event)).not.to.match(/[\r\n\u2028\u2029]/);
        expect(event).to.include({ path: '/guarded' });
      }
    });

    it('a thrown message forges no log line', async () => {
      const forged = 'first\nerror securest: forged\u2028\u001b[2K';
      const bug = provider('p', () => Promise.reject(new Error(forged, { cause: new Error(forged) })));
      await using api = await startApi(driver, { security: { providers: [bug] } });
      await api.get('/guarded');
      const errors = api.logger.lines.filter((line) => line.startsWith('error'));
      expect(errors).to.have.length(1);
      expect(errors[0]).not.to.match(UNSAFE);
    });

    it('passwords, hashes and tokens are in no reply, header, event, log line or printed line', async () => {
      const password = 'canary-password-1';
      const wrong = 'canary-wrong-2';
      const hash = hashSync(password, 4);
      const broken = '$2b$04$canary-broken-hash-3';
      const secret = 'canary-token-secret-4-'.padEnd(32, 'x');
      const service = new TokenService({ secret, issuer: 'i', audience: 'a', ttlSeconds: 60 });
      class Users extends MemoryUserstore {
        constructor() {
          super({
            users: [
              { username: 'ann', password: hash },
              { username: 'bob', password: broken },
            ],
          });
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }
      class Tokens extends TokenProvider {
        constructor() {
          super(service);
        }
      }
      const keys = new ApiKeys({ state: new MemoryState(), prefix: 'app' });
      let key = '';
      class Key extends ApiKeyProvider {
        constructor() {
          super(keys);
        }
      }
      const printedUsers: string[] = [];
      @JsonController()
      class Leaky {
        @Authorized() @Get('/me') me(
          @CurrentUser() user: User,
          @CurrentAuthentication() login: Authentication,
        ) {
          printedUsers.push(
            inspect(user, { depth: null }),
            inspect(login, { depth: null }),
            JSON.stringify([user, login]),
            Object.keys(user).join(),
          );
          return { user, login };
        }
        @Authorized('admin') @Get('/admin') admin() {
          return {};
        }
        @Get('/open') open(@CurrentUser() user?: User) {
          return { user };
        }
      }
      const { token } = service.issue(new Login<User>({ username: 'ann' }));
      const forged = `${token.slice(0, -8)}canaryxx`;
      const printed: string[] = [];
      const restore = capture(printed);
      const replies: string[] = [];
      const events: SecurityEvent[] = [];
      const lines: string[] = [];
      const audited: string[] = [];
      const published: unknown[] = [];
      const hear = (event: unknown): void => void published.push(event);
      const log = auditLog((line) => audited.push(line), { vocabulary: 'owasp' });
      subscribe('securest:event', hear);
      await using telemetry = new Telemetry();
      try {
        await using api = await startApi(driver, {
          host: { controllers: [Leaky], development: true },
          security: {
            providers: [Password, Tokens, Key],
            userstores: [Users],
            // Threads that hash take long to start on a busy machine.
            deadlineMs: 600_000,
            onEvent: (event) => {
              events.push(event);
              void log(event);
            },
          },
        });
        instrument(api.security, { ...telemetry.providers, endUser: true });
        const login = await api.security.authenticate({
          method: 'GET',
          url: '/',
          headers: basic('ann', password),
          headersDistinct: {},
          rawHeaders: ['Authorization', basic('ann', password)['authorization']!],
          socket: { remoteAddress: '127.0.0.1' },
        } as never);
        key = (await keys.create(login!, { name: 'build' })).key;
        for (const headers of [
          basic('ann', password),
          basic('ann', wrong),
          basic('unknown', password),
          basic('bob', password),
          basic(wrong, password),
          { authorization: `Bearer ${token}` },
          { authorization: `Bearer ${forged}` },
          { authorization: `Bearer ${token} ${wrong}` },
          { 'authentication-token': forged },
          { authorization: `Basic ${Buffer.from(`${wrong}\0`).toString('base64')}` },
          { 'x-api-key': key },
          { 'x-api-key': `${key.slice(0, -4)}AAAA` },
          { authorization: `Bearer ${key}` },
        ]) {
          for (const path of ['/me', `/admin?access_token=${token}`, '/open']) {
            const reply = await api.get(path, headers);
            replies.push(`${reply.rawHeaders.join('\n')}\n${reply.text}`);
          }
        }
        lines.push(...api.logger.lines);
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        restore();
        unsubscribe('securest:event', hear);
      }
      expect(replies.filter((reply) => reply.includes('"username":"ann"')).length).to.be.greaterThan(2);
      const measured = [await telemetry.points(), telemetry.spans.map(spanOf)];
      expect(audited.length).to.equal(events.length).and.to.equal(published.length);
      expect(JSON.stringify(measured)).to.include('"enduser.id":"ann"').and.to.include('get_user');
      const streams = {
        replies,
        events: [JSON.stringify(events)],
        published: [JSON.stringify(published)],
        audited,
        measured: [JSON.stringify(measured)],
        lines,
        printed,
        printedUsers,
      };
      for (const [stream, content] of Object.entries(streams)) {
        const text = content.join('\n');
        for (const canary of [
          password,
          wrong,
          hash,
          broken,
          secret,
          token,
          forged,
          token.split('.')[2]!,
          key,
        ]) {
          expect(text.includes(canary), `${canary} in ${stream}`).to.equal(false);
          const encoded = Buffer.from(canary).toString('base64').replace(/=*$/, '').slice(0, -2);
          expect(text.includes(encoded), `${canary} as base64 in ${stream}`).to.equal(false);
        }
        expect(text, stream).not.to.match(/canary/);
      }
    });

    it('what a provider or policy throws may quote secrets, and the log does not', async () => {
      const canary = 'canary-password';
      const basicPair = Buffer.from(`ann:${canary}`).toString('base64');
      const hash = `$2b$12$${'c'.repeat(53)}`;
      const quoting = provider('quoting', (request) => {
        const header = request.header('authorization');
        if (header === undefined) return null;
        throw new Error(`cannot read ${header} (${canary}), row ${hash}`);
      });
      class Quoting {
        check(_action: unknown, _user: unknown, request: SecurityRequest): boolean {
          throw new Error(`sid ${String(request.header('cookie'))}`);
        }
      }
      @JsonController()
      class Guarded {
        @Authorized(Quoting) @Get('/policy') policy() {
          return {};
        }
      }
      const byKey = provider('p', (request) => (request.header('x') ? { username: 'ann' } : null), {
        credential: 'x',
      });
      await using api = await startApi(driver, {
        host: { controllers: [Guarded] },
        security: { providers: [quoting, byKey] },
      });
      expect((await api.get('/policy', { authorization: `Basic ${basicPair}` })).status).to.equal(500);
      expect((await api.get('/policy', { x: '1', cookie: 'sid=canary-session' })).status).to.equal(500);
      const told = [...api.logger.lines, ...api.events.map((event) => JSON.stringify(event))].join('\n');
      expect(told).to.include('cannot read ***').and.to.include('row ***').and.to.include('sid ***');
      for (const secret of ['canary', basicPair, hash]) expect(told).not.to.include(secret);
    });

    it('the password of a class instance is in nothing that the app gets, and stays on the record', async () => {
      const canary = hashSync('x', 4);
      class Account implements User {
        constructor(
          readonly username: string,
          readonly password: string,
        ) {}
        checks(): string {
          return this.password;
        }
      }
      const record = new Account('ann', canary);
      let seen: User | undefined;
      @JsonController()
      class Me {
        @Get('/me') me(@CurrentUser() user?: User) {
          seen = user;
          return { user };
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [Me] },
        security: { providers: [provider('p', () => record)] },
      });
      const reply = await api.get('/me');
      expect(reply.json()).to.deep.equal({ user: { username: 'ann' } });
      expect(inspect(seen, { showHidden: true }) + JSON.stringify({ ...seen })).not.to.contain(canary);
      expect(seen).to.be.instanceOf(Account);
      expect((seen as Account).checks()).to.equal(undefined);
      expect(Object.getOwnPropertyDescriptor(record, 'password')).to.include({
        value: canary,
        enumerable: true,
      });
    });
  });
}

/** All that an exporter sends of a span. */
function spanOf({ name, attributes, status, events, links }: Telemetry['spans'][number]): object {
  return { name, attributes, status, events, links };
}

/** Keeps what goes to the terminal, until the returned function is called. */
function capture(printed: string[]): () => void {
  const keep = (...parts: unknown[]): true => {
    printed.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' '));
    return true;
  };
  const { log, info, warn, error } = console;
  const { write } = process.stderr;
  Object.assign(console, { log: keep, info: keep, warn: keep, error: keep });
  process.stderr.write = keep;
  return () => {
    Object.assign(console, { log, info, warn, error });
    process.stderr.write = write;
  };
}
