/** An app in a process of its own, as its clients see it. */
import { hashSync } from 'bcryptjs';
import type { IssuedTokens } from '../../src';
import type { AppOptions } from '../fixtures/families/app';
import { basic } from '../support/drivers';
import { ChildApp, PATIENCE_MS } from './child-app';

const PASSWORD = 'correct horse battery';
const HASH = hashSync(PASSWORD, 4);
const ANN = basic('ann', PASSWORD);

export type Refreshed = { readonly status: number } & Partial<IssuedTokens>;

export class AppProcess {
  private constructor(private readonly child: ChildApp) {}

  /** @param limitMs how long it waits for the store */
  static async start(
    target: string,
    limitMs = 10_000,
    whenLost: AppOptions['whenLost'] = 'refuseOlder',
  ): Promise<AppProcess> {
    const options: AppOptions = { target, limitMs, hash: HASH, whenLost };
    return new AppProcess(await ChildApp.start('test/fixtures/families/app.ts', options));
  }

  /** Starts a family. @throws Error unless it is 200 */
  async login(): Promise<IssuedTokens> {
    const reply = await this.#send('POST', '/token', ANN);
    if (reply.status !== 200) throw new Error(`A login was ${String(reply.status)}`);
    return (await reply.json()) as IssuedTokens;
  }

  async refresh(refreshToken: string): Promise<Refreshed> {
    const reply = await this.#send('POST', '/token/refresh', {}, { refreshToken });
    return { ...((await reply.json()) as Partial<IssuedTokens>), status: reply.status };
  }

  /** What a request with an access token gets. */
  who(accessToken: string): Promise<number> {
    return this.#status('GET', '/who', { authorization: `Bearer ${accessToken}` });
  }

  /** Ends the family of an access token. */
  end(accessToken: string): Promise<number> {
    return this.#status('DELETE', '/token', { authorization: `Bearer ${accessToken}` });
  }

  async newKey(): Promise<{ key: string; id: string }> {
    const reply = await this.#send('POST', '/api-keys', ANN, { name: 'script' });
    const { key, info } = (await reply.json()) as { key: string; info: { id: string } };
    return { key, id: info.id };
  }

  whoByKey(key: string): Promise<number> {
    return this.#status('GET', '/who', { 'x-api-key': key });
  }

  endKey(id: string): Promise<number> {
    return this.#status('DELETE', `/api-keys/${id}`, ANN);
  }

  /** The entry of that key in the store. */
  async entry(key: string): Promise<Record<string, unknown> | null> {
    const { value } = (await (await this.#send('GET', `/entry/${key}`)).json()) as { value: string | null };
    return value === null ? null : (JSON.parse(value) as Record<string, unknown>);
  }

  /** It ends at its next swap: done, and no reply. */
  dieAtNextSwap(): Promise<void> {
    return this.child.tell('die');
  }

  /** Resolves when it has ended by itself. @returns the signal */
  ended(): Promise<NodeJS.Signals | null> {
    return this.child.ended();
  }

  freeze(): void {
    this.child.freeze();
  }

  thaw(): void {
    this.child.thaw();
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  async #status(method: string, path: string, headers: Record<string, string>): Promise<number> {
    const reply = await this.#send(method, path, headers);
    await reply.text();
    return reply.status;
  }

  #send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<Response> {
    return fetch(this.child.url + path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}
