/**
 * The `WWW-Authenticate` lines of an error response: one for each scheme, Bearer first, then in the order of the
 * providers. Some token clients read the parameters only if the header begins with Bearer.
 * @see RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9470 section 3
 */
import { type Challenge, formatChallenge } from '../core/challenge';
import type { ProviderOutcome } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { InsufficientScopeError, type SecurityError, StepUpRequiredError } from '../errors';
import { parseAuthorization } from '../http/authorization-header';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import type { ChainLink } from './chain';
import { sendableParams } from './stated-reply';
import { answeringVerdict, severityOf, type Verdict } from './verdicts';

/** Schemes without a realm. @see RFC 4559 section 4 */
const WITHOUT_REALM = new Set(['negotiate', 'ntlm']);

/** Schemes of access tokens, with their spelling in a header. */
const OF_TOKENS = { bearer: 'Bearer', dpop: 'DPoP' } as const;

type TokenScheme = keyof typeof OF_TOKENS;

function isOfTokens(scheme: string | undefined): scheme is TokenScheme {
  return scheme === 'bearer' || scheme === 'dpop';
}

export interface ChallengeOptions {
  readonly realm: string;
  /** False omits Basic in responses to scripts, so that no browser opens its own login window. */
  readonly basicChallengeForScripts: boolean;
  /** The URL of the app's protected resource metadata. @see RFC 9728 section 5.1 */
  readonly metadataUrl: string | undefined;
}

/** A refused request and its error. */
export interface RefusedRequest {
  readonly request: SecurityRequest;
  readonly error: SecurityError;
  readonly verdicts: readonly (ProviderOutcome & Partial<Verdict>)[];
  /** The scopes that the route requires. */
  readonly scopes: readonly string[];
  /** The provider that authenticated the user who is refused now. */
  readonly grantedBy: string | undefined;
}

/** One scheme, with the parameters that its providers state. */
interface Offer {
  readonly scheme: string;
  params: Readonly<Record<string, string>>;
  readonly providers: string[];
}

export class Challenges {
  /** @param onFault is called for a provider whose challenge is not valid */
  constructor(
    private readonly links: () => readonly ChainLink[],
    private readonly options: ChallengeOptions,
    private readonly onFault: (provider: string, cause: unknown) => void,
  ) {}

  /** The challenges for a request that is not authenticated. */
  all(refused: RefusedRequest): string[] {
    const offers = this.offers(refused.request);
    const stated = statedBy(refused, offers);
    return [...offers].map(([scheme, offer]) => this.format(scheme, offer, refused.scopes, stated));
  }

  /**
   * The challenge for a login that lacks something. It has the scheme that the request used. It exists only if the
   * granting provider, or the provider that asks for a new login, reads access tokens. Otherwise undefined: a browser
   * would ask for a password again.
   */
  ofToken(refused: RefusedRequest): string | undefined {
    const { request, verdicts, grantedBy } = refused;
    const name = grantedBy ?? answeringVerdict(verdicts)?.provider;
    const scheme = usedScheme(request);
    if (name === undefined || scheme === undefined || !this.readsTokens(name)) return undefined;
    const offer = this.offers(request).get(scheme) ?? { scheme: OF_TOKENS[scheme], params: {} };
    const stated = { scheme, params: paramsOf(refused.error) };
    return this.format(scheme, offer, [], stated);
  }

  /** A challenge that the library's own controllers state, with the app's realm. */
  own({ scheme, params }: Challenge): string {
    return formatChallenge({ scheme, params: { realm: this.options.realm, ...params } });
  }

  private readsTokens(provider: string): boolean {
    const link = this.links().find(({ name }) => name === provider);
    try {
      return link?.get().schemes?.some(isOfTokens) === true;
    } catch {
      return false;
    }
  }

  private offers(request: SecurityRequest): ReadonlyMap<string, Offer> {
    const offers = new Map<string, Offer>();
    for (const link of this.links()) {
      try {
        const challenge = link.get().challenge?.(request);
        ignoreRejection(challenge);
        for (const { scheme, params = {} } of listOf(challenge)) {
          // An invalid challenge must fail here, where its provider is known.
          formatChallenge({ scheme, params });
          const key = scheme.toLowerCase();
          const known = offers.get(key);
          if (known !== undefined) known.params = { ...params, ...known.params };
          known?.providers.push(link.name);
          if (known === undefined && !this.isHidden(key, request)) {
            offers.set(key, { scheme, params, providers: [link.name] });
          }
        }
      } catch (cause) {
        this.onFault(link.name, cause);
      }
    }
    const bearer = offers.get('bearer');
    return bearer === undefined ? offers : new Map([['bearer', bearer], ...offers]);
  }

