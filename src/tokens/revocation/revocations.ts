/**
 * Answers whether a token has been revoked: a request asks the memory of its process, which a log keeps up to date.
 *
 * A token that is known to be revoked is refused whatever else happens. If the log could not be read for too long,
 * recent revocations may be missing. The request then waits for another read of the log, which all such requests share.
 */
import { performance } from 'node:perf_hooks';
import type { Problem, ProblemListener } from '../../core/events';
import { ProblemBoard } from '../../core/problem-board';
import type { MaybePromise } from '../../core/userstore';
import { ConfigurationError, ServiceUnavailableError } from '../../errors';
import { checkRevocations } from '../../state/limits';
import type { Revocation, RevocationLogInterface } from '../../state/revocation-log';
import type { Clock } from '../../util/clock';
import { ignoreRejection } from '../../util/ignore-rejection';
import { BoundedCalls, within } from './bounded-calls';
import { KnownRevocations, type RevocableToken } from './known-revocations';
import { LogReader } from './log-reader';
import { LogWriter } from './log-writer';
import type { RevocationSettings } from './revocation-options';
import { schedule, type Schedule } from './schedule';

export interface RevocationsParts {
  readonly log: RevocationLogInterface;
  readonly clock: Clock;
  /** A monotonic time in milliseconds. */
  readonly elapsed?: () => number;
  readonly schedule?: Schedule;
}

const COMPONENT = 'revocation log';

/** How often a new login reads the log, to make sure that it has not been ended meanwhile. */
const MAX_LOOKS = 4;
const LOOK_AGAIN_MS = 250;

/** When the last successful read of the log began, by both clocks. */
interface Look {
  readonly clock: number;
  readonly elapsed: number;
}

export class Revocations {
  readonly #settings: RevocationSettings;
  readonly #clock: Clock;
  readonly #elapsed: () => number;
  readonly #schedule: Schedule;
  readonly #known: KnownRevocations;
  readonly #reader: LogReader;
  readonly #writer: LogWriter;
  readonly #problems = new ProblemBoard();
  readonly #firstLook: Promise<undefined>;
  #noteFirstLook: (() => void) | undefined;
  #lastLook: Look | undefined;
  #looking: Promise<void> | undefined;
  #confirming: Promise<void> | undefined;
  #retelling: Generator<readonly Revocation[], void> | undefined;
  #isRetelling = false;
  #isDown = false;
  #hasToldOfForm = false;
  #stop: (() => void) | undefined;

