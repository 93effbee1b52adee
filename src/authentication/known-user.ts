import type { KnownUser } from '../core/auth-provider';
import { hasStamps } from '../core/userstore';
import { isUser, notAUser, userIdOf } from '../core/user';
import { withinDeadline } from '../http/deadline';
import type { UserstoreChain } from './userstore-chain';

/**
 * Finds a user by name, outside of a provider's turn, for data that was kept of an earlier login.
 * @param home the only userstore that may have the user; without it, an app with several userstores finds no user
 * @throws ServiceUnavailableError when a store does not answer in time
 */
export async function findKnownUser(
  userstores: UserstoreChain,
  username: string,
  home: string | undefined,
  deadlineMs: number,
): Promise<KnownUser | null> {
  const origin = await withinDeadline(userstores.find(username), deadlineMs);
  if (origin === null) return null;
  const { user, store, name, isActive, stamp } = origin;
  if (!isUser(user)) throw notAUser(user, name);
  const isSeveral = userstores.isSeveral();
  if (home === undefined ? isSeveral : home !== name) return null;
  return {
    username: user.username,
    userstore: isSeveral ? name : undefined,
    id: userIdOf(user),
    isActive,
    stamp,
    hasStamp: hasStamps(store),
  };
}
