import type { ActionMetadata } from 'routing-controllers';
import { ConfigurationError } from '../errors';
import type { Constructor } from '../components/constructor';
import { jwksRouteOf } from './controllers/jwks-controller';
import { TokenService } from '../tokens/token-service';
import { isInstance } from '../util/instance';
import type { RootRoute } from './root-routes';

export interface JwksRoutesOptions {
  readonly resolve: (cls: Constructor<TokenService>) => unknown;
  /** Receives the reason if the keys could not be served. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The root routes for the controllers of `jwksController()` among a server's actions.
 * @throws ConfigurationError if the class is not a TokenService
 */
export function jwksRoutes(actions: readonly ActionMetadata[], options: JwksRoutesOptions): RootRoute[] {
  return actions.flatMap(({ target }) => {
    const route = jwksRouteOf(target);
    if (route === undefined) return [];
    const { path, maxAgeSeconds, tokens } = route;
    const service = (): TokenService => {
      const found = options.resolve(tokens);
      if (isInstance(found, TokenService)) return found;
      throw new ConfigurationError('jwksController(): tokens must be the class of a TokenService');
    };
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
