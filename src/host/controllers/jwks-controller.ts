import { Get, JsonController } from 'routing-controllers';
import { type JwksControllerOptions, type JwksRoute, jwksRoute } from '../../account/jwks-table';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import { Public } from '../../decorators/public';
import { SecurityFaultError } from '../../errors';

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
  const route = jwksRoute('jwksController()', options);

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
