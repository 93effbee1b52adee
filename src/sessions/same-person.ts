import { stampOf } from '../core/stamp';
import { type User, userIdOf } from '../core/user';
import { type UserstoreInterface, userstoreOf } from '../core/userstore';

/** The owner of a session, a half login or a factor. */
export interface KnownPerson {
  readonly userstore?: string | undefined;
  readonly userId?: string | undefined;
  /** The `tokensValidFrom` that the login saw; undefined for a factor, which outlives a changed password. */
  readonly stamp?: number | undefined;
}

/**
 * Whether a user who was just loaded is still that person: in the same userstore, with the same id and the same
 * `tokensValidFrom`.
 */
export function isSamePerson<U extends User>(
  { userstore: name, userId, stamp }: KnownPerson,
  userstore: UserstoreInterface<U>,
  user: U,
): boolean {
  const home = userstoreOf(userstore, user);
  const isAtHome = home === undefined || (name === undefined ? !home.isOneOfSeveral : name === home.name);
  return isAtHome && userId === userIdOf(user) && (stamp === undefined || stamp === stampOf(user));
}
