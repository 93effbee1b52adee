import type { Revocation, RevocationLogInterface } from '../../state/revocation-log';
import { ServiceUnavailableError } from '../../errors';
import type { Clock } from '../../util/clock';
import type { BoundedCalls } from './bounded-calls';

/** The number of entries in one call. */
const SLICE = 1000;

export interface LogWriterParts {
  readonly log: RevocationLogInterface;
  readonly calls: BoundedCalls;
  readonly clock: Clock;
  /** The number of entries that may wait. */
  readonly maxEntries: number;
}

/** Writes revocations to a log, one call after the other, and repeats failed calls. */
export class LogWriter {
  /** The entries that the log does not have yet. */
  readonly #unsent = new Map<string, Revocation>();
  #sending: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(private readonly parts: LogWriterParts) {}

  /** True if entries wait to be sent again. */
  get isBehind(): boolean {
    return this.#unsent.size > 0;
  }

  /**
   * Resolves when the log has these entries.
   * @throws ServiceUnavailableError when the log does not have all of them; they are kept to be sent again
   */
  append(list: readonly Revocation[]): Promise<void> {
    if (this.#unsent.size + list.length > this.parts.maxEntries) {
      return Promise.reject(
        new ServiceUnavailableError({ cause: new Error('Too much waits for the log already') }),
      );
    }
    for (const entry of list) this.#unsent.set(keyOf(entry), entry);
    return this.send();
  }

  /**
   * Sends the waiting entries. Entries that are appended meanwhile go with the next call.
   * @throws ServiceUnavailableError
   */
  send(): Promise<void> {
    if (this.#sending === undefined) return this.#start();
    this.#next ??= this.#sending
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<void> {
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    const { log, calls, clock } = this.parts;
    const waiting = [...this.#unsent.values()];
    for (let from = 0; from < waiting.length; from += SLICE) {
      const slice = waiting.slice(from, from + SLICE);
      const now = clock();
      const live = slice.filter(({ until }) => until > now);
      if (live.length > 0) await calls.run(() => log.append(live));
      for (const entry of slice) {
        if (this.#unsent.get(keyOf(entry)) === entry) this.#unsent.delete(keyOf(entry));
      }
    }
  }
}

function keyOf({ id, before }: Revocation): string {
  return before === undefined ? id : `${id} ${String(before)}`;
}
