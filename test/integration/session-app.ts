/** An app with logins for browsers in a process of its own, as its clients see it. */
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { openDatabase } from '../../src/cli/open-database';
import { migrate } from '../../src/sql';
import { SqlUserDirectory } from '../../src/sql/sql-directory';
import type { AppOptions, Order } from '../fixtures/sessions/app';
import { Browser, type Reply } from '../support/browser';
import { sendRaw } from '../support/drivers';
import { ChildApp, PATIENCE_MS } from './child-app';

export const PASSWORD = 'correct horse battery';
export const NAME = '__Host-session';
const HASH = hashSync(PASSWORD, 4);

/** Makes the tables, and users of {@link PASSWORD}. @returns the target */
export async function withUsers(target: string, usernames: readonly string[]): Promise<string> {
  const { client, close } = await openDatabase(target, true);
  await migrate(client);
  const tokensValidFrom = new Date(Date.now() - 60_000);
  await new SqlUserDirectory(client).addAll(
    usernames.map((username) => ({ username, password: HASH, tokensValidFrom })),
  );
  await close();
  return target;
}

export class SessionApp {
  private constructor(private readonly child: ChildApp) {}

  static async start(options: AppOptions): Promise<SessionApp> {
    return new SessionApp(await ChildApp.start('test/fixtures/sessions/app.ts', options));
  }

  /** One without cookies, or with those of another browser. */
  browser(like?: Browser): Browser {
    const { url } = this.child;
    const server: ConstructorParameters<typeof Browser>[0] = {
      raw: (path, options, body) =>
        sendRaw(url + path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) }, body),
    };
    return like?.copy(server) ?? new Browser(server);
  }

  /** Sends a login, and keeps what cookie it gets. */
  async tryLogin(username: string, password = PASSWORD): Promise<{ browser: Browser; reply: Reply }> {
    const browser = this.browser();
    const reply = await browser.send('POST', '/session', { body: { username, password } });
    return { browser, reply };
  }

  /** Comes again where a busy machine has no time for it. @throws AssertionError unless it is 200 */
  async login(username: string, password = PASSWORD): Promise<Browser> {
    let { browser, reply } = await this.tryLogin(username, password);
    for (let tries = 0; reply.status === 503 && tries < 10; tries += 1) {
      ({ browser, reply } = await this.tryLogin(username, password));
    }
    expect(reply.status, reply.text).to.equal(200);
    return browser;
  }

  /** What a guarded request with the cookies of a browser gets. */
  async who(browser: Browser): Promise<number> {
    return (await this.browser(browser).get('/who')).status;
  }

  tell(order: Order): Promise<void> {
    return this.child.tell(order);
  }

  ended(): Promise<NodeJS.Signals | null> {
    return this.child.ended();
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}

/** Logs out, from whichever process. */
export async function logOut(browser: Browser): Promise<number> {
  return (await browser.send('DELETE', '/session')).status;
}
