import type { ProviderOutcome, ProviderVerdict } from '../core/events';
import {
  AccountStatusError,
  AuthenticationRequiredError,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  type SecurityError,
  SecurityFaultError,
  ServiceUnavailableError,
  ThrottledError,
} from '../errors';
import { isInstance } from '../util/instance';
import { DeadlinePassedError } from '../http/deadline';

/** One provider's verdict, with the error behind it where there is one. */
export interface Verdict extends ProviderOutcome {
  /** What the provider reads, in lower case. */
  readonly credential: string;
  readonly error?: unknown;
}

/** Most severe first: what nothing later made good decides what the client is told. */
const SEVERITY: readonly ProviderVerdict[] = [
  'throttled',
  'bug',
  'deadline_passed',
  'unavailable',
  'bad_credentials',
  'inactive',
  'malformed_credentials',
];

/** What a provider means by what it threw. Anything but the family's own errors is a bug in it. */
export function classify(error: unknown): Exclude<ProviderVerdict, 'authenticated'> {
  if (isInstance(error, ThrottledError)) return 'throttled';
  if (isInstance(error, DeadlinePassedError)) return 'deadline_passed';
  if (isInstance(error, ServiceUnavailableError)) return 'unavailable';
  if (isInstance(error, AccountStatusError)) return 'inactive';
  if (isInstance(error, BadCredentialsError)) return 'bad_credentials';
  if (isInstance(error, MalformedCredentialsError)) return 'malformed_credentials';
  return 'bug';
}

/** True when a provider failed without having said whose credentials they are. */
export function isFailure(verdict: ProviderVerdict): boolean {
  return verdict === 'bug' || verdict === 'unavailable' || verdict === 'deadline_passed';
}

/** True when a provider found the request's credentials to be its own, and no good. */
export function isRefusal(verdict: ProviderVerdict): boolean {
  return verdict === 'bad_credentials' || verdict === 'inactive' || verdict === 'malformed_credentials';
}

/**
 * The one error that the client gets when no provider granted: of the most severe verdict, made anew, so
 * that nothing of what a provider threw reaches the client.
 */
export function refusalFor(verdicts: readonly Verdict[], isBearer: boolean): SecurityError {
  for (const severity of SEVERITY) {
    const found = verdicts.find(({ verdict }) => verdict === severity);
    if (found !== undefined) return toError(found, isBearer && found.credential === 'authorization');
  }
  return new AuthenticationRequiredError();
}

function toError({ verdict, error: cause }: Verdict, isBearer: boolean): SecurityError {
  switch (verdict) {
    case 'throttled':
      return new ThrottledError({ cause, ...retryOf(cause) });
    case 'unavailable':
    case 'deadline_passed':
      return new ServiceUnavailableError({ cause, ...retryOf(cause) });
    case 'bad_credentials':
    case 'inactive':
      return new BadCredentialsError({ cause });
    case 'malformed_credentials':
      return isBearer || isBadRequest(cause)
        ? new InvalidRequestError({ cause })
        : new MalformedCredentialsError({ cause });
    default:
      return new SecurityFaultError({ cause });
  }
}

function retryOf(error: unknown): { retryAfterSeconds?: number } {
  if (!isInstance<ThrottledError | ServiceUnavailableError>(error, ThrottledError, ServiceUnavailableError)) {
    return {};
  }
  return { retryAfterSeconds: error.retryAfterSeconds };
}

function isBadRequest(error: unknown): boolean {
  return isInstance(error, MalformedCredentialsError) && error.httpCode === 400;
}
