/** Why a token does not count that is for another API, or for none. */
export class OtherAudienceError extends Error {
  override readonly name = 'OtherAudienceError';
}
