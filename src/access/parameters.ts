/**
 * Puts right what the host does to the parameters of actions.
 *
 * It looks up parameter decorators by the controller class itself, so an inherited `@CurrentUser()` would
 * arrive undefined, and it answers an absent required user by its own 401 without a challenge.
 */
import {
  type ActionMetadata,
  getMetadataArgsStorage,
  ParamMetadata,
  type RoutingControllersOptions,
} from 'routing-controllers';
import { currentAuthentication } from '../decorators/current-authentication';
import { classChain } from './guards';

type ParamArgs = ReturnType<typeof getMetadataArgsStorage>['params'][number];

/**
 * Restores the `@CurrentUser` and `@CurrentAuthentication` parameters that an action inherits, each at its
 * place where the subclass declares no other.
 * @returns what stays lost, in words: other parameters and `@UseBefore` or `@UseAfter` of the base.
 */
export function restoreParameters(action: ActionMetadata): string[] {
  const controller = action.controllerMetadata.target;
  const losses = lostMiddlewares(action);
  const declared = new Set(action.params.map(({ index }) => index));
  // An override that declares parameters of its own may have done without the base's last ones.
  const wanted = declared.size === 0 ? Infinity : parameterCount(controller, action.method);
  for (const base of classChain(controller).slice(1)) {
    const inherited = getMetadataArgsStorage().params.filter(
      (param) =>
        (param.object as object).constructor === base &&
        param.method === action.method &&
        !declared.has(param.index),
    );
    for (const args of inherited) {
      const restorable = isUserParameter(args);
      if (!restorable && args.index < wanted)
        losses.push(`parameter ${String(args.index + 1)} (@${args.type}) of ${base.name}`);
      action.params.push(
        new ParamMetadata(action, restorable ? withDefaults(action, args) : placeholder(args)),
      );
      declared.add(args.index);
    }
  }
  return losses;
}

/**
 * True when a user is required by a parameter. The requirement is taken off the metadata, so that the
 * checker answers for it.
 */
export function takeRequired(action: ActionMetadata): boolean {
  const required = action.params.filter(
    (param) => param.required && (param.type === 'current-user' || param.transform === currentAuthentication),
  );
  for (const param of required) param.required = false;
  return required.length > 0;
}

/** True when a parameter asks for the user, or for its login. */
export function asksForUser({ params }: ActionMetadata): boolean {
  return params.some((param) => param.type === 'current-user' || param.transform === currentAuthentication);
}

/**
 * Undoes what `defaults.paramOptions` writes into the global parameter metadata, so that one app's default
 * does not reach the next.
 * @returns a function to call once the app's own metadata has been built.
 */
export function keepUndecidedParameters(): () => void {
  const undecided = getMetadataArgsStorage().params.filter(
    (param) => (param.required as boolean | undefined) === undefined,
  );
  return () => {
    for (const param of undecided) delete (param as Partial<ParamArgs>).required;
  };
}

function parameterCount(controller: { prototype: object }, method: string): number {
  return (controller.prototype as Record<string, (...args: never[]) => unknown>)[method]?.length ?? 0;
}

/** True for a parameter that asks for the user or the login. */
export function isUserParameter(args: ParamArgs): boolean {
  return args.type === 'current-user' || args.transform === currentAuthentication;
}

/** The app's `defaults.paramOptions`, as the host applies them to what a controller declares itself. */
function withDefaults(action: ActionMetadata, args: ParamArgs): ParamArgs {
  const { globalOptions } = action as unknown as { globalOptions?: RoutingControllersOptions };
  const required = (args as Partial<ParamArgs>).required ?? globalOptions?.defaults?.paramOptions?.required;
  return { ...args, required: required ?? false };
}

/** Arguments are passed by position: a lost one keeps its place, undefined as the host would leave it. */
function placeholder(args: ParamArgs): ParamArgs {
  return {
    type: 'custom-converter',
    object: args.object as object,
    method: args.method,
    index: args.index,
    parse: false,
    required: false,
    transform: () => undefined,
  };
}

function lostMiddlewares(action: ActionMetadata): string[] {
  const controller = action.controllerMetadata.target;
  const storage = getMetadataArgsStorage();
  const redeclared = storage
    .filterActionsWithTarget(controller)
    .some((declared) => declared.method === action.method);
  const bases: unknown[] = classChain(controller).slice(1);
  return storage.uses
    .filter((use) => bases.includes(use.target))
    .filter((use) => use.method === undefined || (use.method === action.method && !redeclared))
    .map((use) => {
      const { name } = use.middleware as { name: string };
      return `@Use${use.afterAction ? 'After' : 'Before'}(${name}) of ${use.target.name}`;
    });
}
