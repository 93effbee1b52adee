/** The hosts that serve API documentation, at `/docs`. */
import type http from 'node:http';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import mount from 'koa-mount';
import { apiDocs, type ApiDocsOptions } from '../../src/openapi';
import type { Middleware } from '../../src';

/** A handwritten document of an API that answers with the name of the caller. */
export const DOCUMENT = {
  openapi: '3.1.1',
  info: { title: 'Notes', version: '1.0.0' },
  components: {
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic' },
      bearer: { type: 'http', scheme: 'bearer' },
    },
  },
  paths: {
    '/me': {
      get: {
        operationId: 'me',
        summary: 'Who asks',
        security: [{ basic: [] }, { bearer: [] }],
        responses: { 200: { description: 'The user' }, 401: { description: 'Not authenticated' } },
      },
    },
  },
} as const;

export interface DocsHost {
  readonly name: string;
  /**
   * A server with `/docs`, which `behind` may put behind a guard; requests that pass through get the answer `outside`.
   */
  serve(options: ApiDocsOptions, behind?: (docs: Middleware) => Middleware): http.RequestListener;
}

const onExpress = (name: string, create: () => express.Express): DocsHost => ({
  name,
  serve: (options, behind = (docs) => docs) =>
    create()
      .use('/docs', behind(apiDocs(options)))
      .use((_request, response) => void response.end('outside')),
});

export const DOCS_HOSTS: readonly DocsHost[] = [
  {
    name: 'Koa with koa-mount',
    serve: (options, behind = (docs) => docs) =>
      koa((app) => app.use(mount('/docs', behind(apiDocs(options))))),
  },
  {
    name: 'Koa with a path of its own',
    serve: (options, behind = (docs) => docs) =>
      koa((app) => app.use(behind(apiDocs({ ...options, path: '/docs' })))),
  },
  onExpress('Express 4', () => express4() as unknown as express.Express),
  onExpress('Express 5', () => express()),
  {
    name: 'node:http',
    serve(options, behind = (docs) => docs) {
      const docs = behind(apiDocs({ ...options, path: '/docs/' }));
      return (request, response) => void docs(request, response);
    },
  },
];

function koa(mounting: (app: Koa) => unknown): http.RequestListener {
  const app = new Koa();
  app.silent = true;
  mounting(app);
  app.use((context) => {
    context.body = 'outside';
  });
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}
