import type { RequestListener } from 'node:http';
import type Koa from 'koa';
import { createKoaServer } from 'routing-controllers';
import { notesOptions } from './app';
import { serve } from './serve';
import type { Settings } from './settings';
import { setup } from './setup';

export function createApp(settings: Settings): RequestListener {
  const app: Koa = createKoaServer(notesOptions(settings));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

if (require.main === module) void serve(createApp, setup);
