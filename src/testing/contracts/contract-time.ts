import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../util/clock';

const GIVEN_MS = 60_000;
const REAL_MS = 400;
/** Timers may fire early, and the clock of a server may differ a little from ours. */
const MARGIN_MS = 100;
const LONG_MS = 600_000;

/** Lets entries expire: by the clock given to the store, or by waiting. */
export class ContractTime {
  #movedMs = 0;
  readonly #startedAt = Date.now();
  readonly clock: Clock;

  constructor(private readonly isGiven: boolean) {
    this.clock = isGiven ? () => this.#startedAt + this.#movedMs : Date.now;
  }

  /** An end that {@link pass} goes past. */
  soon(): Date {
    return new Date(this.clock() + (this.isGiven ? GIVEN_MS : REAL_MS));
  }

  /** An end that no test reaches. */
  later(): Date {
    return new Date(this.clock() + LONG_MS);
  }

  /** Sets a given clock to a millisecond before the end. False for real time, which it cannot set. */
  moveBefore(end: Date): boolean {
    if (this.isGiven) this.#movedMs = end.getTime() - 1 - this.#startedAt;
    return this.isGiven;
  }

  /** Goes past an end from {@link soon}: with a given clock to exactly that millisecond. */
  async pass(end: Date): Promise<void> {
    if (this.isGiven) this.#movedMs = end.getTime() - this.#startedAt;
    else await sleep(Math.max(0, end.getTime() - Date.now()) + MARGIN_MS);
  }
}
