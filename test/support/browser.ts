/** A client with cookies, for tests of sessions. */
import type { TestServer } from './drivers';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The lines of Set-Cookie. */
  readonly cookies: readonly string[];
  json(): Record<string, unknown>;
}

export interface Request {
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly server: Pick<TestServer, 'raw'>) {}

  /** The same cookies in another browser, or for another process of the app. */
  copy(server = this.server): Browser {
    const copy = new Browser(server);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  async send(method: string, path: string, { body, form, headers = {} }: Request = {}): Promise<Reply> {
    const text =
      form === undefined
        ? body === undefined
          ? undefined
          : JSON.stringify(body)
        : new URLSearchParams(form).toString();
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const all = {
      'sec-fetch-site': 'same-origin',
      ...(text !== undefined && { 'content-type': type }),
      ...(cookie !== '' && { cookie }),
      ...headers,
    };
    const sent: Record<string, string> = {};
    for (const [name, value] of Object.entries<string | undefined>(all))
      if (value !== undefined) sent[name] = value;
    const { status, response, text: received } = await this.server.raw(path, { method, headers: sent }, text);
    const cookies = response.headers['set-cookie'] ?? [];
    for (const line of cookies) this.#take(line);
    return {
      status,
      headers: response.headers,
      text: received,
      cookies,
      json: () => JSON.parse(received) as Record<string, unknown>,
    };
  }

  get(path: string, headers?: Request['headers']): Promise<Reply> {
    return this.send('GET', path, headers === undefined ? {} : { headers });
  }

  #take(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(name.length + 1));
  }
}
