/** The reason for refusing a token for another API, or without an audience. */
export class OtherAudienceError extends Error {
  override readonly name = 'OtherAudienceError';
}
