/**
 * Builds the error response: the error that the host sends, with its headers and the result of the app's own hook. No
 * other module builds it, and the host writes it.
 */
import type { ServerResponse } from 'node:http';
import { type Audit, factsOf, outcomesOf, secretsOf } from '../audit/audit';
import type { Authentication } from '../core/authentication';
import type { ProviderOutcome } from '../core/events';
import type { SecurityRequest } from '../core/request';
import {
  AccessDeniedError,
  InsufficientScopeError,
  MalformedCredentialsError,
  type SecurityError,
  ServiceUnavailableError,
  StepUpRequiredError,
  ThrottledError,
} from '../errors';
import { withinDeadline } from '../http/deadline';
import { rawResponse } from '../http/raw';
import { answerAs, redirect, shapeRefusal } from '../http/reply';
import { RequestWithSignal } from '../http/request-with-signal';
import type { RefusalReply } from '../options';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import type { MaybePromise } from '../core/userstore';
import type { AuthenticationOutcome } from './authenticator';
import type { ChainLink } from './chain';
import { scopesOf } from '../rules/scope';
import { type ChallengeOptions, Challenges, type RefusedRequest } from './challenges';
import { loginPageFor, stepUpHeaderFor } from './login-page';
import { ownChallengesOf } from './own-challenges';
import type { Recorder } from './recorder';
import type { RequestState } from './request-state';
import { sendableOf } from './stated-reply';
import type { Verdict } from './verdicts';

export interface RefusalParts extends ChallengeOptions {
  readonly audit: Audit;
  readonly recorder: Recorder;
  readonly links: () => readonly ChainLink[];
  /** The headers that credentials come in. */
  readonly credentialHeaders: () => readonly string[];
  readonly deadlineMs: number;
  /** The page to which a browser that asks for a page is redirected. */
  readonly loginPage: string | undefined;
  readonly onUnauthorized:
    ((request: SecurityRequest, error: SecurityError) => MaybePromise<RefusalReply | undefined>) | undefined;
}

/** The decision that refused a request. */
export interface Decided {
  /** The verdicts of a request that no provider authenticated. */
  readonly verdicts?: readonly (ProviderOutcome & Partial<Verdict>)[];
  /** The provider that authenticated the request, and the login. */
  readonly provider?: string | undefined;
  readonly login?: Authentication | undefined;
}

/** Marks an error that has its headers already; a copy of the error keeps the mark. */
const COMPLETED = Symbol('securest.completed');

export class Refusals {
  private readonly challenges: Challenges;

  constructor(private readonly parts: RefusalParts) {
    const { audit, links } = parts;
    this.challenges = new Challenges(links, parts, (provider, cause) => {
      audit.error(`${provider} has no valid challenge`, cause);
    });
  }

  /** The error to throw for a request that is not authenticated, the same for all callers that ask for its user. */
  refuse(
    state: RequestState,
    outcome: Exclude<AuthenticationOutcome, { kind: 'authenticated' }>,
  ): Promise<SecurityError> {
    if (state.refusal !== undefined) return state.refusal;
    const { request } = state;
    const error = outcome.error();
    const verdicts = outcome.kind === 'barred' ? [] : outcome.verdicts;
    // An anonymous request fails only when a user is required; any other outcome has been reported already.
    if (outcome.kind === 'anonymous') {
      this.parts.audit.emit(() => {
        const outcomes = outcomesOf(verdicts);
        return { type: 'failed', code: error.code, outcomes, ...factsOf(request) };
      });
    }
    state.refusal = this.deny(state, error, { verdicts });
    ignoreRejection(state.refusal);
    return state.refusal;
  }

  /** The error to throw if the user is denied, or if the decision is impossible. */
  async deny(state: RequestState, error: SecurityError, by: Decided): Promise<SecurityError> {
    this.complete(error, state, by);
    await this.applyHook(state.request, error);
    return error;
  }

