import type { MaybePromise } from '../core/userstore';
import { callable, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { FACTOR_CASES, type FactorStore } from './contracts/factor-cases';
import { globalRunner, type TestRunner, testRunner } from './test-runner';

/** The options of {@link factorStoreContract}. */
export interface FactorStoreContractOptions {
  /**
   * Makes the store of a test, for one-time codes and passkeys. It is called for each test, and may return the same
   * store again: each test has users of its own, and removes the entries that it added.
   */
  make: () => MaybePromise<FactorStore>;
  /** @default the global functions of these names, `beforeAll` and `afterAll` included */
  runner?: TestRunner;
}

const OPTIONS = {
  make: callable<FactorStoreContractOptions['make']>(),
  runner: optional(testRunner),
} satisfies Record<keyof FactorStoreContractOptions, Kind<unknown>>;

/**
 * Describes the tests that a store must pass before an app may keep second factors in it.
 * @example factorStoreContract({ make: () => new SqlFactors({ client: pool }) });
 * @throws ConfigurationError for unknown or invalid options
 */
export function factorStoreContract(options: FactorStoreContractOptions): void {
  const given = parseOptions('factorStoreContract()', options, OPTIONS);
  const runner = given.runner ?? globalRunner('factorStoreContract');
  runner.describe('The contract of OtpStoreInterface and PasskeyStoreInterface', () => {
    for (const [title, body] of FACTOR_CASES) {
      runner.it(title, async () => {
        await body(await given.make());
      });
    }
  });
}
