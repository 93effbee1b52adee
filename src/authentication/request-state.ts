/**
 * The state of one request, from its arrival to its reply. It is created once, at the seam to the host, and kept on
 * Node's own request object, which both Koa and Express build on and which is never used twice. So the state of one
 * request cannot be reached from another: the property belongs to the instance itself, and a copy, a printout or a
 * derived request leaves it out.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from '../core/exchange';
import type { Access, ResourceStoreClass } from '../core/access';
import type { UserRoles } from '../core/authorization-provider';
import type { MaybePromise } from '../core/userstore';
import type { SecurityError } from '../errors';
import type { ClientFinder } from '../http/client-address';
import { rawRequest, rawResponse } from '../http/raw';
import { HttpSecurityRequest } from '../http/security-request';
import { type HiddenProperty, hiddenProperty } from '../util/hidden-property';
import { attempted } from '../util/maybe-promise';
import type { AuthenticationOutcome } from './authenticator';
import { isSafeMethod } from './cross-site';

/** The resource of an id, or null or undefined if it does not exist. */
export type LoadedResource = Promise<object | null | undefined>;

export class RequestState {
  /** The access of the action that the request reached; undefined outside of actions. */
  access: Access | undefined;
  /** The outcome of the authentication, once it is decided. */
  outcome: AuthenticationOutcome | undefined;
  /** Whether the app's hook skips the guards of the action, once the hook has been asked. */
  isSkipped: boolean | undefined;
  /** Whether the guard of that action has been asked since the request reached it. */
  isGuarded = false;
  /** The request, as it reached that action, that the guard has let through and for which the action has not run yet. */
  granted: HttpSecurityRequest | undefined;
  /** The rule or provider that denied the request, in words, since the request reached that action. */
  deniedBy: string | undefined;
  /** The response that carries the headers that depend on the outcome. */
  marked: ServerResponse | undefined;
  /** The user's roles, once a rule has asked for them. */
  roles: MaybePromise<UserRoles> | undefined;
  /** The resources that guards and parameters have loaded, by their store and id. */
  resources: Map<ResourceStoreClass, Map<string, LoadedResource>> | undefined;
  /** The error of an unauthenticated request, the same for all callers that ask for its user. */
  refusal: Promise<SecurityError> | undefined;
  /** The headers at an early decision, before middlewares of the app that may change them. */
  private headers: IncomingHttpHeaders | undefined;
  /** The method of the request when its authentication began. */
  private method: string | undefined;
  private isUnderWay = false;
  private promise: Promise<AuthenticationOutcome> | undefined;
  private settle: ((outcome: MaybePromise<AuthenticationOutcome>) => void) | undefined;

  /** @param request as it reached its action */
  constructor(public request: HttpSecurityRequest) {}

  /** Notes the current headers of the request when middlewares of the app follow. */
  noteHeaders(): void {
    this.headers = { ...this.request.raw.headers };
  }

  /** Drops decisions that depend on a method or on headers that middlewares of the app have changed since. */
  dropOutdated(): void {
    this.dropForMethod();
    const changed = this.changedHeaders();
    if (changed.length === 0) return;
    this.noteHeaders();
    // A role loader may depend on any header.
    this.roles = undefined;
    if (this.outcome === undefined) return;
    const { headersRead } = this.outcome.kind === 'barred' ? this.outcome.authenticated : this.outcome;
    if (!headersRead.some((name) => changed.includes(name))) return;
    this.request.forgetAuthorization();
    this.dropOutcome();
  }

  private dropForMethod(): void {
    const { method: before, request } = this;
    if (before === undefined || before === request.method) return;
    // A role loader may depend on the method.
    this.roles = undefined;
    // A request with a safe method may come from any site.
    if (this.outcome !== undefined && isSafeMethod(before) && !isSafeMethod(request.method))
      this.dropOutcome();
  }

  private dropOutcome(): void {
    this.outcome = undefined;
    this.promise = undefined;
    this.settle = undefined;
    this.isUnderWay = false;
  }

