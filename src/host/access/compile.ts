/**
 * Compiles the effective access of every route of one server, once, before it is built.
 *
 * routing-controllers makes new action metadata for each server, so changes to it reach no other app.
 */
import { ActionMetadata } from 'routing-controllers';
import { type CompiledAction, noteCompiled } from '../../access/compiled';
import type { ActionAccess } from '../../core/access';
import { ConfigurationError } from '../../errors';
import { memberName } from '../../util/member-name';
import { HostDeclarations } from './declared';
import { type DefaultAccess, guardsOf } from '../../access/guards';
import { restoreInterceptors } from './interceptors';
import { restoreMiddlewares } from './middlewares';
import { asksForUser, restoreParameters, takeRequired } from './parameters';
import { restoreReply } from './replies';
import { numericParameters } from './resource-parameters';

/** A compiled action with routing-controllers' own metadata of it. */
export interface HostAction extends CompiledAction {
  readonly action: ActionMetadata;
}

/**
 * Compiles one action and stores its access where routing-controllers passes it to the checker.
 * @param declared routing-controllers' metadata, indexed once for all actions of a server
 * @throws ConfigurationError if a guard is malformed or contradicts another.
 */
export function compileAction(
  action: ActionMetadata,
  routePrefix: string,
  defaultAccess: DefaultAccess,
  declared = new HostDeclarations(),
): HostAction {
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
  noteCompiled(access, { requiresUser: requiredBy !== undefined, isLast: isLast(action) });
  Object.freeze(access);
  action.isAuthorizedUsed = levels.length > 0;
  action.authorizedRoles = levels.length > 0 ? [access] : [];
  return { action, access, classLevels, losses, asksForUser: asksForUser(action) };
}

function isLast({ controllerMetadata, uses, isFileUsed, isFilesUsed }: ActionMetadata): boolean {
  const hasFollowing = [...controllerMetadata.uses, ...uses].some(({ afterAction }) => afterAction);
  return !hasFollowing && !isFileUsed && !isFilesUsed;
}

/** @throws ConfigurationError if the app sets only one of the two checkers although an action is guarded. */
export function refuseHalfSetUp(actions: readonly HostAction[], hasAuthorizationChecker: boolean): void {
  const guarded = actions.find(({ access }) => access.levels.length > 0);
  if (hasAuthorizationChecker || guarded === undefined) return;
  throw new ConfigurationError(
    `${guarded.access.action} is guarded, but only currentUserChecker is set: set authorizationChecker too`,
  );
}
