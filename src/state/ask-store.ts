import { silencePromisesIn } from '../core/silence';
import type { MaybePromise } from '../core/userstore';
import { SecurityError, SecurityFaultError } from '../errors';
import { withinDeadline } from '../http/deadline';
import { isInstance } from '../util/instance';
import { attempted, chained } from '../util/maybe-promise';

/** A store that does not answer must not keep a request for ever. */
const DEADLINE_MS = 5000;

/**
 * What an app's store of state or factors answers, at once where it answers at once. What it gives is looked at by whoever
 * asks; no promise in it ends the process.
 * @throws ServiceUnavailableError where it says so, or does not answer in five seconds
 * @throws SecurityFaultError for whatever else it throws, at once or later
 */
export function askStore<T>(ask: () => MaybePromise<T>): MaybePromise<T> {
  const failed = (cause: unknown): never => {
    if (isInstance(cause, SecurityError)) throw cause;
    throw new SecurityFaultError({ cause });
  };
  const answer = attempted(() =>
    chained(withinDeadline(ask(), DEADLINE_MS), (given) => {
      // Of a list made by map() with an async function, for example.
      silencePromisesIn(given);
      return given;
    }),
  );
  return answer instanceof Promise ? answer.then(undefined, failed) : answer;
}
