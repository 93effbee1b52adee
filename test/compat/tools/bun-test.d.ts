/** What `bun test` has, whose own types are for Bun alone. */
declare module 'bun:test' {
  import type { TestRunner } from 'securest/testing';

  export const describe: TestRunner['describe'];
  export const it: TestRunner['it'];
  export const beforeAll: TestRunner['before'];
  export const afterAll: TestRunner['after'];
}
