/**
 * Compiles the effective access of every route of one server, once, before it is built.
 *
 * The host's own action metadata is fresh for each server, so what is changed in it reaches no other app.
 */
import { ActionMetadata } from 'routing-controllers';
import type { Access } from '../core/access';
import { ConfigurationError } from '../errors';
import { type DefaultAccess, guardsOf } from './guards';
import { restoreParameters, takeRequired } from './parameters';
import { numericParameters } from './resource-parameters';

/** Access objects made here. A check that brings any other came from a server that was not compiled. */
const compiled = new WeakSet<object>();

export interface CompiledAction {
  readonly action: ActionMetadata;
  readonly access: Access;
  /** What the action silently misses, in words. */
  readonly losses: readonly string[];
}

/**
 * Compiles one action and writes its access where the host hands it to the checker.
 * @throws ConfigurationError when a guard is malformed or contradicts another.
 */
export function compileAction(
  action: ActionMetadata,
  routePrefix: string,
  defaultAccess: DefaultAccess,
): CompiledAction {
  const controller = action.controllerMetadata.target;
  const name = `${controller.name}.${action.method}`;
  const { levels, openedBy } = guardsOf(controller, action.method, defaultAccess);
  const losses = restoreParameters(action);
  const requiresUser = takeRequired(action);
  const route = ActionMetadata.appendBaseRoute(routePrefix, action.fullRoute);
  const access: Access = Object.freeze({
    action: name,
    method: action.type.toUpperCase(),
    route: typeof route === 'string' ? route || '/' : route.source,
    isPattern: typeof route !== 'string',
    numericParameters: Object.freeze(numericParameters(action, name, levels)),
    levels: Object.freeze(levels),
    openedBy,
    requiresUser,
  });
  compiled.add(access);
  action.isAuthorizedUsed = levels.length > 0;
  action.authorizedRoles = levels.length > 0 ? [access] : [];
  return { action, access, losses };
}

/** True for an access that this copy of the library compiled. */
export function isCompiled(access: unknown): access is Access {
  return typeof access === 'object' && access !== null && compiled.has(access);
}

/** @throws ConfigurationError when the app sets only one checker of the two although something is guarded. */
export function refuseHalfSetUp(actions: readonly CompiledAction[], hasAuthorizationChecker: boolean): void {
  const guarded = actions.find(({ access }) => access.levels.length > 0);
  if (hasAuthorizationChecker || guarded === undefined) return;
  throw new ConfigurationError(
    `${guarded.access.action} is guarded, but only currentUserChecker is set: set authorizationChecker too`,
  );
}
