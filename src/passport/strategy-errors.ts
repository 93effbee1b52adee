/** Maps the failures of a strategy to errors. Strategies report the same failure in many forms. */
import {
  BadCredentialsError,
  MalformedCredentialsError,
  SecurityError,
  ServiceUnavailableError,
  ThrottledError,
} from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { isNetworkError } from './network-error';
import type { PassportOptions } from './passport-options';

type OutageTest = PassportOptions['isOutage'];

/** The error of `fail()`. The strategy's own message is only in its cause. */
export function errorOfFailure(
  { reason, status }: { readonly reason: unknown; readonly status: unknown },
  isOutage: OutageTest,
): unknown {
  const isError = isInstance(reason, Error);
  if (isError) {
    const known = knownError(reason, isOutage);
    if (known !== undefined) return known;
  }
  const cause = isError ? reason : new Error(textOf(reason));
  if (status === 400) return new MalformedCredentialsError({ cause });
  return status === 429 ? new ThrottledError({ cause }) : new BadCredentialsError({ cause });
}

/** The error of `error()`, of a throw and of a rejection: a bug, unless it is an outage. */
export function errorOfError(error: unknown, isOutage: OutageTest): unknown {
  return knownError(error, isOutage) ?? error ?? new Error('The strategy reports an error without one');
}

function knownError(error: unknown, isOutage: OutageTest): unknown {
  if (isInstance<SecurityError>(error, SecurityError)) return error;
  return isNetworkError(error) || isOutageFor(error, isOutage)
    ? new ServiceUnavailableError({ cause: error })
    : undefined;
}

/** @throws TypeError if the app's test returns neither true nor false */
function isOutageFor(error: unknown, isOutage: OutageTest): boolean {
  const answer: unknown = isOutage?.(error) ?? false;
  ignoreRejection(answer);
  if (typeof answer !== 'boolean') {
    throw new TypeError('The option isOutage of PassportProvider must return true or false');
  }
  return answer;
}

/** The reason is a string, or an object with a `message`. */
function textOf(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  const { message } = (reason ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : 'The strategy failed';
}
