import type { Constructor } from '../components/constructor';
import type { Authentication } from '../core/authentication';
import {
  AccessDeniedError,
  AuthenticationRequiredError,
  InvalidRequestError,
  StepUpRequiredError,
} from '../errors';
import { NO_STORE, type OwnReply } from '../http/own-reply';
import { type Body, readJson } from '../http/read-body';
import { parameterIn, type RouteParams } from '../http/route-parameter';
import { type ApiKeys, isApiKeys, verifierOf } from '../keys/api-keys';
import { notePlace } from '../keys/key-login';
import type { NewApiKey } from '../keys/new-key';
import { isRecentLogin } from '../rules/recent-login';
import type { Clock } from '../util/clock';
import { kind, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { isScope } from '../util/scope-name';
import { type NeedsComponents, type OwnRoute, type OwnTable, classOf, TABLE_PATH } from './own-table';

/** The options of `apiKeyController()` and `apiKeyRoutes()`. */
export interface ApiKeyControllerOptions {
  /** The app's service that extends `ApiKeys`. */
  keys: Constructor<ApiKeys>;
  /** The path of the routes, under the prefix of the app or of a mount. @default '/api-keys' */
  path?: string;
  /**
   * The scopes that keys can have. A new key must then name at least one of them. @default keys need no scopes, and may
   * name any
   */
  scopes?: readonly string[];
}

/** The maximum age of a session's login. */
const MAX_AGE_SECONDS = 300;

const OPTIONS = {
  keys: classOf<ApiKeys>(),
  path: optional(TABLE_PATH, '/api-keys'),
  scopes: optional(
    kind<readonly string[]>(
      'must be a list of at least one scope, of printable ASCII without spaces, quotes and backslashes',
      (value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isScope),
    ),
  ),
} satisfies Record<keyof ApiKeyControllerOptions, Kind<unknown>>;

/** Answers a user who may work with their own keys. */
type Run = (
  keys: ApiKeys,
  login: Authentication,
  params: RouteParams,
  readBody: () => Promise<Body['members']>,
) => Promise<Omit<OwnReply, 'headers'>>;

/**
 * The routes with which users create and revoke their own API keys.
 * @param call the function that makes them for a host, for messages
 * @throws ConfigurationError for unknown, missing or invalid options
 */
export function apiKeyTable(call: string, options: ApiKeyControllerOptions): OwnTable {
  const { keys: service, path, scopes } = parseOptions(call, options, OPTIONS);
  const by =
    (run: Run): OwnRoute['reply'] =>
    (answers, action, params) =>
      answers.settle(async () => {
        const login = await answers.authentication(action);
        const app = answers.app();
        refuseWeak(login, app.clock);
        notePlace(login, { app, request: answers.request(action) });
        const readBody = () => answers.withSameLogin(action, () => readJson(action));
        return { ...(await run(answers.resolve(service), login, params, readBody)), headers: NO_STORE };
      });
  const create: Run = async (keys, login, _params, readBody) => {
    const members = await readBody();
    refuseUnknownScopes(members, scopes);
    return { status: 201, json: await keys.create(login, members as unknown as NewApiKey) };
  };
  return {
    call,
    path,
    routes: {
      list: {
        verb: 'get',
        path: '',
        reply: by(async (keys, login) => ({ status: 200, json: await keys.list(login) })),
      },
      create: { verb: 'post', path: '', reply: by(create) },
      revoke: {
        verb: 'delete',
        path: '/:id',
        reply: by(async (keys, login, params) => ({
          status: (await keys.revoke(login, parameterIn(params, 'id') ?? '')) ? 204 : 404,
        })),
      },
    },
    needs: { warningOf: (app) => withoutProvider(call, app, service) },
  };
}

function withoutProvider(call: string, app: NeedsComponents, keys: Constructor<ApiKeys>): string | undefined {
  const service: unknown = app.resolve(keys);
  if (!isApiKeys(service) || verifierOf(service).hasApp()) return undefined;
  return (
    `${call} gives out keys that the app does not take: no ApiKeyProvider holds ${keys.name}. ` +
    'Decorate one: @AuthProvider(3) class Key extends ApiKeyProvider'
  );
}

/**
 * @throws AccessDeniedError or StepUpRequiredError (403) for a login that must not create credentials that outlive it
 */
function refuseWeak(login: Authentication | undefined, clock: Clock): asserts login is Authentication {
  if (login === undefined) throw new AuthenticationRequiredError();
  const { provedBy, source } = login;
  if (source?.kind === 'provider') {
    throw new AccessDeniedError({ cause: new Error('A user without a userstore has no API keys') });
  }
  if (provedBy === 'login') return;
  if (provedBy !== 'session') {
    throw new AccessDeniedError({ cause: new Error(`A ${provedBy} does not open API keys`) });
  }
  if (isRecentLogin({ maxAgeSeconds: MAX_AGE_SECONDS }, login, clock())) return;
  throw new StepUpRequiredError(
    { maxAgeSeconds: MAX_AGE_SECONDS },
    { cause: new Error('The login is too old to open API keys') },
  );
}

/**
 * @throws InvalidRequestError if the body names no scope or an unknown scope; the key service checks the rest of the
 * body
 */
function refuseUnknownScopes({ scopes }: Body['members'], known: readonly string[] | undefined): void {
  if (known === undefined) return;
  const isKnown =
    Array.isArray(scopes) &&
    scopes.length > 0 &&
    Array.from(scopes).every((scope) => known.includes(scope as string));
  if (isKnown) return;
  throw new InvalidRequestError({ cause: new Error('The API key must name some of the scopes of the app') });
}
