import type http from 'node:http';
import { createExpressServer, createKoaServer, type RoutingControllersOptions } from 'routing-controllers';
import { stubActions } from './install';

/** Builds a server of an app in which no action runs: a request that reaches an action gets 204 and its name. */
export function stubbedListener(
  options: RoutingControllersOptions,
  driver: 'koa' | 'express',
): http.RequestListener {
  return stubActions(() => {
    if (driver === 'express') return createExpressServer(options) as http.RequestListener;
    const app = createKoaServer(options) as { silent: boolean; callback(): http.RequestListener };
    app.silent = true;
    return app.callback();
  });
}
