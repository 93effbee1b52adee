import { silencePromisesIn } from '../core/silence';
import type { MaybePromise } from '../core/userstore';
import { SecurityError, SecurityFaultError } from '../errors';
import { withinDeadline } from '../http/deadline';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';

/** A store that does not answer must not hold a request for ever. */
const DEADLINE_MS = 5000;

/**
 * The answer of an app's store for state or factors; synchronous if the store answers synchronously. The caller must
 * check the answer. A rejected promise inside it does not end the process.
 * @throws ServiceUnavailableError if the store throws it, or does not answer within five seconds
 * @throws SecurityFaultError for any other error of the store, thrown or rejected
 */
export function askStore<T>(ask: () => MaybePromise<T>): MaybePromise<T> {
  const failed = (cause: unknown): never => {
    if (isInstance(cause, SecurityError)) throw cause;
    throw new SecurityFaultError({ cause });
  };
  const answer = attempted(() =>
    chained(withinDeadline(ask(), DEADLINE_MS), (given) => {
      // For example, a list made by map() with an async function.
      silencePromisesIn(given);
      return given;
    }),
  );
  return answer instanceof Promise ? answer.then(undefined, failed) : answer;
}
