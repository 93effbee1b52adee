import type { RoutingControllersOptions } from 'routing-controllers';
import type { MetadataStorage } from '../host/access/host-metadata';
import { lazy } from '../util/lazy';
import type * as Copied from './copied-metadata';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the other modules work without routing-controllers
const loaded = lazy(() => require('./copied-metadata') as typeof Copied);

/**
 * The metadata of the actions that the app really serves, to pass to `routingControllersToSpec()` of
 * routing-controllers-openapi in place of `getMetadataArgsStorage()`. It has the actions of the app's own controllers,
 * including inherited actions, and `@All` as one action per method. Routes that an earlier route hides, or that OpenAPI
 * cannot express, are left out. It is a copy, with controllers, actions, parameters and response handlers.
 *
 * @throws ConfigurationError for options without securest's checkers, and if a server would not start
 * @example const base = routingControllersToSpec(servedMetadata(options), options, { components: { schemas } });
 */
export function servedMetadata(options: RoutingControllersOptions): MetadataStorage {
  return loaded().copiedMetadata(options);
}
