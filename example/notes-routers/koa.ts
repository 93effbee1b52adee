import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import Router, { type RouterContext } from '@koa/router';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { allOf, anyOf, type Security } from 'securest/routers';
import { Container } from 'typedi';
import { serve } from '../notes/serve';
import type { Settings } from '../notes/settings';
import { setup } from '../notes/setup';
import { accountRoutes } from './account';
import { replyOf } from './http-error';
import { IsAuthor } from './is-author';
import { Notes } from './notes';
import { loginOf, notesSecurity } from './security';

const parse = bodyParser({ enableTypes: ['json'] });

/** Called by handlers, after their guards: the body of a refused request is never read. */
async function bodyOf(context: RouterContext): Promise<unknown> {
  await parse(context, () => Promise.resolve());
  return context.request.body;
}

/** The routes, each together with its guard. */
export function notesRouter(security: Security): Router {
  const notes = Container.get(Notes);
  const router = new Router();

  // The only route here that is open to anyone.
  router.get('/health', (context) => {
    context.body = { status: 'ok' };
  });

  const me = (context: RouterContext) => {
    context.body = loginOf(security, context).user;
  };
  router.get('/me', security.guard(undefined, me, { name: 'GET /me' }));

  const list = async (context: RouterContext) => {
    context.body = await notes.list();
  };
  router.get('/notes', security.guard('editor', list, { name: 'GET /notes' }));

  const get = (context: RouterContext) => {
    context.body = notes.get(idIn(context));
  };
  router.get('/notes/:id', security.guard('editor', get, { name: 'GET /notes/:id' }));

  const add = async (context: RouterContext) => {
    context.body = await notes.add(await bodyOf(context), loginOf(security, context));
    context.status = 201;
  };
  router.post('/notes', security.guard('editor', add, { name: 'POST /notes' }));

  const replace = async (context: RouterContext) => {
    context.body = await notes.replace(idIn(context), await bodyOf(context));
  };
  const mayReplace = allOf('editor', anyOf('admin', IsAuthor));
  router.put('/notes/:id', security.guard(mayReplace, replace, { name: 'PUT /notes/:id' }));

  const remove = async (context: RouterContext) => {
    await notes.remove(idIn(context));
    context.status = 204;
  };
  router.delete(
    '/notes/:id',
    security.guard(allOf('editor', 'admin'), remove, { name: 'DELETE /notes/:id' }),
  );

  const report = async (context: RouterContext) => {
    context.body = await notes.report(loginOf(security, context));
  };
  router.get('/reports/notes', security.guard('admin', report, { name: 'GET /reports/notes' }));

  return router;
}

function idIn({ params }: RouterContext): string {
  return params['id'] ?? '';
}

/** Adds all routes, those of the library in front. */
export function addNotes(app: Koa, security: Security): void {
  for (const routes of accountRoutes(security)) app.use(routes);
  app.use(notesRouter(security).routes());
}

async function answerErrors(context: Koa.Context, next: Koa.Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const reply = replyOf(error);
    if (reply === undefined) throw error;
    context.set({ ...reply.headers });
    context.status = reply.status;
    context.body = reply.body;
  }
}

export function createApp(settings: Settings): RequestListener {
  const security = notesSecurity(settings);
  const app = new Koa();
  app.use(answerErrors);
  addNotes(app, security);
  security.start();
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

if (require.main === module) void serve(createApp, setup);
