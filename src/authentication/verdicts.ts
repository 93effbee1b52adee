import type { ProviderOutcome, ProviderVerdict } from '../core/events';
import {
  AccountStatusError,
  AuthenticationRequiredError,
  BadCredentialsError,
  InvalidRequestError,
  MalformedCredentialsError,
  SecurityError,
  type SecurityErrorOptions,
  SecurityFaultError,
  ServiceUnavailableError,
  StepUpRequiredError,
  ThrottledError,
} from '../errors';
import { sendableOf, sendableParams } from './stated-reply';
import { isInstance } from '../util/instance';
import { DeadlinePassedError } from '../http/deadline';

/** One provider's verdict, with the error behind it if there is one. */
export interface Verdict extends ProviderOutcome {
  /** The credentials that the provider reads, in lower case. */
  readonly credentials: readonly string[];
  readonly error?: unknown;
}

/** Most severe first: the most severe verdict decides the error response if no later provider grants. */
const SEVERITY: readonly ProviderVerdict[] = [
  'throttled',
  'bug',
  'deadline_passed',
  'unavailable',
  'bad_credentials',
  'step_up',
  'inactive',
  'malformed_credentials',
  'not_mine',
];

/**
 * The verdict for an error that a provider threw. Any error outside the library's own family is a bug of the provider.
 */
export function classify(error: unknown): Exclude<ProviderVerdict, 'authenticated'> {
  if (isInstance(error, ThrottledError)) return 'throttled';
  if (isInstance(error, DeadlinePassedError)) return 'deadline_passed';
  if (isInstance(error, ServiceUnavailableError)) return 'unavailable';
  if (isInstance(error, AccountStatusError)) return 'inactive';
  if (isInstance(error, StepUpRequiredError)) return 'step_up';
  if (isInstance(error, BadCredentialsError)) return 'bad_credentials';
  if (isInstance(error, MalformedCredentialsError)) return 'malformed_credentials';
  return 'bug';
}

/** True if a provider failed without having decided whether the credentials are its own. */
export function isFailure(verdict: ProviderVerdict): boolean {
  return verdict === 'bug' || verdict === 'unavailable' || verdict === 'deadline_passed';
}

/** True if a provider found the request's credentials to be its own, and invalid. */
export function isRefusal(verdict: ProviderVerdict): boolean {
  return (
    verdict === 'bad_credentials' ||
    verdict === 'step_up' ||
    verdict === 'inactive' ||
    verdict === 'malformed_credentials'
  );
}

/**
 * How severe a verdict is, 0 for the most severe. The verdict of a provider that grants or is not asked has the lowest
 * rank.
 */
export function severityOf(verdict: ProviderVerdict): number {
  const severity = SEVERITY.indexOf(verdict);
  return severity === -1 ? SEVERITY.length : severity;
}

/** The verdict that answers when no provider granted; undefined if the request has no credentials. */
export function answeringVerdict<T extends ProviderOutcome>(verdicts: readonly T[]): T | undefined {
  const [first, ...others] = verdicts.filter(({ verdict }) => severityOf(verdict) < SEVERITY.length);
  if (first === undefined) return undefined;
  return others.reduce(
    (worst, other) => (severityOf(other.verdict) < severityOf(worst.verdict) ? other : worst),
    first,
  );
}

/**
 * The error that the client gets when no provider granted. It has the type of the most severe verdict and is created
 * anew, so that nothing of a provider's error reaches the client except the parts that it states for the reply.
 */
export function refusalFor(verdicts: readonly Verdict[], isToken: boolean): SecurityError {
  const found = answeringVerdict(verdicts);
  if (found === undefined) return new AuthenticationRequiredError();
  return toError(found, isToken && found.credentials.includes('authorization'));
}

function toError({ verdict, error: cause }: Verdict, isToken: boolean): SecurityError {
  const options = { cause, ...replyOf(cause) };
  switch (verdict) {
    case 'throttled':
      return new ThrottledError({ ...options, ...retryOf(cause) });
    case 'unavailable':
    case 'deadline_passed':
      return new ServiceUnavailableError({ ...options, ...retryOf(cause) });
    case 'bad_credentials':
      return new BadCredentialsError(options);
    case 'inactive':
      return new BadCredentialsError({ cause: cause ?? new Error(INACTIVE) });
    case 'not_mine':
      return new BadCredentialsError({ cause: new Error(NOBODYS) });
    case 'step_up':
      return isInstance<StepUpRequiredError>(cause, StepUpRequiredError)
        ? new StepUpRequiredError(cause.need, options)
        : new SecurityFaultError({ cause });
    case 'malformed_credentials':
      return isToken || isBadRequest(cause)
        ? new InvalidRequestError(options)
        : new MalformedCredentialsError(options);
    default:
      return new SecurityFaultError({ cause });
  }
}

/** Causes for the log when no provider threw. */
const INACTIVE = 'The credentials are right, and the user is not active';
const NOBODYS =
  'No provider takes the credentials: a JWT has another iss than the options, no provider introspects opaque tokens';

/** The challenge and headers that an error states for the reply, if they can be sent. */
export function replyOf(error: unknown): Pick<SecurityErrorOptions, 'challenge' | 'replyHeaders'> {
  if (!isInstance<SecurityError>(error, SecurityError)) return {};
  const { challenge, replyHeaders } = error as { challenge: unknown; replyHeaders: unknown };
  return { challenge: sendableParams(challenge), replyHeaders: sendableOf(replyHeaders) };
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
