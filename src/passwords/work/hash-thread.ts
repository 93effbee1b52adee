/**
 * One thread of the pool, and one task at a time. Its place is free when it has ended, and not before: `onEnd` is
 * called once, whatever ended it.
 */
import { Worker } from 'node:worker_threads';
import type { EngineNames } from './engines';
import type { HashTask } from './hash-worker';
import type { ThreadMessage } from './serve-tasks';

/** Idle threads end after so long. */
const IDLE_MS = 30_000;

export interface HashThreadOptions {
  readonly filename: string;
  readonly names: EngineNames;
  /** How long starting, and a task, may take before the thread is ended. */
  readonly limitMs: number;
  /** It can be handed a task: after its start, and after each task that it has answered. */
  readonly onIdle: (thread: HashThread) => void;
  readonly onEnd: (thread: HashThread, cause: Error) => void;
}

interface Job {
  readonly resolve: (result: unknown) => void;
  readonly reject: (cause: Error) => void;
}

export class HashThread {
  readonly #worker: Worker;
  readonly #options: HashThreadOptions;
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cause: Error | undefined;
  #isEnding = false;

  /** @throws where the system refuses at once; most refusals come later, by `onEnd` */
  constructor(options: HashThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.filename, { workerData: options.names });
    // They stay to the end: an error that nobody hears would end the process.
    this.#worker.on('message', (message: unknown) => {
      this.#hear(message);
    });
    for (const event of ['error', 'messageerror'] as const) {
      this.#worker.on(event, (error: unknown) => {
        this.#stop(error instanceof Error ? error : new Error('The thread threw what is no error'));
      });
    }
    this.#worker.on('exit', (code) => {
      const cause = this.#cause ?? new Error(`The thread ended with code ${String(code)}`);
      this.#stop(cause);
      options.onEnd(this, cause);
    });
    this.#endIn(options.limitMs, 'The thread did not start in time');
  }

  /** False once it has been told to end, though it may not have ended yet. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /** Computes a task; it must be idle. Rejects when the thread ends first, or cannot compute it. */
  run(task: HashTask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#job = { resolve, reject };
      this.#endIn(this.#options.limitMs, 'The task took too long');
      // Whoever waits for the answer keeps the process alive; an idle thread does not.
      this.#worker.ref();
      try {
        this.#worker.postMessage(task);
      } catch (error) {
        this.#stop(error instanceof Error ? error : new Error('The task cannot be sent'));
      }
    });
  }

  /** Resolves when it has ended. What it was computing is refused at once. */
  async end(): Promise<void> {
    this.#stop(new Error('The thread was told to end'));
    await this.#worker.terminate();
  }

  #hear(message: unknown): void {
    const { kind, result, reason } = (message ?? {}) as Partial<ThreadMessage>;
    if (this.#isEnding) return;
    const job = this.#job;
    if (kind === 'answer') job?.resolve(result);
    else if (kind === 'failure') job?.reject(new Error(reason));
    else if (kind !== 'ready') return;
    this.#job = undefined;
    this.#endIn(IDLE_MS, 'The thread was idle');
    this.#worker.unref();
    this.#options.onIdle(this);
  }

  #stop(cause: Error): void {
    this.#isEnding = true;
    this.#cause ??= cause;
    clearTimeout(this.#timer);
    this.#job?.reject(this.#cause);
    this.#job = undefined;
    this.#worker.terminate().catch(() => undefined);
  }

  #endIn(ms: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#stop(new Error(reason));
    }, ms).unref();
  }
}
