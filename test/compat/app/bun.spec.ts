import { afterAll, beforeAll, describe, it } from 'bun:test';
import { describeApp } from './suite.js';

describeApp({ describe, it, before: beforeAll, after: afterAll });
