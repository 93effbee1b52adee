/** The compiled access of a route, and further facts about the route. */
import type { Access, AccessLevel, ActionAccess } from '../core/access';
import { hiddenProperty } from '../util/hidden-property';

/** A parameter of an action, as its host describes it. */
export interface RouteParameter {
  readonly type: string;
  readonly name: string;
  /** The class of the controller. */
  readonly target: unknown;
  readonly method: string;
  readonly targetType?: unknown;
  readonly targetName?: string;
  readonly transform?: unknown;
  readonly parse: boolean;
}

/** A middleware of an action, as its host describes it. */
export interface RouteMiddleware {
  readonly middleware: { readonly name: string };
  readonly afterAction: boolean;
}

/** The handlers of a route, as its host describes them. */
export interface RouteAction {
  readonly route: string | RegExp;
  /** The route with the prefix of its controller. */
  readonly fullRoute: string | RegExp;
  readonly params: readonly RouteParameter[];
  readonly uses: readonly RouteMiddleware[];
  readonly controllerMetadata: {
    readonly target: { readonly name: string };
    readonly uses: readonly RouteMiddleware[];
  };
  readonly isBodyUsed: boolean;
  readonly isFileUsed: boolean;
  readonly isFilesUsed: boolean;
  readonly isJsonTyped: boolean;
}

export interface CompiledAction {
  readonly action: RouteAction;
  readonly access: ActionAccess;
  /** The levels that are declared on classes. */
  readonly classLevels: readonly AccessLevel[];
  /** The features that the action silently lacks, in words. */
  readonly losses: readonly string[];
  /** True if a parameter asks for the user, or for the login. */
  readonly asksForUser: boolean;
}

/**
 * The facts about an access object that was compiled here. A check with any other access object came from another
 * server.
 */
export interface CompiledFacts {
  /** A parameter requires a user, whatever guards the action. */
  readonly requiresUser: boolean;
  /** The guard is the last that runs before the action itself. */
  readonly isLast: boolean;
}

const compiled = hiddenProperty<CompiledFacts>();

/** Records that an access was compiled here. */
export function noteCompiled(access: ActionAccess, facts: CompiledFacts): void {
  compiled.set(access, facts);
}

/** True for an access that this copy of the library compiled. */
export function isCompiled(access: unknown): access is ActionAccess {
  return compiled.get(access) !== undefined;
}

/** True for the access of an action with a parameter that requires a user. */
export function requiresUser(access: Access): boolean {
  return compiled.get(access)?.requiresUser === true;
}

/**
 * True for the access of an action whose guard is the last step before the action itself. Otherwise the host's handling
 * of errors in later steps, such as an upload, depends on whether the guard answered synchronously.
 */
export function isLastGuard(access: Access): boolean {
  return compiled.get(access)?.isLast === true;
}
