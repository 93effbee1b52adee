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
  /** Makes a write, since a replica answers reads only. */
  readonly probe: () => Promise<unknown>;
  /** The consequences for events while Redis does not answer, and while it accepts no writes. */
  readonly withoutRedis: string;
  readonly withoutWrites: string;
}

/** The master has the write, but too few replicas confirmed it. */
export class TooFewReplicasError extends Error {
  override readonly name = 'TooFewReplicasError';
}

interface Outage {
  /** A Redis that is full, or lacks replicas, can still be read. */
  readonly isOfWritesOnly: boolean;
  /** Redis' own refusal; undefined if it did not answer. */
  readonly said: string | undefined;
}

/**
 * A link to a Redis that is required for every decision. Redis is asked while it answers in time; a missing answer is a
 * ServiceUnavailableError. After that only one probe at a time is sent, and callers wait for its answer or are refused
 * at once, so that commands do not pile up in the client. Redis is up again as soon as it answers, even to an earlier
 * command.
 */
export class StateLink implements ProblemSource {
  readonly #options: StateLinkOptions;
  readonly #outages = new ProblemBoard();
  // Separate, since a board keeps only one problem for its first listener.
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
   * @param kind 'write' for commands that a full Redis refuses
   * @throws ServiceUnavailableError if Redis is down, does not answer in time, or refuses
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
      // A key with another program's value is no outage: other keys may work.
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

  /** Reports a wrong setup. */
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
    // Only an accepted write ends a refusal: a replica answers reads as well.
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

  /** Waits for a probe that is under way or due, for at most the time limit of an answer. */
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

  /** Checks the policy once for each client, as soon as it is connected. */
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

/** The time limit of an answer. */
const MAX_MS = 500;
const PROBE_EVERY_MS = 200;
const WRITES_ONLY: readonly string[] = ['OOM', 'MISCONF', 'NOREPLICAS'];
const SILENT = 'Redis does not answer';

/** Turns a synchronous throw into a rejection. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** Never contains the client's error, which has the arguments of the command and thus stored values. */
function unavailable(reason: string): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(reason) });
}

function reasonOf(error: unknown): string {
  if (error instanceof LateError || error instanceof TooFewReplicasError) return error.message;
  const name = error instanceof Error ? error.name : typeof error;
  return refusalOf(error) ?? `${SILENT} (${printable(name, 60)})`;
}
