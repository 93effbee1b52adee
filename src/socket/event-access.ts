/** The access rules of a socket controller's events, compiled from the guards of its classes and methods. */
import { type DefaultAccess, type GuardDeclarations, guardsOf } from '../access/guards';
import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import { refuseUnknownNames } from '../rules/unknown-names';

/**
 * The access of an event, by the same rules as the access of an action: guards of base classes apply, `@Public()` opens
 * the event.
 * @param controller the class that the method is called on
 * @param name the event's name, for events and logs
 * @throws ConfigurationError for a guard that is malformed, contradicts another guard, refers to an unknown role or
 * permission, or needs the owner of a resource in a route
 */
export function eventAccess(
  controller: object,
  method: string,
  name: string,
  defaultAccess: DefaultAccess,
  grants: Grants,
  declared: GuardDeclarations,
): Access {
  const { levels, openedBy } = guardsOf(controller, method, defaultAccess, undefined, declared);
  const access: Access = {
    action: `event ${name}`,
    // The method of the request that opened the socket, whatever the transport.
    method: 'GET',
    route: undefined,
    isPattern: false,
    numericParameters: [],
    levels: Object.freeze(levels.map(({ rule, source }) => ({ rule, source: `event ${name}, ${source}` }))),
    openedBy,
  };
  refuseUnknownNames(access, grants);
  return Object.freeze(access);
}
