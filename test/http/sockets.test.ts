import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  Authentication,
  BadCredentialsError,
  ConfigurationError,
  createSecurity,
  type SecurityOptions,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../src';
import { type SocketEnd, type SocketLogin, upgradeGuard } from '../../src/socket';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { HeldTime } from '../support/held-time';
import { MemoryLogger, reset } from '../support/reset';
import { provider } from '../support/scripted';
import { type Client, SocketApp, type SocketAppOptions } from '../support/socket-app';

const RECHECK_MS = 600_000;

describe('Sockets of ws', () => {
  const time = HeldTime.use();
  let users: Map<string, User>;
  /** What a lookup of a user meets first. */
  let fault: (() => unknown) | undefined;
  let lookups: number;
  /** What the provider states of a login beside its user. */
  let details: ConstructorParameters<typeof Authentication>[1];

  class Users {
    async getUser(name: string): Promise<User | null> {
      lookups += 1;
      const user = users.get(name) ?? null;
      await fault?.();
      return user;
    }
    getGroup(name: string) {
      return name === 'staff' ? { name, roles: ['editor'] } : null;
    }
  }

  const scripted = (credential: string) =>
    provider(
      `by ${credential}`,
      async (request, userstore) => {
        const name = request.header(credential);
        if (name === undefined) return null;
        if (name === 'slow down') throw new ThrottledError({ retryAfterSeconds: 7 });
        const user = await userstore.getUser(name);
        if (user === null || user === undefined) throw new BadCredentialsError();
        return details === undefined ? user : new Authentication(user, details);
      },
      { credential, challenge: { scheme: 'Named' } },
    );

  const start = (more: SocketAppOptions = {}, options: SecurityOptions = {}): Promise<SocketApp> =>
    SocketApp.start(
      {
        userstores: [Users],
        providers: [scripted('x-user'), scripted('cookie')],
        clock: time.clock,
        realm: 'notes',
        ...options,
      },
      { socket: { recheckMs: RECHECK_MS }, ...more },
    );
  const as = (name: string) => ({ 'x-user': name });
  /** Until each login that is checked again has been. */
  const settled = (count: number) => eventually(() => lookups >= count);

  beforeEach(() => {
    reset();
    users = new Map([
      ['ann', { username: 'ann', id: 1, roles: ['editor'], tokensValidFrom: new Date(5) }],
      ['bob', { username: 'bob', groups: ['staff'] }],
      ['eve', { username: 'eve' }],
      ['out', { username: 'out', active: false }],
    ]);
    fault = undefined;
    lookups = 0;
    details = undefined;
  });

  for (const driver of DRIVERS) {
    it(`open beside the actions of ${driver.name}, and are refused as these`, async () => {
      @JsonController()
      class Notes {
        @Authorized() @Get('/notes') list() {
          return ['a'];
        }
      }
      const security = createSecurity({
        logger: new MemoryLogger(),
        userstores: [Users],
        providers: [scripted('x-user')],
        realm: 'notes',
      });
      const listener = driver.build(security.secure({ controllers: [Notes] }));
      await using app = await start({ security, listener });
      const client = await app.open(as('ann'), '/notes');
      expect(app.logins[0]?.login.user.username).to.equal('ann');
      expect((await app.server.fetch('/notes', { headers: as('ann') })).status).to.equal(200);
      for (const headers of [{}, as('nobody'), as('out'), as('slow down')] as Record<string, string>[]) {
        const refused = await app.refused(headers, '/notes');
        const action = await app.server.fetch('/notes', { headers });
        expect(refused.status).to.equal(action.status);
        expect(refused.body).to.deep.equal(await action.json());
        for (const name of ['www-authenticate', 'cache-control', 'retry-after', 'content-type']) {
          expect(refused.headers[name] ?? null, name).to.equal(action.headers.get(name));
        }
        expect(refused.headers.connection).to.equal('close');
      }
      client.ws.close();
    });
  }

  const refusals: [what: string, headers: Record<string, string>, status: number, code: string][] = [
    ['no credentials', {}, 401, 'authentication_required'],
    ['bad credentials', as('nobody'), 401, 'invalid_credentials'],
    ['an inactive user', as('out'), 401, 'invalid_credentials'],
    ['a throttled one', as('slow down'), 429, 'too_many_attempts'],
    ['a cookie from a foreign origin', { cookie: 'ann', origin: 'https://evil.example' }, 403, 'cross_site'],
    ['a cookie without any origin', { cookie: 'ann' }, 403, 'cross_site'],
    ['a rule that does not hold', as('eve'), 403, 'access_denied'],
  ];
  for (const [what, headers, status, code] of refusals) {
    it(`are refused for ${what}`, async () => {
      await using app = await start({ socket: { rule: 'editor', recheckMs: RECHECK_MS } });
      const refused = await app.refused(headers);
      expect([refused.status, refused.body.code]).to.deep.equal([status, code]);
      expect(refused.headers['www-authenticate']).to.equal(
        status === 401 ? 'Named realm="notes"' : undefined,
      );
      expect(app.logins).to.deep.equal([]);
      expect(time.delays).to.deep.equal([]);
    });
  }

  it('are refused with 503 while the store is down, and with 500 for a fault, of which nothing is told', async () => {
    await using app = await start();
    fault = () => {
      throw new ServiceUnavailableError({ retryAfterSeconds: 9 });
    };
    const down = await app.refused(as('ann'));
    expect([down.status, down.body.code, down.headers['retry-after']]).to.deep.equal([
      ...[503, 'authentication_unavailable', '9'],
    ]);
    fault = () => {
      throw new Error('secret detail');
    };
    const faulty = await app.refused(as('ann'));
    expect([faulty.status, faulty.body]).to.deep.equal([
      500,
      { name: 'SecurityFaultError', code: 'security_error', message: 'Security Error' },
    ]);
  });

  it('open for a cookie of the own origin and of a trusted one', async () => {
    await using app = await start({}, { trustedOrigins: ['https://app.example'] });
    await app.open({ cookie: 'ann', origin: app.server.url });
    await app.open({ cookie: 'ann', origin: 'https://app.example' });
    await app.open({ cookie: 'ann', 'sec-fetch-site': 'same-origin' });
    expect(app.logins).to.have.lengthOf(3);
  });

  it('leave the app alone where the client goes while it is asked about', async () => {
    await using app = await start();
    const held: (() => void)[] = [];
    fault = () => new Promise<void>((resolve) => held.push(resolve));
    const { hostname, port } = new URL(app.server.url);
    for (const user of ['ann', 'nobody']) {
      const socket = net.connect(Number(port), hostname);
      socket.on('error', () => {});
      const gone = once(app.server.server, 'upgrade').then(([, raw]) => raw as net.Socket);
      socket.write(
        `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-User: ${user}\r\n\r\n`,
      );
      const raw = await gone;
      await eventually(() => held.length > 0);
      socket.resetAndDestroy();
      raw.resume();
      await eventually(() => raw.destroyed);
      held.pop()?.();
    }
    fault = undefined;
    // Decided after both of them.
    await app.open(as('ann'));
    expect(app.logins).to.have.lengthOf(1);
    expect(time.delays).to.have.lengthOf(1);
  });

  it('take what createSecurity() gave, and a rule and options that are some', () => {
    const security = createSecurity({ logger: new MemoryLogger(), providers: [scripted('x-user')] });
    expect(() => upgradeGuard({} as never)).to.throw(ConfigurationError, 'createSecurity');
    for (const options of [
      { recheckMs: 999 },
      { recheckMs: 3_600_001 },
      { recheckMs: -1 },
      { recheckMs: Number.NaN },
      { recheckMs: '30000' },
      { recheckMs: null },
      { every: 5 },
      { rule: false },
      { rule: [] },
    ]) {
      expect(() => upgradeGuard(security, options as never), JSON.stringify(options)).to.throw(
        ConfigurationError,
      );
    }
    for (const recheckMs of [0, 1000, 3_600_000]) upgradeGuard(security, { recheckMs });
  });

  describe('while they are open', () => {
    const ends: [what: string, change: () => void, how: SocketEnd][] = [
      ['is gone', () => users.delete('ann'), 'revoked'],
      ['is inactive', () => users.set('ann', { ...users.get('ann')!, active: false }), 'inactive'],
      ['is another of that name', () => users.set('ann', { ...users.get('ann')!, id: 2 }), 'revoked'],
      ['has no id any more', () => users.set('ann', { ...users.get('ann')!, id: undefined }), 'revoked'],
      [
        'has a later tokensValidFrom',
        () => users.set('ann', { ...users.get('ann')!, tokensValidFrom: new Date(6) }),
        'revoked',
      ],
      [
        'has no tokensValidFrom any more',
        () => users.set('ann', { ...users.get('ann')!, tokensValidFrom: null }),
        'revoked',
      ],
      ['lacks the role of the rule', () => users.set('ann', { ...users.get('ann')!, roles: [] }), 'denied'],
    ];
    for (const [what, change, how] of ends) {
      for (const [when, go] of [
        ['at the next check', (_app: SocketApp) => time.pass(RECHECK_MS)],
        ['at forget()', (app: SocketApp) => app.security.forget('ann')],
      ] as const) {
        it(`end when the user ${what}, ${when}`, async () => {
          await using app = await start({ socket: { rule: 'editor', recheckMs: RECHECK_MS } });
          const client = await app.open(as('ann'));
          change();
          go(app);
          expect(await client.closed).to.equal(`4001 ${how}`);
          expect(time.delays).to.deep.equal([]);
        });
      }
    }

    it('stay as long as nothing changes, with the user as of the last check, and tell nothing', async () => {
      await using app = await start({ socket: { rule: 'editor', recheckMs: RECHECK_MS } });
      const client = await app.open(as('bob'));
      const { events } = app;
      const told = events.length;
      for (let check = 1; check <= 3; check += 1) {
        const email = `bob${String(check)}@example.com`;
        users.set('bob', { ...users.get('bob')!, email });
        time.pass(RECHECK_MS);
        await eventually(() => app.logins[0]?.login.user.email === email);
        await eventually(() => time.delays.length === 1);
      }
      expect(client.isClosed).to.equal(false);
      expect(events.slice(told)).to.deep.equal([]);
      expect(app.logins[0]?.login).to.include({ provedBy: 'token' });
    });

    it('are checked up to a tenth earlier, by a timer that keeps no process running', async () => {
      await using app = await start();
      for (let n = 0; n < 30; n += 1) await app.open(as('ann'));
      const { delays } = time;
      expect(delays).to.have.lengthOf(30);
      expect(Math.min(...delays)).to.be.at.least(RECHECK_MS * 0.9);
      expect(Math.max(...delays)).to.be.at.most(RECHECK_MS);
      expect(new Set(delays).size).to.be.greaterThan(5);
      expect(time.keepsRunning).to.equal(false);
    });

    for (const [what, error] of [
      ['down', () => new ServiceUnavailableError()],
      ['faulty', () => new Error('a bug')],
      ['busy', () => new ThrottledError()],
    ] as const) {
      it(`stay while the store is ${what}, which is logged once for all`, async () => {
        await using app = await start();
        const clients = await Promise.all(Array.from({ length: 5 }, () => app.open(as('ann'))));
        fault = () => {
          throw error();
        };
        lookups = 0;
        for (let check = 1; check <= 2; check += 1) {
          for (let n = 0; n < 5; n += 1) app.security.forget('ann');
          await settled(5 * check);
          await eventually(() => time.delays.length === 5);
        }
        expect(clients.some(({ isClosed }) => isClosed)).to.equal(false);
        const lines = app.logger.lines.filter((line) => line.startsWith('error'));
        expect(lines, lines.join('\n')).to.have.lengthOf(1);
        // And then they are checked as ever.
        fault = undefined;
        users.delete('ann');
        time.pass(RECHECK_MS);
        for (const client of clients) expect(await client.closed).to.equal('4001 revoked');
      });
    }

    it('are checked once more where a user is forgotten while a check is under way', async () => {
      await using app = await start();
      const client = await app.open(as('ann'));
      const held: { answer?: () => void } = {};
      fault = () => new Promise<void>((resolve) => (held.answer = resolve));
      time.pass(RECHECK_MS);
      await eventually(() => held.answer !== undefined);
      // The store has read the record that was there before.
      fault = undefined;
      users.delete('ann');
      app.security.forget('ann');
      held.answer?.();
      expect(await client.closed).to.equal('4001 revoked');
    });

    it('end with one of a thousand users, and the others stay', async () => {
      const names = Array.from({ length: 1000 }, (_, n) => `user${String(n)}`);
      for (const username of names) users.set(username, { username });
      await using app = await start();
      const clients: Client[] = [];
      for (let at = 0; at < names.length; at += 50) {
        clients.push(...(await Promise.all(names.slice(at, at + 50).map((name) => app.open(as(name))))));
      }
      lookups = 0;
      users.set('user500', { username: 'user500', active: false });
      app.security.forget('user500');
      expect(await clients[500]!.closed).to.equal('4001 inactive');
      // No other was looked at.
      expect(lookups).to.equal(1);
      users.set('user7', { username: 'user7', active: false });
      time.pass(RECHECK_MS);
      expect(await clients[7]!.closed).to.equal('4001 inactive');
      await settled(1000);
      await eventually(() => time.delays.length === 998);
      expect(clients.filter(({ isClosed }) => isClosed)).to.have.lengthOf(2);
    });

    it('forget what is closed', async () => {
      await using app = await start();
      const client = await app.open(as('ann'));
      client.ws.close();
      await client.closed;
      await eventually(() => time.delays.length === 0);
      lookups = 0;
      app.security.forget('ann');
      expect(lookups).to.equal(0);
      const [login] = app.logins;
      expect(await login?.may('editor')).to.equal(false);
      login?.close();
    });

    it('say what the user may do as of now, and nothing once the login has ended', async () => {
      await using app = await start({}, { permissions: { editor: ['note:write'] } });
      const client = await app.open(as('bob'));
      const login = app.logins[0]!;
      expect(await login.may('editor')).to.equal(true);
      expect(await login.may(['admin', 'editor'])).to.equal(true);
      expect(await login.may((user: User) => user.username === 'bob')).to.equal(true);
      expect(await login.may((user: User) => user.username === 'ann')).to.equal(false);
      expect(
        await login.may(() => {
          throw new Error('a bug');
        }),
      ).to.equal(false);
      expect(await login.may(() => 'yes' as never)).to.equal(false);
      for (const rule of [false, undefined, [], 5] as never[]) {
        const failure: unknown = await login.may(rule).catch((error: unknown) => error);
        expect(failure, String(rule)).to.satisfy(
          (error: unknown) =>
            error instanceof ConfigurationError || (rule === (undefined as unknown) && error === true),
        );
      }
      users.delete('bob');
      app.security.forget('bob');
      await client.closed;
      expect(await login.may('editor')).to.equal(false);
    });

    it('have their login as that of the request at hand, which ends', async () => {
      const seen: unknown[] = [];
      await using app = await start(
        {
          accept: (ws, login) => {
            ws.on('message', () => {
              login.run(() => ws.send(app.security.currentUser()?.email ?? 'none'));
            });
            login.onEnd((why) => seen.push(why));
          },
        },
        { context: true },
      );
      users.set('ann', { ...users.get('ann')!, email: 'a@example.com' });
      const client = await app.open(as('ann'));
      expect(await client.ask('?')).to.equal('a@example.com');
      users.set('ann', { ...users.get('ann')!, email: 'b@example.com' });
      app.security.forget('ann');
      await eventually(() => app.logins[0]?.login.user.email === 'b@example.com');
      expect(await client.ask('?')).to.equal('b@example.com');
      users.delete('ann');
      app.security.forget('ann');
      await eventually(() => seen.length > 0);
      expect(seen).to.deep.equal(['revoked']);
      // The app has left it open.
      expect(await client.ask('?')).to.equal('none');
    });

    it('run their messages without the option context too', async () => {
      await using app = await start();
      await app.open(as('ann'));
      expect(app.logins[0]?.run(() => 5)).to.equal(5);
    });
  });

  describe('whose credential ends', () => {
    const minutes = (count: number) => new Date(time.now + count * 60_000);

    it('end then, whatever is checked', async () => {
      details = { expiresAt: minutes(5) };
      for (const recheckMs of [RECHECK_MS, 0]) {
        await using app = await start({ socket: { recheckMs } });
        const client = await app.open(as('ann'));
        expect(time.delays).to.deep.equal([300_000]);
        time.pass(299_999);
        expect(await app.logins[0]?.may('editor')).to.equal(true);
        time.pass(1);
        expect(await client.closed).to.equal('4001 expired');
        time.now -= 300_000;
      }
    });

    it('end then while a check is under way, and by a clock that was set on at the next check', async () => {
      details = { expiresAt: minutes(15) };
      await using app = await start();
      const client = await app.open(as('ann'));
      fault = () => new Promise<void>(() => undefined);
      time.pass(RECHECK_MS);
      time.pass(RECHECK_MS);
      expect(await client.closed).to.equal('4001 expired');
      fault = undefined;
      details = { expiresAt: minutes(15) };
      const other = await app.open(as('ann'));
      const [delay] = time.delays;
      time.now += 3_600_000;
      time.pass(delay!);
      expect(await other.closed).to.equal('4001 expired');
    });

    it('stay for as long as clocks may differ where they came in that time', async () => {
      details = { expiresAt: minutes(5), acceptedUntil: minutes(7) };
      await using app = await start({ socket: { recheckMs: 0 } });
      const early = await app.open(as('ann'));
      time.pass(300_000);
      expect(await early.closed).to.equal('4001 expired');
      const late = await app.open(as('ann'));
      time.pass(119_999);
      expect(await app.logins[1]?.may('editor')).to.equal(true);
      time.pass(1);
      expect(await late.closed).to.equal('4001 expired');
      expect((await app.refused(as('ann'))).status).to.equal(401);
    });

    it('wait longer than one timer can', async () => {
      const longest = 2 ** 31 - 1;
      details = { expiresAt: new Date(time.now + longest + 100_000) };
      await using app = await start({ socket: { recheckMs: 0 } });
      const client = await app.open(as('ann'));
      expect(time.delays).to.deep.equal([longest]);
      time.pass(longest);
      expect(time.delays).to.deep.equal([100_000]);
      time.pass(100_000);
      expect(await client.closed).to.equal('4001 expired');
    });

    it('need no timer where nothing ends and nothing is checked by time', async () => {
      await using app = await start({ socket: { recheckMs: 0 } });
      const client = await app.open(as('ann'));
      expect(time.delays).to.deep.equal([]);
      users.delete('ann');
      app.security.forget('ann');
      expect(await client.closed).to.equal('4001 revoked');
    });

    it('keep what the login was limited to', async () => {
      details = { scopes: ['read'], expiresAt: minutes(60), authenticatedAt: new Date(5), methods: ['otp'] };
      await using app = await start();
      await app.open(as('ann'));
      const login = app.logins[0]!;
      const before = login.login;
      details = undefined;
      app.security.forget('ann');
      await eventually(() => login.login !== before);
      for (const name of [
        'scopes',
        'expiresAt',
        'authenticatedAt',
        'methods',
        'provedBy',
        'source',
      ] as const) {
        expect(login.login[name], name).to.deep.equal(before[name]);
      }
    });
  });

  describe('whose app', () => {
    const ending = async (accept: SocketAppOptions['accept']) => {
      const app = await start({ accept: accept! });
      const client = await app.open(as('ann'));
      users.delete('ann');
      app.security.forget('ann');
      return { app, client };
    };

    it('does not listen are cut', async () => {
      const { app: running, client } = await ending(() => undefined);
      await using app = running;
      expect(await client.closed).to.equal('1006');
      expect(app.logins).to.have.lengthOf(1);
    });

    it('throws or rejects in a listener are cut, and the other listeners are told', async () => {
      const listeners: readonly (() => unknown)[] = [
        () => {
          throw new Error('a bug');
        },
        () => Promise.reject(new Error('a bug')),
      ];
      for (const listener of listeners) {
        reset();
        users.set('ann', { username: 'ann' });
        const heard: string[] = [];
        const { app, client } = await ending((_ws, login: SocketLogin) => {
          login.onEnd(listener);
          login.onEnd((why) => heard.push(why));
        });
        await using running = app;
        expect(await client.closed).to.equal('1006');
        expect(heard).to.deep.equal(['revoked']);
        expect(running.logger.lines.filter((line) => line.includes('onEnd()'))).to.have.lengthOf(1);
      }
    });

    it('listens no more is not told, and one that listens late is', async () => {
      const heard: string[] = [];
      const { app: running } = await ending((_ws, login: SocketLogin) => {
        login.onEnd(() => heard.push('never'))();
        login.onEnd(() => {
          heard.push('first');
          login.onEnd(() => heard.push('late'));
          login.onEnd(() => heard.push('never'))();
        });
      });
      await using app = running;
      await eventually(() => heard.length >= 2);
      expect(heard).to.deep.equal(['first', 'late']);
      expect(app.logins).to.have.lengthOf(1);
    });
  });
});
