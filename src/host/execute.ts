/** How an action is run: its user first, and no parameter's promise without a handler. */
import { type Action, type ActionMetadata, type BaseDriver, KoaDriver } from 'routing-controllers';
import type { MaybePromise } from '../core/userstore';
import { isThenable } from '../util/ignore-rejection';

/**
 * The host reads all parameters of an action side by side. What it throws for one would leave the promises of the
 * others without a handler, which ends the process when one of them rejects.
 */
export function rejectUnreadableParameters(driver: BaseDriver): void {
  const read: BaseDriver['getParamFromRequest'] = driver.getParamFromRequest.bind(driver);
  driver.getParamFromRequest = (action, param) => {
    try {
      return read(action, param) as unknown;
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever was thrown is handed on
      return Promise.reject(error);
    }
  };
}

/** Calls the host's own running of an action. */
export type Execute = (action: Action) => unknown;

/** Authenticates before the host looks at any parameter, so that nothing is done for a client who is refused. */
export function executeForUser(
  driver: BaseDriver,
  login: MaybePromise<unknown>,
  metadata: ActionMetadata,
  action: Action,
  execute: Execute,
): unknown {
  const result = isThenable(login)
    ? Promise.resolve(login).then(
        () => execute(action),
        (error: unknown) => driver.handleError(error, metadata, action) as unknown,
      )
    : execute(action);
  if (driver instanceof KoaDriver || !isThenable(result)) return result;
  // Express 4 waits for no promise, so what rejects is handed to its own error handling.
  return Promise.resolve(result).catch((error: unknown) => {
    (action.next as (error: unknown) => void)(error);
  });
}
