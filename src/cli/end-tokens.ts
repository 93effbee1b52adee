import type { UserChange, UserDirectory } from '../core/user-directory';

/**
 * Changes a user and ends the tokens of before, those too that were issued while the change waited for others.
 * @returns the moment from which tokens count; undefined when there is no such user
 */
export async function updateEndingTokens(
  directory: UserDirectory,
  username: string,
  change: UserChange,
): Promise<Date | undefined> {
  let tokensValidFrom: Date | undefined;
  const isKnown = await directory.update(username, () => {
    tokensValidFrom = new Date();
    return { ...change, tokensValidFrom };
  });
  return isKnown ? tokensValidFrom : undefined;
}
