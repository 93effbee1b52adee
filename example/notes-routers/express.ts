import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { promisify } from 'node:util';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
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

const parse: (request: Request, response: Response) => Promise<unknown> = promisify(express.json());

/** Called by handlers, after their guards: the body of a refused request is never read. */
async function bodyOf(request: Request, response: Response): Promise<unknown> {
  await parse(request, response);
  return request.body;
}

/** Adds the routes, each together with its guard. */
export function addNotes(app: Express, security: Security): void {
  const notes = Container.get(Notes);

  for (const routes of accountRoutes(security)) app.use(routes);

  // The only route here that is open to anyone.
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  const me = (request: Request, response: Response) => {
    response.json(loginOf(security, request).user);
  };
  app.get('/me', security.guard(undefined, me, { name: 'GET /me' }));

  const list = async (_request: Request, response: Response) => {
    response.json(await notes.list());
  };
  app.get('/notes', security.guard('editor', list, { name: 'GET /notes' }));

  const get = (request: Request, response: Response) => {
    response.json(notes.get(idIn(request)));
  };
  app.get('/notes/:id', security.guard('editor', get, { name: 'GET /notes/:id' }));

  const add = async (request: Request, response: Response) => {
    const note = await notes.add(await bodyOf(request, response), loginOf(security, request));
    response.status(201).json(note);
  };
  app.post('/notes', security.guard('editor', add, { name: 'POST /notes' }));

  const replace = async (request: Request, response: Response) => {
    response.json(await notes.replace(idIn(request), await bodyOf(request, response)));
  };
  const mayReplace = allOf('editor', anyOf('admin', IsAuthor));
  app.put('/notes/:id', security.guard(mayReplace, replace, { name: 'PUT /notes/:id' }));

  const remove = async (request: Request, response: Response) => {
    await notes.remove(idIn(request));
    response.status(204).end();
  };
  app.delete('/notes/:id', security.guard(allOf('editor', 'admin'), remove, { name: 'DELETE /notes/:id' }));

  const report = async (request: Request, response: Response) => {
    response.json(await notes.report(loginOf(security, request)));
  };
  app.get('/reports/notes', security.guard('admin', report, { name: 'GET /reports/notes' }));
}

function idIn({ params }: Request): string {
  return String(params['id'] ?? '');
}

const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  const reply = replyOf(error);
  if (reply === undefined || response.headersSent) next(error);
  else
    response
      .set({ ...reply.headers })
      .status(reply.status)
      .json(reply.body);
};

/** @param app an app of Express 4 or 5 */
export function createApp(settings: Settings, app: Express = express()): RequestListener {
  const security = notesSecurity(settings);
  addNotes(app, security);
  app.use(answerErrors);
  security.start();
  return app;
}

if (require.main === module) void serve(createApp, setup);
