import type { RequestListener } from 'node:http';
import type Koa from 'koa';
import { createKoaServer } from 'routing-controllers';
import { serve } from '../notes/serve';
import type { Settings } from '../notes/settings';
import { setup } from '../notes/setup';
import { notesOptions } from './app';

export function createApp(settings: Settings): RequestListener {
  const app: Koa = createKoaServer(notesOptions(settings));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

if (require.main === module) void serve(createApp, setup);
