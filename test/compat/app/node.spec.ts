import { after, before, describe, it } from 'node:test';
import { describeApp } from './suite.js';

describeApp({ after, before, describe, it });
