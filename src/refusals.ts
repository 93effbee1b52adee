/**
 * Turns an outcome into the reply that the client gets: the error, its headers, and what the app's own
 * hook makes of it.
 */
import { type Audit, factsOf, outcomesOf } from './audit';
import type { AuthenticationOutcome } from './authentication/authenticator';
import { challengeOf } from './authentication/challenges';
import { withinDeadline } from './authentication/deadline';
import { RequestWithSignal } from './authentication/provider-request';
import type { AuthProviderInterface } from './core/auth-provider';
import type { ProviderVerdict } from './core/events';
import type { SecurityRequest } from './core/request';
import { rawRequest, rawResponse } from './core/execution';
import { setHeaders, shapeRefusal } from './drivers/reply';
import { type SecurityError, ServiceUnavailableError, ThrottledError } from './errors';
import type { ResolvedOptions } from './options';
import type { Component } from './registry/components';
import { isInstance } from './util/instance';

export class Refusals {
  private readonly announced = new WeakSet<object>();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly audit: Audit,
    private readonly providers: () => readonly Component<AuthProviderInterface>[],
  ) {}

  /** The error to throw, its headers already on the response. */
  async refuse(
    request: SecurityRequest,
    outcome: AuthenticationOutcome,
    denial?: SecurityError,
  ): Promise<SecurityError> {
    const error = denial ?? this.errorOf(outcome);
    if (outcome.kind === 'anonymous') this.announce(request, outcome, error);
    this.complete(error, request, 'verdicts' in outcome ? outcome.verdicts : []);
    await this.applyHook(request, error);
    setHeaders(rawResponse(request.action), error.headers);
    return error;
  }

  /** Gives an error the headers that its status asks for, where it has none yet. */
  complete(
    error: SecurityError,
    request: SecurityRequest,
    verdicts: readonly { provider: string; verdict: ProviderVerdict }[],
  ): void {
    if ('Cache-Control' in error.headers) return;
    const headers: Record<string, string | string[]> = { 'Cache-Control': 'private, no-store' };
    if (error.httpCode === 401 || error.httpCode === 400) {
      const challenges = this.challenges(request, verdicts);
      if (challenges.length > 0) headers['WWW-Authenticate'] = challenges;
    }
    if (
      isInstance<ThrottledError | ServiceUnavailableError>(error, ThrottledError, ServiceUnavailableError)
    ) {
      headers['Retry-After'] = String(error.retryAfterSeconds);
    }
    error.headers = { ...headers, ...error.headers };
  }

  private errorOf(outcome: AuthenticationOutcome): SecurityError {
    if (outcome.kind === 'recognised') throw new Error('A recognised request is refused for a reason');
    return outcome.error();
  }

  /** One value for each provider's challenge, in their order, none twice. */
  private challenges(
    request: SecurityRequest,
    verdicts: readonly { provider: string; verdict: ProviderVerdict }[],
  ): string[] {
    const values = new Set<string>();
    for (const component of this.providers()) {
      try {
        const verdict = verdicts.find(({ provider }) => provider === component.name)?.verdict;
        const value = challengeOf(component.get(), verdict, request, this.options);
        if (value !== undefined) values.add(value);
      } catch (cause) {
        this.audit.error(`${component.name} has no valid challenge`, cause);
      }
    }
    return [...values];
  }

  /** Anonymous requests fail only where somebody has to be recognised; each is told of once. */
  private announce(request: SecurityRequest, outcome: AuthenticationOutcome, error: SecurityError): void {
    const key = rawRequest(request.action);
    if (this.announced.has(key)) return;
    this.announced.add(key);
    const outcomes = 'verdicts' in outcome ? outcomesOf(outcome.verdicts) : [];
    this.audit.emit({ type: 'failed', code: error.code, outcomes, ...factsOf(request) });
  }

  private async applyHook(request: SecurityRequest, error: SecurityError): Promise<void> {
    const { onUnauthorized, deadlineMs } = this.options;
    if (onUnauthorized === undefined) return;
    try {
      const own = new RequestWithSignal(request);
      const reply = await withinDeadline(onUnauthorized(own, error), deadlineMs, (reason) => {
        own.abort(reason);
      });
      if (reply !== undefined) shapeRefusal(error, reply);
    } catch (cause) {
      this.audit.error('The onUnauthorized hook failed', cause);
    }
  }
}
