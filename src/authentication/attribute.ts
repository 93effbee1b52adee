/**
 * Decides whether a user that a provider stated is the userstore's own. A token opens the userstore's user of its name.
 * So a login is only exchanged for a token if both users are the same: a stranger of the same name must not become
 * another user.
 */
import { type Authentication, provedLogin } from '../core/authentication';
import { stampOf } from '../core/stamp';
import { isUser, type User, userIdOf } from '../core/user';
import type { Authenticated } from './chain';
import { withinDeadline } from '../http/deadline';
import type { UserstoreChain } from './userstore-chain';

/**
 * The login of a request as actions get it. If a provider stated the user, and the userstore has the same user (name,
 * roles, groups, and the e-mail address if both have one), the login becomes a login of the store's user. It stays as
 * it is if the user's tokens have been ended since that login. Never rejects.
 */
export async function attribute(
  { authentication, origin, hasOwnUsers }: Pick<Authenticated, 'authentication' | 'origin' | 'hasOwnUsers'>,
  userstore: UserstoreChain,
  deadlineMs: number,
): Promise<Authentication> {
  if (origin !== undefined || authentication.source === undefined || hasOwnUsers || userstore.isEmpty())
    return authentication;
  const { user, authenticatedAt } = authentication;
  if (authenticatedAt === undefined) return authentication;
  try {
    const found = await withinDeadline(userstore.find(user.username), deadlineMs);
    if (found === null || !isUser(found.user) || !isSameUser(user, found.user)) return authentication;
    if (!found.isActive) return authentication;
    if (!isSince(authentication, authenticatedAt, found.stamp)) return authentication;
    const home = userstore.isSeveral() ? found.name : undefined;
    return provedLogin(authentication, {
      user,
      source: { kind: 'userstore', name: found.name },
      home,
      stamp: found.stamp,
      userId: userIdOf(found.user),
      provedBy: authentication.provedBy,
      familyId: authentication.familyId,
      now: authenticatedAt.getTime(),
    });
  } catch {
    // A store that is down tells nothing about the user, and the request does not need it.
    return authentication;
  }
}

/**
 * False for a login that a later change has ended. A token issued for it would carry the new stamp and outlive that
 * change.
 */
function isSince({ user, stamp }: Authentication, authenticatedAt: Date, stored: number): boolean {
  const isOfAnother =
    (user.tokensValidFrom !== undefined && stampOf(user) !== stored) || (stamp !== 0 && stamp !== stored);
  // Written so that an invalid date counts as too early.
  return !isOfAnother && authenticatedAt.getTime() >= stored;
}

function isSameUser(stated: User, stored: User): boolean {
  return (
    stated.username === stored.username &&
    isSameSet(stated.roles, stored.roles) &&
    isSameSet(stated.groups, stored.groups) &&
    (stated.email == null || stored.email == null || stated.email === stored.email)
  );
}

function isSameSet(
  one: readonly string[] | null | undefined,
  other: readonly string[] | null | undefined,
): boolean {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((name) => second.has(name));
}