  /** The names of the changed headers, in lower case. */
  private changedHeaders(): readonly string[] {
    const { headers: before } = this;
    if (before === undefined) return NONE;
    const { headers: now } = this.request.raw;
    const names = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...names].filter((name) => String(before[name]) !== String(now[name]));
  }

  /**
   * The outcome of the request's authentication, synchronous if nothing has to be awaited. It is decided once, however
   * many callers ask, even at the same time. A promise is created only for callers that ask before the decision.
   */
  authenticated(
    decide: (request: HttpSecurityRequest) => MaybePromise<AuthenticationOutcome>,
  ): MaybePromise<AuthenticationOutcome> {
    if (this.outcome !== undefined) return this.outcome;
    if (this.isUnderWay) {
      this.promise ??= new Promise((resolve) => {
        this.settle = resolve;
      });
      return this.promise;
    }
    // Set before any code runs that could ask for the outcome.
    this.isUnderWay = true;
    this.method = this.request.method;
    const outcome = attempted(() => decide(this.request));
    this.settle?.(outcome);
    if (!(outcome instanceof Promise)) {
      this.outcome = outcome;
      return outcome;
    }
    this.promise ??= outcome;
    outcome.then(
      (decided) => {
        this.outcome = decided;
      },
      // The caller receives the rejection.
      () => undefined,
    );
    return outcome;
  }
}

const NONE: readonly never[] = [];

/** The states of the requests that one instance of the library handles. */
export class RequestStates {
  private readonly state: HiddenProperty<RequestState> = hiddenProperty();

  constructor(private readonly findClient: ClientFinder) {}

  /** The state of a request, created if it does not exist yet. */
  of(action: Action): RequestState {
    const raw = rawRequest(action);
    return this.state.get(raw) ?? this.keep(raw, new HttpSecurityRequest(action, this.findClient));
  }

  /**
   * The state of a request whose Authorization came elsewhere: each of these logins is decided separately, and not
   * kept.
   */
  withAuthorization(action: Action, authorization: unknown): RequestState {
    return new RequestState(HttpSecurityRequest.withAuthorization(action, this.findClient, authorization));
  }

  /** The state of a known request; undefined if it is not known yet. */
  find(action: Action): RequestState | undefined {
    return this.state.get(rawRequest(action));
  }

  /**
   * The state of a request that has reached an action. The outcome of its authentication stays, unless the headers that
   * decided it have changed.
   */
  arrived(action: Action, access: Access): RequestState {
    const raw = rawRequest(action);
    const known = this.state.get(raw);
    known?.dropOutdated();
    const request = HttpSecurityRequest.at(action, access.route, this.findClient, known?.request);
    const state = known ?? this.keep(raw, request);
    // A role loader may depend on the path.
    if (!state.request.isAtPathOf(request)) state.roles = undefined;
    state.access = access;
    state.request = request;
    // For another action or another path, the hook may decide differently.
    state.isSkipped = undefined;
    state.isGuarded = false;
    state.granted = undefined;
    state.deniedBy = undefined;
    return state;
  }

  /** The same for an action that the request has reached, or may have reached. */
  at(action: Action, access: Access): RequestState {
    const state = this.find(action);
    const isThere = state?.access === access && state.request.response === rawResponse(action);
    return isThere ? state : this.arrived(action, access);
  }

  /**
   * The same for the guard of an action: if it is asked a second time, the request has reached the action a second
   * time.
   */
  atGuard(action: Action, access: Access): RequestState {
    const state = this.at(action, access);
    state.dropOutdated();
    if (state.isGuarded) this.arrived(action, access);
    state.isGuarded = true;
    return state;
  }

  /** True once for each grant of the action's guard, for the request as it reached the action last. */
  takeGrant(action: Action, access: Access): boolean {
    const state = this.find(action);
    if (state?.access !== access || state.granted !== state.request) return false;
    state.granted = undefined;
    return true;
  }

  private keep(raw: IncomingMessage, request: HttpSecurityRequest): RequestState {
    const state = new RequestState(request);
    this.state.set(raw, state);
    return state;
  }
}
