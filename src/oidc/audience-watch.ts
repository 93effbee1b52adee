import type { MaybePromise } from '../core/userstore';
import { TokenInvalidError } from '../errors';
import { isInstance } from '../util/instance';
import type { VerifiedAccessToken } from './access-token';
import type { Report } from './key-source';
import type { AccessTokenSettings } from './options';
import { OtherAudienceError } from './other-audience-error';

/**
 * Reports once that no token has the configured audience. Without the report nobody could log in, and the only symptom
 * would be 401.
 */
export class AudienceWatch {
  /** True once a token was accepted, or the audience was reported. */
  #isOver = false;

  constructor(
    private readonly settings: Pick<AccessTokenSettings, 'issuer' | 'audience' | 'audienceClaim'>,
    private readonly report: Report,
  ) {}

  /** Returns or throws the result of `verify`. */
  watch(verify: () => MaybePromise<VerifiedAccessToken>): MaybePromise<VerifiedAccessToken> {
    const failed = (error: unknown): never => {
      this.#refused(error);
      throw error;
    };
    const accepted = (token: VerifiedAccessToken): VerifiedAccessToken => {
      this.#isOver = true;
      return token;
    };
    try {
      const verified = verify();
      return verified instanceof Promise ? verified.then(accepted, failed) : accepted(verified);
    } catch (error) {
      return failed(error);
    }
  }

  #refused(error: unknown): void {
    const reason = isInstance<TokenInvalidError>(error, TokenInvalidError) ? error.cause : undefined;
    if (this.#isOver || !(reason instanceof OtherAudienceError)) return;
    this.#isOver = true;
    const { audience, audienceClaim, issuer } = this.settings;
    this.report({
      problem:
        `a token of ${issuer} has none of the audiences ${audience.join(', ')} in ${audienceClaim}, and none was ` +
        'accepted so far: name this API as the issuer does, or have it put that into its tokens',
    });
  }
}
