/** The process of a server of the tests' own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export class ServerProcess {
  #running: ChildProcess | undefined;

  /** @param name for messages */
  constructor(private readonly name: string) {}

  get pid(): number {
    const pid = this.#running?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  /** Starts it, and waits until it answers. */
  async start(
    [command, args]: readonly [command: string, args: readonly string[]],
    answers: () => Promise<boolean>,
    cwd = '/',
  ): Promise<void> {
    const running = spawn(command, args, { cwd, stdio: 'ignore' });
    this.#running = running;
    while (!(await answers())) {
      if (running.exitCode !== null) throw new Error(`${this.name} ended at once`);
      await new Promise((resume) => setTimeout(resume, 10));
    }
  }

  /** Stops it in the middle of whatever it does: it keeps its connections and answers to nothing. */
  freeze(): void {
    this.#running?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#running?.kill('SIGCONT');
  }

  /** Ends it at once, with every connection. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    running.kill(signal);
    await once(running, 'exit');
  }
}
