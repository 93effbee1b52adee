import {
  Authorized,
  Body,
  createParamDecorator,
  Delete,
  Get,
  JsonController,
  OnNull,
  OnUndefined,
  Param,
  Post,
} from 'routing-controllers';
import type { Constructor } from '../../components/constructor';
import { registerService } from '../../components/typedi';
import { answered } from '../../decorators/answers';
import { Public } from '../../decorators/public';
import { ConfigurationError } from '../../errors';
import { callable, kind, optional } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import type { TokenFamily } from '../../tokens/families/list-families';
import type { IssuedTokens } from '../../tokens/families/parts';
import { OwnTokens } from '../../account/own-tokens';
import { TokenService } from '../../tokens/token-service';

/** The options of {@link tokenController}. */
export interface TokenControllerOptions {
  /** The app's service; it has `state`, and `refresh` is on. */
  tokens: Constructor<TokenService>;
  /** The path of the actions, under the app's prefix. @default '/token' */
  path?: string | undefined;
}

function Own(tokens: Constructor<TokenService>): ParameterDecorator {
  return createParamDecorator({
    value: answered('tokenController()', (answers, action) => new OwnTokens(answers, action, tokens)),
  }) as ParameterDecorator;
}

const OPTIONS = {
  tokens: callable<Constructor<TokenService>>(),
  path: optional(
    kind<string>(
      'must begin with a slash, such as /token',
      (value) => typeof value === 'string' && /^(?:\/[^\s?#/:*()]+)+$/.test(value),
    ),
    '/token',
  ),
} satisfies Record<keyof TokenControllerOptions, Kind<unknown>>;

/** The services of the controllers that {@link tokenController} made. */
const made = new WeakMap<object, Constructor<TokenService>>();

/** @throws ConfigurationError if the service of such a controller keeps no token families */
export function refuseWithoutFamilies(target: object, resolve: <T>(cls: Constructor<T>) => T): void {
  const tokens = made.get(target);
  if (tokens === undefined) return;
  const service: unknown = resolve(tokens);
  if (service instanceof TokenService && TokenService.familiesOf(service)?.isRefreshOn === true) return;
  throw new ConfigurationError(
    `tokenController() needs a TokenService with the option \`state\` and without \`refresh: false\`: ${tokens.name}`,
  );
}

/**
 * A warning about a set-up that is seldom intended; undefined if it is fine. Called once the providers have started.
 */
export function withoutProvider(target: object, resolve: <T>(cls: Constructor<T>) => T): string | undefined {
  const tokens = made.get(target);
  const service: unknown = tokens && resolve(tokens);
  if (!(service instanceof TokenService) || TokenService.familiesOf(service)?.hasApp !== false)
    return undefined;
  return (
    `tokenController() gives out tokens that the app does not take: no TokenProvider holds ${tokens?.name ?? ''}. ` +
    'Decorate one: @AuthProvider(2) class Token extends TokenProvider'
  );
}

/**
 * A controller for tokens that are refreshed. Caches keep no reply, and refresh tokens are sent in bodies only.
 *
 * - `POST /token`, for a login that is proved in this request: 200 with {@link IssuedTokens}; 403 for tokens, keys and
 *   sessions.
 * - `POST /token/refresh` with `{ refreshToken }`, public: 200 with the next tokens; 401 with one challenge, which
 *   makes no browser ask for a password; 400 `invalid_request` for another body.
 * - `DELETE /token`, with an access token of a family: 204, the family ends; 403 for other credentials.
 * - `GET /token/families`: the user's own families, as {@link TokenFamily}; `DELETE /token/families` ends them and all
 *   other tokens of the user, 204; `DELETE /token/families/:id` ends one family, 204, or 404 if the user has no such
 *   family. 403 for API keys and for credentials that scopes limit.
 *
 * @throws ConfigurationError for unknown options and for invalid values
 * @example controllers: [tokenController({ tokens: Tokens })]
 */
export function tokenController(options: TokenControllerOptions): Constructor<object> {
  const { path, tokens } = parseOptions('tokenController()', options, OPTIONS);

  @registerService
  @JsonController()
  class TokenController {
    @Authorized()
    @Post(path)
    start(@Own(tokens) own: OwnTokens): Promise<IssuedTokens> {
      return own.start();
    }

    @Public()
    @Post(`${path}/refresh`)
    refresh(@Own(tokens) own: OwnTokens, @Body() body: unknown): Promise<IssuedTokens> {
      return own.refresh(body);
    }

    @Authorized()
    @Delete(path)
    @OnUndefined(204)
    end(@Own(tokens) own: OwnTokens): Promise<undefined> {
      return own.endCurrent();
    }

    @Authorized()
    @Get(`${path}/families`)
    families(@Own(tokens) own: OwnTokens): Promise<readonly TokenFamily[]> {
      return own.families();
    }

    @Authorized()
    @Delete(`${path}/families`)
    @OnUndefined(204)
    endAll(@Own(tokens) own: OwnTokens): Promise<undefined> {
      return own.endAll();
    }

    @Authorized()
    @Delete(`${path}/families/:id`)
    @OnNull(204)
    @OnUndefined(404)
    endFamily(@Own(tokens) own: OwnTokens, @Param('id') id: string): Promise<null | undefined> {
      return own.endFamily(id);
    }
  }
  made.set(TokenController, tokens);
  return TokenController;
}
