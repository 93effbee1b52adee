import type { AuthProviderInterface } from '../core/auth-provider';
import { type Challenge, formatChallenge } from '../core/challenge';
import type { ProviderVerdict } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { parseAuthorization } from '../http/authorization-header';
import { ignoreRejection } from '../util/ignore-rejection';

/** Schemes that have no realm. @see RFC 4559 section 4 */
const WITHOUT_REALM = new Set(['negotiate', 'ntlm']);

export interface ChallengeOptions {
  readonly realm: string;
  /** False keeps Basic from requests of scripts, so that no browser opens its own log-in window. */
  readonly basicChallengeForScripts: boolean;
}

/**
 * The header value of a provider's challenge; undefined where it has none for this request. A Bearer
 * challenge says what was wrong with the token when one came.
 * @see RFC 9110 section 11.6.1, RFC 6750 section 3
 */
export function challengeOf(
  provider: AuthProviderInterface,
  verdict: ProviderVerdict | undefined,
  request: SecurityRequest,
  options: ChallengeOptions,
): string | undefined {
  const challenge = provider.challenge?.(request);
  ignoreRejection(challenge);
  if (challenge === undefined || isHidden(challenge, request, options)) return undefined;
  return formatChallenge(complete(challenge, verdict, request, options.realm));
}

function complete(
  challenge: Challenge,
  verdict: ProviderVerdict | undefined,
  request: SecurityRequest,
  realm: string,
): Challenge {
  const scheme = challenge.scheme.toLowerCase();
  const params = WITHOUT_REALM.has(scheme) ? { ...challenge.params } : { realm, ...challenge.params };
  const error = scheme === 'bearer' ? bearerError(verdict, request) : undefined;
  return { scheme: challenge.scheme, params: error === undefined ? params : { ...params, error } };
}

/** @see RFC 6750 section 3.1 */
function bearerError(verdict: ProviderVerdict | undefined, request: SecurityRequest): string | undefined {
  if (verdict === 'bad_credentials' || verdict === 'inactive') return 'invalid_token';
  if (verdict !== 'malformed_credentials') return undefined;
  // A token in another header than Authorization is no malformed Bearer request, and its reply no 400.
  const isBearer = parseAuthorization(request.header('authorization'))?.scheme === 'bearer';
  return isBearer ? 'invalid_request' : 'invalid_token';
}

function isHidden(challenge: Challenge, request: SecurityRequest, options: ChallengeOptions): boolean {
  return (
    !options.basicChallengeForScripts &&
    challenge.scheme.toLowerCase() === 'basic' &&
    request.header('x-requested-with')?.toLowerCase() === 'xmlhttprequest'
  );
}
