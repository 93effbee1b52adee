/** The page that shows an OpenAPI document, with all that it loads. */
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
   * The OpenAPI document. A fixed one is read at the call, so later changes of it are not seen. A function is called at
   * each request for the document; what it returns is written again only where it is another object than before. Where it
   * throws, or returns no document, the client gets 500, and the log the reason.
   */
  document: object | (() => object);
  /** Which viewer the page has: that of the package swagger-ui-dist, or none, just a link. @default 'swagger-ui' */
  viewer?: 'swagger-ui' | 'none';
  /**
   * What the calls of the viewer send along of the browser's own logins. With `'omit'` they have only what was typed
   * under Authorize, as those of a client; `'same-origin'` is for APIs that are called with a session cookie.
   * @default 'omit'
   */
  credentials?: 'omit' | 'same-origin';
  /**
   * The path that it is mounted at, where the host leaves that on the path: on node:http, and in a router of Koa.
   * koa-mount and `app.use('/docs', ...)` of Express take it off. @default '/'
   */
  path?: string;
  /** Where faults of the document go. @default console */
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
 * mount. Whoever reaches the mount reads the document: guard what is not for everybody. The guard needs a login that
 * browsers send when they open a page (Basic, Negotiate, a certificate or a cookie), so not Bearer alone.
 *
 * A request for anything else goes on to what follows; on node:http, where nothing does, it is 404.
 * @throws ConfigurationError for options that are none, a fixed document that is none, and a viewer that is not installed
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

  /** Undefined where there is nothing at the path. */
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

  /** True where it has answered. */
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
/** The files of a folder never change, and a shared cache keeps nothing that is behind a guard. */
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
