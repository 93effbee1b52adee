import { ConfigurationError } from '../errors';
import type { JsonObject } from '../tokens/json';
import { invalid } from '../tokens/jws';
import { ignoreRejection } from '../util/ignore-rejection';
import { isText } from '../util/option-kinds';
import { typeNameOf } from '../util/type-name';
import type { Claims } from './access-token';

/**
 * The roles that a token adds. It throws TokenInvalidError for claims of another form: a role that is dropped could be
 * one that a rule denies.
 */
export type ClaimRoles = (claims: Claims) => readonly string[];

/**
 * Roles in the tokens of well-known issuers. A claim that is absent gives no roles; one of another form refuses the
 * token.
 */
export const claimRoles = Object.freeze({
  /** Those of the realm (`realm_access.roles`), and of a client where one is named (`resource_access`). */
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
  /** Permissions of Auth0 (`permissions`), with RBAC and its permissions in the token switched on. */
  auth0Permissions: (): ClaimRoles => (claims) => claimIn(claims, 'permissions'),
  /** Groups of Cognito (`cognito:groups`). */
  cognitoGroups: (): ClaimRoles => (claims) => claimIn(claims, 'cognito:groups'),
  /** Any claim that is a list of texts. */
  claim(name: string): ClaimRoles {
    requireName('claim', name);
    return (claims) => claimIn(claims, name);
  },
});

/**
 * The roles that a function reads from the claims of a token, without duplicates.
 * @throws TokenInvalidError that the function throws, and TypeError where it returns no list of texts
 */
export function rolesIn(claims: Claims, roles: ClaimRoles): readonly string[] {
  const found: unknown = roles(claims);
  if (isNames(found)) return [...new Set(found)];
  ignoreRejection(found);
  throw new TypeError(`roles must return a list of non-empty strings, but it returned ${typeNameOf(found)}`);
}

function claimIn(claims: Claims, name: string): readonly string[] {
  // Where there are too many for a token, Entra ID says elsewhere which they are.
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
