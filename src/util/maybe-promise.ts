/** For results that may be synchronous: no promise is created unless something has to be awaited. */
import { isThenable } from './ignore-rejection';

/**
 * Continues synchronously with an available value, and otherwise when it arrives: synchronous calls are thus decided
 * one after the other. Any value with a then() is awaited, even if it is not a Promise of this realm.
 */
export function chained<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}

/** The result of the work. A synchronous error becomes a rejection, so that errors arrive in a single way. */
export function attempted<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever was thrown is handed on
    return Promise.reject(error);
  }
}
