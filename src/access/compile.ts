/**
 * Compiles the effective access of every route of one server, once, before it is built.
 *
 * The host's own action metadata is fresh for each server, so what is changed in it reaches no other app.
 */
import { ActionMetadata } from 'routing-controllers';
import type { Access, AccessLevel, ActionAccess } from '../core/access';
import { ConfigurationError } from '../errors';
import { hiddenProperty } from '../util/hidden-property';
import { memberName } from '../util/member-name';
import { HostDeclarations } from './declared';
import { type DefaultAccess, guardsOf } from './guards';
import { restoreInterceptors } from './interceptors';
import { restoreMiddlewares } from './middlewares';
import { restoreParameters, takeRequired } from './parameters';
import { restoreReply } from './replies';
import { numericParameters } from './resource-parameters';

/** What is known of an access object that was made here. A check that brings any other came from another server. */
interface Compiled {
  /** A parameter requires a user, whatever guards the action. */
  readonly requiresUser: boolean;
  readonly isLast: boolean;
}

const compiled = hiddenProperty<Compiled>();

export interface CompiledAction {
  readonly action: ActionMetadata;
  readonly access: ActionAccess;
  /** Those of its levels that stand on classes. */
  readonly classLevels: readonly AccessLevel[];
  /** What the action silently misses, in words. */
  readonly losses: readonly string[];
}

/**
 * Compiles one action and writes its access where the host hands it to the checker.
 * @param declared the host's metadata, made once for all actions of a server
 * @throws ConfigurationError when a guard is malformed or contradicts another.
 */
export function compileAction(
  action: ActionMetadata,
  routePrefix: string,
  defaultAccess: DefaultAccess,
  declared = new HostDeclarations(),
): CompiledAction {
  const controller = action.controllerMetadata.target;
  const losses = [
    ...restoreMiddlewares(action, declared),
    ...restoreParameters(action, declared),
    ...restoreInterceptors(action, declared),
  ];
  restoreReply(action, declared);
  const requiredBy = takeRequired(action, declared);
  const { levels, classLevels, openedBy } = guardsOf(
    controller,
    action.method,
    defaultAccess,
    requiredBy,
    declared,
  );
  const name = memberName(controller, action.method);
  const route = ActionMetadata.appendBaseRoute(routePrefix, action.fullRoute);
  const access: ActionAccess = {
    action: name,
    method: action.type.toUpperCase(),
    route: typeof route === 'string' ? route || '/' : route.source,
    isPattern: typeof route !== 'string',
    numericParameters: Object.freeze(numericParameters(action, name, levels, declared)),
    levels: Object.freeze(levels),
    openedBy,
  };
  compiled.set(access, { requiresUser: requiredBy !== undefined, isLast: isLast(action) });
  Object.freeze(access);
  action.isAuthorizedUsed = levels.length > 0;
  action.authorizedRoles = levels.length > 0 ? [access] : [];
  return { action, access, classLevels, losses };
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

function isLast({ controllerMetadata, uses, isFileUsed, isFilesUsed }: ActionMetadata): boolean {
  const hasFollowing = [...controllerMetadata.uses, ...uses].some(({ afterAction }) => afterAction);
  return !hasFollowing && !isFileUsed && !isFilesUsed;
}

/** @throws ConfigurationError when the app sets only one checker of the two although something is guarded. */
export function refuseHalfSetUp(actions: readonly CompiledAction[], hasAuthorizationChecker: boolean): void {
  const guarded = actions.find(({ access }) => access.levels.length > 0);
  if (hasAuthorizationChecker || guarded === undefined) return;
  throw new ConfigurationError(
    `${guarded.access.action} is guarded, but only currentUserChecker is set: set authorizationChecker too`,
  );
}
