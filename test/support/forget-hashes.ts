/** Forgets the hash costs that a test has met, so that later tests in the same process do not pay for them. */
import type { RootHookObject } from 'mocha';
import { forgetDearHashes } from './hashers';

export const mochaHooks: RootHookObject = {
  beforeEach() {
    forgetDearHashes();
  },
};
