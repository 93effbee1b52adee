import { StepUpRequiredError, TokenInvalidError } from '../errors';
import type { VerifiedAccessToken } from './access-token';

/**
 * Refuses a token from before the `tokensValidFrom` of its user, and one by a login from before it. Times of tokens are
 * whole seconds: one of the same second is refused.
 * @throws TokenInvalidError for a token from before; StepUpRequiredError where only the login is from before
 */
export function refuseEnded(
  { issuedAt, token: { authenticatedAt } }: VerifiedAccessToken,
  tokensValidFrom: Date | null | undefined,
  nowMs: number,
): void {
  if (tokensValidFrom === null || tokensValidFrom === undefined) return;
  const from = tokensValidFrom.getTime();
  // Written so that a broken date, and one that is not known, is from before.
  if (!(secondOf(issuedAt?.getTime() ?? NaN) > secondOf(from))) {
    throw new TokenInvalidError({ cause: new Error('The token is from before tokensValidFrom') });
  }
  if (authenticatedAt === undefined || secondOf(authenticatedAt.getTime()) > secondOf(from)) return;
  throw new StepUpRequiredError({ maxAgeSeconds: Math.max(1, secondOf(nowMs - from)) });
}

function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
