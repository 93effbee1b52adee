/**
 * Detects servers that securest never prepares: those of another copy of routing-controllers, for instance one that a
 * bundler put into the app, and those of a driver that is not one of routing-controllers' own.
 *
 * All copies share one metadata storage, a global. To build a controller, a copy asks the storage for the controller's
 * response handlers, builds its ControllerMetadata and asks for the actions. The second step is visible in our copy. If
 * the third step comes without it, another copy is at work. Controllers that must be guarded are then refused, before
 * anything is served.
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

/** Secured options from which no server has been built yet. */
interface Outstanding {
  readonly owner: object;
  /** The app's own list, which it may still change. */
  readonly controllers: Controllers;
  /** True if an action without any decorator is guarded too. */
  readonly guardsAll: boolean;
}

/** Controllers that may be served by prepared servers only. */
let guarded = new WeakSet<object>();
let outstanding: Outstanding[] = [];
/** The controllers that separately exported checkers may have to guard. */
let handedOut: 'nothing' | 'decorated' | 'all' = 'nothing';

/** Shared with other copies of securest, which prepare the servers of their own copy of routing-controllers. */
interface Shared {
  prepared?: object | undefined;
}
const SHARED = Symbol.for('securest.builds');
const shared = ((globalThis as { [SHARED]?: Shared | undefined })[SHARED] ??= {});

let isPreparing = false;
/** The controller that is being built, and whether our copy of routing-controllers builds it. */
let current: object | undefined;
let isOurs = false;

/** Watches our copy of routing-controllers; called once. */
export function watchOwnBuilds(isSecured: IsSecured): void {
  // Taken from the prototypes and called on each object by call().
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
    if (globalOptions !== undefined) refuseUnread(globalOptions);
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

/** Options of securest that never came to it have no effect, not even `default: 'authenticated'`. */
function refuseUnread(options: RoutingControllersOptions): void {
  const { security } = options as { readonly security?: unknown };
  if (typeof security !== 'object' || security === null) return;
  throw new ConfigurationError(
    'The options of the server have the key `security`, which only securest() reads: ' +
      'createKoaServer(securest({ controllers, security }))',
  );
}

const watched = new WeakSet<object>();

/** Watches the present storage: another copy may have made it, and an app may replace it. */
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
 * Records whether securest prepares the server that our copy builds from now on.
 * @returns the previous value: a server may be built while another is being built
 */
export function preparing(isSecured: boolean): boolean {
  const before = isPreparing;
  isPreparing = isSecured;
  // A server is built synchronously. A failed build must not leave the flag set for later ones.
  if (isSecured) queueMicrotask(() => (isPreparing = false));
  return before;
}

/** Records the controllers that an instance is asked to secure. */
export function noteSecured(owner: object, controllers: Controllers, guardsAll: boolean): void {
  watchStorage();
  for (const one of listed(controllers)) if (typeof one === 'function') guarded.add(one);
  if (outstanding.some((entry) => entry.owner === owner && entry.controllers === controllers)) return;
  outstanding.push({ owner, controllers, guardsAll });
}

/** Records that an instance has prepared a server, and the controllers that the server has. */
export function notePrepared(owner: object, actions: readonly ActionMetadata[]): void {
  for (const { target } of actions) guarded.add(target);
  const [first] = actions as unknown as { globalOptions?: RoutingControllersOptions }[];
  if (first === undefined) return;
  const controllers = first.globalOptions?.controllers;
  outstanding = outstanding.filter((entry) => entry.owner !== owner || entry.controllers !== controllers);
}

/** Records that a checker was exported separately: its controllers are unknown. */
export function noteHandedOut(guardsAll: boolean): void {
  watchStorage();
  if (guardsAll) handedOut = 'all';
  else if (handedOut === 'nothing') handedOut = 'decorated';
}

/** Resets all records, so that tests do not influence each other. */
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

/** A list without classes means all loaded classes; a list with folders means the classes in them. */
function mayHold(controllers: Controllers, controller: object): boolean {
  const list = listed(controllers);
  return list.length === 0 || list.some((one) => one === controller || typeof one === 'string');
}

function listed(controllers: Controllers): readonly unknown[] {
  return Array.isArray(controllers) ? controllers : [];
}

/** True if the controller or one of its base classes requires a guard or a user. */
function isDecorated(controller: object): boolean {
  const chain: unknown[] = classChain(controller);
  const { responseHandlers, params } = getMetadataArgsStorage();
  return (
    responseHandlers.some(({ type, target }) => type === 'authorized' && chain.includes(target)) ||
    params.some((param) => isUserParameter(param) && chain.includes((param.object as object).constructor))
  );
}