  /** Gives an error the status of its reply and the headers that the status requires, unless it has them already. */
  complete(error: SecurityError, state: RequestState, by: Decided = decidedIn(state)): void {
    if (COMPLETED in error) return;
    const { request, access } = state;
    Object.defineProperty(error, COMPLETED, { value: true });
    // Koa's own error handler keeps only those headers of the reply that the error names.
    const response = rawResponse(request.action);
    const headers: Record<string, string | string[]> = {
      ...headersOfLogin(state, response),
      'Cache-Control': 'private, no-store',
    };
    const vary = response?.getHeader('Vary');
    if (vary !== undefined) headers['Vary'] = String(vary);
    // A provider's proof to the client of a successful login; a 401 must not look like a further step of that login.
    const proof = response?.getHeader('WWW-Authenticate');
    if (proof !== undefined) headers['WWW-Authenticate'] = [proof].flat().map(String);
    const challenges = this.challengesFor(error, {
      request,
      error,
      verdicts: by.verdicts ?? [],
      scopes: access === undefined ? [] : scopesOf(access),
      grantedBy: by.provider,
    });
    if (challenges.length > 0) headers['WWW-Authenticate'] = challenges;
    const stepUp = stepUpHeaderFor(error, by.login);
    if (stepUp !== undefined) headers['Session-Step-Up'] = stepUp;
    if (
      isInstance<ThrottledError | ServiceUnavailableError>(error, ThrottledError, ServiceUnavailableError)
    ) {
      const { retryAfterSeconds: seconds } = error as { retryAfterSeconds: unknown };
      // The app can change every property of an error that it throws.
      headers['Retry-After'] = typeof seconds === 'number' && seconds >= 0 ? String(seconds) : '1';
    }
    const page = loginPageFor(error, request, this.parts.loginPage, by.login);
    if (page !== undefined) {
      delete headers['WWW-Authenticate'];
      headers['Location'] = page;
      redirect(error);
    }
    error.headers = { ...sendableOf(error.replyHeaders), ...headers, ...error.headers };
  }

  /** The last step before the reply is written: an error that an action itself threw has no headers yet. */
  answer(error: SecurityError, state: RequestState): void {
    this.complete(error, state);
    this.parts.recorder.refused(error, state);
  }

  private challengesFor(error: SecurityError, refused: RefusedRequest): string[] {
    const own = ownChallengesOf(error);
    if (own !== undefined) return own.map((challenge) => this.challenges.own(challenge));
    const asksForLogin = isInstance(error, StepUpRequiredError);
    if (asksForLogin || isInstance(error, InsufficientScopeError)) {
      const challenge = this.challenges.ofToken(refused);
      if (challenge !== undefined) return [challenge];
      // A 401 must have a challenge, and no challenge could express this requirement.
      if (asksForLogin) answerAs(error, new AccessDeniedError());
      return [];
    }
    const isForLogin = error.httpCode === 401 || isInstance(error, MalformedCredentialsError);
    return isForLogin ? this.challenges.all(refused) : [];
  }

  private async applyHook(request: SecurityRequest, error: SecurityError): Promise<void> {
    const { audit, credentialHeaders, onUnauthorized, deadlineMs } = this.parts;
    if (onUnauthorized === undefined) return;
    try {
      const own = new RequestWithSignal(request);
      const reply = await withinDeadline(onUnauthorized(own, error), deadlineMs, (reason) => {
        own.abort(reason);
      });
      if (reply !== undefined) shapeRefusal(error, reply);
    } catch (cause) {
      audit.error('The onUnauthorized hook failed', cause, secretsOf(request, credentialHeaders()));
    }
  }
}

/**
 * The headers that the login of a request has set on its reply. Cookies are left out: they would be added a second
 * time.
 */
function headersOfLogin(
  { outcome }: RequestState,
  response: ServerResponse | undefined,
): Record<string, string | string[]> {
  if (outcome?.kind !== 'authenticated') return {};
  const names = Object.keys(outcome.authentication.replyHeaders).filter(
    (name) => !/^set-cookie$/i.test(name),
  );
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = response?.getHeader(name);
      return value === undefined ? [] : [[name, Array.isArray(value) ? value : String(value)]];
    }),
  );
}

/** The decision for an error that an action itself throws. */
function decidedIn({ outcome }: RequestState): Decided {
  switch (outcome?.kind) {
    case 'authenticated':
      return { provider: outcome.provider, login: outcome.authentication };
    case 'barred':
      return { provider: outcome.authenticated.provider };
    default:
      return {};
  }
}
