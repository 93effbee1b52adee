import { StepUpRequiredError, TokenInvalidError } from '../errors';
import type { VerifiedAccessToken } from './access-token';

/**
 * Refuses a token that was issued before its user's `tokensValidFrom`, and a token of a login before it. Times of
 * tokens are whole seconds, so a time in the same second is refused as well.
 * @throws TokenInvalidError for a token that was issued before; StepUpRequiredError when only the login took place
 * before
 */
export function refuseEnded(
  { issuedAt, token: { authenticatedAt } }: VerifiedAccessToken,
  tokensValidFrom: Date | null | undefined,
  nowMs: number,
): void {
  if (tokensValidFrom === null || tokensValidFrom === undefined) return;
  const from = tokensValidFrom.getTime();
  // Written so that an invalid or unknown date counts as before.
  if (!(secondOf(issuedAt?.getTime() ?? NaN) > secondOf(from))) {
    throw new TokenInvalidError({ cause: new Error('The token is from before tokensValidFrom') });
  }
  if (authenticatedAt === undefined || secondOf(authenticatedAt.getTime()) > secondOf(from)) return;
  throw new StepUpRequiredError({ maxAgeSeconds: Math.max(1, secondOf(nowMs - from)) });
}

function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
