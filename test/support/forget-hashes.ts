/** Keeps the price of one test's hashes from the tests that follow, which share its process. */
import type { RootHookObject } from 'mocha';
import { forgetDearHashes } from './hashers';

export const mochaHooks: RootHookObject = {
  beforeEach() {
    forgetDearHashes();
  },
};
