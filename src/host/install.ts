/**
 * The seam to routing-controllers: the only place that changes how it works.
 *
 * Both drivers are wrapped once, and the wrapping acts only for servers whose checkers are securest's, so a
 * plain app in the same process is untouched. A server's actions are held back until all of them have been
 * compiled and checked; nothing is registered when one is refused.
 */
import {
  type Action,
  type ActionMetadata,
  type BaseDriver,
  ExpressDriver,
  KoaDriver,
  type RoutingControllersOptions,
} from 'routing-controllers';
import type { HostAction } from './access/compile';
import { readyHostMetadata } from './access/host-metadata';
import { asksForUser } from './access/parameters';
import { SecurityError } from '../errors';
import { isInstance } from '../util/instance';
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
import { type Execute, executeForUser, rejectUnreadableParameters } from './execute';
import { earlyOnExpress, EarlyOnKoa, type RefuseEarly, type Within } from './early';
import { endRefusals } from './express-errors';
import type { RecordedServer } from './recording-driver';
import { ownExpressNotice, watchOwnExpress } from './own-express';
import type { RefusalListener } from '../authentication/recorder';
import type { Security } from './security';
import { type RootRoute, serveAtRoot } from './root-routes';
import { replyError, setHeaders } from '../http/reply';
import { jwksRouteOf } from './controllers/jwks-controller';

/** What an instance of the library does for the servers that use its checkers. */
export interface SecurityBinding extends Binding {
  /** The instance itself. */
  readonly security: Security;
  /** Adds the instance's checkers to options, as its own `secure()`. */
  secure<T extends RoutingControllersOptions>(options: T): T;
  /** Compiles and checks a server's actions. @throws ConfigurationError when one must not start */
  prepare(actions: readonly ActionMetadata[], server: ServerFacts): readonly HostAction[];
  /** What the instance itself answers for these actions, at the root of the app. @throws ConfigurationError */
  rootRoutes(actions: readonly ActionMetadata[]): readonly RootRoute[];
  /** Compiles and checks what a server would register, and says nothing of it. */
  inspect(server: Pick<RecordedServer, 'actions'>, facts: ServerFacts): HostInspection;
  /** Notes that a request has come to an action, before any middleware of the action's own runs. */
  arrive(action: Action, access: Access): void;
  /** Refuses what can be decided before the body is read; undefined where all is decided by the guard. */
  readonly refuseEarly: RefuseEarly | undefined;
  /** The login that the action's parameters ask for, at once where it is known; rejects where it is refused. */
  login(action: Action, access: Access): MaybePromise<unknown>;
  /** Runs an action, and all that comes before it, where services can read its login; undefined where they do not. */
  readonly within: Within;
  /** What the action's parameters get. */
  answers(access: ActionAccess): Answers;
  /** Gives an error what the reply of a refusal needs, right before it is written, and tells of it. */
  complete(error: SecurityError, action: Action): void;
  /** Hears of each refusal as it is answered. @returns a function that ends the listening */
  listen(listener: RefusalListener): () => void;
}

/** A server's actions, with the host's own metadata of them. */
export interface HostInspection extends Inspection {
  readonly compiled: readonly HostAction[];
}

export interface ServerFacts {
  readonly routePrefix: string;
  readonly hasAuthorizationChecker: boolean;
  /** True for a server that only tells who would get in, or is not built at all. */
  readonly isStubbed: boolean;
  /** What is to be said of the host; undefined where nothing is. */
  readonly notice?: string | undefined;
}

interface Pending {
  readonly actions: { readonly action: ActionMetadata; readonly execute: Execute }[];
  readonly restoreMetadata: () => void;
  readonly earlyOnKoa: EarlyOnKoa | undefined;
}

const pending = new WeakMap<BaseDriver, Pending>();

/** Whether the server is prepared in the middle of whose building another began. */
const outer = new WeakMap<BaseDriver, boolean>();

