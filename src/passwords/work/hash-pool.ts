/**
 * Threads for hash computations, so that the event loop stays free: a bounded queue in front of a few threads. Nothing
 * starts before the first computation, and idle threads end after half a minute. A job is assigned only to a thread
 * that is ready, so that a thread that fails to start takes no job with it while others work.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import { ServiceUnavailableError } from '../../errors';
import type { Clock } from '../../util/clock';
import type { Engine, EngineNames } from './engines';
import { HashThread } from './hash-thread';
import type { HashTask } from './hash-worker';

/** Number of waiting jobs per thread. A deadline ends most waits earlier; this limit bounds the memory. */
const QUEUED_PER_THREAD = 64;
const RETRY_AFTER_SECONDS = 5;
/** How long no thread is started after a failed start: each attempt costs memory. */
const REST_MS = 1000;
/** Far more than the most expensive hash takes on a busy machine. */
const LIMIT_MS = 120_000;

export interface HashPoolOptions {
  /** @default one thread fewer than the machine can run at once, and at least one */
  threads?: number;
  /** How many computations may wait. @default 64 for each thread */
  maxQueued?: number;
  /**
   * The packages to compute with; the first that is found is used. @default the native bcrypt if it is installed, else
   * bcryptjs
   */
  engines?: readonly Engine[];
  /** The package that computes argon2. @default 'argon2' */
  argon2?: string;
  /** The module that the threads run. @default the module in this folder */
  filename?: string;
  /** How long a thread may take to answer before it is ended. @default two minutes */
  limitMs?: number;
  /** A monotonic clock, in milliseconds. @default performance.now */
  now?: Clock;
}

interface Job {
  readonly task: HashTask;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Removes the listener from the caller's signal. */
  readonly settle: () => void;
}

export class HashPool {
  readonly #size: number;
  readonly #maxQueued: number;
  readonly #options: HashPoolOptions;
  readonly #now: Clock;
  readonly #queue = new Set<Job>();
  /** All threads that have not ended; some of them are starting, some idle. */
  readonly #threads = new Set<HashThread>();
  readonly #starting = new Set<HashThread>();
  #idle: HashThread[] = [];
  #running = 0;
  #restUntil = -Infinity;
  #whyNone: unknown;
  #hasArgon2 = false;
  #lookAgainAt = -Infinity;

  constructor(options: HashPoolOptions = {}) {
    this.#options = options;
    this.#size = options.threads ?? Math.max(1, availableParallelism() - 1);
    this.#maxQueued = options.maxQueued ?? QUEUED_PER_THREAD * this.#size;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Computes in a thread. Work that has not begun is dropped when the signal aborts.
   * @throws ServiceUnavailableError when the queue is full, the signal aborts, or the thread ends or cannot be started
   */
  run(task: HashTask, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(new ServiceUnavailableError());
    if (this.#running + this.#queue.size >= this.#size + this.#maxQueued) {
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

  /**
   * True if the package that computes argon2 can be loaded. After a failure it is tried again after a second: loading
   * may have failed only for lack of file descriptors.
   */
  hasArgon2(): boolean {
    if (this.#hasArgon2 || this.#now() < this.#lookAgainAt) return this.#hasArgon2;
    this.#hasArgon2 = canLoad(this.#argon2);
    this.#lookAgainAt = this.#now() + REST_MS;
    return this.#hasArgon2;
  }

  /** Ends the threads, and rejects running and waiting jobs. */
  async close(): Promise<void> {
    this.#starting.clear();
    this.#refuseAll(new Error('The pool was closed'));
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  get #argon2(): string {
    return this.#options.argon2 ?? 'argon2';
  }

  /** Assigns jobs to idle threads, and starts threads for the remaining jobs. */
  #next(): void {
    while (this.#queue.size > 0) {
      const thread = this.#idle.pop();
      if (thread === undefined) break;
      if (thread.isUsable) this.#compute(thread);
    }
    while (this.#starting.size < this.#queue.size && this.#threads.size < this.#size && this.#start());
    if (this.#threads.size === 0) this.#refuseAll(this.#whyNone);
  }

  #compute(thread: HashThread): void {
    const [job] = this.#queue;
    if (job === undefined) return;
    this.#queue.delete(job);
    job.settle();
    this.#running += 1;
    thread.run(job.task).then(
      (result) => {
        this.#running -= 1;
        job.resolve(result);
      },
      (cause: unknown) => {
        this.#running -= 1;
        job.reject(new ServiceUnavailableError({ cause }));
      },
    );
  }

  /** False if no thread can be started now. */
  #start(): boolean {
    if (this.#now() < this.#restUntil) return false;
    const { filename, engines = ['bcrypt', 'bcryptjs'], limitMs = LIMIT_MS } = this.#options;
    const names: EngineNames = { engines, argon2: this.#argon2 };
    try {
      const thread = new HashThread({
        filename: filename ?? join(__dirname, `hash-worker${extname(__filename)}`),
        names,
        limitMs,
        onIdle: (idle) => {
          this.#starting.delete(idle);
          this.#idle.push(idle);
          this.#next();
        },
        onEnd: (ended, cause) => {
          this.#threads.delete(ended);
          this.#idle = this.#idle.filter((thread) => thread !== ended);
          if (this.#starting.delete(ended)) this.#rest(cause);
          this.#next();
        },
      });
      this.#threads.add(thread);
      this.#starting.add(thread);
      return true;
    } catch (error) {
      this.#rest(error);
      return false;
    }
  }

  #rest(cause: unknown): void {
    this.#whyNone = cause;
    this.#restUntil = this.#now() + REST_MS;
  }

  #refuseAll(cause: unknown): void {
    for (const job of this.#queue) {
      job.settle();
      job.reject(new ServiceUnavailableError({ cause }));
    }
    this.#queue.clear();
  }
}

function canLoad(name: string): boolean {
  try {
    // A native package may be installed without its binary, so it is loaded to find out.
    createRequire(__filename)(name);
    return true;
  } catch {
    return false;
  }
}

/** The pool of the process, shared by all its apps since they share the machine's cores. */
export const hashPool = new HashPool();
