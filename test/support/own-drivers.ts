/** The ways in which an app gets the library's own endpoints: as controllers, or as middlewares beside them. */
import type { RequestHandler } from 'express';
import mount from 'koa-mount';
import type { RoutingControllersOptions } from 'routing-controllers';
import { type Middleware, securityOf } from '../../src';
import { ownTableOf } from '../../src/host/controllers/own-controller';
import { serveTable } from '../../src/security/security';
import { type Around, type Driver, DRIVERS } from './drivers';

export interface OwnDriver extends Driver {
  readonly isPlain: boolean;
}

/** Each host twice: with the library's controllers, and with their tables on its plain router. */
export const OWN_DRIVERS: readonly OwnDriver[] = [
  ...DRIVERS.map((driver) => ({ ...driver, isPlain: false })),
  ...DRIVERS.map(onPlainRouter),
];

function onPlainRouter(driver: Driver): OwnDriver {
  return {
    isPlain: true,
    name: `the plain router of ${driver.name}`,
    isExpress: driver.isExpress,
    build(options, around) {
      const { middlewares, rest } = unwrap(options);
      const { routePrefix = '' } = options;
      const added: Around = {
        koa: {
          before: (app) => {
            around?.koa?.before?.(app);
            for (const middleware of middlewares)
              app.use(routePrefix === '' ? middleware : mount(routePrefix, middleware));
          },
        },
        express: {
          ...around?.express,
          before: (app) => {
            around?.express?.before?.(app);
            for (const middleware of middlewares) app.use(routePrefix || '/', middleware as RequestHandler);
          },
        },
      };
      return driver.build(rest, added);
    },
  };
}

/** Takes the library's controllers out of the options, as middlewares. */
function unwrap(options: RoutingControllersOptions): {
  middlewares: readonly Middleware[];
  rest: RoutingControllersOptions;
} {
  const middlewares: Middleware[] = [];
  const controllers = ((options.controllers ?? []) as object[]).filter((controller) => {
    const table = ownTableOf(controller);
    if (table === undefined) return true;
    const call = table.call.replace('Controller', 'Routes');
    middlewares.push(serveTable(securityOf(options), { ...table, call }));
    return false;
  });
  // Without any controller, routing-controllers would register all that were ever decorated.
  if (controllers.length === 0) controllers.push(class None {});
  return {
    middlewares,
    rest: { ...options, controllers: controllers as NonNullable<typeof options.controllers> },
  };
}
