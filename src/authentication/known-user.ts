import type { KnownUser } from '../core/auth-provider';
import { isUser, notAUser, userIdOf } from '../core/user';
import { withinDeadline } from '../http/deadline';
import type { UserstoreChain } from './userstore-chain';

/**
 * The user of a name, outside of a provider's turn: for what was kept of an earlier login.
 * @param home the name of the only userstore that may have it; without one an app of several has nobody
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
    hasStamp: store.hasTokensValidFrom ?? typeof store.updatePassword === 'function',
  };
}
