/**
 * Deadlines of the library that pass when a test says so, however slow the machine is: a suite that holds deadlines
 * starts its app with `deadlineMs: DEADLINE_MS`, and a late answer calls `hang` or `tooLate`.
 */

/** Timers of exactly this length are held. It is longer than a test may take, and no other timer has it. */
export const DEADLINE_MS = 543_210;

/** The deadline of apps for other tests: on a busy machine a password hash can take longer than the default. */
export const PATIENCE_MS = 300_000;

const held = new Map<unknown, () => void>();

/** Holds deadlines during each test of the suite that calls it. */
export function holdDeadlines(): void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  beforeEach(() => {
    globalThis.setTimeout = ((callback: () => void, milliseconds?: number, ...rest: unknown[]) => {
      const timer = set(callback, milliseconds, ...(rest as []));
      if (milliseconds === DEADLINE_MS) held.set(timer, callback);
      return timer;
    }) as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      held.delete(timer);
      clear(timer);
    };
  });
  afterEach(() => {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    held.clear();
  });
}

/** Returns a value that is too late: the deadlines that run while it is awaited pass first. */
export function tooLate<T>(value: T): T {
  setImmediate(() => {
    for (const [timer, callback] of [...held]) {
      clearTimeout(timer as NodeJS.Timeout);
      callback();
    }
  });
  return value;
}

/** Never settles, and lets its deadline pass. */
export function hang(): Promise<never> {
  return tooLate(new Promise<never>(() => {}));
}

/**
 * Makes timers of one length take far longer in the suite that calls it: for real servers that may answer late on a
 * busy machine.
 */
export function allowMoreThan(milliseconds: number): void {
  const { setTimeout: set } = globalThis;
  before(() => {
    globalThis.setTimeout = ((callback: () => void, wait?: number, ...rest: unknown[]) =>
      set(callback, wait === milliseconds ? PATIENCE_MS : wait, ...(rest as []))) as typeof setTimeout;
  });
  after(() => {
    globalThis.setTimeout = set;
  });
}
