import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { ServiceUnavailableError } from '../errors';
import { printable } from '../util/printable';
import { evictionPolicy, HARMLESS } from './eviction-policy';
import { inTime, LateError } from './in-time';
import { codeOf, refusalOf } from './redis-refusal';

export interface StateLinkOptions {
  readonly client: object;
  /** The name in events. */
  readonly component: string;
  /** Writes something: a replica answers to reads only. */
  readonly probe: () => Promise<unknown>;
  /** What does not work while Redis answers nothing, and while it takes no writes, for events. */
  readonly withoutRedis: string;
  readonly withoutWrites: string;
}

/** The master has written it, but too few replicas say that they have it. */
export class TooFewReplicasError extends Error {
  override readonly name = 'TooFewReplicasError';
}

interface Outage {
  /** A Redis that is full, or lacks replicas, can still be read. */
  readonly isOfWritesOnly: boolean;
  /** What Redis said; undefined where it said nothing. */
  readonly said: string | undefined;
}

/**
 * A Redis without which nothing can be decided. It is asked as long as it answers in time; what it does not answer is a
 * ServiceUnavailableError. After that it is asked one thing only, and callers wait for the answer or are refused at
 * once, so that nothing piles up in the client; it is there again as soon as it answers, also to an earlier question.
 */
export class StateLink implements ProblemSource {
  readonly #options: StateLinkOptions;
  readonly #outages = new ProblemBoard();
  // Apart, since a board keeps one problem for its first listener.
  readonly #settings = new ProblemBoard();
  #outage: Outage | undefined;
  #probe: { readonly done: Promise<void>; readonly started: number } | undefined;
  #nextProbe = 0;
  #policy: 'unknown' | 'asked' | 'known' = 'unknown';

  constructor(options: StateLinkOptions) {
    this.#options = options;
    this.#checkPolicy();
  }

  /**
   * @param kind 'write' for what a full Redis does not do
   * @throws ServiceUnavailableError when Redis is down, does not answer in time, or refuses
   */
  async run<T>(kind: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    if (this.#bars(kind)) {
      await this.#tryAgain();
      if (this.#bars(kind)) throw unavailable(this.#outage?.said ?? SILENT);
    }
    const answer = attempt(work);
    try {
      const result = await inTime(answer, MAX_MS);
      this.#answered(kind);
      return result;
    } catch (error) {
      // One key with another program's value says nothing of all the others.
      if (codeOf(error) !== 'WRONGTYPE') this.#failed(error);
      if (error instanceof LateError) {
        answer.then(
          () => {
            this.#answered(kind);
          },
          () => undefined,
        );
      }
      throw unavailable(reasonOf(error));
    }
  }

  /** Tells of something that is set up wrongly. */
  report(problem: string): void {
    this.#settings.report({ component: this.#options.component, problem });
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    const ends = [this.#settings.listen(listener), this.#outages.listen(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  #bars(kind: 'read' | 'write'): boolean {
    return this.#outage !== undefined && (kind === 'write' || !this.#outage.isOfWritesOnly);
  }

  #answered(kind: 'read' | 'write'): void {
    this.#checkPolicy();
    // What was refused is allowed again when a write has been taken: a replica, too, answers to reads.
    if (this.#outage === undefined || (kind === 'read' && this.#outage.said !== undefined)) return;
    this.#outage = undefined;
    this.#tell('recovered', 'Redis executes commands again');
  }

  #failed(error: unknown): void {
    const before = this.#outage;
    const isOfWritesOnly =
      error instanceof TooFewReplicasError || WRITES_ONLY.includes(codeOf(error) ?? 'none');
    const said = error instanceof TooFewReplicasError ? error.message : refusalOf(error);
    this.#outage = { isOfWritesOnly, said };
    if (before !== undefined && (before.said !== undefined || said === undefined)) return;
    const { withoutRedis, withoutWrites } = this.#options;
    this.#tell('degraded', `${said ?? SILENT}: ${isOfWritesOnly ? withoutWrites : withoutRedis}`);
  }

  #tell(type: 'degraded' | 'recovered', problem: string): void {
    this.#outages.report({ type, component: this.#options.component, problem });
  }

  /** Waits for a probe that is under way, or due, as long as an answer may take. */
  async #tryAgain(): Promise<void> {
    const now = performance.now();
    if (this.#probe === undefined) {
      if (now < this.#nextProbe) return;
      const done = attempt(this.#options.probe)
        .then(
          () => {
            this.#answered('write');
          },
          (error: unknown) => {
            this.#failed(error);
          },
        )
        .finally(() => {
          this.#probe = undefined;
          this.#nextProbe = performance.now() + PROBE_EVERY_MS;
        });
      this.#probe = { done, started: now };
    }
    const left = this.#probe.started + MAX_MS - now;
    if (left > 0) await inTime(this.#probe.done, left).catch(() => undefined);
  }

  /** Once for each client, when it can be known. */
  #checkPolicy(): void {
    if (this.#policy !== 'unknown') return;
    this.#policy = 'asked';
    attempt(() => evictionPolicy(this.#options.client))
      .then((policy) => {
        this.#policy = policy === undefined ? 'unknown' : 'known';
        if (typeof policy === 'string' && policy !== HARMLESS) {
          this.report(
            `Redis runs with the maxmemory-policy ${policy}: when its memory is full it drops what it has to keep. ` +
              `Set it to ${HARMLESS}`,
          );
        }
      })
      .catch(() => undefined);
  }
}

/** How long an answer may take. */
const MAX_MS = 500;
const PROBE_EVERY_MS = 200;
const WRITES_ONLY: readonly string[] = ['OOM', 'MISCONF', 'NOREPLICAS'];
const SILENT = 'Redis does not answer';

/** What throws at once rejects. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** Never the error of the client, which has the arguments of the command, and so what is kept. */
function unavailable(reason: string): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(reason) });
}

function reasonOf(error: unknown): string {
  if (error instanceof LateError || error instanceof TooFewReplicasError) return error.message;
  const name = error instanceof Error ? error.name : typeof error;
  return refusalOf(error) ?? `${SILENT} (${printable(name, 60)})`;
}
