/**
 * A clock and the long timers of the library, which advance when a test says so: an app gets `clock`, and timers of at
 * least a minute are held. Other timers run normally.
 */
const HELD_MS = 60_000;

interface Held {
  readonly at: number;
  readonly delay: number;
  readonly callback: () => void;
}

export class HeldTime {
  now = 1_700_000_000_000;
  readonly clock = (): number => this.now;
  private readonly held = new Map<NodeJS.Timeout, Held>();

  /** Holds timers during each test of the suite that calls it. */
  static use(): HeldTime {
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    const time = new HeldTime();
    const start = time.now;
    beforeEach(() => {
      time.now = start;
      globalThis.setTimeout = ((callback: () => void, delay: number, ...rest: unknown[]) => {
        // Node's own timers, for the connections of fetch(), have arguments.
        if (!(delay >= HELD_MS) || rest.length > 0) return set(callback, delay, ...(rest as []));
        const timer = set(() => {}, 2 ** 31 - 1);
        time.held.set(timer, { at: time.now + delay, delay, callback });
        return timer;
      }) as typeof setTimeout;
      globalThis.clearTimeout = (timer) => {
        time.held.delete(timer as NodeJS.Timeout);
        clear(timer);
      };
    });
    afterEach(() => {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
      for (const timer of time.held.keys()) clear(timer);
      time.held.clear();
    });
    return time;
  }

  /** The delays of the held timers. */
  get delays(): number[] {
    return [...this.held.values()].map(({ delay }) => delay);
  }

  /** True if a held timer would keep the process running. */
  get keepsRunning(): boolean {
    return [...this.held.keys()].some((timer) => timer.hasRef());
  }

  /** Advances the clock, and runs each due timer at its time. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = [...this.held].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      this.now = Math.max(this.now, next[1].at);
      clearTimeout(next[0]);
      next[1].callback();
    }
    this.now = end;
  }
}
