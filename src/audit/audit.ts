/** Reports decisions to listeners and the log. An error that they throw changes no decision. */
import { channel } from 'node:diagnostics_channel';
import type { AuthenticationOutcome } from '../authentication/authenticator';
import type { Authenticated } from '../authentication/chain';
import type { Verdict } from '../authentication/verdicts';
import type {
  Problem,
  ProviderOutcome,
  ProviderVerdict,
  SecurityEvent,
  SecurityEventListener,
  UnavailableEvent,
} from '../core/events';
import type { Logger } from '../core/logger';
import type { SecurityRequest } from '../core/request';
import { type SecurityError, ServiceUnavailableError } from '../errors';
import { rawResponse } from '../http/raw';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import { describeError } from '../util/describe-error';
import { masked, secretsIn } from '../util/masked';
import { printable } from '../util/printable';
import type { Clock } from '../util/clock';
import { Observers } from './observers';
import { Outages } from './outages';

/** Node's own channel for events of a library, for tools that the app does not have to configure. */
const CHANNEL = channel('securest:event');

function publish(event: SecurityEvent): void {
  CHANNEL.publish(event);
}

/** The facts that every event states about its request. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly route: string | undefined;
  readonly ip: string;
}

export class Audit {
  /** The observers for metrics and traces. */
  readonly observers = new Observers((cause) => {
    this.error('An observer failed', cause);
  });
  private readonly outages: Outages;

  constructor(
    private readonly listener: SecurityEventListener | undefined,
    private readonly logger: Logger,
    clock: Clock,
  ) {
    this.outages = new Outages(clock);
  }

  /** @param make is called only if there is a listener, and anew for each: an event for each request costs time */
  emit(make: () => SecurityEvent): void {
    if (this.listener !== undefined) this.tell(this.listener, make);
    // Node rethrows a subscriber's error later by itself, as an uncaught exception: it does not arrive here.
    if (CHANNEL.hasSubscribers) this.tell(publish, make);
    if (this.observers.isOn) this.observers.event(make);
  }

  private tell(listener: SecurityEventListener, make: () => SecurityEvent): void {
    try {
      const result: unknown = listener(make());
      ignoreRejection(result, (error) => {
        this.error('The event listener failed', error);
      });
    } catch (error) {
      this.error('The event listener failed', error);
    }
  }

  /** Reports the outcome of a request's authentication. */
  outcome(request: SecurityRequest, outcome: AuthenticationOutcome): void {
    const login = outcome.kind === 'barred' ? outcome.authenticated : outcome;
    for (const { provider, verdict, error, credentials } of login.verdicts) {
      if (verdict === 'authenticated') this.outages.ended(provider);
      if (!isFault(verdict)) continue;
      // Work that was dropped because its client has gone is no sign of an outage.
      if (verdict === 'unavailable' && hasNoCause(error) && hasGone(request)) continue;
      this.unavailable(request, provider, verdict, {
        message: `${provider} could not decide (${verdict})`,
        cause: error,
        secrets: secretsOf(request, credentials),
      });
    }
    if (login.kind === 'anonymous') return;
    this.emit(() => {
      const facts = { outcomes: outcomesOf(login.verdicts), ...factsOf(request) };
      if (login.kind !== 'authenticated') return { type: 'failed', code: login.error().code, ...facts };
      const user = login.label();
      const { provedBy } = login.authentication;
      return {
        type: 'authenticated',
        user,
        provider: login.provider,
        provedBy,
        ...tokenFacts(login),
        ...facts,
      };
    });
    if (outcome.kind !== 'barred') return;
    const user = outcome.authenticated.label();
    const { code } = outcome.error();
    const isBare = ['sec-fetch-site', 'origin'].every((name) => request.header(name) === undefined);
    const reason = isBare ? 'has neither Sec-Fetch-Site nor Origin' : 'sent by a page of a foreign site';
    this.emit(() => ({ type: 'denied', code, user, reason, ...factsOf(request) }));
  }

  /** Reports the recheck of a continuing login: that the login has ended, or that the recheck is undecided. */
  recheck(
    request: SecurityRequest,
    { provider, verdict, credentials, error: cause }: Verdict,
    error: SecurityError | undefined,
  ): void {
    if (error === undefined) {
      this.outages.ended(provider);
    } else if (isFault(verdict) || verdict === 'throttled') {
      const reason = verdict === 'throttled' ? 'unavailable' : verdict;
      const message = `${provider} could not check a login again (${verdict})`;
      // Many logins are rechecked again and again, so a bug is reported no more often than an outage.
      const count = this.outages.note(provider, reason === 'bug' ? 'unavailable' : reason);
      const secrets = secretsOf(request, credentials);
      this.tellUnavailable(count, request, provider, reason, { message, cause, secrets });
    } else {
      this.emit(() => {
        const outcomes = outcomesOf([{ provider, verdict }]);
        return { type: 'failed', code: error.code, outcomes, ...factsOf(request) };
      });
    }
  }

  /** Reports that a decision could not be made, unless the same outage was reported recently. */
  unavailable(
    request: SecurityRequest,
    component: string,
    reason: UnavailableEvent['reason'],
    fault: Fault,
  ): void {
    this.tellUnavailable(this.outages.note(component, reason), request, component, reason, fault);
  }

  private tellUnavailable(
    count: number,
    request: SecurityRequest,
    component: string,
    reason: UnavailableEvent['reason'],
    { message, cause, secrets }: Fault,
  ): void {
    if (count === 0) return;
    this.emit(() => ({ type: 'unavailable', component, reason, count, ...factsOf(request) }));
    this.error(
      count > 1 ? `${message}, ${String(count)} times since the last such line` : message,
      cause,
      secrets,
    );
  }

  /** Reports a problem that a store or provider found by itself. */
  problem({ type = 'misconfigured', component, problem, user }: Problem): void {
    const who = user === undefined ? undefined : printable(user);
    const told = masked(problem);
    const facts = { component, problem: printable(told, MAX_LINE) };
    this.emit(() => (type === 'misconfigured' ? { type, ...facts, user: who } : { type, ...facts }));
    this.warn(`${component}: ${told}${who === undefined ? '' : ` (user ${who})`}`);
  }

  info(message: string): void {
    this.write('info', message);
  }

  warn(message: string): void {
    this.write('warn', message);
  }

  /** Logs a fault with its cause, on one line, without the secrets that the cause may quote. */
  error(message: string, cause: unknown, secrets: readonly string[] = []): void {
    this.write('error', `${message}: ${describeError(cause, secrets)}`);
  }

  private write(level: keyof Logger, message: string): void {
    try {
      const log: (line: string) => unknown = this.logger[level].bind(this.logger);
      ignoreRejection(log(printable(`securest: ${message}`, MAX_LINE)));
    } catch {
      // A failing log must not decide about requests.
    }
  }
}

