/**
 * A user's roles: its own, its groups', and those of the groups that these are in.
 */
import { type Group, isGroup, type User } from '../core/user';
import { SecurityFaultError, ServiceUnavailableError } from '../errors';

/** More groups than this is a fault in the store, not a user. */
const MAX_GROUPS = 10_000;

/**
 * Loads the groups of a user level by level, each group once, so that cycles end.
 * @param findGroup looks a group up where the user came from
 * @throws ServiceUnavailableError when the store fails: a dropped role could be the one a rule looks for
 * @throws SecurityFaultError for a group that holds as none
 */
export async function rolesOf(
  user: User,
  findGroup: (name: string) => Promise<Group | null>,
): Promise<ReadonlySet<string>> {
  const roles = new Set(user.roles ?? []);
  const seen = new Set(user.groups ?? []);
  let level = [...seen];
  while (level.length > 0) {
    if (seen.size > MAX_GROUPS) throw new RangeError('A user is in more groups than can be loaded');
    const groups = await Promise.all(level.map(findGroup)).catch((cause: unknown) => {
      throw new ServiceUnavailableError({ cause });
    });
    level = [];
    for (const group of groups) {
      if (group === null) continue;
      if (!isGroup(group)) {
        throw new SecurityFaultError({
          cause: new TypeError('A userstore returned something that is no group'),
        });
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
