/**
 * One thread of the pool, with one task at a time. Its place becomes free when the thread has ended, not before:
 * `onEnd` is called once, whatever ended it.
 */
import { Worker } from 'node:worker_threads';
import type { EngineNames } from './engines';
import type { HashTask } from './hash-worker';
import type { ThreadMessage } from './serve-tasks';

/** How long a thread may be idle before it ends. */
const IDLE_MS = 30_000;

export interface HashThreadOptions {
  readonly filename: string;
  readonly names: EngineNames;
  /** How long the start, or a task, may take before the thread is ended. */
  readonly limitMs: number;
  /** The thread can receive a task: after its start, and after each answered task. */
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

  /** @throws if the system refuses immediately; most failures are reported later, by `onEnd` */
  constructor(options: HashThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.filename, { workerData: options.names });
    // The listeners stay to the end: an error without a listener would end the process.
    this.#worker.on('message', (message: unknown) => {
      this.#hear(message);
    });
    for (const event of ['error', 'messageerror'] as const) {
      this.#worker.on(event, (error: unknown) => {
        this.#stop(
          error instanceof Error ? error : new Error('The thread threw something that is not an error'),
        );
      });
    }
    this.#worker.on('exit', (code) => {
      const cause = this.#cause ?? new Error(`The thread ended with code ${String(code)}`);
      this.#stop(cause);
      options.onEnd(this, cause);
    });
    this.#endIn(options.limitMs, 'The thread did not start in time');
  }

  /** False once it is ending, though it may not have ended yet. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /** Computes a task; the thread must be idle. Rejects if the thread ends first, or cannot compute it. */
  run(task: HashTask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#job = { resolve, reject };
      this.#endIn(this.#options.limitMs, 'The task took too long');
      // A thread with a task keeps the process alive; an idle thread does not.
      this.#worker.ref();
      try {
        this.#worker.postMessage(task);
      } catch (error) {
        this.#stop(error instanceof Error ? error : new Error('The task cannot be sent'));
      }
    });
  }

  /** Resolves when the thread has ended. Its task is rejected at once. */
  async end(): Promise<void> {
    this.#stop(new Error('The thread was stopped'));
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
