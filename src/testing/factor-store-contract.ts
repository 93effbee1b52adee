import type { MaybePromise } from '../core/userstore';
import { callable, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { FACTOR_CASES, type FactorStore } from './contracts/factor-cases';
import { globalRunner, type TestRunner, testRunner } from './test-runner';

/** The options of the contract of stores of second factors. */
export interface FactorStoreContractOptions {
  /**
   * The store of a test, for one-time codes and passkeys. It is called for each test, and may return the same store again:
   * each test has users of its own, and removes what it added.
   */
  make: () => MaybePromise<FactorStore>;
  /** @default the functions of these names that are global, `beforeAll` and `afterAll` included */
  runner?: TestRunner;
}

const OPTIONS = {
  make: callable<FactorStoreContractOptions['make']>(),
  runner: optional(testRunner),
} satisfies Record<keyof FactorStoreContractOptions, Kind<unknown>>;

/**
 * Describes the tests that a store must pass before second factors may be kept in it.
 * @example factorStoreContract({ make: () => new SqlFactors({ client: pool }) });
 * @throws ConfigurationError for options that are unknown or not valid
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
