/** Runs an action: authenticates its user first, and leaves no promise of a parameter without a handler. */
import { type Action, type ActionMetadata, type BaseDriver, KoaDriver } from 'routing-controllers';
import type { MaybePromise } from '../core/userstore';
import { isThenable } from '../util/ignore-rejection';

/**
 * routing-controllers reads all parameters of an action in parallel. An exception for one parameter would leave the
 * promises of the others without a handler, and a rejection of one of them would end the process.
 */
export function rejectUnreadableParameters(driver: BaseDriver): void {
  const read: BaseDriver['getParamFromRequest'] = driver.getParamFromRequest.bind(driver);
  driver.getParamFromRequest = (action, param) => {
    try {
      return read(action, param) as unknown;
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the thrown value is passed on
      return Promise.reject(error);
    }
  };
}

/** Runs the action in routing-controllers' own way. */
export type Execute = (action: Action) => unknown;

/**
 * Runs the action once a decision about the request has been made, before routing-controllers reads any parameter, so
 * that no work is done for a refused client.
 */
export function executeAfter(
  driver: BaseDriver,
  decision: MaybePromise<unknown>,
  metadata: ActionMetadata,
  action: Action,
  execute: Execute,
): unknown {
  const result = isThenable(decision)
    ? Promise.resolve(decision).then(
        () => execute(action),
        (error: unknown) => driver.handleError(error, metadata, action) as unknown,
      )
    : execute(action);
  if (driver instanceof KoaDriver || !isThenable(result)) return result;
  // Express 4 does not await promises, so a rejection is passed to its error handling.
  return Promise.resolve(result).catch((error: unknown) => {
    (action.next as (error: unknown) => void)(error);
  });
}
