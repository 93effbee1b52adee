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
  /** Where, at the root of the app whatever its `routePrefix` is. @default '/.well-known/jwks.json' */
  path?: string | undefined;
  /** How long others may keep the keys, in seconds, 0 to 86400. New keys should not sign sooner. @default 300 */
  maxAgeSeconds?: number | undefined;
}

/** What a controller of {@link jwksController} serves. */
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

/** What a class serves that {@link jwksController} made; undefined for any other. */
export function jwksRouteOf(target: object): JwksRoute | undefined {
  return routes.get(target);
}

/**
 * A controller that publishes the keys by which others verify the tokens of a service: `GET` and `HEAD` of
 * `/.well-known/jwks.json`, public, at the root of the app. Before each key signs it should have been published for
 * longer than others keep the keys: `signFrom`, as `securest keys rotate` states it.
 * @throws ConfigurationError for options that are unknown or not valid
 * @example createKoaServer(securest({ controllers: [jwksController({ tokens: Tokens }), NotesController] }));
 * @see RFC 7517 section 5, RFC 8615 section 3
 */
export function jwksController(options: JwksControllerOptions): Constructor<object> {
  const route = parseOptions('jwksController()', options, OPTIONS);

  @registerService
  @JsonController()
  class JwksController {
    /** What is answered comes from the root of the app, before any action. */
    @Public()
    @Get(route.path)
    keys(): never {
      throw new SecurityFaultError({ cause: new Error('jwksController() on a server without securest') });
    }
  }
  routes.set(JwksController, route);
  return JwksController;
}
