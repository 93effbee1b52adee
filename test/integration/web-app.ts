/** The example with pages, and browsers that are at it. */
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { useExpressServer } from 'routing-controllers';
import type * as NotesSetup from '../../example/notes-sql/setup';
import type * as WebApp from '../../example/web/app';
import type * as WebStart from '../../example/web/start';
import type { SqliteClient } from '../../src/sql';
import { loadedExample, loadExample } from '../example/support';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];

/** Why there is no browser; undefined where there is one. */
export function whyNoChromium(): string | undefined {
  return existsSync(CHROMIUM)
    ? undefined
    : `there is no ${CHROMIUM}: install it, on Debian the package chromium`;
}

/** A browser whose pages go back as those of people do: from memory. */
export function launch(...more: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, ...more],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

export type Host = 'Koa' | 'Express 5';

let before: Promise<string> | undefined;

/** A folder as the first start of the example leaves it: the hashes of its users are costly, and made once. */
function startedBefore(): Promise<string> {
  return (before ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'notes-web-'));
    process.once('exit', () => {
      rmSync(folder, { recursive: true, force: true });
    });
    const { setup } = loadExample('notes-sql/setup.ts') as typeof NotesSetup;
    const { settings } = await setup(folder);
    (settings.database as SqliteClient).close();
    return folder;
  })());
}

export class WebExample implements AsyncDisposable {
  readonly #contexts: BrowserContext[] = [];

  private constructor(
    private readonly chrome: Browser,
    private readonly folder: string,
    readonly running: WebStart.Running,
    private readonly clock: { aheadMs: number },
  ) {}

  static async start(chrome: Browser, host: Host): Promise<WebExample> {
    const folder = await mkdtemp(join(tmpdir(), 'notes-web-'));
    await cp(await startedBefore(), folder, { recursive: true });
    // Goes with that of the browser and the provider, and is ahead of it where a test says so.
    const clock = { aheadMs: 0 };
    const { start } = loadExample('web/start.ts') as typeof WebStart;
    const { webOptions } = loadedExample('web/app.ts') as typeof WebApp;
    const { createKoaApp } = loadedExample('web/start.ts') as typeof WebStart;
    const more = { clock: () => Date.now() + clock.aheadMs };
    const running = await start(folder, 0, 0, (settings) =>
      host === 'Koa'
        ? createKoaApp(settings, more)
        : useExpressServer(
            express().use(express.urlencoded({ extended: false })),
            webOptions(settings, more),
          ),
    );
    return new WebExample(chrome, folder, running, clock);
  }

  get url(): string {
    return this.running.settings.url;
  }

  /** Has the app's clock go on. */
  pass(seconds: number): void {
    this.clock.aheadMs += seconds * 1000;
  }

  /** What an authenticator app shows. */
  code(secret: string): string {
    return codeAt(secret, Date.now() + this.clock.aheadMs);
  }

  /** A browser of its own. */
  async visit(path = '/', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await this.chrome.newContext({ viewport: { width: 900, height: 800 }, ...options });
    this.#contexts.push(context);
    const page = await context.newPage();
    await page.goto(this.url + path);
    return page;
  }

  async logIn(
    page: Page,
    name: 'admin' | 'editor' = 'editor',
    password = this.running.logins[name],
  ): Promise<void> {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(password);
    const button = page.getByRole('button', { name: 'Log in', exact: true });
    await Promise.all([page.waitForEvent('load'), button.click()]);
  }

  /** Closes its browsers. */
  async leave(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    this.running.close();
    await rm(this.folder, { recursive: true });
  }
}

/** An authenticator inside of the page's browser. */
export async function withAuthenticator(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return cdp;
}

/** @param secret in Base32 @see RFC 6238 section 4 */
function codeAt(secret: string, timeMs: number): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(timeMs / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac.readUInt8(19) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