  private format(key: string, offer: Challenge, scopes: readonly string[], stated: Stated): string {
    const { realm, metadataUrl } = this.options;
    if (WITHOUT_REALM.has(key)) return formatChallenge(offer);
    const own = { realm, ...offer.params };
    if (!isOfTokens(key)) return formatChallenge({ scheme: offer.scheme, params: own });
    return formatChallenge({
      scheme: offer.scheme,
      params: {
        ...own,
        ...(scopes.length > 0 && { scope: scopes.join(' ') }),
        ...(metadataUrl !== undefined && { resource_metadata: metadataUrl }),
        ...(stated.scheme === key && stated.params),
      },
    });
  }

  private isHidden(scheme: string, request: SecurityRequest): boolean {
    return !this.options.basicChallengeForScripts && scheme === 'basic' && isOfScript(request);
  }
}

/** True if the response is not for a page: a challenge would open a login window over the page that is shown. */
function isOfScript(request: SecurityRequest): boolean {
  if (request.header('x-requested-with')?.toLowerCase() === 'xmlhttprequest') return true;
  const destination = request.header('sec-fetch-dest');
  return destination !== undefined && !PAGES.has(destination);
}

/** @see Fetch Metadata Request Headers section 2.1 */
const PAGES: ReadonlySet<string> = new Set(['document', 'iframe', 'frame']);

/**
 * The error of the token that the request sent, and the scheme of the challenge that carries it: the scheme that the
 * request used. If the provider reads its tokens elsewhere, it is Bearer.
 */
interface Stated {
  readonly scheme: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

const NOTHING_STATED: Stated = { scheme: undefined, params: {} };

function statedBy(refused: RefusedRequest, offers: ReadonlyMap<string, Offer>): Stated {
  const used = usedScheme(refused.request);
  const scheme = used !== undefined && offers.has(used) ? used : offers.has('bearer') ? 'bearer' : 'dpop';
  const providers = offers.get(scheme)?.providers;
  if (providers === undefined) return NOTHING_STATED;
  const own = answeringVerdict(refused.verdicts.filter(({ provider }) => providers.includes(provider)));
  const answering = answeringVerdict(refused.verdicts);
  const error = own && errorOf(own, refused.request);
  if (error === undefined) return NOTHING_STATED;
  return { scheme, params: { error, ...(own === answering && paramsOf(refused.error)) } };
}

/** @see RFC 6750 section 3.1 */
function errorOf({ verdict }: ProviderOutcome, request: SecurityRequest): string | undefined {
  if (severityOf(verdict) < severityOf('bad_credentials')) return undefined;
  if (verdict !== 'malformed_credentials') return 'invalid_token';
  // A malformed token in a header other than Authorization is no malformed Bearer request, and its status is not 400.
  return authorizationScheme(request) === undefined ? 'invalid_token' : 'invalid_request';
}

/** The parameters that the error itself states. The app can change every property of an error that it throws. */
function paramsOf(error: SecurityError): Readonly<Record<string, string>> {
  const own = sendableParams(error.challenge);
  if (isInstance<StepUpRequiredError>(error, StepUpRequiredError)) {
    const { scopes, maxAgeSeconds, acr } = Object(error.need) as Partial<Record<string, unknown>>;
    return {
      error: 'insufficient_user_authentication',
      ...namesIn('scope', scopes),
      ...(Number.isSafeInteger(maxAgeSeconds) && { max_age: String(maxAgeSeconds) }),
      ...namesIn('acr_values', acr),
      ...own,
    };
  }
  if (!isInstance<InsufficientScopeError>(error, InsufficientScopeError)) return { ...own };
  return { error: 'insufficient_scope', ...namesIn('scope', error.scopes), ...own };
}

const PRINTABLE = /^[\x20-\x7e]+$/;

/** A parameter that lists names; empty if there are no names or if they cannot be sent. */
function namesIn(parameter: string, names: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return {};
  const text = names.join(' ');
  return PRINTABLE.test(text) ? { [parameter]: text } : {};
}

/** The token scheme that the request used, in lower case; undefined if it sent no token. */
function usedScheme(request: SecurityRequest): TokenScheme | undefined {
  try {
    const scheme = authorizationScheme(request);
    if (scheme !== undefined) return scheme;
    return request.header('authentication-token') === undefined ? undefined : 'bearer';
  } catch {
    // A request with several Authorization lines has no scheme.
    return undefined;
  }
}

function authorizationScheme(request: SecurityRequest): TokenScheme | undefined {
  const scheme = parseAuthorization(request.header('authorization'))?.scheme;
  return isOfTokens(scheme) ? scheme : undefined;
}

function listOf(challenge: Challenge | readonly Challenge[] | undefined): readonly Challenge[] {
  if (challenge === undefined) return [];
  return isList(challenge) ? challenge : [challenge];
}

function isList(challenge: Challenge | readonly Challenge[]): challenge is readonly Challenge[] {
  return Array.isArray(challenge);
}
