import type { RoutingControllersOptions } from 'routing-controllers';
import { ConfigurationError } from '../errors';
import { preparing } from './build-watch';
import { bindingOf, bindingOfPair, type Inspection } from './install';
import { recordServer } from './recording-driver';

export interface InspectedOptions extends Inspection {
  /** The names of the global middlewares that run before every action. */
  readonly middlewares: readonly string[];
  /** False where only `currentUserChecker` is set, so that no guard would be asked. */
  readonly isGuarded: boolean;
}

/**
 * Compiles the access of an app from its secured options, without starting a server.
 * @throws ConfigurationError for options without securest's own pair of checkers, and where a server would not start
 */
export function inspectOptions(options: RoutingControllersOptions): InspectedOptions {
  const binding = bindingOfPair(options);
  if (binding === undefined) {
    throw new ConfigurationError(
      'The options are not secured: hand over what securest() or secure() returns',
    );
  }
  const server = recordServer(options);
  // A server with half of the pair would not start; whoever inspects it says what it would lose.
  const facts = { routePrefix: server.routePrefix, hasAuthorizationChecker: true, isStubbed: true };
  const isGuarded = bindingOf(options.authorizationChecker) === binding;
  // Replies of base classes are restored by building the host's metadata once more.
  const wasPreparing = preparing(true);
  try {
    return { ...binding.inspect(server, facts), middlewares: server.middlewares, isGuarded };
  } finally {
    preparing(wasPreparing);
  }
}
