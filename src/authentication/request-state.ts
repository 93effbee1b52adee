/**
 * What is known of one request, from its arrival to its reply: made once, at the seam to the host, and kept on Node's
 * own request object, which Koa and Express both build on and which is never used twice. So nothing of one request can
 * be found from another: the property is the instance's own, and whatever copies, prints or derives a request leaves it
 * out.
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

/** The resource of an id, or what says that there is none. */
export type LoadedResource = Promise<object | null | undefined>;

export class RequestState {
  /** The access of the action that the request came to; undefined outside of actions. */
  access: Access | undefined;
  /** Who sent it, once that is decided. */
  outcome: AuthenticationOutcome | undefined;
  /** Whether the app's hook skips its guards, once the hook has been asked. */
  isSkipped: boolean | undefined;
  /** Whether the guard of that action has been asked since the request came to it. */
  isGuarded = false;
  /** The rule or provider that denied it, in words, since the request came to that action. */
  deniedBy: string | undefined;
  /** The response that carries what depends on the outcome. */
  marked: ServerResponse | undefined;
  /** The user's roles, once a rule has asked for them. */
  roles: MaybePromise<UserRoles> | undefined;
  /** The resources that guards and parameters have asked for, by their store and id. */
  resources: Map<ResourceStoreClass, Map<string, LoadedResource>> | undefined;
  /** The one error for all that ask for the user of a request that is not authenticated. */
  refusal: Promise<SecurityError> | undefined;
  /** As they were when it was decided about before middlewares of the app, which may change them. */
  private headers: IncomingHttpHeaders | undefined;
  private isUnderWay = false;
  private promise: Promise<AuthenticationOutcome> | undefined;
  private settle: ((outcome: MaybePromise<AuthenticationOutcome>) => void) | undefined;

  /** @param request as it came to the action that it is in */
  constructor(public request: HttpSecurityRequest) {}

  /** Notes the headers that the request has by now, where middlewares of the app follow. */
  noteHeaders(): void {
    this.headers = { ...this.request.raw.headers };
  }

  /** Drops what was decided by headers that middlewares of the app have changed since they were noted. */
  dropOutdated(): void {
    const changed = this.changedHeaders();
    if (changed.length === 0) return;
    this.noteHeaders();
    // A role loader may go by any of them.
    this.roles = undefined;
    if (this.outcome === undefined) return;
    const { headersRead } = this.outcome.kind === 'barred' ? this.outcome.authenticated : this.outcome;
    if (!headersRead.some((name) => changed.includes(name))) return;
    this.request.forgetAuthorization();
    this.outcome = undefined;
    this.promise = undefined;
    this.settle = undefined;
    this.isUnderWay = false;
  }

  /** In lower case. */
  private changedHeaders(): readonly string[] {
    const { headers: before } = this;
    if (before === undefined) return NONE;
    const { headers: now } = this.request.raw;
    const names = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...names].filter((name) => String(before[name]) !== String(now[name]));
  }

  /**
   * The outcome of the request's authentication, at once where nobody has to be waited for. It is decided once, however
   * many ask, also at the same time; a promise of it is made only for those who ask before it has been decided.
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
    // Before anything runs that could ask for it.
    this.isUnderWay = true;
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
      // Whoever asked hears of it.
      () => undefined,
    );
    return outcome;
  }
}

const NONE: readonly never[] = [];

/** The states of the requests that one instance of the library sees. */
export class RequestStates {
  private readonly state: HiddenProperty<RequestState> = hiddenProperty();

  constructor(private readonly findClient: ClientFinder) {}

  /** The state of a request, made where there is none yet. */
  of(action: Action): RequestState {
    const raw = rawRequest(action);
    return this.state.get(raw) ?? this.keep(raw, new HttpSecurityRequest(action, this.findClient));
  }

  /** The state of a request whose Authorization came elsewhere: each such login is decided by itself, and not kept. */
  withAuthorization(action: Action, authorization: unknown): RequestState {
    return new RequestState(HttpSecurityRequest.withAuthorization(action, this.findClient, authorization));
  }

  /** The state of a request that has been seen. */
  find(action: Action): RequestState | undefined {
    return this.state.get(rawRequest(action));
  }

  /**
   * The state of a request that has come to an action. Who sent it stays as it was decided, unless the headers that it was
   * decided by are no longer those of the request.
   */
  arrived(action: Action, access: Access): RequestState {
    const raw = rawRequest(action);
    const known = this.state.get(raw);
    known?.dropOutdated();
    const request = HttpSecurityRequest.at(action, access.route, this.findClient, known?.request);
    const state = known ?? this.keep(raw, request);
    // A role loader may go by the path.
    if (!state.request.isAtPathOf(request)) state.roles = undefined;
    state.access = access;
    state.request = request;
    // Another action, or another path: the hook may think otherwise of it.
    state.isSkipped = undefined;
    state.isGuarded = false;
    state.deniedBy = undefined;
    return state;
  }

  /** The same for an action at which the request has arrived, or may have. */
  at(action: Action, access: Access): RequestState {
    const state = this.find(action);
    const isThere = state?.access === access && state.request.response === rawResponse(action);
    return isThere ? state : this.arrived(action, access);
  }

  /** The same for the guard of an action: where it is asked once more, the request has come once more. */
  atGuard(action: Action, access: Access): RequestState {
    const state = this.at(action, access);
    state.dropOutdated();
    if (state.isGuarded) this.arrived(action, access);
    state.isGuarded = true;
    return state;
  }

  private keep(raw: IncomingMessage, request: HttpSecurityRequest): RequestState {
    const state = new RequestState(request);
    this.state.set(raw, state);
    return state;
  }
}
