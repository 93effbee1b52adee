import type { UnavailableEvent } from '../core/events';
import type { Clock } from '../util/clock';

/** The shortest time between two reports of the same outage. */
const INTERVAL_MS = 60_000;

/**
 * An app may name its own components: if more than this many are down at once, each further outage is reported every
 * time.
 */
const MAX_OUTAGES = 1000;

interface Outage {
  readonly reason: UnavailableEvent['reason'];
  toldAt: number;
  /** Number of failures since the last report. */
  untold: number;
}

/**
 * Current outages: reported when they begin or their reason changes, and then once a minute with a count. A bug is
 * reported each time, since no two need be the same.
 */
export class Outages {
  private readonly outages = new Map<string, Outage>();

  constructor(private readonly clock: Clock) {}

  /** @returns the number of failures that this report covers; 0 if nothing is to be reported now */
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
    // Written so that a broken clock reports each failure.
    if (now - known.toldAt < INTERVAL_MS && now >= known.toldAt) return 0;
    const { untold } = known;
    known.toldAt = now;
    known.untold = 0;
    return untold;
  }

  /** The component has answered: the next outage is a new one. */
  ended(component: string): void {
    if (this.outages.size > 0) this.outages.delete(component);
  }
}
