import type { RequestListener } from 'node:http';
import type Koa from 'koa';
import { createKoaServer } from 'routing-controllers';
import { serve } from '../notes/serve';
import { notesOptions } from './app';
import type { SqlSettings } from './settings';
import { setup } from './setup';

export function createApp(settings: SqlSettings): RequestListener {
  const app: Koa = createKoaServer(notesOptions(settings));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

if (require.main === module) void serve(createApp, setup);
