import { randomBytes } from 'node:crypto';
import type { Problem } from '../core/events';
import { ServiceUnavailableError } from '../errors';
import type { Clock } from '../util/clock';
import { type Ending, EndingHeap } from './ending-heap';
import { checkRevocations } from './limits';
import { LogRows } from './log-rows';
import type { Revocation, RevocationLogInterface, RevocationPage } from './revocation-log';

const MAX_ENTRIES = 1_000_000;
const PAGE = 1000;
/** How many ended entries are dropped with each appended entry. */
const SWEPT = 4;
const EMPTY_ENOUGH = 0.9;

interface Row extends Ending {
  readonly seq: number;
  readonly name: string;
  readonly entry: Revocation;
}

export interface MemoryRevocationLogOptions {
  readonly clock: Clock;
  readonly report: (problem: Problem) => void;
  /** @default 1000000 */
  readonly maxEntries?: number;
}

/**
 * A log for the readers in this process. It begins when it is created: revocations by another process, or by this
 * process before a restart, are not in it. An entry that an earlier entry already covers is not kept, and an entry that
 * goes further replaces the earlier entry, so that a user who keeps ending logins cannot fill the log.
 */
export class MemoryRevocationLog implements RevocationLogInterface {
  readonly #epoch = randomBytes(8).toString('hex');
  readonly #beganAt: number;
  readonly #clock: Clock;
  readonly #report: (problem: Problem) => void;
  readonly #maxEntries: number;
  readonly #rows = new LogRows<Row>();
  readonly #byName = new Map<string, Row>();
  readonly #ends = new EndingHeap<Row>();
  #newest = 0;
  #isFull = false;

  constructor({ clock, report, maxEntries = MAX_ENTRIES }: MemoryRevocationLogOptions) {
    this.#clock = clock;
    this.#report = report;
    this.#maxEntries = maxEntries;
    this.#beganAt = clock();
  }

  get size(): number {
    return this.#byName.size;
  }

  // Async, so that an error is a rejected promise.
  // eslint-disable-next-line @typescript-eslint/require-await
  async append(list: readonly Revocation[]): Promise<void> {
    checkRevocations(list);
    const now = this.#clock();
    for (const entry of list) {
      for (let swept = 0; swept < SWEPT && this.#dropEnded(now); swept += 1);
      if (entry.until > now) this.#add(entry);
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async read(cursor?: string): Promise<RevocationPage> {
    const from = cursor === undefined ? 0 : this.#numberOf(cursor);
    const found = this.#rows.after(from ?? 0, PAGE + 1);
    const rows = found.slice(0, PAGE);
    const more = found.length > PAGE;
    const last = more ? (rows.at(-1)?.seq ?? 0) : this.#newest;
    return {
      cursor: `${this.#epoch} ${String(last)}`,
      list: rows.map(({ entry }) => entry),
      epoch: this.#epoch,
      beganAt: this.#beganAt,
      ...(from === undefined && { lost: true }),
      ...(more && { more }),
    };
  }

  /** Undefined for a cursor of another log. */
  #numberOf(cursor: string): number | undefined {
    const [epoch, digits = ''] = cursor.split(' ');
    if (epoch !== this.#epoch || !/^\d{1,16}$/.test(digits)) return undefined;
    return Number(digits) <= this.#newest ? Number(digits) : undefined;
  }

  #add({ id, until, before }: Revocation): void {
    const name = before === undefined ? id : `user ${id}`;
    const known = this.#byName.get(name);
    if (known !== undefined) {
      const { entry } = known;
      if (until <= entry.until && (before ?? 0) <= (entry.before ?? 0)) return;
      this.#remove(known);
    } else if (this.#byName.size >= this.#maxEntries) {
      this.#tell(true);
      throw new ServiceUnavailableError({ cause: new Error('The log of revocations is full') });
    }
    const ends = Math.max(until, known?.ends ?? 0);
    const isOfUser = before !== undefined && { before: Math.max(before, known?.entry.before ?? 0) };
    this.#newest += 1;
    const entry = Object.freeze({ id, until: ends, ...isOfUser });
    const row: Row = { seq: this.#newest, name, entry, ends, place: 0 };
    this.#rows.add(row);
    this.#byName.set(name, row);
    this.#ends.add(row);
  }

  #dropEnded(now: number): boolean {
    const first = this.#ends.first;
    if (first === undefined || first.ends > now) return false;
    this.#remove(first);
    return true;
  }

  #remove(row: Row): void {
    this.#rows.remove(row);
    this.#byName.delete(row.name);
    this.#ends.remove(row);
    if (this.#byName.size <= this.#maxEntries * EMPTY_ENOUGH) this.#tell(false);
  }

  #tell(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#report({
      type: isFull ? 'degraded' : 'recovered',
      component: 'MemoryState',
      problem: isFull
        ? `${String(this.#maxEntries)} revocations are kept, and more are refused with 503`
        : 'revocations are kept again',
    });
  }
}
