import { ignoreRejection } from '../util/ignore-rejection';
import type { PassportStrategy } from './passport-options';
import type { StrategyRequest } from './strategy-request';

/** What a strategy made of a request. */
export type StrategyOutcome =
  | { readonly call: 'success'; readonly user: unknown; readonly info: unknown }
  | { readonly call: 'fail'; readonly reason: unknown; readonly status: unknown }
  | { readonly call: 'error'; readonly error: unknown }
  | { readonly call: 'pass' | 'redirect' };

/**
 * Runs a strategy once, as Passport does: as an object of its own that inherits from it and has the calls by which a
 * strategy answers. The first call counts. Without any the promise never settles, and the deadline of the chain passes.
 */
export function runStrategy(
  strategy: PassportStrategy,
  request: StrategyRequest,
  options: object,
): Promise<StrategyOutcome> {
  return new Promise((resolve) => {
    const settle = (outcome: StrategyOutcome): void => {
      // Nobody waits for a promise among what a strategy says.
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

/** Defined, not assigned: a frozen strategy lets nothing of its names be assigned to what inherits from it. */
function hidden(calls: Readonly<Record<string, unknown>>): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(calls).map(([name, value]) => [name, { value, writable: true, configurable: true }]),
  );
}
