import { silencePromisesIn } from '../../core/silence';
import type { Revocation, RevocationLogInterface, RevocationPage } from '../../state/revocation-log';
import { isRevocation } from '../../state/limits';
import { isInstance } from '../../util/instance';
import type { BoundedCalls } from './bounded-calls';

/** The number of entries that are processed before other work gets its turn. */
const SLICE = 1000;
/** Enough for 1,000,000 entries and as many again that are read twice. */
const MAX_PAGES = 5000;
/** A log that is lost at each read from its start cannot be followed. */
const MAX_LOSSES = 2;
const MAX_TEXT = 1024;

export interface LogReaderParts {
  readonly log: RevocationLogInterface;
  readonly calls: BoundedCalls;
  readonly onEntry: (entry: Revocation) => void;
  /** Called when the log has lost entries. */
  readonly onLost: () => void;
  readonly onMalformed: () => void;
}

/** Follows a log: at first from its start, later from the last position. */
export class LogReader {
  /** The time since which the log has been written, according to the log. */
  beganAt = 0;
  #cursor: string | undefined;
  #epoch: string | undefined;

  constructor(private readonly parts: LogReaderParts) {}

  /**
   * Reads the new entries, to the end of the log. Entries that were read before a failure are kept.
   * @throws ServiceUnavailableError when the log does not answer in time; Error when it returns no valid page, or has
   * no end
   */
  async readToEnd(): Promise<void> {
    const { log, calls, onLost } = this.parts;
    let losses = 0;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const asked = this.#cursor;
      const page: unknown = await calls.run(() => log.read(asked));
      silencePromisesIn(page);
      if (!isPage(page)) throw new Error('read() of the log did not return a page');
      await this.#take(page.list);
      const isOther = this.#epoch !== undefined && page.epoch !== this.#epoch;
      const isLost = isOther || (page.lost === true && asked !== undefined);
      this.#epoch = page.epoch;
      this.beganAt = page.beganAt;
      this.#cursor = isLost ? undefined : page.cursor;
      if (isLost) {
        losses += 1;
        onLost();
        if (losses > MAX_LOSSES) throw new Error('The log is lost each time that it is read');
      } else if (page.more !== true) return;
      else if (page.cursor === asked) throw new Error('The log has no end');
      await turn();
    }
    throw new Error('The log has no end');
  }

  async #take(list: readonly unknown[]): Promise<void> {
    const { onEntry, onMalformed } = this.parts;
    let taken = 0;
    for (const entry of list) {
      if (isRevocation(entry)) onEntry(entry);
      else onMalformed();
      taken += 1;
      if (taken % SLICE === 0) await turn();
    }
  }
}

/** The entries of the page are not checked. */
function isPage(value: unknown): value is RevocationPage {
  if (typeof value !== 'object' || value === null || isInstance(value, Error)) return false;
  const { cursor, list, epoch, beganAt } = value as Partial<Record<keyof RevocationPage, unknown>>;
  const isTime = typeof beganAt === 'number' && beganAt >= 0 && beganAt < Infinity;
  return isShortText(cursor) && Array.isArray(list) && isShortText(epoch) && isTime;
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
