/** API documentation as a person uses it in a browser, and what the browser does meanwhile. */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
  Response,
} from 'playwright-core';
import type { TestServer } from '../support/drivers';

export class DocsPage implements AsyncDisposable {
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  /** What the browser complains of, violations of the policy among it; not of refused calls. */
  readonly complaints: string[] = [];
  /** Addresses for which the browser opened its own log-in window. */
  readonly windows: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly server: TestServer,
  ) {}

  /**
   * Opens the documentation in a browser of its own.
   * @param login what is typed into the log-in windows of the browser; without it they are cancelled
   */
  static async open(
    chrome: Browser,
    server: TestServer,
    {
      path = '/docs',
      login,
      ...options
    }: BrowserContextOptions & { path?: string; login?: { username: string; password: string } } = {},
  ): Promise<DocsPage> {
    const context = await chrome.newContext({ viewport: { width: 900, height: 760 }, ...options });
    // A busy machine is no fault of the page.
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    const docs = new DocsPage(context, page, server);
    page.on('request', (request) => docs.requests.push(request.url()));
    page.on('console', (message) => {
      const isOfCall = /status of 40[13]/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !isOfCall) docs.complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => docs.complaints.push(message));
    await docs.watchWindows(login);
    await page.goto(server.url + path);
    return docs;
  }

  /** Addresses of other hosts among the requests. */
  get outside(): string[] {
    return this.requests.filter((url) => !url.startsWith(`${this.server.url}/`) && !url.startsWith('data:'));
  }

  operation(id: string): Locator {
    return this.page.locator(`[id="operations-${id}"]`);
  }

  /** Opens an operation, ready to be called. */
  async openOperation(id: string): Promise<Locator> {
    const operation = this.operation(id);
    await operation.locator('button.opblock-control-arrow').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    return operation;
  }

  /** Calls an open operation, and waits until the page shows what it got. */
  async execute(operation: Locator): Promise<Response> {
    const button = operation.getByRole('button', { name: 'Execute' });
    return this.answered(operation, () => button.click());
  }

  /** What an operation got, after something that calls it. */
  async answered(operation: Locator, call: () => Promise<void>): Promise<Response> {
    const [response] = await Promise.all([
      this.page.waitForEvent('response', (one) => /\/(?:me|notes|health)$/.test(one.url())),
      call(),
    ]);
    const shown = operation.locator('.live-responses-table .response-col_status');
    await shown
      .filter({ hasText: String(response.status()) })
      .first()
      .waitFor();
    return response;
  }

  async openAuthorize(): Promise<Locator> {
    await this.page.locator('.scheme-container').getByRole('button', { name: 'Authorize' }).click();
    const dialog = this.page.locator('.modal-ux');
    await dialog.waitFor();
    return dialog;
  }

  async authorizeBasic({ username, password }: { username: string; password: string }): Promise<void> {
    const dialog = await this.openAuthorize();
    await dialog.getByLabel('auth-basic-username').fill(username);
    await dialog.getByLabel('auth-basic-password').fill(password);
    await this.apply(dialog, 'basic');
  }

  async authorizeBearer(token: string): Promise<void> {
    const dialog = await this.openAuthorize();
    await dialog.getByLabel('auth-bearer-value').fill(token);
    await this.apply(dialog, 'bearer');
  }

  /** Goes on by the Tab key until something has the focus. */
  async tabTo(target: Locator): Promise<void> {
    for (let pressed = 0; pressed < 60; pressed += 1) {
      if (await target.evaluate((element) => element.ownerDocument.activeElement === element)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error('It is not reached by the Tab key');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }

  private async apply(dialog: Locator, scheme: string): Promise<void> {
    const form = dialog.locator('.auth-container').filter({ hasText: `${scheme} ` });
    await form.getByRole('button', { name: 'Apply credentials' }).click();
    await form.getByRole('button', { name: 'Remove authorization' }).waitFor();
    await form.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  private async watchWindows(login: { username: string; password: string } | undefined): Promise<void> {
    const session = await this.context.newCDPSession(this.page);
    // What is still asked when the browser closes has no answer.
    const ignore = (): void => undefined;
    session.on('Fetch.requestPaused', ({ requestId }) => {
      session.send('Fetch.continueRequest', { requestId }).catch(ignore);
    });
    session.on('Fetch.authRequired', ({ requestId, request }) => {
      this.windows.push(request.url);
      session
        .send('Fetch.continueWithAuth', {
          requestId,
          authChallengeResponse:
            login === undefined ? { response: 'CancelAuth' } : { response: 'ProvideCredentials', ...login },
        })
        .catch(ignore);
    });
    await session.send('Fetch.enable', { handleAuthRequests: true });
  }
}
