import type { MaybePromise } from '../core/userstore';
import type { Revocation, RevocationLogInterface } from '../state/revocation-log';
import { callable, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { same } from './contracts/check';
import { LOG_CASES, type LogCase } from './contracts/log-cases';
import { LogTrial } from './contracts/log-trial';
import { globalRunner, type TestRunner, testRunner } from './test-runner';

/** The options of {@link revocationLogContract}. */
export interface RevocationLogContractOptions {
  /**
   * The log of a test. It is called for each test, and may return the same log again: each test has ids of its own.
   * What was appended stays in the log for ten minutes. Closing what it opened is up to the caller.
   */
  make: () => MaybePromise<RevocationLogInterface>;
  /**
   * Appends so that others can read it only after the function that it returns has been called, and what is appended
   * meanwhile can be read before: for SQL a transaction that commits late. For logs where no entry can become readable
   * after a later one it is left out, and one test with it.
   */
  appendLate?: (list: readonly Revocation[]) => MaybePromise<() => MaybePromise<unknown>>;
  /** Empties the log that `make` gives, as a restart without its data would; left out, one test is. */
  empty?: () => MaybePromise<unknown>;
  /** @default the functions of these names that are global, `beforeAll` and `afterAll` included */
  runner?: TestRunner;
}

const OPTIONS = {
  make: callable<RevocationLogContractOptions['make']>(),
  appendLate: optional(callable<NonNullable<RevocationLogContractOptions['appendLate']>>()),
  empty: optional(callable<NonNullable<RevocationLogContractOptions['empty']>>()),
  runner: optional(testRunner),
} satisfies Record<keyof RevocationLogContractOptions, Kind<unknown>>;

/**
 * Describes the tests that a log must pass before revoked tokens may be told through it: a reader that follows it hears
 * of every entry, however many write at once.
 *
 * @example revocationLogContract({ make: () => new SqlRevocationLog({ client: pool }) });
 * @throws ConfigurationError for options that are unknown or not valid
 */
export function revocationLogContract(options: RevocationLogContractOptions): void {
  const { make, appendLate, empty, ...given } = parseOptions('revocationLogContract()', options, OPTIONS);
  const runner = given.runner ?? globalRunner('revocationLogContract');
  const cases: LogCase[] = [...LOG_CASES];
  if (appendLate) {
    cases.push([
      'gives an entry that becomes readable after a later one',
      async (trial) => {
        const [late, meanwhile, after] = [trial.entry(), trial.entry(), trial.entry()];
        const start = await trial.read();
        const commit = await appendLate([late]);
        let cursor = start.cursor;
        try {
          await trial.append(meanwhile);
          const reading = await trial.read(cursor);
          same(reading.list, [meanwhile], 'the page before the late entry');
          cursor = reading.cursor;
        } finally {
          await commit();
        }
        const list = (await trial.read(cursor)).list.map(({ id }) => id);
        same(list.includes(late.id), true, 'the late entry is read');
        await trial.append(after);
        same((await trial.read(cursor)).list.at(-1), after, 'the newest entry');
      },
    ]);
  }
  if (empty) {
    cases.push([
      'says that a cursor is lost after it was emptied',
      async (trial) => {
        await trial.append(trial.entry());
        const { cursor, epoch } = await trial.read();
        await empty();
        await trial.append(trial.entry());
        const page = await trial.log.read(cursor);
        same(page.lost === true || page.epoch !== epoch, true, 'the log says that it lost entries');
      },
    ]);
  }
  runner.describe('The contract of RevocationLogInterface', () => {
    for (const [title, body] of cases) {
      runner.it(title, async () => body(new LogTrial(await make())));
    }
  });
}
