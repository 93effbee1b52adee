/**
 * Clients of a mixed load, each kind over connections of its own. What a kind may be answered is written next to it:
 * any other status is counted as unexpected.
 */
import { RawConnection, requestText } from './raw-client';
import { API_KEY, basic, bearer, type Headers, PASSWORD, tokenCredentials, USERNAME } from './target';

interface Request {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: string;
  readonly expected: readonly number[];
}

export interface Counts {
  /** Replies by request and status. */
  readonly replies: Record<string, Record<number, number>>;
  readonly unexpected: Record<string, number>;
  total: number;
}

const KEY = { 'x-api-key': API_KEY };
/** How many requests a token is used for before the client asks for another. */
const USES = 20;
/** Guessers come from another address, so that what they do makes nobody else wait. */
const GUESSERS = '127.0.0.9';

const STEADY: readonly Request[] = [
  { name: 'open', path: '/open', headers: {}, expected: [200] },
  { name: 'open, HEAD', method: 'HEAD', path: '/open', headers: {}, expected: [200] },
  { name: 'open, wrong token', path: '/open', headers: bearer('x.y.z'), expected: [200] },
  { name: 'own key', path: '/guarded', headers: KEY, expected: [200] },
  { name: 'own key, HEAD', method: 'HEAD', path: '/guarded', headers: KEY, expected: [200] },
  { name: 'own key, role', path: '/admin', headers: KEY, expected: [200] },
  {
    name: 'own key, body',
    method: 'POST',
    path: '/echo',
    headers: json(KEY),
    body: '{"a":1}',
    expected: [200],
  },
  { name: 'wrong key', path: '/guarded', headers: { 'x-api-key': 'another' }, expected: [401] },
  { name: 'nothing', path: '/guarded', headers: {}, expected: [401] },
  { name: 'nothing, HEAD', method: 'HEAD', path: '/guarded', headers: {}, expected: [401] },
  { name: 'malformed token', path: '/guarded', headers: bearer('x.y.z'), expected: [401] },
  { name: 'malformed Basic', path: '/guarded', headers: { authorization: 'Basic !' }, expected: [400, 401] },
  { name: 'Basic', path: '/guarded', headers: basic(USERNAME, PASSWORD), expected: [200] },
  {
    name: 'Basic, HEAD',
    method: 'HEAD',
    path: '/guarded',
    headers: basic(USERNAME, PASSWORD),
    expected: [200],
  },
  { name: 'Basic, another role', path: '/other', headers: basic(USERNAME, PASSWORD), expected: [403] },
];

export class MixedClients {
  readonly counts: Counts = { replies: {}, unexpected: {}, total: 0 };
  readonly #port: number;
  readonly #until: number;

  constructor(port: number, until: number) {
    this.#port = port;
    this.#until = until;
  }

  async run(): Promise<Counts> {
    await Promise.all([
      this.#loop((connection) => this.#steadily(connection)),
      this.#loop((connection) => this.#steadily(connection)),
      this.#loop((connection) => this.#withTokens(connection)),
      this.#loop((connection) => this.#withTokens(connection)),
      this.#loop((connection) => this.#toUnknownPaths(connection)),
      this.#loop((connection) => this.#guess(connection), GUESSERS),
      this.#abort(),
    ]);
    return this.counts;
  }

  async #loop(work: (connection: RawConnection) => Promise<void>, address?: string): Promise<void> {
    const connection = await RawConnection.open(this.#port, address);
    while (this.#isRunning()) await work(connection);
    connection.close();
  }

  #isRunning(): boolean {
    return performance.now() < this.#until;
  }

  async #steadily(connection: RawConnection): Promise<void> {
    for (const request of STEADY) await this.#ask(connection, request);
  }

  /** A new token each time, so that what remembers tokens is filled and has to forget. */
  async #withTokens(connection: RawConnection): Promise<void> {
    const login = {
      name: 'login',
      method: 'POST',
      path: '/token',
      headers: basic(USERNAME, PASSWORD),
      body: '',
    };
    const body = await this.#ask(connection, { ...login, expected: [200] });
    const { token } = JSON.parse(body) as { token?: string };
    // The reply is counted as unexpected.
    if (token === undefined) return;
    const { right, wrong } = tokenCredentials(token);
    const request = { path: '/guarded', headers: right, expected: [200] };
    for (let use = 0; use < USES; use += 1) await this.#ask(connection, { ...request, name: 'token' });
    await this.#ask(connection, { ...request, name: 'token, HEAD', method: 'HEAD' });
    await this.#ask(connection, { ...request, name: 'token, role', path: '/admin' });
    await this.#ask(connection, { ...request, name: 'token, another role', path: '/other', expected: [403] });
    for (const [index, headers] of wrong.entries()) {
      await this.#ask(connection, { ...request, name: `wrong token ${index}`, headers, expected: [401] });
    }
  }

  /** A path is new each time, so that what remembers paths would grow. */
  async #toUnknownPaths(connection: RawConnection): Promise<void> {
    const path = `/unknown/${this.counts.total}`;
    await this.#ask(connection, { name: 'unknown path', path, headers: KEY, expected: [404] });
    await this.#ask(connection, {
      name: 'unknown, HEAD',
      method: 'HEAD',
      path,
      headers: {},
      expected: [404],
    });
    await this.#ask(connection, {
      name: 'OPTIONS',
      method: 'OPTIONS',
      path: '/guarded',
      headers: {},
      expected: [200],
    });
  }

  /** Each name once: what counts tries is filled and has to forget. */
  async #guess(connection: RawConnection): Promise<void> {
    const headers = basic(`nobody${this.counts.total}`, 'a guess');
    await this.#ask(connection, { name: 'guess', path: '/guarded', headers, expected: [401, 429] });
    const known = { name: 'guess of a known user', path: '/guarded', expected: [401, 429] };
    await this.#ask(connection, { ...known, headers: basic('bob', 'a guess') });
  }

  /** Clients that hang up before they are answered, or in the middle of what they say. */
  async #abort(): Promise<void> {
    const whole = requestText('/guarded', basic(USERNAME, PASSWORD));
    const slow = requestText('/slow', KEY);
    const body = requestText('/echo', json(KEY), 'POST', '{"a":1}');
    while (this.#isRunning()) {
      for (const text of [whole, whole.slice(0, -4), slow, body, body.slice(0, -3)]) {
        const connection = await RawConnection.open(this.#port);
        await connection.abort(text);
        this.#count('aborted', 0);
      }
    }
  }

  async #ask(connection: RawConnection, request: Request): Promise<string> {
    const { name, method, path, headers, body, expected } = request;
    const reply = await connection.send(requestText(path, headers, method, body));
    this.#count(name, reply.status);
    if (!expected.includes(reply.status)) {
      const what = `${name}: ${reply.status}`;
      this.counts.unexpected[what] = (this.counts.unexpected[what] ?? 0) + 1;
    }
    return reply.body;
  }

  #count(name: string, status: number): void {
    const byStatus = (this.counts.replies[name] ??= {});
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    this.counts.total += 1;
  }
}

function json(headers: Headers): Headers {
  return { ...headers, 'content-type': 'application/json' };
}
