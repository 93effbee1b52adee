/**
 * Turns an outcome into the reply that the client gets: the error, its headers, and what the app's own
 * hook makes of it.
 */
import { type Audit, factsOf, outcomesOf } from '../audit/audit';
import type { AuthenticationOutcome } from './authenticator';
import { challengeOf } from './challenges';
import { withinDeadline } from '../http/deadline';
import { RequestWithSignal } from '../http/request-with-signal';
import type { ProviderOutcome } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { rawResponse } from '../http/raw';
import { setHeaders, shapeRefusal } from '../http/reply';
import {
  MalformedCredentialsError,
  type SecurityError,
  ServiceUnavailableError,
  ThrottledError,
} from '../errors';
import type { ResolvedOptions } from '../options';
import type { ChainLink } from './chain';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';

/** Marks an error that has its headers; a copy of it keeps the mark. */
const COMPLETED = Symbol('securest.completed');

export class Refusals {
  /** Several parameters of an action may ask for its user: one refusal answers all of them. */
  private readonly refused = new WeakMap<AuthenticationOutcome, Promise<SecurityError>>();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly audit: Audit,
    private readonly providers: () => readonly ChainLink[],
  ) {}

  /** The error to throw for a request that was not authenticated, its headers already on the response. */
  refuse(
    request: SecurityRequest,
    outcome: Exclude<AuthenticationOutcome, { kind: 'authenticated' }>,
  ): Promise<SecurityError> {
    const known = this.refused.get(outcome);
    if (known !== undefined) return known;
    const error = outcome.error();
    const verdicts = outcome.kind === 'barred' ? [] : outcome.verdicts;
    // Anonymous requests fail only where somebody has to be authenticated; the others were told of before.
    if (outcome.kind === 'anonymous') {
      this.audit.emit(() => {
        const outcomes = outcomesOf(verdicts);
        return { type: 'failed', code: error.code, outcomes, ...factsOf(request) };
      });
    }
    const refused = this.deny(request, error, verdicts);
    ignoreRejection(refused);
    this.refused.set(outcome, refused);
    return refused;
  }

  /** The error to throw for a request whose user may not do it, or for which that cannot be told. */
  async deny(
    request: SecurityRequest,
    error: SecurityError,
    verdicts: readonly ProviderOutcome[] = [],
  ): Promise<SecurityError> {
    this.complete(error, request, verdicts);
    await this.applyHook(request, error);
    setHeaders(rawResponse(request.action), error.headers);
    return error;
  }

  /** Gives an error the headers that its status asks for, where it has none yet. */
  complete(error: SecurityError, request: SecurityRequest, verdicts: readonly ProviderOutcome[]): void {
    if (COMPLETED in error) return;
    Object.defineProperty(error, COMPLETED, { value: true });
    const headers: Record<string, string | string[]> = { 'Cache-Control': 'private, no-store' };
    // Koa's own error handler keeps no header of the reply but those that the error names.
    const response = rawResponse(request.action);
    const vary = response?.getHeader('Vary');
    if (vary !== undefined) headers['Vary'] = String(vary);
    // What a provider told the client of its success; a 401 must not look like a leg of its login.
    const proof = response?.getHeader('WWW-Authenticate');
    if (proof !== undefined) headers['WWW-Authenticate'] = [proof].flat().map(String);
    if (error.httpCode === 401 || isInstance(error, MalformedCredentialsError)) {
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

  /** One value for each provider's challenge, in their order, none twice. */
  private challenges(request: SecurityRequest, verdicts: readonly ProviderOutcome[]): string[] {
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
