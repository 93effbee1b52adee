import type { TestRunner } from '../../src/testing';

/** Runs the tests of a contract or a matrix. @returns each title with its failure, undefined for a passed test */
export async function runDescribed(
  describe: (runner: TestRunner) => void,
): Promise<Record<string, string | undefined>> {
  const tests: [string, () => Promise<void>][] = [];
  describe({
    describe: (_title, body) => {
      body();
    },
    it: (title, body) => tests.push([title, body]),
    before: () => undefined,
    after: () => undefined,
  });
  const results: Record<string, string | undefined> = {};
  for (const [title, body] of tests) {
    results[title] = await body().then(
      () => undefined,
      (error: unknown) => String(error),
    );
  }
  return results;
}

/** The titles of the tests that failed. */
export function failed(results: Record<string, string | undefined>): string[] {
  return Object.entries(results).flatMap(([title, failure]) => (failure === undefined ? [] : [title]));
}
