/** The page that shows an OpenAPI document, with all files that it loads. */
import type { Action } from '../core/exchange';
import { Audit } from '../audit/audit';
import type { Logger } from '../core/logger';
import { SecurityFaultError } from '../errors';
import { forEveryHost, type Middleware } from '../guards/middleware';
import { rawRequest } from '../http/raw';
import type { ReplyHeaders } from '../http/reply';
import { returnPath } from '../http/return-path';
import { writeReply } from '../http/write-reply';
import { kind, oneOf, optional, withMethods } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { docsPage, PAGE_POLICY } from './api-docs-page';
import { pathBelow, withSlash } from './api-docs-path';
import { documentText } from './api-docs-text';
import { loadViewer, type ViewerFiles } from './api-docs-viewer';

/** The options of {@link apiDocs}. */
export interface ApiDocsOptions {
  /**
   * The OpenAPI document. A fixed document is read at the call, so later changes to it have no effect. A function is
   * called at each request for the document; its result is serialised again only if it is another object than before.
   * If it throws or returns no document, the client gets 500, and the reason is logged.
   */
  document: object | (() => object);
  /** The viewer of the page: from the package swagger-ui-dist, or `'none'` for a link only. @default 'swagger-ui' */
  viewer?: 'swagger-ui' | 'none';
  /**
   * Whether the viewer's calls send the browser's own credentials. With `'omit'` they send only the credentials entered
   * under Authorize, like an API client; `'same-origin'` is for APIs that are called with a session cookie.
   * @default 'omit'
   */
  credentials?: 'omit' | 'same-origin';
  /**
   * The path of the mount, if the host does not remove it from the request's path: on node:http, and in a Koa router.
   * koa-mount and `app.use('/docs', ...)` of Express remove it. @default '/'
   */
  path?: string;
  /** The logger for faults of the document. @default console */
  logger?: Logger;
}

const OPTIONS = {
  document: kind<ApiDocsOptions['document']>(
    'must be an OpenAPI document, or a function that returns one',
    (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
  ),
  viewer: optional(oneOf('swagger-ui', 'none'), 'swagger-ui'),
  credentials: optional(oneOf('omit', 'same-origin'), 'omit'),
  path: optional(
    kind<string>('must be a path without a query, such as /docs', (value) => {
      const path = returnPath(value);
      return path !== undefined && !/[?#]/.test(path);
    }),
    '/',
  ),
  logger: optional(withMethods<Logger>('info', 'warn', 'error'), console),
} satisfies Record<keyof ApiDocsOptions, Kind<unknown>>;

/**
 * Serves a page that shows an OpenAPI document, the document as `openapi.json`, and the viewer's files, all below its
 * mount. Every client that reaches the mount can read the document: guard a document that is not public. The guard
 * needs credentials that browsers send when they open a page (Basic, Negotiate, a certificate or a cookie); Bearer
 * alone does not work.
 *
 * Other requests go on to the next middleware; on node:http, which has no next middleware, they get 404.
 * @throws ConfigurationError for invalid options, an invalid fixed document, and a viewer that is not installed
 * @example app.use(mount('/docs', security.guard('editor', apiDocs({ document })))); // Koa
 * @example app.use('/docs', security.guard('editor', apiDocs({ document }))); // Express
 */
export function apiDocs(options: ApiDocsOptions): Middleware {
  const { document, viewer, credentials, path, logger } = parseOptions('apiDocs()', options, OPTIONS);
  const audit = new Audit(undefined, logger, Date.now);
  const text = documentText(document);
  const { folder, files } = viewer === 'none' ? NO_VIEWER : loadViewer();
  const page = docsPage(viewer === 'none' ? undefined : { folder, credentials });
  const prefix = path.replace(/\/+$/, '');

  /** Undefined if nothing is served at the path. */
  const replyAt = (below: string | undefined, action: Action): (() => Reply) | undefined => {
    if (below === '/') {
      const location = withSlash(action);
      return () => (location === undefined ? pageReply(page) : redirect(location));
    }
    if (below === '/openapi.json')
      return () => ({ headers: { 'Content-Type': 'application/json' }, body: text() });
    const file = below?.startsWith(`/${folder}/`) ? files.get(below.slice(folder.length + 2)) : undefined;
    return (
      file &&
      (() => ({ headers: { 'Content-Type': file.type, 'Cache-Control': FOR_GOOD }, body: file.content }))
    );
  };

  const send = (action: Action, { status = 200, headers, body }: Reply): void => {
    writeReply(action, { status, headers: { ...COMMON_HEADERS, ...headers }, body });
  };

  /** True if it has answered the request. */
  const answer = (action: Action): boolean => {
    const reply = replyAt(pathBelow(action, prefix), action);
    if (reply === undefined) return false;
    if (!['GET', 'HEAD'].includes(rawRequest(action).method ?? '')) {
      send(action, NOT_ALLOWED);
      return true;
    }
    try {
      send(action, reply());
    } catch (cause) {
      audit.error('apiDocs(): the document could not be made', cause);
      send(action, FAULT);
    }
    return true;
  };

  return forEveryHost({
    koa: async (context, next) => {
      const { request, response } = context;
      if (!answer({ request, response, context, next })) await next();
    },
    express: (request, response, next) => {
      if (!answer({ request, response, next })) next();
    },
    node: (request, response) => {
      const action: Action = { request, response };
      if (!answer(action)) send(action, NOT_FOUND);
      return Promise.resolve(false);
    },
  });
}

interface Reply {
  /** @default 200 */
  readonly status?: number;
  readonly headers: ReplyHeaders;
  readonly body: string | Buffer;
}

const NO_VIEWER: ViewerFiles = { folder: 'none', files: new Map() };

const COMMON_HEADERS = {
  'Cache-Control': 'private, no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
/** The files of a folder never change. Private, since a shared cache must not keep files behind a guard. */
const FOR_GOOD = 'private, max-age=31536000, immutable';
const PLAIN = { 'Content-Type': 'text/plain; charset=utf-8' };

const NOT_ALLOWED: Reply = { status: 405, headers: { ...PLAIN, Allow: 'GET, HEAD' }, body: '' };
const NOT_FOUND: Reply = { status: 404, headers: PLAIN, body: '' };
const FAULT: Reply = {
  status: 500,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: JSON.stringify(new SecurityFaultError()),
};

function pageReply(body: string): Reply {
  return {
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': PAGE_POLICY },
    body,
  };
}

function redirect(location: string): Reply {
  return { status: 302, headers: { ...PLAIN, Location: location }, body: '' };
}
