import { nextStamp } from '../core/stamp';
import type { UserChange, UserDirectory } from '../core/user-directory';
import type { Clock } from '../util/clock';

/**
 * Changes a user and ends earlier tokens, including tokens issued while this change waited for other changes.
 * @returns the new `tokensValidFrom`, which differs from the one before; undefined when the user does not exist
 */
export async function updateEndingTokens(
  directory: UserDirectory,
  username: string,
  change: UserChange,
  clock: Clock = Date.now,
): Promise<Date | undefined> {
  let tokensValidFrom: Date | undefined;
  const isKnown = await directory.update(username, (user) => {
    tokensValidFrom = nextStamp(user.tokensValidFrom, clock());
    return { ...change, tokensValidFrom };
  });
  return isKnown ? tokensValidFrom : undefined;
}