  constructor(parts: RevocationsParts, settings: RevocationSettings) {
    const { log, clock } = parts;
    this.#settings = settings;
    this.#firstLook = new Promise((resolve) => {
      this.#noteFirstLook = () => {
        resolve(undefined);
      };
    });
    this.#clock = clock;
    this.#elapsed = parts.elapsed ?? (() => performance.now());
    this.#schedule = parts.schedule ?? schedule;
    // Hanging appends must not block reads of the log.
    const calls = () => new BoundedCalls(this.#schedule, this.#elapsed);
    const { maxEntries } = settings;
    this.#known = new KnownRevocations(maxEntries, (isFull) => {
      this.#tell(isFull ? FULL : ROOM_AGAIN);
    });
    this.#writer = new LogWriter({ log, calls: calls(), clock, maxEntries });
    this.#reader = new LogReader({
      log,
      calls: calls(),
      onEntry: (entry) => {
        this.#known.add(entry, clock());
      },
      onLost: () => {
        this.#retelling = this.#known.live(clock);
      },
      onMalformed: () => {
        if (!this.#hasToldOfForm) this.#tell(MALFORMED);
        this.#hasToldOfForm = true;
      },
    });
  }

  /** Resolves when the log has been read once. Accessing it starts the reading. */
  get ready(): Promise<undefined> {
    this.start();
    return this.#firstLook;
  }

  /** Listens for problems. @returns a function that stops listening */
  listen(listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  /** Reads the log repeatedly from now on, until `close()`. */
  start(): void {
    if (this.#stop === undefined) this.#tick();
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /**
   * Synchronous, unless the log has not been read for too long.
   * @throws ServiceUnavailableError when the log cannot be read
   */
  isRevoked(token: RevocableToken): MaybePromise<boolean> {
    if (this.#knows(token)) return true;
    if (this.#isFresh() || (this.#isDown && this.#settings.whenUnreachable === 'accept')) return false;
    return this.#askAgain(token);
  }

  /**
   * Whether the revocation is certain, according to the entries that this process has read. It reads nothing and
   * assumes nothing.
   */
  isKnown(token: RevocableToken): boolean {
    return this.#known.names(token, this.#clock());
  }

  /**
   * Takes effect in this process at once, and resolves when other processes can read it.
   * @throws ServiceUnavailableError when the log does not have it yet; it is sent again until the log has it
   */
  async revoke(list: readonly Revocation[]): Promise<void> {
    checkRevocations(list);
    for (const entry of list) this.#known.add(entry, this.#clock());
    this.start();
    await this.#writer.append(list);
  }

  /**
   * Resolves when all revocations that other processes have written until now are known. With `whenUnreachable:
   * 'accept'` it also resolves if the log cannot be read.
   * @throws ServiceUnavailableError when the log cannot be read
   */
  async hearAll(): Promise<void> {
    // Several attempts: the process may have been paused meanwhile, and a log that is available again is noticed a
    // moment later.
    for (let tries = 1; ; tries += 1) {
      try {
        await within(this.#schedule, () => this.#lookAnew());
        return;
      } catch (error) {
        if (this.#settings.whenUnreachable === 'accept') return;
        if (tries >= MAX_LOOKS) throw error;
      }
      await new Promise<void>((resume) => this.#schedule(LOOK_AGAIN_MS, resume));
    }
  }

  async #lookAnew(): Promise<void> {
    // A read that began before may have read too early.
    await this.#looking?.catch(() => undefined);
    await this.#look();
  }

  #knows(token: RevocableToken): boolean {
    if (this.#settings.whenLost === 'refuseOlder' && !(token.issuedAt >= this.#reader.beganAt)) return true;
    return this.#known.has(token, this.#clock());
  }

  #isFresh(): boolean {
    if (this.#lastLook === undefined) return false;
    const age = this.#clock() - this.#lastLook.clock;
    const { maxDelayMs } = this.#settings;
    return age >= 0 && age <= maxDelayMs && this.#elapsed() - this.#lastLook.elapsed <= maxDelayMs;
  }

  async #askAgain(token: RevocableToken): Promise<boolean> {
    this.#confirming ??= within(this.#schedule, () => this.#lookFrom(this.#elapsed())).finally(() => {
      this.#confirming = undefined;
    });
    try {
      await this.#confirming;
    } catch (error) {
      if (this.#settings.whenUnreachable === 'refuse') throw error;
    }
    return this.#knows(token);
  }

  /**
   * A read that was in progress may have begun before the process was paused. In that case the log is read once more.
   */
  async #lookFrom(moment: number): Promise<void> {
    await this.#look();
    if (!((this.#lastLook?.elapsed ?? NaN) >= moment)) await this.#look();
  }

  #tick(): void {
    this.#stop = this.#schedule(this.#settings.maxDelayMs / 4, () => {
      this.#tick();
    });
    this.#known.sweep(this.#clock());
    ignoreRejection(this.#look());
    if (this.#writer.isBehind) ignoreRejection(this.#writer.send());
    ignoreRejection(this.#retell());
  }

  /** One read of the log, shared by all callers. */
  #look(): Promise<void> {
    const began = { clock: this.#clock(), elapsed: this.#elapsed() };
    this.#looking ??= this.#reader
      .readToEnd()
      .then(
        () => {
          this.#lastLook = began;
          this.#noteFirstLook?.();
          if (this.#isDown) this.#tell(READ_AGAIN);
          this.#isDown = false;
        },
        (error: unknown) => {
          if (!this.#isDown) this.#tell(unreadable(error));
          this.#isDown = true;
          throw error;
        },
      )
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Writes all known revocations to a log that was lost. Failed entries are sent again like all others. */
  async #retell(): Promise<void> {
    if (this.#isRetelling) return;
    this.#isRetelling = true;
    try {
      // After another loss meanwhile, the loop starts over.
      for (let next = this.#nextToTell(); next !== undefined; next = this.#nextToTell()) {
        if (next.length > 0) await this.#writer.append(next);
      }
    } finally {
      this.#isRetelling = false;
    }
  }

  #nextToTell(): readonly Revocation[] | undefined {
    const next = this.#retelling?.next();
    if (next?.done === false) return next.value;
    this.#retelling = undefined;
    return undefined;
  }

  #tell(problem: Omit<Problem, 'component'>): void {
    this.#problems.report({ component: COMPONENT, ...problem });
  }
}

/**
 * Quotes only a ConfigurationError: it names the option that the app must change, while other errors may quote data.
 */
function unreadable(error: unknown): Omit<Problem, 'component'> {
  const problem = 'it cannot be read, so revoked tokens are not known';
  const cause = error instanceof ServiceUnavailableError ? error.cause : error;
  const isCurable = cause instanceof ConfigurationError;
  return { type: 'degraded', problem: isCurable ? `${problem}: ${cause.message}` : problem };
}

const READ_AGAIN = { type: 'recovered', problem: 'it is read again' } as const;
const FULL = {
  type: 'degraded',
  problem: 'more tokens are revoked than maxEntries, so that all that were issued before are refused',
} as const;
const ROOM_AGAIN = { type: 'recovered', problem: 'there is room for all revoked tokens again' } as const;
const MALFORMED = { problem: 'an entry that has no valid form is passed over' } as const;
