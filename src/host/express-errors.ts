/**
 * Ends refused requests on Express.
 *
 * routing-controllers calls next(error) after it has answered. If no error middleware of the app takes the error,
 * Express prints the stack and destroys the kept-alive socket at every 401. So a handler is placed last on the root
 * app: the app's own error middleware still sees the error first.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SecurityError } from '../errors';

type Next = (error?: unknown) => void;
type ErrorHandler = (error: unknown, request: IncomingMessage, response: ServerResponse, next: Next) => void;

interface ExpressApp {
  parent?: ExpressApp;
  /** The router's stack: `_router` in Express 4, `router` in Express 5. */
  _router?: { stack: { handle: object }[] };
  router: { stack: { handle: object }[] };
  use(handler: ErrorHandler): unknown;
}

/** The handlers that end refused requests, of all apps. */
const enders = new WeakSet<object>();

/** Makes sure that a refused request ends in a handler that neither prints nor closes the connection. */
export function endRefusals(request: IncomingMessage): void {
  const app = rootApp(request);
  if (app === undefined || enders.has(lastHandler(app) ?? app)) return;
  app.use(createEnder());
}

/** Middleware may be added at any time: a handler that is no longer the last passes the error on. */
function createEnder(): ErrorHandler {
  // Express recognises error handlers by their four parameters.
  const ender: ErrorHandler = (error, request, response, next) => {
    const app = rootApp(request);
    if (!(error instanceof SecurityError) || (app !== undefined && lastHandler(app) !== ender)) {
      next(error);
      return;
    }
    if (response.headersSent) {
      if (!response.writableEnded) response.end();
      return;
    }
    response.statusCode = error.httpCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(error));
  };
  enders.add(ender);
  return ender;
}

function rootApp(request: IncomingMessage): ExpressApp | undefined {
  let { app } = request as { app?: ExpressApp };
  while (app?.parent !== undefined) app = app.parent;
  return app;
}

function lastHandler(app: ExpressApp): object | undefined {
  return (app._router ?? app.router).stack.at(-1)?.handle;
}
