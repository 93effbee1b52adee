import type { ActionMetadata } from 'routing-controllers';
import { keysOf } from '../account/jwks-table';
import type { Constructor } from '../components/constructor';
import { jwksRouteOf } from './controllers/jwks-controller';
import type { TokenService } from '../tokens/token-service';
import type { RootRoute } from './root-routes';

export interface JwksRootRoutesOptions {
  readonly resolve: (cls: Constructor<TokenService>) => unknown;
  /** Receives the reason if the keys could not be served. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The root routes for the controllers of `jwksController()` among a server's actions.
 * @throws ConfigurationError if the class is not a TokenService
 */
export function jwksRootRoutes(
  actions: readonly ActionMetadata[],
  options: JwksRootRoutesOptions,
): RootRoute[] {
  return actions.flatMap(({ target }) => {
    const route = jwksRouteOf(target);
    if (route === undefined) return [];
    const { path, maxAgeSeconds } = route;
    const service = (): TokenService => keysOf('jwksController()', route, options.resolve);
    service();
    const json = (): string | undefined => {
      try {
        return JSON.stringify(service().jwks());
      } catch (error) {
        options.onFailure(error);
        return undefined;
      }
    };
    return [{ path, maxAgeSeconds, json }];
  });
}
