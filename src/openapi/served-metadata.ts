import type { RoutingControllersOptions } from 'routing-controllers';
import type { MetadataStorage } from '../host/access/host-metadata';
import { lazy } from '../util/lazy';
import type * as Copied from './copied-metadata';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- what else is here needs no routing-controllers
const loaded = lazy(() => require('./copied-metadata') as typeof Copied);

/**
 * What the app really serves, in place of `getMetadataArgsStorage()`, for `routingControllersToSpec()` of
 * routing-controllers-openapi: the actions of its own controllers, inherited ones too, each method of `@All` for itself;
 * no route that an earlier one hides, and none that OpenAPI cannot state. It is a copy, with controllers, actions,
 * parameters and what shapes replies.
 *
 * @throws ConfigurationError for options without securest's checkers, and where a server would not start
 * @example const base = routingControllersToSpec(servedMetadata(options), options, { components: { schemas } });
 */
export function servedMetadata(options: RoutingControllersOptions): MetadataStorage {
  return loaded().copiedMetadata(options);
}
