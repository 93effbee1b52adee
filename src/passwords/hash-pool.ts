/**
 * Threads for hash computations, so that the event loop stays free: a queue with a bound in front of a pool of
 * workers. Nothing starts before the first computation, and idle workers end after half a minute.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import Piscina from 'piscina';
import { ServiceUnavailableError } from '../errors';
import type { Engine, EngineNames } from './engines';
import type { HashTask } from './hash-worker';

/** Jobs that may wait for each thread. Most waits are ended by a deadline before; this bounds the memory. */
const QUEUED_PER_THREAD = 64;
const IDLE_MS = 30_000;
const RETRY_AFTER_SECONDS = 5;
/** So long no thread is started after one could not be: each try costs memory. */
const REST_MS = 1000;

export interface HashPoolOptions {
  /** @default one thread fewer than the machine can run at once, and at least one */
  threads?: number;
  /** How many computations may wait. @default 64 for each thread */
  maxQueued?: number;
  /** What computes, first found. @default the native bcrypt where it is installed, else bcryptjs */
  engines?: readonly Engine[];
  /** The package that computes argon2. @default 'argon2' */
  argon2?: string;
  /** The module that the threads run. @default the one beside this */
  filename?: string;
}

interface Job {
  readonly task: HashTask;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Ends the listening to the signal of whoever waits. */
  readonly settle: () => void;
}

export class HashPool {
  readonly #threads: number;
  readonly #maxQueued: number;
  readonly #options: HashPoolOptions;
  readonly #queue = new Set<Job>();
  #workers: Piscina | undefined;
  #running = 0;
  #restUntil = 0;
  #hasArgon2: boolean | undefined;

  constructor(options: HashPoolOptions = {}) {
    this.#options = options;
    this.#threads = options.threads ?? Math.max(1, availableParallelism() - 1);
    this.#maxQueued = options.maxQueued ?? QUEUED_PER_THREAD * this.#threads;
  }

  /**
   * Computes in a thread. Work that has not begun is dropped when the signal aborts.
   * @throws ServiceUnavailableError when the queue is full, the signal aborts, and where the thread ends or cannot
   * be started
   */
  run(task: HashTask, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(new ServiceUnavailableError());
    if (this.#running >= this.#threads && this.#queue.size >= this.#maxQueued) {
      return Promise.reject(new ServiceUnavailableError({ retryAfterSeconds: RETRY_AFTER_SECONDS }));
    }
    return new Promise((resolve, reject) => {
      const drop = () => {
        if (this.#queue.delete(job)) reject(new ServiceUnavailableError());
      };
      const job: Job = { task, resolve, reject, settle: () => signal?.removeEventListener('abort', drop) };
      signal?.addEventListener('abort', drop, { once: true });
      this.#queue.add(job);
      this.#next();
    });
  }

  /** True where the package that computes argon2 can be loaded. */
  hasArgon2(): boolean {
    return (this.#hasArgon2 ??= canLoad(this.#argon2));
  }

  /** Ends the threads. What is under way is refused. */
  async close(): Promise<void> {
    await this.#workers?.destroy();
  }

  get #argon2(): string {
    return this.#options.argon2 ?? 'argon2';
  }

  #next(): void {
    const [job] = this.#queue;
    if (job === undefined || this.#running >= this.#threads) return;
    this.#queue.delete(job);
    job.settle();
    this.#running += 1;
    this.#compute(job.task)
      .then(job.resolve, (cause: unknown) => {
        job.reject(new ServiceUnavailableError({ cause }));
      })
      .finally(() => {
        this.#running -= 1;
        this.#next();
      });
  }

  /** Asynchronous also where no thread can be started: whatever is thrown gives the place back. */
  async #compute(task: HashTask): Promise<unknown> {
    if (performance.now() < this.#restUntil) throw new Error('No thread could be started');
    const workers = (this.#workers ??= this.#start());
    let computed: Promise<unknown>;
    try {
      computed = workers.run(task);
    } catch (error) {
      // It has kept the task, and would keep each one that fails.
      this.#workers = undefined;
      this.#restUntil = performance.now() + REST_MS;
      throw error;
    }
    return computed;
  }

  #start(): Piscina {
    const { filename, engines = ['bcrypt', 'bcryptjs'] } = this.#options;
    const names: EngineNames = { engines, argon2: this.#argon2 };
    return new Piscina({
      filename: filename ?? join(__dirname, `hash-worker${extname(__filename)}`),
      name: 'work',
      minThreads: 0,
      maxThreads: this.#threads,
      idleTimeout: IDLE_MS,
      workerData: names,
      // Nobody reads them, and they take a third of a megabyte.
      recordTiming: false,
    });
  }
}

function canLoad(name: string): boolean {
  try {
    // A native package may be there without its binary, so it is loaded to see.
    createRequire(__filename)(name);
    return true;
  } catch {
    return false;
  }
}

/** The one pool of the process: the machine's cores are shared by all apps in it. */
export const hashPool = new HashPool();
