import { ThrottledError } from '../errors';
import { isThenable } from '../util/ignore-rejection';
import type { MaybePromise } from '../core/userstore';

/** How many events of one socket may wait to be decided: each is held in memory until then. */
const MAX_WAITING = 10_000;

/** What has been decided about an event: undefined is a grant, anything else is what was thrown. */
export type EventVerdict = { readonly error: unknown } | undefined;

/**
 * The events of one socket, each decided in its own time and acted upon in the order in which they came: an app that
 * gets them in another would answer the later one first.
 */
export class EventTurns {
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /**
   * Acts upon a verdict at once where it is there and nothing waits, else after all that came before.
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
