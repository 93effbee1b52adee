/**
 * The seam to routing-controllers: the only place that changes its behaviour.
 *
 * Both drivers are wrapped once. The wrapping acts only on servers that have securest's checkers, so a plain app in the
 * same process is untouched. A server's actions are held back until all of them have been compiled and checked; if one
 * is refused, nothing is registered.
 */
import {
  type Action,
  type ActionMetadata,
  type BaseDriver,
  ExpressDriver,
  KoaDriver,
  type RoutingControllersOptions,
} from 'routing-controllers';
import type { AppStart } from '../components/app-start';
import type { HostAction } from './access/compile';
import { readyHostMetadata } from './access/host-metadata';
import { asksForUser } from './access/parameters';
import { SecurityError, SecurityFaultError } from '../errors';
import { isInstance } from '../util/instance';
import { chained } from '../util/maybe-promise';
import {
  type Binding,
  boundTo,
  type CheckerPair,
  type Inspection,
  pairBoundTo,
} from '../security/inspection';
import { REACHED } from '../security/stubbed-server';
import type { Access, ActionAccess } from '../core/access';
import type { MaybePromise } from '../core/userstore';
import { type Answers, bindParameters } from '../decorators/answers';
import { rawResponse } from '../http/raw';
import { noticeArrival, rememberPeers } from './arrival';
import { notePrepared, preparing, watchOwnBuilds, watchStorage } from './build-watch';
import { type Execute, executeAfter, rejectUnreadableParameters } from './execute';
import { earlyOnExpress, EarlyOnKoa, type RefuseEarly, type Within } from './early';
import { endRefusals } from './express-errors';
import type { RecordedServer } from './recording-driver';
import { ownExpressNotice, watchOwnExpress } from './own-express';
import type { RefusalListener } from '../authentication/recorder';
import type { Security } from './security';
import { type RootRoute, serveAtRoot } from './root-routes';
import { replyError, setHeaders } from '../http/reply';
import { continueOnce } from './next-once';
import { jwksRouteOf } from './controllers/jwks-controller';

/** The services of an instance for the servers that use its checkers. */
export interface SecurityBinding extends Binding {
  /** The instance itself. */
  readonly security: Security;
  /** Adds the instance's checkers to options, like `Security.secure()`. */
  secure<T extends RoutingControllersOptions>(options: T): T;
  /** Compiles and checks a server's actions. @throws ConfigurationError if one must not start */
  prepare(actions: readonly ActionMetadata[], server: ServerFacts): readonly HostAction[];
  /**
   * The documents that the instance itself serves for these actions, at the root of the app. @throws ConfigurationError
   */
  rootRoutes(actions: readonly ActionMetadata[]): readonly RootRoute[];
  /** Compiles and checks the actions that a server would register, and logs nothing. */
  inspect(server: Pick<RecordedServer, 'actions'>, facts: ServerFacts): HostInspection;
  /** Records how the start of a server ends. */
  readonly start: Pick<AppStart, 'serverBegun' | 'serverFailed' | 'serverStarted'>;
  /** Records that a request has come to an action, before any middleware of the action runs. */
  arrive(action: Action, access: Access): void;
  /** Whether the action's guard has let the request through to this run of the action. */
  takeGrant(action: Action, access: Access): boolean;
  /** The decision of an action's guard; rejects with the error response. Only a literal true is a grant. */
  authorize(action: Action, access: Access): MaybePromise<boolean>;
  /** Refuses requests that can be refused before the body is read; undefined if only the guard decides. */
  readonly refuseEarly: RefuseEarly | undefined;
  /** The login that the action's parameters need, synchronously if it is known; rejects if it is refused. */
  login(action: Action, access: Access): MaybePromise<unknown>;
  /** Runs an action, and everything before it, so that services can read its login; undefined without `context`. */
  readonly within: Within;
  /** The values of the action's parameters. */
  answers(access: ActionAccess): Answers;
  /** Completes the error for the reply right before it is written, and reports it. */
  complete(error: SecurityError, action: Action): void;
  /** Calls the listener with each refusal when it is answered. @returns a function that removes the listener */
  listen(listener: RefusalListener): () => void;
}

/** A server's actions, with routing-controllers' own metadata of them. */
export interface HostInspection extends Inspection {
  readonly compiled: readonly HostAction[];
}

export interface ServerFacts {
  readonly routePrefix: string;
  readonly hasAuthorizationChecker: boolean;
  /** True for a server that runs no action and only shows which requests pass, or that is not built at all. */
  readonly isStubbed: boolean;
  /** A line about the framework for the log; undefined if there is nothing to report. */
  readonly notice?: string | undefined;
}

