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
   * Makes the log of a test. It is called for each test, and may return the same log again: each test has ids of its
   * own. Appended entries stay in the log for ten minutes. The caller closes the connections that it opened.
   */
  make: () => MaybePromise<RevocationLogInterface>;
  /**
   * Appends entries that readers see only after the test has called the returned function; entries appended meanwhile
   * are readable before. For SQL this is a transaction that commits late. Leave it out for logs in which no entry can
   * become readable after a later entry; this also leaves out one test.
   */
  appendLate?: (list: readonly Revocation[]) => MaybePromise<() => MaybePromise<unknown>>;
  /** Empties the log that `make` returns, as a restart without its data would. Leaving it out leaves out one test. */
  empty?: () => MaybePromise<unknown>;
  /** @default the global functions of these names, `beforeAll` and `afterAll` included */
  runner?: TestRunner;
}

const OPTIONS = {
  make: callable<RevocationLogContractOptions['make']>(),
  appendLate: optional(callable<NonNullable<RevocationLogContractOptions['appendLate']>>()),
  empty: optional(callable<NonNullable<RevocationLogContractOptions['empty']>>()),
  runner: optional(testRunner),
} satisfies Record<keyof RevocationLogContractOptions, Kind<unknown>>;

/**
 * Describes the tests that a log must pass before an app may announce revoked tokens through it: a reader that follows
 * the log receives every entry, with any number of concurrent writers.
 *
 * @example revocationLogContract({ make: () => new SqlRevocationLog({ client: pool }) });
 * @throws ConfigurationError for unknown or invalid options
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
