/** For what may have its answer at once: no promise is made where nothing has to be waited for. */
import { isThenable } from './ignore-rejection';

/**
 * Goes on at once with a value that is there already, and else when it is: what comes in one go is then decided one
 * after the other. Whatever has a then() is waited for, also where it is no Promise of this realm.
 */
export function chained<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}

/** What the work answers. What it throws at once rejects, so that errors come in one way. */
export function attempted<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever was thrown is handed on
    return Promise.reject(error);
  }
}