interface Pending {
  readonly actions: { readonly action: ActionMetadata; readonly execute: Execute }[];
  readonly restoreMetadata: () => void;
  readonly earlyOnKoa: EarlyOnKoa | undefined;
}

const pending = new WeakMap<BaseDriver, Pending>();

/** The previous value of `preparing()` for a server whose building began during that of another. */
const outer = new WeakMap<BaseDriver, boolean>();

/**
 * The instance that a checker belongs to; undefined for a checker of the app. Only servers of routing-controllers have
 * checkers.
 */
export function bindingOf(checker: unknown): SecurityBinding | undefined {
  return boundTo(checker) as SecurityBinding | undefined;
}

/** The instance that secures a server; undefined for a plain server. @throws ConfigurationError for half a pair */
export function bindingOfPair(pair: CheckerPair): SecurityBinding | undefined {
  return pairBoundTo(pair) as SecurityBinding | undefined;
}

/** Wraps both drivers. A repeated call only watches a new metadata storage. */
export function installDrivers(): void {
  if (installed) {
    watchStorage();
    return;
  }
  installed = true;
  wrap(KoaDriver.prototype);
  wrap(ExpressDriver.prototype);
  watchOwnExpress();
  watchOwnBuilds((options) => bindingOfPair(options) !== undefined);
}

let installed = false;

function wrap(driver: BaseDriver): void {
  // Taken from the prototype and called on each driver by call().
  /* eslint-disable @typescript-eslint/unbound-method */
  const { initialize, registerAction, registerRoutes, handleError } = driver;
  /* eslint-enable @typescript-eslint/unbound-method */

  driver.initialize = function (this: BaseDriver): void {
    watchStorage();
    const binding = bindingOfPair(this);
    if (!stubbing) binding?.start.serverBegun();
    const isKoa = this instanceof KoaDriver;
    const { refuseEarly, within } = binding ?? {};
    const earlyOnKoa =
      isKoa && refuseEarly !== undefined ? new EarlyOnKoa(this, refuseEarly, within) : undefined;
    outer.set(this, preparing(binding !== undefined));
    if (binding !== undefined) {
      pending.set(this, { actions: [], restoreMetadata: readyHostMetadata(), earlyOnKoa });
      rememberPeers(this);
      rejectUnreadableParameters(this);
      continueOnce(this);
    }
    if (earlyOnKoa === undefined) initialize.call(this);
    else {
      earlyOnKoa.initialize(() => {
        initialize.call(this);
      });
    }
  };

  driver.registerAction = function (this: BaseDriver, action: ActionMetadata, execute: Execute): void {
    const held = pending.get(this);
    if (held === undefined) registerAction.call(this, action, execute);
    else held.actions.push({ action, execute });
  };

  driver.registerRoutes = function (this: BaseDriver): void {
    const held = pending.get(this);
    const binding = driverBinding(this);
    const wasPreparing = outer.get(this) ?? false;
    if (held === undefined || binding === undefined) {
      preparing(wasPreparing);
      registerRoutes.call(this);
      return;
    }
    pending.delete(this);
    held.restoreMetadata();
    try {
      registerHeld(this, binding, held, registerAction, wasPreparing);
      registerRoutes.call(this);
    } catch (cause) {
      if (!stubbing) binding.start.serverFailed(cause);
      throw cause;
    }
    if (!stubbing) binding.start.serverStarted();
  };

  driver.handleError = function (
    this: BaseDriver,
    error: unknown,
    metadata: ActionMetadata,
    action: Action,
  ): unknown {
    const binding = driverBinding(this);
    if (binding === undefined || !isInstance<SecurityError>(error, SecurityError)) {
      return handleError.call(this, error, metadata, action) as unknown;
    }
    return refuse(this, handleError, binding, error, metadata, action);
  };
}

