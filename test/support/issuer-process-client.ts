import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { JWK } from 'oidc-provider';
import { IssuerClient, type LoginFacts, type UserToken } from './issuer-client';

/** A call to the issuer in the other process, with the next login. */
export interface Call {
  readonly id: number;
  readonly method: 'open' | 'close' | 'login' | 'publish' | 'down' | 'up' | 'count' | 'userToken';
  readonly parameters: readonly unknown[];
  readonly login: LoginFacts;
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A process of another Node.js version, in which issuers run. */
export class IssuerProcess {
  readonly #process: ChildProcess;
  #calls = 0;
  readonly #open = new Map<number, (reply: Reply) => void>();

  /**
   * @param node the path of the Node.js program
   * @param main the main file of oidc-provider
   */
  constructor(node: string, main: string) {
    this.#process = fork(join(__dirname, 'issuer-process.ts'), [main], {
      execPath: node,
      execArgv: ['-r', '@swc-node/register'],
    });
    this.#process.on('message', (reply: Reply) => {
      this.#open.get(reply.id)?.(reply);
      this.#open.delete(reply.id);
    });
    this.#process.on('exit', (code) => {
      for (const [id, settle] of this.#open) settle({ id, error: `The issuers ended with ${String(code)}` });
    });
  }

  async call(method: Call['method'], login: LoginFacts, parameters: readonly unknown[]): Promise<unknown> {
    if (!this.#process.connected) throw new Error('The issuers have ended');
    const id = (this.#calls += 1);
    const reply = new Promise<Reply>((resolve) => this.#open.set(id, resolve));
    this.#process.send({ id, method, login, parameters } satisfies Call);
    const { value, error } = await reply;
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

/** The issuer in that process, which runs one issuer at a time. */
export class DistantIssuer extends IssuerClient {
  #issuer = '';

  private constructor(private readonly process: IssuerProcess) {
    super();
  }

  static async start(keys: readonly JWK[], process: IssuerProcess): Promise<DistantIssuer> {
    const issuer = new DistantIssuer(process);
    issuer.#issuer = String(await issuer.#call('open'));
    await issuer.publish(keys);
    return issuer;
  }

  get issuer(): string {
    return this.#issuer;
  }

  async publish(keys: readonly JWK[]): Promise<void> {
    await this.#call('publish', keys);
  }

  async down(): Promise<void> {
    await this.#call('down');
  }

  async up(): Promise<void> {
    await this.#call('up');
  }

  async count(path: string): Promise<number> {
    return Number(await this.#call('count', path));
  }

  async userToken(accountId: string, token?: UserToken): Promise<string> {
    return String(await this.#call('userToken', accountId, token ?? {}));
  }

  override async authorize(url: URL): Promise<URL> {
    // Every call carries the next login.
    await this.#call('login');
    return super.authorize(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call('close');
  }

  #call(method: Call['method'], ...parameters: readonly unknown[]): Promise<unknown> {
    return this.process.call(method, this.login, parameters);
  }
}
