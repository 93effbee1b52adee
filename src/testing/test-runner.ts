import { withMethods } from '../util/option-kinds';

/** The functions needed of a test runner: mocha, Jasmine, Jest, Vitest with its globals, `node:test`. */
export interface TestRunner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
  before(body: () => Promise<void>): unknown;
  after(body: () => Promise<void>): unknown;
}

export const testRunner = withMethods<TestRunner>('describe', 'it', 'before', 'after');

/**
 * The global functions of a test runner.
 * @param component the function that needs them, for the error's text
 */
export function globalRunner(component: string): TestRunner {
  const { describe, it, before, after, beforeAll, afterAll } = globalThis as Partial<
    TestRunner & { beforeAll: TestRunner['before']; afterAll: TestRunner['after'] }
  >;
  const [start, end] = [before ?? beforeAll, after ?? afterAll];
  if (describe && it && start && end) return { describe, it, before: start, after: end };
  throw new Error(`${component}() finds no global describe, it, before and after: set the option runner`);
}
