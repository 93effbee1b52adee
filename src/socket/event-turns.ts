import { ThrottledError } from '../errors';
import { isThenable } from '../util/ignore-rejection';
import type { MaybePromise } from '../core/userstore';

/** How many events of a socket may wait for their decision: each is held in memory until then. */
const MAX_WAITING = 10_000;

/** The decision about an event: undefined is a grant, otherwise the error of the refusal. */
export type EventVerdict = { readonly error: unknown } | undefined;

/**
 * The events of a socket. Decisions may take any time, but events are handled in the order of their arrival; otherwise
 * an app would answer a later event first.
 */
export class EventTurns {
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /**
   * Acts upon a verdict synchronously if it is known and no event waits, otherwise after all earlier events.
   * @param decide must not throw or reject
   * @param act must not throw or reject, and is not waited for
   */
  take(decide: () => MaybePromise<EventVerdict>, act: (verdict: EventVerdict) => void): void {
    if (this.#waiting >= MAX_WAITING) {
      act({ error: new ThrottledError({ retryAfterSeconds: 1 }) });
      return;
    }
    const verdict = decide();
    if (this.#waiting === 0 && !isThenable(verdict)) {
      act(verdict);
      return;
    }
    this.#waiting += 1;
    const before = this.#last;
    this.#last = Promise.resolve(verdict).then(async (decided) => {
      await before;
      this.#waiting -= 1;
      act(decided);
    });
  }
}
