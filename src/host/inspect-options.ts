import type { RoutingControllersOptions } from 'routing-controllers';
import { boundTo, type InspectedOptions, securedBy } from '../security/inspection';
import type { HostAction } from './access/compile';
import { preparing } from './build-watch';
import { findRoutes } from './find-route';
import type { SecurityBinding } from './install';
import { recordServer } from './recording-driver';
import { stubbedListener } from './stubbed-listener';

/** The facts about an app, with routing-controllers' own metadata of its actions. */
export interface InspectedServer extends InspectedOptions {
  readonly compiled: readonly HostAction[];
}

/**
 * Compiles the access of an app from its secured options, without starting a server.
 * @throws ConfigurationError for options without securest's own pair of checkers, and if a server would not start
 */
export function inspectServer(options: RoutingControllersOptions): InspectedServer {
  const binding = securedBy(options) as SecurityBinding;
  const server = recordServer(options);
  // A server with half of the pair would not start; the inspection reports this itself.
  const facts = { routePrefix: server.routePrefix, hasAuthorizationChecker: true, isStubbed: true };
  const isGuarded = boundTo(options.authorizationChecker) === binding;
  // To restore the replies of base classes, the metadata of routing-controllers is built once more.
  const wasPreparing = preparing(true);
  try {
    const { middlewares, routePrefix } = server;
    const inspection = binding.inspect(server, facts);
    return {
      ...inspection,
      middlewares,
      routePrefix,
      isGuarded,
      findRoutes: (wanted, atFirst) =>
        findRoutes({ compiled: inspection.compiled, routePrefix }, wanted, atFirst),
      stubbed: (driver) => stubbedListener(options, driver),
    };
  } finally {
    preparing(wasPreparing);
  }
}
