import { ignoreRejection } from '../util/ignore-rejection';
import type { PassportStrategy } from './passport-options';
import type { StrategyRequest } from './strategy-request';

/** The outcome of a strategy. */
export type StrategyOutcome =
  | { readonly call: 'success'; readonly user: unknown; readonly info: unknown }
  | { readonly call: 'fail'; readonly reason: unknown; readonly status: unknown }
  | { readonly call: 'error'; readonly error: unknown }
  | { readonly call: 'pass' | 'redirect' };

/**
 * Runs a strategy once, as Passport does: on a new object that inherits from the strategy and has the methods by which
 * a strategy answers. The first call counts. Without a call the promise never settles, and the deadline of the chain
 * ends it.
 */
export function runStrategy(
  strategy: PassportStrategy,
  request: StrategyRequest,
  options: object,
): Promise<StrategyOutcome> {
  return new Promise((resolve) => {
    const settle = (outcome: StrategyOutcome): void => {
      // A strategy may pass a promise as a value, which is never awaited.
      for (const said of Object.values(outcome)) ignoreRejection(said);
      resolve(outcome);
    };
    const calls = {
      success: (user: unknown, info: unknown) => {
        settle({ call: 'success', user, info });
      },
      fail: (reason: unknown, status: unknown) => {
        settle(
          typeof reason === 'number'
            ? { call: 'fail', reason: undefined, status: reason }
            : { call: 'fail', reason, status },
        );
      },
      error: (error: unknown) => {
        settle({ call: 'error', error });
      },
      pass: () => {
        settle({ call: 'pass' });
      },
      redirect: () => {
        settle({ call: 'redirect' });
      },
    };
    const run = Object.create(strategy, hidden(calls)) as {
      authenticate(request: StrategyRequest, options: object): unknown;
    };
    try {
      ignoreRejection(run.authenticate(request, options), calls.error);
    } catch (error) {
      calls.error(error);
    }
  });
}

/** Properties are defined, not assigned: an object that inherits from a frozen strategy refuses assignments. */
function hidden(calls: Readonly<Record<string, unknown>>): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(calls).map(([name, value]) => [name, { value, writable: true, configurable: true }]),
  );
}
