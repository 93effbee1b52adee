/** The compiled access of a route, and what is known of it beside who may call it. */
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

/** What runs for a route, as its host describes it. */
export interface RouteAction {
  readonly route: string | RegExp;
  /** With the prefix of its controller. */
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
  /** Those of its levels that stand on classes. */
  readonly classLevels: readonly AccessLevel[];
  /** What the action silently misses, in words. */
  readonly losses: readonly string[];
  /** True when a parameter asks for the user, or for its login. */
  readonly asksForUser: boolean;
}

/** What is known of an access object that was compiled here. A check that brings any other came from another server. */
export interface CompiledFacts {
  /** A parameter requires a user, whatever guards the action. */
  readonly requiresUser: boolean;
  /** The guard is the last that runs before the action itself. */
  readonly isLast: boolean;
}

const compiled = hiddenProperty<CompiledFacts>();

/** Puts on record that an access was compiled here. */
export function noteCompiled(access: ActionAccess, facts: CompiledFacts): void {
  compiled.set(access, facts);
}

/** True for an access that this copy of the library compiled. */
export function isCompiled(access: unknown): access is ActionAccess {
  return compiled.get(access) !== undefined;
}

/** True for the access of an action that has a parameter which requires a user. */
export function requiresUser(access: Access): boolean {
  return compiled.get(access)?.requiresUser === true;
}

/**
 * True for the access of an action whose guard is the last that runs before the action itself. What the host does with
 * errors of what follows else, such as an upload, depends on whether the guard answered at once.
 */
export function isLastGuard(access: Access): boolean {
  return compiled.get(access)?.isLast === true;
}
