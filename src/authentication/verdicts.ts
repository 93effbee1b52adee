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

/** One provider's verdict, with the error behind it where there is one. */
export interface Verdict extends ProviderOutcome {
  /** What the provider reads, in lower case. */
  readonly credentials: readonly string[];
  readonly error?: unknown;
}

/** Most severe first: what nothing later made good decides what the client is told. */
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

/** What a provider means by what it threw. Anything but the family's own errors is a bug in it. */
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

/** True when a provider failed without having said whose credentials they are. */
export function isFailure(verdict: ProviderVerdict): boolean {
  return verdict === 'bug' || verdict === 'unavailable' || verdict === 'deadline_passed';
}

/** True when a provider found the request's credentials to be its own, and no good. */
export function isRefusal(verdict: ProviderVerdict): boolean {
  return (
    verdict === 'bad_credentials' ||
    verdict === 'step_up' ||
    verdict === 'inactive' ||
    verdict === 'malformed_credentials'
  );
}

/** How severe a verdict is, 0 for the most severe; that of a provider which grants or is not asked is none. */
export function severityOf(verdict: ProviderVerdict): number {
  const severity = SEVERITY.indexOf(verdict);
  return severity === -1 ? SEVERITY.length : severity;
}

/** The verdict that answers when no provider granted; undefined where no credentials came. */
export function answeringVerdict<T extends ProviderOutcome>(verdicts: readonly T[]): T | undefined {
  const [first, ...others] = verdicts.filter(({ verdict }) => severityOf(verdict) < SEVERITY.length);
  if (first === undefined) return undefined;
  return others.reduce(
    (worst, other) => (severityOf(other.verdict) < severityOf(worst.verdict) ? other : worst),
    first,
  );
}

/**
 * The one error that the client gets when no provider granted: of the most severe verdict, made anew, so
 * that nothing reaches the client of what a provider threw but what it says for the reply.
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

/** For those who look why, where no provider threw. */
const INACTIVE = 'The credentials are right, and the user is not active';
const NOBODYS =
  'No provider takes the credentials: a JWT has another iss than the options, no provider introspects opaque tokens';

/** What an error says for the reply, as it can be sent. */
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
