import { describeApp } from './suite.js';

describeApp();
