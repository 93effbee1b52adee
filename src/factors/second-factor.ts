import type { UserName } from '../core/named-user';
import type { MaybePromise } from '../core/userstore';

/** The owner of factors. Factors with another `userId` belong to a former user of the name. */
export interface FactorOwner extends UserName {
  /** The user's `id`, as text; absent for users without one. */
  readonly userId?: string | undefined;
}

/** A kind of second factor that the logins of an app require. */
export interface SecondFactorInterface {
  /** The kind: one-time codes or passkeys. */
  readonly kind: 'otp' | 'passkey';
  /** True if the user has this factor, so that a password alone is not enough. */
  isEnrolled(user: FactorOwner): MaybePromise<boolean>;
}
