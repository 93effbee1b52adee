import type { User } from '../core/user';
import { nameFault, usernameFault } from '../core/user-name';
import { printable } from '../util/printable';
import { RefusedError } from './command';

/** The fault in the names of a new user; undefined when they are valid. */
export function newNamesFault({ username, roles, groups }: User): string | undefined {
  const fault = usernameFault(username);
  if (fault !== undefined) return `username ${fault}`;
  return listFault('roles', roles) ?? listFault('groups', groups);
}

/** @throws {RefusedError} for an invalid name of a role or group */
export function refuseNames(field: 'roles' | 'groups', names: readonly string[]): void {
  const fault = listFault(field, names);
  if (fault !== undefined) throw new RefusedError(fault);
}

/**
 * The notice about a user name that other providers accept, but Basic does not.
 * @param shown the user name as the notice shows it
 */
export function colonNotice(username: string, shown = printable(username)): string | undefined {
  if (!username.includes(':')) return undefined;
  return `${shown} has a colon, so it cannot log in with Basic (RFC 7617)`;
}

function listFault(field: string, names: readonly string[] | null | undefined): string | undefined {
  const fault = names?.map(nameFault).find((found) => found !== undefined);
  return fault && `${field} ${fault}`;
}
