import { ServiceUnavailableError } from '../../errors';
import type { Schedule } from './schedule';

/** The time limit of one call of a log. */
export const CALL_MS = 500;

const MAX_HANGING = 4;
/** Without this limit, a promise that never settles would keep its place for ever. */
const FORGET_MS = 10_000;

/** Calls of a log that may hang: each call has a time limit, and the number of hanging calls is limited. */
export class BoundedCalls {
  readonly #hanging = new Map<object, number>();

  /** @param elapsed a monotonic time in milliseconds */
  constructor(
    private readonly schedule: Schedule,
    private readonly elapsed: () => number,
  ) {}

  /** @throws ServiceUnavailableError when the call takes too long, throws or rejects, and while too many calls hang */
  run<T>(call: () => PromiseLike<T>): Promise<T> {
    const now = this.elapsed();
    for (const [key, since] of this.#hanging) if (now - since > FORGET_MS) this.#hanging.delete(key);
    if (this.#hanging.size >= MAX_HANGING) {
      return Promise.reject(unavailable(new Error('Earlier calls of the log have not returned')));
    }
    const key = {};
    this.#hanging.set(key, now);
    return within(this.schedule, async () => {
      try {
        return await call();
      } finally {
        this.#hanging.delete(key);
      }
    });
  }
}

/** @throws ServiceUnavailableError when the work takes longer than `CALL_MS`, throws or rejects */
export function within<T>(later: Schedule, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = later(CALL_MS, () => {
      reject(unavailable(new Error(`The log did not answer within ${String(CALL_MS)} ms`)));
    });
    work().then(
      (value) => {
        cancel();
        resolve(value);
      },
      (cause: unknown) => {
        cancel();
        reject(unavailable(cause));
      },
    );
  });
}

function unavailable(cause: unknown): ServiceUnavailableError {
  return cause instanceof ServiceUnavailableError ? cause : new ServiceUnavailableError({ cause });
}
