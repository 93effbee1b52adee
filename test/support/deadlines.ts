/**
 * Deadlines of the library that pass when a test says so, however slow the machine is: an app is started with
 * `deadlineMs: DEADLINE_MS` in a suite that holds deadlines, and what is too late says so itself by `hang`.
 */

/** Timers of this length are held: longer than a test may take, and not the length of any other timer. */
export const DEADLINE_MS = 543_210;

/** Of apps whose deadlines no test is about: a busy machine computes a password's hash for longer than the default. */
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

/** Returns a value that is not there in time: the deadlines that run once it is waited for pass. */
export function tooLate<T>(value: T): T {
  setImmediate(() => {
    for (const [timer, callback] of [...held]) {
      clearTimeout(timer as NodeJS.Timeout);
      callback();
    }
  });
  return value;
}

/** Never settles, and has its deadline pass. */
export function hang(): Promise<never> {
  return tooLate(new Promise<never>(() => {}));
}

/**
 * Has timers of one length take far longer in the suite that calls it: for real servers whose answers are in time on
 * any machine but a busy one.
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
