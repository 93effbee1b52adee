import { ConfigurationError } from '../errors';
import type { JsonObject } from '../tokens/json';
import { invalid } from '../tokens/jws';
import { ignoreRejection } from '../util/ignore-rejection';
import { isText } from '../util/option-kinds';
import { typeNameOf } from '../util/type-name';
import type { Claims } from './access-token';

/**
 * The roles that a token adds. The function throws TokenInvalidError for malformed claims: if a role were dropped, a
 * rule that denies this role would not apply.
 */
export type ClaimRoles = (claims: Claims) => readonly string[];

/**
 * Functions for the roles in the tokens of well-known issuers. An absent claim gives no roles; a malformed claim makes
 * the token invalid.
 */
export const claimRoles = Object.freeze({
  /** The roles of the realm (`realm_access.roles`), and of the given client (`resource_access`). */
  keycloak(clientId?: string): ClaimRoles {
    if (clientId !== undefined) requireName('keycloak', clientId);
    return (claims) => {
      const ofRealm = listIn(objectIn(claims, 'realm_access'), 'roles');
      if (clientId === undefined) return ofRealm;
      const ofClient = listIn(objectIn(objectIn(claims, 'resource_access'), clientId), 'roles');
      return [...new Set([...ofRealm, ...ofClient])];
    };
  },
  /** App roles of Entra ID (`roles`). */
  entra: (): ClaimRoles => (claims) => claimIn(claims, 'roles'),
  /** Permissions of Auth0 (`permissions`), if RBAC and its permissions in the token are switched on. */
  auth0Permissions: (): ClaimRoles => (claims) => claimIn(claims, 'permissions'),
  /** Groups of Cognito (`cognito:groups`). */
  cognitoGroups: (): ClaimRoles => (claims) => claimIn(claims, 'cognito:groups'),
  /** Any claim that is a list of strings. */
  claim(name: string): ClaimRoles {
    requireName('claim', name);
    return (claims) => claimIn(claims, name);
  },
});

/**
 * The roles that a function reads from the claims of a token, without duplicates.
 * @throws TokenInvalidError that the function throws, and TypeError when it does not return a list of non-empty strings
 */
export function rolesIn(claims: Claims, roles: ClaimRoles): readonly string[] {
  const found: unknown = roles(claims);
  if (isNames(found)) return [...new Set(found)];
  ignoreRejection(found);
  throw new TypeError(`roles must return a list of non-empty strings, but it returned ${typeNameOf(found)}`);
}

function claimIn(claims: Claims, name: string): readonly string[] {
  // If the values are too many for a token, Entra ID leaves them out and refers to another place.
  const isElsewhere = Object.hasOwn(objectIn(claims, '_claim_names') ?? {}, name);
  const isLeftOut = name === 'groups' && Object.hasOwn(claims, 'hasgroups') && claims['hasgroups'] !== false;
  if (isElsewhere || isLeftOut) throw invalid(`${name} has not all of its values`);
  return listIn(claims, name);
}

function objectIn(object: JsonObject | undefined, name: string): JsonObject | undefined {
  if (object === undefined || !Object.hasOwn(object, name)) return undefined;
  const value = object[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw invalid(`${name}, read for roles, is not an object`);
}

function listIn(object: JsonObject | undefined, name: string): readonly string[] {
  if (object === undefined || !Object.hasOwn(object, name)) return [];
  const value = object[name];
  if (isNames(value)) return value;
  throw invalid(`${name}, read for roles, is not a list of non-empty strings`);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && Array.from(value).every(isText);
}

function requireName(method: string, name: unknown): void {
  if (!isText(name)) throw new ConfigurationError(`claimRoles.${method}() takes a non-empty name`);
}
