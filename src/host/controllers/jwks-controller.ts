import { Get, JsonController } from 'routing-controllers';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import { Public } from '../../decorators/public';
import { SecurityFaultError } from '../../errors';
import { callable, kind, optional, wholeNumber } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import type { TokenService } from '../../tokens/token-service';

/** The options of {@link jwksController}. */
export interface JwksControllerOptions {
  /** The service whose keys are served, from the app's container. */
  tokens: Constructor<TokenService>;
  /** The path, at the root of the app whatever its `routePrefix` is. @default '/.well-known/jwks.json' */
  path?: string | undefined;
  /** The time that others may cache the keys, in seconds, 0 to 86400. New keys should not sign earlier. @default 300 */
  maxAgeSeconds?: number | undefined;
}

/** The route of a controller of {@link jwksController}. */
export interface JwksRoute {
  readonly tokens: Constructor<TokenService>;
  readonly path: string;
  readonly maxAgeSeconds: number;
}

const OPTIONS = {
  tokens: callable<Constructor<TokenService>>(),
  path: optional(
    kind<string>(
      'must be a path without parameters, such as /.well-known/jwks.json',
      (value) => typeof value === 'string' && /^(?:\/[\w.~-]+)+$/.test(value),
    ),
    '/.well-known/jwks.json',
  ),
  maxAgeSeconds: optional(wholeNumber({ min: 0, max: 86_400 }), 300),
} satisfies Record<keyof JwksControllerOptions, Kind<unknown>>;

const routes = new WeakMap<object, JwksRoute>();

/** The route of a class that {@link jwksController} made; undefined for any other class. */
export function jwksRouteOf(target: object): JwksRoute | undefined {
  return routes.get(target);
}

/**
 * A controller that publishes the keys by which others verify the tokens of a service: `GET` and `HEAD` of
 * `/.well-known/jwks.json`, public, at the root of the app. Each key should be published for longer than others cache
 * the keys before it signs: set its `signFrom`, as `securest keys rotate` does.
 * @throws ConfigurationError for unknown options and for invalid values
 * @example createKoaServer(securest({ controllers: [jwksController({ tokens: Tokens }), NotesController] }));
 * @see RFC 7517 section 5, RFC 8615 section 3
 */
export function jwksController(options: JwksControllerOptions): Constructor<object> {
  const route = parseOptions('jwksController()', options, OPTIONS);

  @registerService
  @JsonController()
  class JwksController {
    /** The root route answers before any action. */
    @Public()
    @Get(route.path)
    keys(): never {
      throw new SecurityFaultError({ cause: new Error('jwksController() on a server without securest') });
    }
  }
  routes.set(JwksController, route);
  return JwksController;
}
