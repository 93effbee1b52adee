/** Who may send which event to the methods of a socket controller, compiled from the guards of its classes and methods. */
import { type DefaultAccess, type GuardDeclarations, guardsOf } from '../access/guards';
import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import { refuseUnknownNames } from '../rules/unknown-names';

/**
 * The access of an event by the same rules as that of an action: guards of base classes count, `@Public()` opens.
 * @param controller the class that the method is called on
 * @param name of the event, for events and logs
 * @throws ConfigurationError for a guard that is malformed, contradicts another, names a role or permission that the app
 * does not have, or asks for the owner of what a route names
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
    // That of the request that opened the socket, whatever the transport.
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
