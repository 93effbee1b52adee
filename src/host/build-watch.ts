/**
 * Notices servers that securest never prepares: those of another copy of routing-controllers, for instance one that a
 * bundler put into the app, and those of a driver that is not one of the host's own.
 *
 * All copies share one metadata storage, a global. To build a controller a copy asks it for the controller's response
 * handlers, builds its ControllerMetadata and asks for the actions. Our copy is seen to do the second step; where the
 * third comes without it, another copy is at work. What must be guarded is then refused, before anything is served.
 */
import {
  ActionMetadata,
  ControllerMetadata,
  getMetadataArgsStorage,
  type RoutingControllersOptions,
} from 'routing-controllers';
import { classChain } from '../util/class-chain';
import { isUserParameter } from './access/parameters';
import { ConfigurationError } from '../errors';
import { otherCopy } from './other-copy';

type IsSecured = (options: RoutingControllersOptions) => boolean;
type Controllers = RoutingControllersOptions['controllers'];

/** Secured options that no server has been built from yet. */
interface Outstanding {
  readonly owner: object;
  /** The app's own list, which it may still change. */
  readonly controllers: Controllers;
  /** True where an action without any decorator is guarded too. */
  readonly guardsAll: boolean;
}

/** Controllers that may be served by prepared servers only. */
let guarded = new WeakSet<object>();
let outstanding: Outstanding[] = [];
/** What checkers that were handed out on their own may have to guard. */
let handedOut: 'nothing' | 'decorated' | 'all' = 'nothing';

/** Shared with other copies of securest, which prepare the servers of their own copy of the host. */
interface Shared {
  prepared?: object | undefined;
}
const SHARED = Symbol.for('securest.builds');
const shared = ((globalThis as { [SHARED]?: Shared | undefined })[SHARED] ??= {});

let isPreparing = false;
/** The controller that is being built, and whether our copy of the host does it. */
let current: object | undefined;
let isOurs = false;

/** Watches our copy of the host, once. */
export function watchOwnBuilds(isSecured: IsSecured): void {
  // Taken off the prototypes to be called on each object, by call().
  /* eslint-disable @typescript-eslint/unbound-method */
  const buildController = ControllerMetadata.prototype.build;
  const buildAction = ActionMetadata.prototype.build;
  /* eslint-enable @typescript-eslint/unbound-method */
  ControllerMetadata.prototype.build = function (this: ControllerMetadata, handlers) {
    isOurs = true;
    if (isPreparing) shared.prepared = this.target;
    buildController.call(this, handlers);
  };
  ActionMetadata.prototype.build = function (this: ActionMetadata, handlers) {
    const { globalOptions } = this as unknown as { globalOptions?: RoutingControllersOptions };
    if (!isPreparing && globalOptions !== undefined && isSecured(globalOptions)) {
      throw new ConfigurationError(
        `${this.controllerMetadata.target.name} cannot be guarded on a driver that securest does not know: use ` +
          'KoaDriver or ExpressDriver, or a subclass that calls their initialize()',
      );
    }
    buildAction.call(this, handlers);
  };
  watchStorage();
}

const watched = new WeakSet<object>();

/** Another copy of the host may have made the storage, and an app may replace it. */
export function watchStorage(): void {
  const prototype = Object.getPrototypeOf(getMetadataArgsStorage()) as ReturnType<
    typeof getMetadataArgsStorage
  >;
  if (watched.has(prototype)) return;
  watched.add(prototype);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on each storage, by call()
  const { filterResponseHandlersWithTarget, filterActionsWithTarget } = prototype;
  prototype.filterResponseHandlersWithTarget = function (target) {
    current = target;
    isOurs = false;
    shared.prepared = undefined;
    return filterResponseHandlersWithTarget.call(this, target);
  };
  prototype.filterActionsWithTarget = function (target) {
    const isForeign = current === target && !isOurs && shared.prepared !== target;
    current = undefined;
    if (isForeign) refuseUnprepared(target);
    return filterActionsWithTarget.call(this, target);
  };
}

/**
 * Says whether the server that our copy builds from here on is one that securest prepares.
 * @returns what was said before: a server may be built while another is
 */
export function preparing(isSecured: boolean): boolean {
  const before = isPreparing;
  isPreparing = isSecured;
  // A server is built at once. One that fails on the way must not speak for what comes later.
  if (isSecured) queueMicrotask(() => (isPreparing = false));
  return before;
}

/** Notes controllers that an instance is asked to secure. */
export function noteSecured(owner: object, controllers: Controllers, guardsAll: boolean): void {
  watchStorage();
  for (const one of listed(controllers)) if (typeof one === 'function') guarded.add(one);
  if (outstanding.some((entry) => entry.owner === owner && entry.controllers === controllers)) return;
  outstanding.push({ owner, controllers, guardsAll });
}

/** Notes that an instance has prepared a server, and which controllers it really has. */
export function notePrepared(owner: object, actions: readonly ActionMetadata[]): void {
  for (const { target } of actions) guarded.add(target);
  const [first] = actions as unknown as { globalOptions?: RoutingControllersOptions }[];
  if (first === undefined) return;
  const controllers = first.globalOptions?.controllers;
  outstanding = outstanding.filter((entry) => entry.owner !== owner || entry.controllers !== controllers);
}

/** Notes that a checker was handed out on its own: no one can tell for which controllers. */
export function noteHandedOut(guardsAll: boolean): void {
  watchStorage();
  if (guardsAll) handedOut = 'all';
  else if (handedOut === 'nothing') handedOut = 'decorated';
}

/** Forgets what was noted, so that tests do not see each other's. */
export function forgetBuilds(): void {
  guarded = new WeakSet();
  outstanding = [];
  handedOut = 'nothing';
}

function refuseUnprepared(controller: { name: string }): void {
  if (!mustBeGuarded(controller)) return;
  const other = otherCopy();
  throw new ConfigurationError(
    `${controller.name} is in a server that securest never prepares, as another copy of routing-controllers builds ` +
      `it${other === undefined ? '' : ` (${other})`}: guards would be lost. In a bundle, leave securest, ` +
      'routing-controllers, typedi and reflect-metadata out (external), or all packages; otherwise make sure that ' +
      'only one copy is installed (npm ls routing-controllers)',
  );
}

function mustBeGuarded(controller: object): boolean {
  if (guarded.has(controller) || handedOut === 'all') return true;
  if (outstanding.some((entry) => entry.guardsAll || mayHold(entry.controllers, controller))) return true;
  return (handedOut === 'decorated' || outstanding.length > 0) && isDecorated(controller);
}

/** A list without classes stands for all that are loaded, and one with folders for what is in them. */
function mayHold(controllers: Controllers, controller: object): boolean {
  const list = listed(controllers);
  return list.length === 0 || list.some((one) => one === controller || typeof one === 'string');
}

function listed(controllers: Controllers): readonly unknown[] {
  return Array.isArray(controllers) ? controllers : [];
}

/** True where a guard or a user is asked for, by the controller or by a base. */
function isDecorated(controller: object): boolean {
  const chain: unknown[] = classChain(controller);
  const { responseHandlers, params } = getMetadataArgsStorage();
  return (
    responseHandlers.some(({ type, target }) => type === 'authorized' && chain.includes(target)) ||
    params.some((param) => isUserParameter(param) && chain.includes((param.object as object).constructor))
  );
}
