/**
 * Corrects how routing-controllers treats the parameters of actions.
 *
 * It looks up parameter decorators by the controller class itself, so an inherited `@CurrentUser()` would arrive
 * undefined. And it checks for a required user in parallel with the other parameters. So an anonymous client would
 * learn of errors in the other parameters, or get routing-controllers' own 401 without a challenge.
 */
import {
  type ActionMetadata,
  getMetadataArgsStorage,
  ParamMetadata,
  type RoutingControllersOptions,
} from 'routing-controllers';
import { currentAuthentication } from '../decorators/current-authentication';
import { isPublic } from '../../decorators/public';
import { memberName } from '../../util/member-name';
import { HostDeclarations } from './declared';
import { classChain, type ClassLike } from '../../util/class-chain';

type ParamArgs = ReturnType<typeof getMetadataArgsStorage>['params'][number];

/**
 * Restores the `@CurrentUser` and `@CurrentAuthentication` parameters that an action inherits, each at its place unless
 * the subclass declares another parameter there.
 * @returns the other parameters of the base, which stay lost, in words
 */
export function restoreParameters(action: ActionMetadata, declarations = new HostDeclarations()): string[] {
  const controller = action.controllerMetadata.target;
  const losses: string[] = [];
  const declared = new Set(action.params.map(({ index }) => index));
  // An override with its own parameters may have omitted the last parameters of the base.
  const wanted = declared.size === 0 ? Infinity : parameterCount(controller, action.method);
  for (const base of classChain(controller).slice(1)) {
    const inherited = parametersOn(base, action.method, declarations).filter(
      ({ index }) => !declared.has(index),
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
 * Removes the requirement of a user from an action's parameters, so that it is checked before any of them is read.
 * @returns the parameter that requires a user, in words; undefined if no parameter does
 */
export function takeRequired(action: ActionMetadata, declared = new HostDeclarations()): string | undefined {
  const required = action.params.filter((param) => param.required && isUserParameter(param));
  for (const param of required) param.required = false;
  const first = required.toSorted((a, b) => a.index - b.index)[0];
  return first === undefined
    ? overriddenRequirement(action, declared)
    : describe(first.target as object as ClassLike, action.method, first);
}

/**
 * The user that the overridden method requires. Like a guard, the requirement counts unless the override has a user
 * parameter of its own or `@Public()`.
 */
function overriddenRequirement(action: ActionMetadata, declared: HostDeclarations): string | undefined {
  for (const cls of classChain(action.controllerMetadata.target)) {
    const asking = parametersOn(cls, action.method, declared).filter(isUserParameter);
    const required = asking.find((args) => withDefaults(action, args).required);
    if (required !== undefined) return describe(cls, action.method, required);
    if (asking.length > 0 || isPublic(cls, action.method)) return undefined;
  }
  return undefined;
}

function describe(
  cls: { readonly name: string },
  method: string,
  { index }: { readonly index: number },
): string {
  return `parameter ${String(index + 1)} of ${memberName(cls, method)}`;
}

/** True if a parameter needs the user or the login. */
export function asksForUser({ params }: ActionMetadata): boolean {
  return params.some(isUserParameter);
}

/**
 * Undoes the changes that `defaults.paramOptions` makes in the global parameter metadata, so that one app's default
 * does not affect the next app.
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

function parametersOn(cls: ClassLike, method: string, { params }: HostDeclarations): readonly ParamArgs[] {
  return params.onMethod(cls, method);
}

/** Read without running a getter: an accessor may return any function. */
function parameterCount(controller: ClassLike, method: string): number {
  for (const { prototype } of classChain(controller)) {
    const property = Object.getOwnPropertyDescriptor(prototype, method);
    if (property === undefined) continue;
    return typeof property.value === 'function' ? (property.value as () => unknown).length : Infinity;
  }
  return 0;
}

/** True for a parameter that needs the user or the login. */
export function isUserParameter({ type, transform }: Pick<ParamArgs, 'type' | 'transform'>): boolean {
  return type === 'current-user' || transform === currentAuthentication;
}

/** The app's `defaults.paramOptions`, as routing-controllers applies them to a controller's own parameters. */
function withDefaults(action: ActionMetadata, args: ParamArgs): ParamArgs {
  const { globalOptions } = action as unknown as { globalOptions?: RoutingControllersOptions };
  const required = (args as Partial<ParamArgs>).required ?? globalOptions?.defaults?.paramOptions?.required;
  return { ...args, required: required ?? false };
}

/** Arguments are passed by position: a lost parameter keeps its place and is undefined, as in routing-controllers. */
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
