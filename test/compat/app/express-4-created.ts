import type { RequestListener } from 'node:http';
import { createExpressServer } from 'routing-controllers';
import { options, start } from './app.js';

start(createExpressServer(options()) as RequestListener);
