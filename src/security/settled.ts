import type { Audit } from '../audit/audit';
import type { MaybePromise } from '../core/userstore';
import { SecurityError, SecurityFaultError } from '../errors';
import { isThenable } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { attempted } from '../util/maybe-promise';

/** Runs work so that every failure rejects with an error of the family. */
export type Settle = <T>(work: () => MaybePromise<T>) => MaybePromise<T>;

/** Any other error could crash the framework or reach the client. */
export function settleBy(audit: Audit): Settle {
  return (work) => {
    const result = attempted(work);
    if (!isThenable(result)) return result;
    return result.then(undefined, (error: unknown) => {
      if (isInstance(error, SecurityError)) throw error;
      audit.error('A request could not be decided', error);
      throw new SecurityFaultError({ cause: error });
    });
  };
}
