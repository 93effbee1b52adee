/**
 * Makes the reply of a refusal: the error that the host is going to send, with its headers and what the app's own hook
 * makes of it. It is the only place that does; the seam to the host writes it.
 */
import { type Audit, factsOf, outcomesOf } from '../audit/audit';
import type { ProviderOutcome } from '../core/events';
import type { SecurityRequest } from '../core/request';
import {
  MalformedCredentialsError,
  type SecurityError,
  ServiceUnavailableError,
  ThrottledError,
} from '../errors';
import { withinDeadline } from '../http/deadline';
import { rawResponse } from '../http/raw';
import { shapeRefusal } from '../http/reply';
import { RequestWithSignal } from '../http/request-with-signal';
import type { RefusalReply } from '../options';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import type { MaybePromise } from '../core/userstore';
import type { AuthenticationOutcome } from './authenticator';
import type { ChainLink } from './chain';
import { challengeOf, type ChallengeOptions } from './challenges';
import type { RequestState } from './request-state';

export interface RefusalParts extends ChallengeOptions {
  readonly audit: Audit;
  readonly links: () => readonly ChainLink[];
  readonly deadlineMs: number;
  readonly onUnauthorized:
    ((request: SecurityRequest, error: SecurityError) => MaybePromise<RefusalReply | undefined>) | undefined;
}

/** Marks an error that has its headers; a copy of it keeps the mark. */
const COMPLETED = Symbol('securest.completed');

export class Refusals {
  constructor(private readonly parts: RefusalParts) {}

  /** The error to throw for a request that is not authenticated, the same for all that ask for its user. */
  refuse(
    state: RequestState,
    outcome: Exclude<AuthenticationOutcome, { kind: 'authenticated' }>,
  ): Promise<SecurityError> {
    if (state.refusal !== undefined) return state.refusal;
    const { request } = state;
    const error = outcome.error();
    const verdicts = outcome.kind === 'barred' ? [] : outcome.verdicts;
    // An anonymous request fails only where a user is asked for; any other outcome has been reported already.
    if (outcome.kind === 'anonymous') {
      this.parts.audit.emit(() => {
        const outcomes = outcomesOf(verdicts);
        return { type: 'failed', code: error.code, outcomes, ...factsOf(request) };
      });
    }
    state.refusal = this.deny(request, error, verdicts);
    ignoreRejection(state.refusal);
    return state.refusal;
  }

  /** The error to throw for a request whose user may not do it, or for which that cannot be decided. */
  async deny(
    request: SecurityRequest,
    error: SecurityError,
    verdicts: readonly ProviderOutcome[] = [],
  ): Promise<SecurityError> {
    this.complete(error, request, verdicts);
    await this.applyHook(request, error);
    return error;
  }

  /** Gives an error the headers that its status asks for, where it has none yet. */
  complete(error: SecurityError, request: SecurityRequest, verdicts: readonly ProviderOutcome[] = []): void {
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
      const { retryAfterSeconds: seconds } = error as { retryAfterSeconds: unknown };
      // An app has its hands on every property of what it throws.
      headers['Retry-After'] = typeof seconds === 'number' && seconds >= 0 ? String(seconds) : '1';
    }
    error.headers = { ...headers, ...error.headers };
  }

  /** One value for each provider's challenge, in their order, none twice. */
  private challenges(request: SecurityRequest, verdicts: readonly ProviderOutcome[]): string[] {
    const { audit, links } = this.parts;
    const values = new Set<string>();
    for (const link of links()) {
      try {
        const verdict = verdicts.find(({ provider }) => provider === link.name)?.verdict;
        const value = challengeOf(link.get(), verdict, request, this.parts);
        if (value !== undefined) values.add(value);
      } catch (cause) {
        audit.error(`${link.name} has no valid challenge`, cause);
      }
    }
    return [...values];
  }

  private async applyHook(request: SecurityRequest, error: SecurityError): Promise<void> {
    const { audit, onUnauthorized, deadlineMs } = this.parts;
    if (onUnauthorized === undefined) return;
    try {
      const own = new RequestWithSignal(request);
      const reply = await withinDeadline(onUnauthorized(own, error), deadlineMs, (reason) => {
        own.abort(reason);
      });
      if (reply !== undefined) shapeRefusal(error, reply);
    } catch (cause) {
      audit.error('The onUnauthorized hook failed', cause);
    }
  }
}
