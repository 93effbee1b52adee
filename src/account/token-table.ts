import type { Constructor } from '../components/constructor';
import { ConfigurationError } from '../errors';
import { NO_STORE, type OwnReply } from '../http/own-reply';
import { parameterIn } from '../http/route-parameter';
import { TokenService } from '../tokens/token-service';
import { optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { OwnTokens } from './own-tokens';
import { type NeedsComponents, type OwnRoute, type OwnTable, classOf, TABLE_PATH } from './own-table';

/** The options of `tokenController()` and `tokenRoutes()`. */
export interface TokenControllerOptions {
  /** The app's service; it has `state`, and `refresh` is on. */
  tokens: Constructor<TokenService>;
  /** The path of the routes, under the prefix of the app or of a mount. @default '/token' */
  path?: string | undefined;
}

const OPTIONS = {
  tokens: classOf<TokenService>(),
  path: optional(TABLE_PATH, '/token'),
} satisfies Record<keyof TokenControllerOptions, Kind<unknown>>;

/**
 * The routes for tokens that are refreshed.
 * @param call the function that makes them for a host, for messages
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function tokenTable(call: string, options: TokenControllerOptions): OwnTable {
  const { path, tokens } = parseOptions(call, options, OPTIONS);
  const by =
    (run: (own: OwnTokens, id: string) => Promise<object | number>): OwnRoute['reply'] =>
    async (answers, action, params) => {
      const own = new OwnTokens(call, answers, action, tokens);
      return replyOf(await run(own, parameterIn(params, 'id') ?? ''));
    };
  return {
    call,
    path,
    routes: {
      start: { verb: 'post', path: '', reply: by((own) => own.start()) },
      refresh: { verb: 'post', path: '/refresh', isPublic: true, reply: by((own) => own.refresh()) },
      end: { verb: 'delete', path: '', reply: by((own) => own.endCurrent().then(() => 204)) },
      families: { verb: 'get', path: '/families', reply: by((own) => own.families()) },
      endAll: { verb: 'delete', path: '/families', reply: by((own) => own.endAll().then(() => 204)) },
      endFamily: {
        verb: 'delete',
        path: '/families/:id',
        reply: by((own, id) => own.endFamily(id).then((isEnded) => (isEnded ? 204 : 404))),
      },
    },
    needs: {
      refuseUnmet: (app) => {
        refuseWithoutFamilies(call, app, tokens);
      },
      warningOf: (app) => withoutProvider(call, app, tokens),
    },
  };
}

/** @param result the body, or a status without a body */
function replyOf(result: object | number): OwnReply {
  if (typeof result === 'number') return { status: result, headers: NO_STORE };
  return { status: 200, headers: NO_STORE, json: result };
}

/** @throws ConfigurationError if the service keeps no token families */
function refuseWithoutFamilies(call: string, app: NeedsComponents, tokens: Constructor<TokenService>): void {
  const service: unknown = app.resolve(tokens);
  if (service instanceof TokenService && TokenService.familiesOf(service)?.isRefreshOn === true) return;
  throw new ConfigurationError(
    `${call} needs a TokenService with the option \`state\` and without \`refresh: false\`: ${tokens.name}`,
  );
}

function withoutProvider(
  call: string,
  app: NeedsComponents,
  tokens: Constructor<TokenService>,
): string | undefined {
  const service: unknown = app.resolve(tokens);
  if (!(service instanceof TokenService) || TokenService.familiesOf(service)?.hasApp !== false)
    return undefined;
  return (
    `${call} gives out tokens that the app does not take: no TokenProvider holds ${tokens.name}. ` +
    'Decorate one: @AuthProvider(2) class Token extends TokenProvider'
  );
}
