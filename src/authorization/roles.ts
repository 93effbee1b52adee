/**
 * A user's roles: its own roles, those of its groups and of their parent groups, and the roles that role loaders add.
 */
import { type Group, isGroup, notAGroup, type User } from '../core/user';
import type { SecurityRequest } from '../core/request';
import type { RoleLoaderInterface } from '../core/role-loader';
import type { MaybePromise } from '../core/userstore';
import { SecurityFaultError, ServiceUnavailableError } from '../errors';
import type { Component } from '../components/components';

/** More groups than this are a fault of the store. */
const MAX_GROUPS = 10_000;

/**
 * The roles of a user and its groups, synchronous if the user is in no group. Groups are loaded level by level, each
 * once, so that cycles end.
 * @param findGroup looks a group up in the place that the user came from
 * @param from the name of the store, for errors
 * @throws ServiceUnavailableError when the store fails: a dropped role could be the one that a rule looks for
 * @throws SecurityFaultError for a value that is not a valid group
 */
export function rolesOf(
  user: User,
  findGroup: (name: string) => Promise<Group | null>,
  from = 'The userstore',
): MaybePromise<ReadonlySet<string>> {
  const roles = new Set(user.roles ?? []);
  const groups = user.groups ?? [];
  return groups.length === 0 ? roles : withGroups(roles, groups, findGroup, from);
}

async function withGroups(
  roles: Set<string>,
  groups: readonly string[],
  findGroup: (name: string) => Promise<Group | null>,
  from: string,
): Promise<ReadonlySet<string>> {
  const seen = new Set(groups);
  let level = [...seen];
  while (level.length > 0) {
    if (seen.size > MAX_GROUPS) throw new RangeError('A user is in more groups than can be loaded');
    const groups = await Promise.all(level.map(findGroup)).catch((cause: unknown) => {
      throw new ServiceUnavailableError({ cause });
    });
    const asked = level;
    level = [];
    for (const [index, group] of groups.entries()) {
      if (group === null) continue;
      if (!isGroup(group)) {
        throw new SecurityFaultError({ cause: notAGroup(group, from, asked[index] ?? '') });
      }
      for (const role of group.roles ?? []) roles.add(role);
      for (const parent of group.groups ?? []) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        level.push(parent);
      }
    }
  }
  return roles;
}

/**
 * The roles that a loader adds.
 * @throws ServiceUnavailableError when it fails, for the same reason
 * @throws SecurityFaultError for a value that is not a list of roles
 */
export async function loadRoles(
  loader: Component<RoleLoaderInterface>,
  user: User,
  request: SecurityRequest,
): Promise<readonly string[]> {
  let roles: unknown;
  try {
    roles = await loader.get().getRoles(user, request);
  } catch (cause) {
    throw new ServiceUnavailableError({ cause });
  }
  const list = isIterable(roles) ? [...roles] : [undefined];
  if (list.every((role) => typeof role === 'string' && role !== '')) return list as string[];
  throw new SecurityFaultError({ cause: new TypeError(`${loader.name} did not return a list of roles`) });
}

/** A string is iterable too, by its letters, but is never meant as a list of roles. */
function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
