import type { MaybePromise } from '../core/userstore';
import { ServiceUnavailableError } from '../errors';
import { isThenable } from '../util/ignore-rejection';

/** Thrown if asynchronous work did not settle in time. */
export class DeadlinePassedError extends ServiceUnavailableError {}

/**
 * A value within its deadline. An immediate value is returned as it is and needs no timer; a result after the deadline
 * is ignored.
 * @param abort called when the deadline passes, so that the work can stop
 * @throws DeadlinePassedError if the value has not settled after `milliseconds`
 */
export function withinDeadline<T>(
  value: T | PromiseLike<T>,
  milliseconds: number,
  abort?: (reason: Error) => void,
): MaybePromise<T> {
  if (!isThenable(value)) return value;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new DeadlinePassedError();
      reject(error);
      abort?.(error);
    }, milliseconds);
    timer.unref();
    Promise.resolve(value).then(
      (settled) => {
        clearTimeout(timer);
        resolve(settled);
      },
      (error: unknown) => {
        clearTimeout(timer);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the thrown value is passed on
        reject(error);
      },
    );
  });
}
