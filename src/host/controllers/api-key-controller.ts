import {
  Authorized,
  Body,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  JsonController,
  OnNull,
  OnUndefined,
  Param,
  Post,
} from 'routing-controllers';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import type { Authentication } from '../../core/authentication';
import { answered } from '../../decorators/answers';
import {
  AccessDeniedError,
  AuthenticationRequiredError,
  InvalidRequestError,
  StepUpRequiredError,
} from '../../errors';
import {
  type ApiKeyInfo,
  type ApiKeys,
  type CreatedApiKey,
  isApiKeys,
  verifierOf,
} from '../../keys/api-keys';
import { notePlace } from '../../keys/key-login';
import type { NewApiKey } from '../../keys/new-key';
import type { Clock } from '../../util/clock';
import { isRecentLogin } from '../../rules/recent-login';
import { callable, kind, optional } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import { isScope } from '../../util/scope-name';

/** The options of {@link apiKeyController}. */
export interface ApiKeyControllerOptions {
  /** The app's service that extends `ApiKeys`. */
  keys: Constructor<ApiKeys>;
  /** The path of the actions, under the app's prefix. @default '/api-keys' */
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
  keys: callable<Constructor<ApiKeys>>(),
  path: optional(
    kind<string>(
      'must begin with a slash, such as /api-keys',
      (value) => typeof value === 'string' && /^\/[^\s?#]+$/.test(value),
    ),
    '/api-keys',
  ),
  scopes: optional(
    kind<readonly string[]>(
      'must be a list of at least one scope, of printable ASCII without spaces, quotes and backslashes',
      (value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isScope),
    ),
  ),
} satisfies Record<keyof ApiKeyControllerOptions, Kind<unknown>>;

/** The services of the controllers that {@link apiKeyController} made. */
const made = new WeakMap<object, Constructor<ApiKeys>>();

/**
 * A warning about a set-up that is seldom intended; undefined if it is fine. Called once the providers have started.
 */
export function withoutKeyProvider(
  target: object,
  resolve: <T>(cls: Constructor<T>) => T,
): string | undefined {
  const keys = made.get(target);
  const service: unknown = keys && resolve(keys);
  if (!isApiKeys(service) || verifierOf(service).hasApp()) return undefined;
  return (
    `apiKeyController() gives out keys that the app does not take: no ApiKeyProvider holds ${keys?.name ?? ''}. ` +
    'Decorate one: @AuthProvider(3) class Key extends ApiKeyProvider'
  );
}

/** The services of the instance that secures the server, for the actions. */
interface Own {
  /** Works with the app's keys for the user of the request. */
  run<T>(work: (keys: ApiKeys, login: Authentication) => Promise<T>): Promise<T>;
}

/**
 * A controller for users to create and revoke their own API keys. `GET /api-keys` lists them. `POST` with
 * `{ name, scopes, days }` answers 201 with `{ key, info }`; the key is shown only this once. `DELETE /api-keys/:id`
 * answers 204, or 404 if the user has no such key.
 *
 * All actions require a login that is proved in the request, such as by a password, or a session whose login is at most
 * five minutes old (else 403): a token or key that someone holds for a moment must not be exchanged for a permanent
 * one. Invalid requests and too many keys are answered with 400 `invalid_request`.
 * @throws ConfigurationError for unknown, missing or invalid options
 */
export function apiKeyController(options: ApiKeyControllerOptions): Constructor<object> {
  const { keys: service, path, scopes } = parseOptions('apiKeyController()', options, OPTIONS);

  const OwnKeys = (): ParameterDecorator =>
    createParamDecorator({
      value: answered('apiKeyController()', (answers, action): Own => ({
        run: (work) =>
          answers.settle(async () => {
            const login = await answers.authentication(action);
            const app = answers.app();
            refuseWeak(login, app.clock);
            notePlace(login, { app, request: answers.request(action) });
            return work(answers.resolve(service), login);
          }),
      })),
    }) as ParameterDecorator;

  @registerService
  @Authorized()
  @JsonController(path)
  class ApiKeyController {
    @Get()
    list(@OwnKeys() own: Own): Promise<readonly ApiKeyInfo[]> {
      return own.run((keys, login) => keys.list(login));
    }

    @Post()
    @HttpCode(201)
    create(@OwnKeys() own: Own, @Body() body: unknown): Promise<CreatedApiKey> {
      return own.run((keys, login) => {
        refuseUnknownScopes(body, scopes);
        return keys.create(login, body as NewApiKey);
      });
    }

    @Delete('/:id')
    @OnNull(204)
    @OnUndefined(404)
    revoke(@OwnKeys() own: Own, @Param('id') id: string): Promise<null | undefined> {
      return own.run(async (keys, login) => ((await keys.revoke(login, id)) ? null : undefined));
    }
  }
  made.set(ApiKeyController, service);
  return ApiKeyController;
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
function refuseUnknownScopes(body: unknown, known: readonly string[] | undefined): void {
  if (known === undefined) return;
  const { scopes } = (body ?? {}) as { scopes?: unknown };
  const isKnown =
    Array.isArray(scopes) &&
    scopes.length > 0 &&
    Array.from(scopes).every((scope) => known.includes(scope as string));
  if (isKnown) return;
  throw new InvalidRequestError({ cause: new Error('The API key must name some of the scopes of the app') });
}
