/**
 * The work per request: the two checkers that routing-controllers calls.
 *
 * Only `allowed()` lets a request through to a guarded action: if no level and no authorization provider denies it, or
 * if the app's `skip` hook returns a literal true. Every other path throws or rejects.
 */
import type { ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import { requiresUser } from '../access/compiled';
import { type Audit, factsOf, secretsOf } from '../audit/audit';
import { attribute } from '../authentication/attribute';
import type { AuthenticationOutcome, Authenticator } from '../authentication/authenticator';
import type { Authenticated, Login } from '../authentication/chain';
import type { Refusals } from '../authentication/refusals';
import { RequestState, type RequestStates } from '../authentication/request-state';
import type { UserstoreChain } from '../authentication/userstore-chain';
import type { Authorizer, Denial } from '../authorization/authorizer';
import type { Access } from '../core/access';
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { AccessDeniedError, StepUpRequiredError } from '../errors';
import { dependOn, setHeaders } from '../http/reply';
import { RequestWithSignal } from '../http/request-with-signal';
import type { HttpSecurityRequest } from '../http/security-request';
import { ignoreRejection } from '../util/ignore-rejection';
import { chained } from '../util/maybe-promise';

export interface CheckerParts {
  readonly audit: Audit;
  readonly states: RequestStates;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly userstore: UserstoreChain;
  readonly refusals: Refusals;
  /** The headers that contain credentials, for Vary. */
  readonly credentialHeaders: () => readonly string[];
  readonly skip: ((request: SecurityRequest) => boolean) | undefined;
  /** @throws ConfigurationError if the last start of the app failed */
  readonly refuseFailedStart: () => void;
  readonly deadlineMs: number;
}

export class Checkers {
  constructor(private readonly parts: CheckerParts) {}

  /** Lets a request through to a guarded action; otherwise throws, or rejects with, the error response. */
  authorize(action: Action, access: Access): MaybePromise<true> {
    this.parts.refuseFailedStart();
    const state = this.parts.states.atGuard(action, access);
    // Bound to this action, whatever action the request reaches meanwhile.
    const { request } = state;
    if (this.isSkipped(state)) {
      state.granted = request;
      return this.allowed(request, undefined);
    }
    return chained(this.outcomeOf(state), (outcome) => {
      if (outcome.kind !== 'authenticated') return this.refused(state, outcome);
      return this.decide(state, outcome, access, request);
    });
  }

  /**
   * Refuses, before the body is read, the requests that `authorize` would refuse without running the app's own code. It
   * never grants: the guard checks every remaining request again, with the same login.
   */
  refuseEarly(action: Action, access: Access): MaybePromise<undefined> {
    const state = this.parts.states.at(action, access);
    const { request } = state;
    state.noteHeaders();
    const isSkipped = this.isSkipped(state);
    // The guard asks the hook again: a middleware in between may change the facts that the hook uses.
    state.isSkipped = undefined;
    if (isSkipped) return undefined;
    return chained(this.parts.authenticator.authenticate(state), (outcome) => {
      if (outcome.kind !== 'authenticated') {
        this.markReply(state, request.response, outcome);
        return this.refused(state, outcome);
      }
      return chained(this.parts.authorizer.earlyDenial(access, outcome, state, request), (denial) => {
        if (denial === undefined) return undefined;
        this.markReply(state, request.response, outcome);
        return this.denied(state, outcome, denial);
      });
    });
  }

  /**
   * The same as `authorize` outside of actions: with roles and resources of its own, as they are now.
   * @param isRecheck true if it was allowed before, so that only a refusal is reported
   */
  authorizeLogin(
    request: HttpSecurityRequest,
    login: Login,
    access: Access,
    isRecheck: boolean,
  ): MaybePromise<true> {
    this.parts.refuseFailedStart();
    return this.decide(new RequestState(request), login, access, request, isRecheck);
  }

  private decide(
    state: RequestState,
    login: Login,
    access: Access,
    request: HttpSecurityRequest,
    isRecheck = false,
  ): MaybePromise<true> {
    return chained(this.parts.authorizer.denial(access, login, state, request), (denial) => {
      if (denial !== undefined) return this.denied(state, login, denial);
      state.granted = request;
      return isRecheck ? true : this.allowed(request, login);
    });
  }

  /** The request's login; undefined only if the request has no credentials and no parameter requires a user. */
  login(action: Action, access: Access): MaybePromise<Authenticated | undefined> {
    this.parts.refuseFailedStart();
    const state = this.parts.states.at(action, access);
    return chained(this.outcomeOf(state), (outcome) => {
      if (outcome.kind === 'authenticated') return outcome;
      if (outcome.kind === 'anonymous' && !requiresUser(access)) return undefined;
      return this.refused(state, outcome);
    });
  }

  /** The same for an action that needs more than the user: only there the user's source may matter. */
  attributedLogin(action: Action, access: Access): MaybePromise<Authentication | undefined> {
    const { deadlineMs, userstore } = this.parts;
    return chained(this.login(action, access), (login) => login && attribute(login, userstore, deadlineMs));
  }

  private outcomeOf(state: RequestState): MaybePromise<AuthenticationOutcome> {
    const { response } = state.request;
    return chained(this.parts.authenticator.authenticate(state), (outcome) => {
      this.markReply(state, response, outcome);
      return outcome;
    });
  }

  /** Marks the reply as dependent on the user, and adds a provider's reply headers, once. */
  private markReply(
    state: RequestState,
    response: ServerResponse | undefined,
    outcome: AuthenticationOutcome,
  ): void {
    if (response === undefined || response === state.marked) return;
    state.marked = response;
    const { headersRead } = outcome.kind === 'barred' ? outcome.authenticated : outcome;
    dependOn(response, this.parts.credentialHeaders(), headersRead, outcome.kind !== 'anonymous');
    if (outcome.kind === 'authenticated') setHeaders(response, outcome.authentication.replyHeaders);
  }

  /** @param login undefined for a request that the app's hook skips */
  private allowed(request: SecurityRequest, login: Login | undefined): true {
    this.parts.audit.emit(() => {
      return { type: 'allowed', user: login?.label(), skipped: login === undefined, ...factsOf(request) };
    });
    return true;
  }

  private async refused(
    state: RequestState,
    outcome: Exclude<AuthenticationOutcome, { kind: 'authenticated' }>,
  ): Promise<never> {
    throw await this.parts.refusals.refuse(state, outcome);
  }

  private async denied(state: RequestState, login: Login, { error, reason }: Denial): Promise<never> {
    const { request } = state;
    state.deniedBy = reason;
    if (error instanceof AccessDeniedError || error instanceof StepUpRequiredError) {
      this.parts.audit.emit(() => {
        return { type: 'denied', code: error.code, user: login.label(), reason, ...factsOf(request) };
      });
    }
    const by = { provider: login.provider, login: login.authentication };
    throw await this.parts.refusals.deny(state, error, by);
  }

  private isSkipped(state: RequestState): boolean {
    const { skip, audit } = this.parts;
    if (skip === undefined) return false;
    if (state.isSkipped !== undefined) return state.isSkipped;
    const secrets = () => secretsOf(state.request, this.parts.credentialHeaders());
    let result: unknown;
    try {
      result = skip(new RequestWithSignal(state.request));
      ignoreRejection(result, (error) => {
        audit.error('The skip hook must answer at once, and it rejected', error, secrets());
      });
    } catch (error) {
      audit.error('The skip hook failed, so the request is not skipped', error, secrets());
    }
    state.isSkipped = result === true;
    return state.isSkipped;
  }
}