/** The instance that a checker belongs to; undefined for the app's own. Only servers of this host have checkers. */
export function bindingOf(checker: unknown): SecurityBinding | undefined {
  return boundTo(checker) as SecurityBinding | undefined;
}

/** The instance that secures a server; undefined for a plain one. @throws ConfigurationError for half a pair */
export function bindingOfPair(pair: CheckerPair): SecurityBinding | undefined {
  return pairBoundTo(pair) as SecurityBinding | undefined;
}

/** Wraps both drivers. Calling it again changes nothing but a storage that is new. */
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
  // Taken off the prototype to be called on each driver, by call().
  /* eslint-disable @typescript-eslint/unbound-method */
  const { initialize, registerAction, registerRoutes, handleError } = driver;
  /* eslint-enable @typescript-eslint/unbound-method */

  driver.initialize = function (this: BaseDriver): void {
    watchStorage();
    const binding = bindingOfPair(this);
    const isKoa = this instanceof KoaDriver;
    const { refuseEarly, within } = binding ?? {};
    const earlyOnKoa =
      isKoa && refuseEarly !== undefined ? new EarlyOnKoa(this, refuseEarly, within) : undefined;
    outer.set(this, preparing(binding !== undefined));
    if (binding !== undefined) {
      pending.set(this, { actions: [], restoreMetadata: readyHostMetadata(), earlyOnKoa });
      rememberPeers(this);
      rejectUnreadableParameters(this);
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
    const actions = held.actions.map(({ action }) => action);
    let compiled: readonly HostAction[];
    try {
      compiled = binding.prepare(actions, {
        routePrefix: this.routePrefix,
        hasAuthorizationChecker: bindingOf(this.authorizationChecker) === binding,
        isStubbed: stubbing,
        notice: ownExpressNotice(this),
      });
    } finally {
      preparing(wasPreparing);
    }
    notePrepared(binding, actions);
    const isStubbed = stubbing;
    const rootRoutes = binding.rootRoutes(isStubbed ? [] : actions);
    const { earlyOnKoa } = held;
    const serve = (): void => {
      serveAtRoot(this, rootRoutes);
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
      const before = isEarly ? earlyOnExpress(this, refuseEarly, one) : undefined;
      // What was asked early was asked of the path that the request had then.
      const isSeenBefore = earlyOnKoa !== undefined;
      const isNoticed = noticeArrival(metadata, arrive, within, before, isSeenBefore);
      // A guard knows by itself that a request has come.
      const arrivesAtLast = !isNoticed && !metadata.isAuthorizedUsed;
      const isForUser = asksForUser(metadata);
      bindParameters(metadata.params, () => binding.answers(access));
      const { routePrefix } = this;
      if (isAtRoot) this.routePrefix = '';
      const register = (): void => {
        registerAction.call(this, metadata, (action: Action) => {
          if (isStubbed) {
            reach(one, action);
            return undefined;
          }
          if (arrivesAtLast) arrive(action);
          if (!isForUser) return execute(action);
          return executeForUser(this, binding.login(action, access), metadata, action, execute);
        });
      };
      if (earlyOnKoa === undefined) register();
      else earlyOnKoa.register(one, register);
      this.routePrefix = routePrefix;
    });
    registerRoutes.call(this);
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

let stubbing = false;

/** Builds a server whose actions do not run: they answer 204 and their name. For tests of who gets in. */
export function stubActions<T>(build: () => T): T {
  stubbing = true;
  try {
    return build();
  } finally {
    stubbing = false;
  }
}

/** Answers for a stubbed action. */
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
    // A hook or the action has answered already; the host would try again and fail. What is half sent
    // must not look whole.
    if (!response.writableEnded) response.destroy();
    return undefined;
  }
  if (driver.isDefaultErrorHandlingEnabled && metadata?.isJsonTyped !== true) {
    setHeaders(response, { 'Content-Type': 'text/plain; charset=utf-8' });
  }
  // The action's own @Header and @ContentType are for what it answers, not for a refusal.
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