function isFault(verdict: ProviderVerdict): verdict is UnavailableEvent['reason'] {
  return verdict === 'bug' || verdict === 'unavailable' || verdict === 'deadline_passed';
}

/** A decision that could not be made. */
interface Fault {
  readonly message: string;
  readonly cause: unknown;
  readonly secrets: readonly string[];
}

/** The issuer and subject of the token, from its claims. */
function tokenFacts({ authentication: { claims } }: Authenticated): { issuer?: string; subject?: string } {
  const textOf = (name: string): string | undefined => {
    const value: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return typeof value === 'string' ? printable(value) : undefined;
  };
  const [issuer, subject] = [textOf('iss'), textOf('sub')];
  return { ...(issuer !== undefined && { issuer }), ...(subject !== undefined && { subject }) };
}

/** False for a real outage, whose error has a cause. */
function hasNoCause(error: unknown): boolean {
  return isInstance<ServiceUnavailableError>(error, ServiceUnavailableError) && error.cause === undefined;
}

/** True if the client has closed the connection before the reply was complete. */
function hasGone({ action }: SecurityRequest): boolean {
  const response = rawResponse(action);
  return response?.destroyed === true && !response.writableFinished;
}

const MAX_LINE = 2000;

/** The facts of a request, safe to log. */
export function factsOf(request: SecurityRequest): RequestFacts {
  return {
    method: printable(request.method, 16),
    path: printable(pathOf(request)),
    route: request.route,
    ip: request.ip,
  };
}

/** A request whose path is unknown is reported nevertheless. */
function pathOf(request: SecurityRequest): string {
  try {
    return request.path;
  } catch {
    return '(unknown)';
  }
}

/** The secrets that a request sent: code that reads them may quote them in its errors. */
export function secretsOf(request: SecurityRequest, credentials: readonly string[] = []): string[] {
  return [...new Set(['authorization', 'cookie', ...credentials])].flatMap((name) =>
    secretsIn(headerOf(request, name) ?? ''),
  );
}

/** Undefined for a header that was sent more often than allowed: reporting the request must not depend on it. */
function headerOf(request: SecurityRequest, name: string): string | undefined {
  try {
    return request.header(name);
  } catch {
    return undefined;
  }
}

/** Verdicts without the errors behind them: an event carries no cause. */
export function outcomesOf(verdicts: readonly ProviderOutcome[]): ProviderOutcome[] {
  return verdicts.map(({ provider, verdict }) => ({ provider, verdict }));
}
