import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { socketLogin } from '../../src/socket';
import { TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { SocketIoApp, TRANSPORTS } from '../support/socket-io-app';
import { describeWith } from './describe-with';
import { launch, whyNoChromium } from './web-app';

/** Browsers take a host of this name for their own machine's: they send Sec-Fetch-Site without TLS. */
const HOST = 'app.localhost';

/** Runs in the page: connects as a script of the page does, and tells what came of it. */
function connectInPage([url, namespace, transport]: readonly [string, string, string]): Promise<unknown> {
  const { io } = globalThis as unknown as {
    io(url: string, options: object): { on(event: string, listener: (value: unknown) => void): void };
  };
  return new Promise((resolve) => {
    const options = { transports: [transport], withCredentials: true, reconnection: false, forceNew: true };
    const socket = io(url + namespace, options);
    socket.on('hello', resolve);
    socket.on('connect_error', (error) => {
      resolve((error as { data?: { code?: unknown } }).data?.code ?? String(error));
    });
  });
}

describeWith(whyNoChromium(), 'socket.io in Chromium', () => {
  let chrome: Browser;
  let app: SocketIoApp;
  /** What a foreign site serves. */
  let elsewhere: TestServer;
  let port: string;

  before(async () => {
    chrome = await launch('--host-resolver-rules=MAP *.localhost 127.0.0.1');
  });

  after(() => chrome.close());

  beforeEach(async () => {
    reset();
    app = await SocketIoApp.start({
      // Nothing but securest is to keep the foreign page out.
      server: { cors: { origin: true, credentials: true } },
      socketIo: { open: ['/cookies'] },
      after: (io, security) => {
        io.on('connection', (socket) => {
          socket.emit('hello', socketLogin(security, socket)?.login.user.username);
        });
        io.of('/cookies').on('connection', (socket) => {
          socket.emit('hello', socket.request.headers.cookie);
        });
      },
    });
    elsewhere = await TestServer.start((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
    });
    ({ port } = new URL(app.server.url));
  });

  afterEach(async () => {
    for (const context of chrome.contexts()) await context.close();
    await elsewhere.close();
    await app[Symbol.asyncDispose]();
  });

  /** A page of a browser that is logged in to the app. */
  async function pageAt(url: string): Promise<Page> {
    const context = await chrome.newContext();
    await context.addCookies([{ name: 'name', value: 'ann', domain: HOST, path: '/', sameSite: 'Lax' }]);
    const page = await context.newPage();
    await page.goto(url);
    await page.addScriptTag({ url: `http://${HOST}:${port}/socket.io/socket.io.js` });
    return page;
  }

  for (const transport of TRANSPORTS) {
    const answer = (page: Page, namespace: string): Promise<unknown> =>
      page.evaluate(connectInPage, [`http://${HOST}:${port}`, namespace, transport] as const);

    it(`lets in a page of the app itself by its cookie, by ${transport}`, async () => {
      // The same origin serves no page here: 404 has one too.
      const page = await pageAt(`http://${HOST}:${port}/`);
      expect(await answer(page, '/')).to.equal('ann');
    });

    it(`refuses a page of a foreign origin, although the browser sends the cookie, by ${transport}`, async () => {
      // Cookies do not tell ports apart, and SameSite lets them through.
      const page = await pageAt(`http://${HOST}:${new URL(elsewhere.url).port}/`);
      expect(await answer(page, '/cookies')).to.equal('name=ann');
      expect(await answer(page, '/')).to.equal('cross_site');
    });
  }
});
