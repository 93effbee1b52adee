import type { Constructor } from '../components/constructor';
import { ConfigurationError } from '../errors';
import type { OwnReply } from '../http/own-reply';
import { TokenService } from '../tokens/token-service';
import { isInstance } from '../util/instance';
import { kind, optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { classOf, type OwnTable } from './own-table';

/** The options of `jwksController()` and `jwksRoutes()`. */
export interface JwksControllerOptions {
  /** The service whose keys are served, from the app's container. */
  tokens: Constructor<TokenService>;
  /** The path, at the root of the app whatever its `routePrefix` is; of `jwksRoutes()` below the mount. @default '/.well-known/jwks.json' */
  path?: string | undefined;
  /** The time that others may cache the keys, in seconds, 0 to 86400. New keys should not sign earlier. @default 300 */
  maxAgeSeconds?: number | undefined;
}

/** The options with their defaults. */
export interface JwksRoute {
  readonly tokens: Constructor<TokenService>;
  readonly path: string;
  readonly maxAgeSeconds: number;
}

const OPTIONS = {
  tokens: classOf<TokenService>(),
  path: optional(
    kind<string>(
      'must be a path without parameters, such as /.well-known/jwks.json',
      (value) => typeof value === 'string' && /^(?:\/[\w.~-]+)+$/.test(value),
    ),
    '/.well-known/jwks.json',
  ),
  maxAgeSeconds: optional(wholeNumber({ min: 0, max: 86_400 }), 300),
} satisfies Record<keyof JwksControllerOptions, Kind<unknown>>;

/** @throws ConfigurationError for unknown options and for invalid values */
export function jwksRoute(call: string, options: JwksControllerOptions): JwksRoute {
  return parseOptions(call, options, OPTIONS);
}

/** The service of a route. @throws ConfigurationError if the class is not a TokenService */
export function keysOf(
  call: string,
  { tokens }: JwksRoute,
  resolve: (cls: Constructor<TokenService>) => unknown,
): TokenService {
  const found = resolve(tokens);
  if (isInstance(found, TokenService)) return found;
  throw new ConfigurationError(`${call}: tokens must be the class of a TokenService`);
}

/** The headers of a public document. */
export function publicHeaders(maxAgeSeconds: number): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': `public, max-age=${String(maxAgeSeconds)}`,
  };
}

/**
 * The route of the keys by which others verify the tokens of a service.
 * @param call the function that makes it for a host, for messages
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function jwksTable(call: string, options: JwksControllerOptions): OwnTable {
  const route = jwksRoute(call, options);
  const headers = publicHeaders(route.maxAgeSeconds);
  return {
    call,
    path: route.path,
    routes: {
      keys: {
        verb: 'get',
        path: '',
        isPublic: true,
        reply: (answers) =>
          answers.settle((): Promise<OwnReply> => {
            const service = keysOf(call, route, (cls) => answers.resolve(cls));
            return Promise.resolve({ status: 200, headers, json: service.jwks() });
          }),
      },
    },
    needs: {
      refuseUnmet: (app) => {
        keysOf(call, route, (cls) => app.resolve(cls));
      },
    },
  };
}
