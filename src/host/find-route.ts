/**
 * Finds the action that answers a request. It asks routing-controllers' own router, in a server that has only the
 * routes, without any action, middleware, body parser or upload of the app.
 */
import type http from 'node:http';
import {
  type Action,
  type ActionMetadata,
  type BaseDriver,
  type ControllerMetadata,
  ExpressDriver,
  KoaDriver,
} from 'routing-controllers';
import { ConfigurationError } from '../errors';
import { jwksRouteOf } from './controllers/jwks-controller';
import type { Wanted } from '../security/inspection';
import { StubbedServer } from '../security/stubbed-server';
import type { HostAction } from './access/compile';

/**
 * The actions whose routes match, in the order in which the router asks them: the first action answers, and hides the
 * others.
 * @param atFirst called at the first action, with the request as routing-controllers has it; its rejection is passed on
 * @throws ConfigurationError if the framework is not installed
 */
export async function findRoutes(
  { compiled, routePrefix }: { readonly compiled: readonly HostAction[]; readonly routePrefix: string },
  { method, path, driver: name }: Wanted,
  atFirst: (action: Action, found: HostAction) => Promise<void>,
): Promise<readonly HostAction[]> {
  const found: HostAction[] = [];
  const failures: unknown[] = [];
  const driver = driverOf(name);
  for (const one of compiled) {
    driver.routePrefix = jwksRouteOf(one.action.target) === undefined ? routePrefix : '';
    driver.registerAction(bare(one.action), async (action: Action) => {
      const next = action.next as () => Promise<unknown> | undefined;
      // Otherwise routing-controllers would not try any further route.
      (action.request as { routingControllersStarted?: boolean }).routingControllersStarted = false;
      if (found.push(one) === 1) {
        await atFirst(action, one).catch((failure: unknown) => failures.push(failure));
      }
      await next();
    });
  }
  driver.registerRoutes();
  const server = await StubbedServer.listen(listenerOf(driver));
  try {
    await server.request(method, path, {});
  } finally {
    await server.close();
  }
  if (failures.length > 0) throw failures[0];
  return found;
}

/** The route of an action, without any code of the app. */
function bare(action: ActionMetadata): ActionMetadata {
  const controllerMetadata = Object.create(action.controllerMetadata, {
    uses: { value: [] },
  }) as ControllerMetadata;
  const off = { value: false };
  return Object.create(action, {
    uses: { value: [] },
    controllerMetadata: { value: controllerMetadata },
    isAuthorizedUsed: off,
    isBodyUsed: off,
    isFileUsed: off,
    isFilesUsed: off,
  }) as ActionMetadata;
}

function driverOf(name: Wanted['driver']): KoaDriver | ExpressDriver {
  try {
    return name === 'express' ? new ExpressDriver() : new KoaDriver();
  } catch (cause) {
    if (name === undefined) return driverOf('express');
    throw new ConfigurationError(`explain(): ${name} is not installed: npm install ${name}`, { cause });
  }
}

interface Koa {
  silent: boolean;
  callback(): http.RequestListener;
}

/** Express recognises error handlers by the number of their parameters. */
type ExpressHandler =
  | ((request: unknown, response: http.ServerResponse) => void)
  | ((error: unknown, request: unknown, response: http.ServerResponse, next: unknown) => void);

type Express = http.RequestListener & { use(handler: ExpressHandler): void };

function listenerOf(driver: BaseDriver): http.RequestListener {
  if (driver instanceof ExpressDriver) {
    const app = driver.express as Express;
    app.use((_request: unknown, response: http.ServerResponse) => {
      response.end();
    });
    // For a path that cannot be decoded, Express raises an error that it would print.
    app.use((_error: unknown, _request: unknown, response: http.ServerResponse, _next: unknown) => {
      response.end();
    });
    return app;
  }
  const { koa } = driver as unknown as { koa: Koa };
  koa.silent = true;
  return koa.callback();
}
