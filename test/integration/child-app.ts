/** A process that a test forks an app into. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '../support/compiled';

/** Far above every limit of the apps: whoever waits so long was forgotten. */
export const PATIENCE_MS = 20_000;

export class ChildApp {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** @param fixture that sends its url when it can be used, and answers to each message */
  static async start(fixture: string, options: object): Promise<ChildApp> {
    // Without what this process loads to run TypeScript, which takes a second.
    const child = fork(compiled(fixture), [JSON.stringify(options)], { execArgv: [] });
    const [url] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
    if (typeof url !== 'string') throw new Error(`The app ended with ${String(url)}`);
    return new ChildApp(url, child);
  }

  /** Resolves when it has heard. */
  async tell(order: object | string): Promise<void> {
    const heard = once(this.child, 'message');
    this.child.send(order);
    await heard;
  }

  /** Resolves when it has ended by itself. @returns the signal */
  async ended(): Promise<NodeJS.Signals | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.signalCode;
  }

  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}
