import type { UnavailableEvent } from '../core/events';
import type { Clock } from '../util/clock';

/** How often one outage is told, at most. */
const INTERVAL_MS = 60_000;

/** An app may name what it decides itself: more than these at once are told each time. */
const MAX_OUTAGES = 1000;

interface Outage {
  readonly reason: UnavailableEvent['reason'];
  toldAt: number;
  /** How many have not been told since. */
  untold: number;
}

/**
 * What is down: told when that begins or its reason changes, and then once a minute with a count. A bug is told each time:
 * no two need be the same.
 */
export class Outages {
  private readonly outages = new Map<string, Outage>();

  constructor(private readonly clock: Clock) {}

  /** @returns how many are told of by telling of this one; 0 where nothing is told now */
  note(component: string, reason: UnavailableEvent['reason']): number {
    if (reason === 'bug') return 1;
    const now = this.clock();
    const known = this.outages.get(component);
    if (known?.reason !== reason) {
      if (known !== undefined || this.outages.size < MAX_OUTAGES) {
        this.outages.set(component, { reason, toldAt: now, untold: 0 });
      }
      return 1;
    }
    known.untold += 1;
    // Written so that a broken clock tells each.
    if (now - known.toldAt < INTERVAL_MS && now >= known.toldAt) return 0;
    const { untold } = known;
    known.toldAt = now;
    known.untold = 0;
    return untold;
  }

  /** The component has answered: the next outage is another. */
  ended(component: string): void {
    if (this.outages.size > 0) this.outages.delete(component);
  }
}
