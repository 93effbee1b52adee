/**
 * Whether a user that a provider stated is the userstore's own. A token opens the userstore's user of its name, so a
 * login is only exchanged for one where both are the same: a stranger of the same name must not become somebody else.
 */
import { type Authentication, provedLogin } from '../core/authentication';
import { stampOf } from '../core/stamp';
import { isUser, type User } from '../core/user';
import type { Authenticated } from './chain';
import { withinDeadline } from '../http/deadline';
import type { UserstoreChain } from './userstore-chain';

/**
 * The login of a request as actions get it: where a provider stated the user, and the userstore has the very same one
 * (name, roles, groups, and e-mail where both have one), it is the login of that user of the store, unless the user's
 * tokens have been ended since that login. Never rejects.
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
      provedBy: authentication.provedBy,
      familyId: authentication.familyId,
      now: authenticatedAt.getTime(),
    });
  } catch {
    // A store that is down says nothing of the user, and the request needs nothing of it.
    return authentication;
  }
}

/** A token of a login that a change has ended would outlive that change: it would carry the new stamp. */
function isSince({ user, stamp }: Authentication, authenticatedAt: Date, stored: number): boolean {
  const isOfAnother =
    (user.tokensValidFrom !== undefined && stampOf(user) !== stored) || (stamp !== 0 && stamp !== stored);
  // Written so that a broken date is too early.
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
