/** Three processes of one app with one store, on three hosts: whatever two of them do at once, one session results. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf, stepAt } from '../../src/factors/one-time-code';
import { ORIGIN } from '../fixtures/sessions/app';
import { Authenticator, type CreationOptions, type RequestOptions } from '../support/authenticator';
import { fromBase32 } from '../support/base32';
import type { Browser, Reply } from '../support/browser';
import { DRIVERS } from '../support/drivers';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { RedisServer, whyNoRedis } from './redis-server';
import { logOut, NAME, PASSWORD, SessionApp, withUsers } from './session-app';

const USERS = 'factor logout end password many otp half key idp insert swap delete halfDelete'.split(' ');
const ROUNDS = [0, 1, 2];
const MINUTE = 60_000;

interface Targets {
  readonly target: string;
  readonly users: string;
}

function describeProcesses(start: () => Promise<Targets>): void {
  let targets: Targets;
  let apps: SessionApp[] = [];
  let ahead = 0;
  const at = (index: number): SessionApp => apps[index % apps.length]!;
  const times = <T>(count: number, work: (app: SessionApp, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => work(at(index), index)));
  const startApp = (driver: number): Promise<SessionApp> =>
    SessionApp.start({ ...targets, limitMs: 10_000, driver });
  /** All clocks at once. */
  const later = async (ms: number): Promise<void> => {
    ahead += ms;
    await Promise.all(apps.map((app) => app.tell({ ahead })));
  };
  const now = (): number => Date.now() + ahead;
  const everywhere = async (browser: Browser): Promise<number[]> =>
    Promise.all(apps.map((app) => app.who(browser)));
  const isDead = async (browser: Browser): Promise<void> => {
    expect(await everywhere(browser)).to.deep.equal(apps.map(() => 401));
  };
  const isAlive = async (browser: Browser): Promise<void> => {
    expect(await everywhere(browser)).to.deep.equal(apps.map(() => 200));
  };
  const stepUp = (browser: Browser): Promise<Reply> =>
    browser.send('POST', '/session/password', { body: { password: PASSWORD } });
  const statusesOf = (replies: readonly Reply[]): number[] => replies.map(({ status }) => status);
  const only = (wanted: number, replies: readonly Reply[]): number =>
    replies.filter(({ status }) => status === wanted).length;

  before(async function () {
    this.timeout(120_000);
    targets = await start();
    apps = await Promise.all(DRIVERS.map((_, index) => startApp(index)));
  });
  after(() => Promise.all(apps.map((app) => app.stop())));

  it('gives one of twelve step-ups a new secret, and the former one counts beside it', async () => {
    for (const round of ROUNDS) {
      const browser = await at(round).login('factor');
      const copies = await times(12, (app) => Promise.resolve(app.browser(browser)));
      const replies = await Promise.all(copies.map(stepUp));
      expect(new Set(statusesOf(replies))).to.deep.equal(new Set([200]));
      const winners = copies.filter((copy) => copy.cookies.get(NAME) !== browser.cookies.get(NAME));
      expect(winners).to.have.length(1);
      await isAlive(winners[0]!);
      await isAlive(browser);
      expect(await logOut(winners[0]!)).to.equal(204);
      await isDead(winners[0]!);
      await isDead(browser);
    }
  });

  it('leaves nothing of a session that ends while it is used and gets a new secret', async () => {
    for (const round of ROUNDS) {
      const browser = await at(round).login('logout');
      // So that each use writes it.
      await later(2 * MINUTE);
      const strong = await times(4, (app) => Promise.resolve(app.browser(browser)));
      const [ended, ups, uses] = await Promise.all([
        logOut(at(round + 1).browser(browser)),
        Promise.all(strong.map(stepUp)),
        times(12, (app) => app.who(browser)),
      ]);
      expect(ended).to.equal(204);
      for (const status of [...statusesOf(ups), ...uses]) expect(status).to.be.oneOf([200, 401]);
      for (const copy of [browser, ...strong]) await isDead(copy);
      const [session] = await Promise.all([at(round).login('logout')]);
      const all = (await session.get('/session/all')).json() as unknown as unknown[];
      expect(all).to.have.length(1);
      expect(await logOut(session)).to.equal(204);
    }
  });

  it('ends all that were there when all are ended, whatever logs in meanwhile', async () => {
    for (const round of ROUNDS) {
      const own = await at(round).login('end');
      const others = await times(5, (app) => app.login('end'));
      const [ended, during] = await Promise.all([
        at(round + 1)
          .browser(own)
          .send('DELETE', '/session/all'),
        times(6, (app) => app.login('end')),
      ]);
      expect(ended.status).to.equal(204);
      for (const other of others) await isDead(other);
      await isAlive(own);
      let alive = 1;
      for (const browser of during) {
        const [status] = new Set(await everywhere(browser));
        if (status === 200) alive += 1;
      }
      const listed = (await own.get('/session/all')).json() as unknown as unknown[];
      expect(listed).to.have.length(alive);
      expect((await own.send('DELETE', '/session/all')).status).to.equal(204);
      for (const browser of during) await isDead(browser);
      expect(await logOut(own)).to.equal(204);
    }
  });

  it('leaves no session of a former password, also of logins under way', async () => {
    let current = PASSWORD;
    for (const round of ROUNDS) {
      const next = `the word of round ${String(round)}`;
      const own = await at(round).login('password', current);
      const former = own.copy();
      const earlier = await times(3, (app) => app.login('password', current));
      const [changed, during] = await Promise.all([
        at(round + 1)
          .browser(own)
          .send('PUT', '/password', { body: { currentPassword: current, newPassword: next } })
          .then((reply) => ({ reply, cookie: reply.cookies[0] ?? '' })),
        times(9, (app) => app.tryLogin('password', current)),
      ]);
      expect(changed.reply.status, changed.reply.text).to.equal(204);
      for (const { reply } of during) expect(reply.status).to.be.oneOf([200, 401]);
      for (const browser of [former, ...earlier, ...during.map((one) => one.browser)]) await isDead(browser);
      const [, value = ''] = /^__Host-session=([^;]+)/.exec(changed.cookie) ?? [];
      own.cookies.set(NAME, value);
      await isAlive(own);
      expect((await at(round).tryLogin('password', current)).reply.status).to.equal(401);
      current = next;
      expect(await logOut(own)).to.equal(204);
      expect(await logOut(await at(round).login('password', current))).to.equal(204);
    }
  });

  it('keeps twenty sessions of thirty that begin at once: each but the oldest', async () => {
    const first = await at(0).login('many');
    const browsers = await times(29, (app) => app.login('many'));
    const alive: Browser[] = [];
    for (const browser of browsers) if ((await everywhere(browser)).every((status) => status === 200)) alive.push(browser); // prettier-ignore
    expect(alive).to.have.length(20);
    await isDead(first);
    const listed = (await alive[0]!.get('/session/all')).json() as unknown as unknown[];
    expect(listed).to.have.length(20);
  });

  /** @returns the key of the user's one-time codes, and recovery codes */
  const enrol = async (username: string): Promise<{ key: Buffer; recoveryCodes: readonly string[] }> => {
    const browser = await at(0).login(username);
    const key = fromBase32(String((await browser.send('POST', '/otp')).json()['secret']));
    const code = codeOf(key, stepAt(now()));
    const confirmed = await browser.send('POST', '/otp/confirm', { body: { code } });
    expect(confirmed.status, confirmed.text).to.equal(200);
    expect(await logOut(browser)).to.equal(204);
    return { key, recoveryCodes: confirmed.json()['recoveryCodes'] as readonly string[] };
  };
  const prove = (browser: Browser, code: string): Promise<Reply> =>
    browser.send('POST', '/otp/factor', { body: { code } });

  it('takes a one-time code from one of twelve', async () => {
    const { key } = await enrol('otp');
    for (const round of ROUNDS) {
      await later(MINUTE);
      const halves = await times(4, (app) => app.login('otp'));
      const copies = await times(12, (app, index) => Promise.resolve(app.browser(halves[index % 4])));
      const code = codeOf(key, stepAt(now()));
      const replies = await Promise.all(copies.map((copy) => prove(copy, code)));
      expect(only(200, replies), statusesOf(replies).join()).to.equal(1);
      for (const { status } of replies) expect(status).to.be.oneOf([200, 401, 503]);
      const winners = copies.filter((copy) => copy.cookies.has(NAME));
      expect(winners).to.have.length(1);
      await isAlive(winners[0]!);
      expect(await logOut(winners[0]!)).to.equal(204);
      expect((await prove(await at(round).login('otp'), code)).status).to.equal(401);
    }
  });

  it('completes a half login once, also by several codes that are right', async () => {
    const { recoveryCodes } = await enrol('half');
    const half = await at(0).login('half');
    expect([...half.cookies.keys()]).to.deep.equal([`${NAME}-half`]);
    const copies = await times(recoveryCodes.length, (app) => Promise.resolve(app.browser(half)));
    const replies = await Promise.all(copies.map((copy, index) => prove(copy, recoveryCodes[index]!)));
    expect(only(200, replies), statusesOf(replies).join()).to.equal(1);
    for (const { status } of replies) expect(status).to.be.oneOf([200, 401, 503]);
    const [winner, ...others] = copies.filter((copy) => copy.cookies.has(NAME));
    expect(others).to.deep.equal([]);
    const sessions = (await winner!.get('/session/all')).json() as unknown as unknown[];
    expect(sessions).to.have.length(1);
    await isDead(half);
  });

  it('takes what a passkey signed from one of twelve', async () => {
    const browser = await at(0).login('key');
    const options = async (from: Browser, purpose: string): Promise<unknown> =>
      (await from.send('POST', '/passkeys/options', { body: { for: purpose } })).json();
    const authenticator = new Authenticator(ORIGIN);
    const response = authenticator.create((await options(browser, 'add')) as CreationOptions);
    const added = await times(4, (app) =>
      app.browser(browser).send('POST', '/passkeys', { body: { response } }),
    );
    expect(only(201, added), statusesOf(added).join()).to.equal(1);
    for (const round of ROUNDS) {
      const signed = authenticator.get((await options(at(round).browser(), 'login')) as RequestOptions);
      const copies = await times(12, (app) => Promise.resolve(app.browser()));
      const replies = await Promise.all(
        copies.map((copy) => copy.send('POST', '/passkeys/login', { body: { response: signed } })),
      );
      expect(only(200, replies), statusesOf(replies).join()).to.equal(1);
      for (const { status } of replies) expect(status).to.be.oneOf([200, 401, 503]);
      const [winner, ...others] = copies.filter((copy) => copy.cookies.has(NAME));
      expect(others).to.deep.equal([]);
      await isAlive(winner!);
    }
  });

  it('ends by the provider all that a login there has started, of twelve at once', async () => {
    for (const round of ROUNDS) {
      const sid = `round-${String(round)}`;
      const provided = await times(12, async (app) => {
        const browser = app.browser();
        const body = { username: 'idp', sid };
        return { browser, reply: await browser.send('POST', '/provider/login', { body }) };
      });
      expect(new Set(provided.map(({ reply }) => reply.status))).to.deep.equal(new Set([200]));
      const other = at(round).browser();
      await other.send('POST', '/provider/login', { body: { username: 'idp', sid: `${sid}-other` } });
      const ended = await times(3, (app) =>
        app.browser().send('POST', '/provider/logout', { body: { sid } }),
      );
      expect(new Set(statusesOf(ended))).to.deep.equal(new Set([200]));
      const counts = ended.map((reply) => Number(reply.json()['ended']));
      expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(12);
      for (const { browser } of provided) await isDead(browser);
      await isAlive(other);
      expect(await logOut(other)).to.equal(204);
    }
  });

  describe('when one is killed between a change and its reply', () => {
    /** Has the first process end after its next change of that kind, starts it anew, and the request has no reply. */
    const cutOff = async (
      change: 'insert' | 'swap' | 'delete',
      send: (app: SessionApp) => Promise<unknown>,
    ): Promise<void> => {
      const [victim, ...others] = apps as [SessionApp, ...SessionApp[]];
      await victim.tell({ dieAt: change });
      const lost = await send(victim).then(
        () => 'a reply',
        () => 'no reply',
      );
      expect([lost, await victim.ended()]).to.deep.equal(['no reply', 'SIGKILL']);
      const heir = await startApp(0);
      await heir.tell({ ahead });
      apps = [heir, ...others];
    };

    it('keeps the other sessions at a login, which can be done again', async () => {
      const kept = await at(1).login('insert');
      await cutOff('insert', (app) => app.login('insert'));
      await isAlive(kept);
      const again = await at(0).login('insert');
      // The one that nobody has the cookie of is listed, and can be ended.
      const listed = (await again.get('/session/all')).json() as unknown as unknown[];
      expect(listed).to.have.length(3);
      expect((await again.send('DELETE', '/session/all')).status).to.equal(204);
      await isDead(kept);
      await isAlive(again);
    });

    it('takes the former secret for a while after a step-up', async () => {
      const browser = await at(1).login('swap');
      await cutOff('swap', (app) => stepUp(app.browser(browser)));
      await isAlive(browser);
      expect((await stepUp(at(2).browser(browser))).status).to.equal(200);
      await later(61_000);
      await isDead(browser);
    });

    it('has ended what was logged out, and says so to a retry', async () => {
      const [browser, kept] = [await at(1).login('delete'), await at(1).login('delete')];
      await cutOff('delete', (app) => logOut(app.browser(browser)));
      await isDead(browser);
      expect(await logOut(at(0).browser(browser))).to.equal(204);
      await isAlive(kept);
    });

    it('opens nothing with a half login that was being completed', async () => {
      const { recoveryCodes } = await enrol('halfDelete');
      const half = await at(1).login('halfDelete');
      await cutOff('delete', (app) => prove(app.browser(half), recoveryCodes[0]!));
      for (const code of recoveryCodes.slice(0, 2)) {
        expect((await prove(at(0).browser(half), code)).status).to.equal(401);
      }
      const anew = await at(0).login('halfDelete');
      expect((await prove(anew, recoveryCodes[0]!)).status).to.equal(401);
      expect((await prove(anew, recoveryCodes[2]!)).status).to.equal(200);
      await isAlive(anew);
    });
  });
}

describe('Sessions in three processes with one SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'securest-sessions-'));
  describeProcesses(async () => {
    const target = await withUsers(`sqlite:${join(folder, 'state.db')}`, USERS);
    return { target, users: target };
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
});

describeWith(whyNoPostgres(), 'Sessions in three processes with one PostgreSQL', () => {
  const server = new PostgresServer();
  describeProcesses(async () => {
    await server.start();
    const target = await withUsers(server.url, USERS);
    return { target, users: target };
  });
  after(() => server.remove());
});

describeWith(whyNoMariadb(), 'Sessions in three processes with one MariaDB', () => {
  const server = new MariadbServer();
  describeProcesses(async () => {
    await server.start();
    const target = await withUsers(server.url, USERS);
    return { target, users: target };
  });
  after(() => server.remove());
});

describeWith(whyNoRedis(), 'Sessions in three processes with one Redis', () => {
  const server = new RedisServer();
  const folder = mkdtempSync(join(tmpdir(), 'securest-sessions-'));
  describeProcesses(async () => {
    await server.start();
    const users = await withUsers(`sqlite:${join(folder, 'users.db')}`, USERS);
    return { target: `redis:${server.socket}`, users };
  });
  after(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });
});
