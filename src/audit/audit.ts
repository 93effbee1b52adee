/**
 * Tells listeners and the log what was decided. Whatever they throw changes no decision.
 */
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

/** Node's own way to hear of what a library does, for tools that no app has to hand anything to. */
const CHANNEL = channel('securest:event');

function publish(event: SecurityEvent): void {
  CHANNEL.publish(event);
}

/** What every event says about its request. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly route: string | undefined;
  readonly ip: string;
}

export class Audit {
  /** Those who watch for metrics and traces. */
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

  /** @param make is called only where somebody listens, for each anew: an event for each request costs time */
  emit(make: () => SecurityEvent): void {
    if (this.listener !== undefined) this.tell(this.listener, make);
    // What a subscriber throws Node throws again by itself, later, as an uncaught exception: nothing comes back here.
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

  /** Tells what became of a request's authentication. */
  outcome(request: SecurityRequest, outcome: AuthenticationOutcome): void {
    const login = outcome.kind === 'barred' ? outcome.authenticated : outcome;
    for (const { provider, verdict, error, credentials } of login.verdicts) {
      if (verdict === 'authenticated') this.outages.ended(provider);
      if (!isFault(verdict)) continue;
      // Work that was given up because its client has gone says nothing of the component.
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
    const reason = 'sent by a page of a foreign site';
    this.emit(() => ({ type: 'denied', code, user, reason, ...factsOf(request) }));
  }

  /** Tells what became of a login that goes on: that it has ended, or that this is not known. */
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
      // It is checked again and again, and so are many others: a bug is told no more often than an outage.
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

  /** Tells that a decision could not be taken, where that is news. */
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

  /** Tells of a problem that a store or provider found by itself. */
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
      // A broken log must not decide about requests.
    }
  }
}

function isFault(verdict: ProviderVerdict): verdict is UnavailableEvent['reason'] {
  return verdict === 'bug' || verdict === 'unavailable' || verdict === 'deadline_passed';
}

/** Of a decision that could not be taken. */
interface Fault {
  readonly message: string;
  readonly cause: unknown;
  readonly secrets: readonly string[];
}

/** Whose token it was, by its claims. */
function tokenFacts({ authentication: { claims } }: Authenticated): { issuer?: string; subject?: string } {
  const textOf = (name: string): string | undefined => {
    const value: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return typeof value === 'string' ? printable(value) : undefined;
  };
  const [issuer, subject] = [textOf('iss'), textOf('sub')];
  return { ...(issuer !== undefined && { issuer }), ...(subject !== undefined && { subject }) };
}

/** False for what is really down: whoever reports that says why. */
function hasNoCause(error: unknown): boolean {
  return isInstance<ServiceUnavailableError>(error, ServiceUnavailableError) && error.cause === undefined;
}

/** True where nobody waits for the reply any more. */
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

/** Of a request whose path cannot be known something is told all the same. */
function pathOf(request: SecurityRequest): string {
  try {
    return request.path;
  } catch {
    return '(unknown)';
  }
}

/** The secrets that came with a request: what reads them may quote them in what it throws. */
export function secretsOf(request: SecurityRequest, credentials: readonly string[] = []): string[] {
  return [...new Set(['authorization', 'cookie', ...credentials])].flatMap((name) =>
    secretsIn(headerOf(request, name) ?? ''),
  );
}

/** Nothing of one that came more often than it may: what is told of a request must not depend on it. */
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
