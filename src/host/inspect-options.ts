import type { RoutingControllersOptions } from 'routing-controllers';
import { preparing } from './build-watch';
import { bindingOf, type Inspection } from './install';
import { recordServer } from './recording-driver';
import { inspectGuards, isSecurity, type Security } from './security';
import { securedBy } from './security-of';

/**
 * An app as tools take it: its secured options, or an instance of `createSecurity()`, which is the app of its guards and
 * of nothing else.
 */
export type SecuredApp = RoutingControllersOptions | Security;

export interface InspectedOptions extends Inspection {
  /** The names of the global middlewares that run before every action. */
  readonly middlewares: readonly string[];
  readonly routePrefix: string;
  /** False where only `currentUserChecker` is set, so that no guard would be asked. */
  readonly isGuarded: boolean;
}

/**
 * Compiles the access of an app without starting a server.
 * @throws ConfigurationError for options without securest's own pair of checkers, and where a server would not start
 */
export function inspectOptions(app: SecuredApp): InspectedOptions {
  if (isSecurity(app)) return { ...inspectGuards(app), middlewares: [], routePrefix: '', isGuarded: true };
  const binding = securedBy(app);
  const server = recordServer(app);
  // A server with half of the pair would not start; whoever inspects it says what it would lose.
  const facts = { routePrefix: server.routePrefix, hasAuthorizationChecker: true, isStubbed: true };
  const isGuarded = bindingOf(app.authorizationChecker) === binding;
  // Replies of base classes are restored by building the host's metadata once more.
  const wasPreparing = preparing(true);
  try {
    const { middlewares, routePrefix } = server;
    return { ...binding.inspect(server, facts), middlewares, routePrefix, isGuarded };
  } finally {
    preparing(wasPreparing);
  }
}