/** Compiles and checks the actions that were held back, and registers all of them. */
function registerHeld(
  driver: BaseDriver,
  binding: SecurityBinding,
  held: Pending,
  registerAction: BaseDriver['registerAction'],
  wasPreparing: boolean,
): void {
  const actions = held.actions.map(({ action }) => action);
  let compiled: readonly HostAction[];
  try {
    compiled = binding.prepare(actions, {
      routePrefix: driver.routePrefix,
      hasAuthorizationChecker: bindingOf(driver.authorizationChecker) === binding,
      isStubbed: stubbing,
      notice: ownExpressNotice(driver),
    });
  } finally {
    preparing(wasPreparing);
  }
  notePrepared(binding, actions);
  const isStubbed = stubbing;
  const rootRoutes = binding.rootRoutes(isStubbed ? [] : actions);
  const { earlyOnKoa } = held;
  const serve = (): void => {
    serveAtRoot(driver, rootRoutes);
  };
  if (earlyOnKoa === undefined) serve();
  else earlyOnKoa.standBehind(serve);
  held.actions.forEach(({ execute }, index) => {
    const one = compiled[index];
    if (one === undefined) return;
    const { action: metadata, access } = one;
    const isAtRoot = jwksRouteOf(metadata.target) !== undefined;
    if (isAtRoot && !isStubbed) return;
    const arrive = (action: Action): void => {
      binding.arrive(action, access);
    };
    const { refuseEarly, within } = binding;
    const isEarly = refuseEarly !== undefined && earlyOnKoa === undefined && access.levels.length > 0;
    const before = isEarly ? earlyOnExpress(driver, refuseEarly, one) : undefined;
    // The early check was for the path that the request had at that time.
    const isSeenBefore = earlyOnKoa !== undefined;
    const isNoticed = noticeArrival(metadata, arrive, within, before, isSeenBefore);
    // A guard records the arrival of a request itself.
    const arrivesAtLast = !isNoticed && !metadata.isAuthorizedUsed;
    const isForUser = asksForUser(metadata);
    bindParameters(metadata.params, () => binding.answers(access));
    const { routePrefix } = driver;
    if (isAtRoot) driver.routePrefix = '';
    const register = (): void => {
      registerAction.call(driver, metadata, (action: Action) => {
        const run = (): unknown => {
          if (isStubbed) {
            reach(one, action);
            return undefined;
          }
          if (arrivesAtLast) arrive(action);
          if (!isForUser) return execute(action);
          return executeAfter(driver, binding.login(action, access), metadata, action, execute);
        };
        if (access.levels.length === 0 || binding.takeGrant(action, access)) return run();
        // A middleware of Express that calls next() twice comes past a guard that has not decided yet.
        return executeAfter(driver, grantOf(binding.authorize(action, access)), metadata, action, run);
      });
    };
    if (earlyOnKoa === undefined) register();
    else earlyOnKoa.register(one, register);
    driver.routePrefix = routePrefix;
  });
}

/** @throws SecurityFaultError unless it is a grant */
function grantOf(decision: MaybePromise<boolean>): MaybePromise<true> {
  return chained(decision, (isGranted) => {
    if (isGranted) return true;
    throw new SecurityFaultError({ cause: new Error('A guard was decided in an unknown way') });
  });
}

let stubbing = false;

/** Builds a server whose actions do not run: they answer 204 and their name. For tests of access. */
export function stubActions<T>(build: () => T): T {
  stubbing = true;
  try {
    return build();
  } finally {
    stubbing = false;
  }
}

/** Answers instead of a stubbed action. */
function reach({ access }: HostAction, action: Action): void {
  // Koa would answer too.
  if (action.context !== undefined) (action.context as { respond: boolean }).respond = false;
  rawResponse(action)
    ?.writeHead(204, { [REACHED]: encodeURIComponent(access.action) })
    .end();
}

function driverBinding(driver: BaseDriver): SecurityBinding | undefined {
  return bindingOf(driver.authorizationChecker) ?? bindingOf(driver.currentUserChecker);
}

function refuse(
  driver: BaseDriver,
  handleError: BaseDriver['handleError'],
  binding: SecurityBinding,
  thrown: SecurityError,
  metadata: ActionMetadata | undefined,
  action: Action,
): unknown {
  const response = rawResponse(action);
  const error = replyError(thrown);
  binding.complete(error, action);
  setHeaders(response, error.headers);
  const refusal: Action = driver instanceof ExpressDriver ? { ...action, next: endingNext(action) } : action;
  if (response?.headersSent === true) {
    // A hook or the action has answered already; routing-controllers would answer again and fail. A partly sent reply
    // must not look complete.
    if (!response.writableEnded) response.destroy();
    return undefined;
  }
  if (driver.isDefaultErrorHandlingEnabled && metadata?.isJsonTyped !== true) {
    setHeaders(response, { 'Content-Type': 'text/plain; charset=utf-8' });
  }
  // The action's own @Header and @ContentType apply to its result, not to an error response.
  const quiet = Object.create(metadata ?? null, { headers: { value: {} } }) as ActionMetadata;
  return handleError.call(driver, error, quiet, refusal) as unknown;
}

function endingNext(action: Action): (error?: unknown) => void {
  const next = action.next as (error?: unknown) => void;
  return (error) => {
    endRefusals(action.request as Parameters<typeof endRefusals>[0]);
    next(error);
  };
}
