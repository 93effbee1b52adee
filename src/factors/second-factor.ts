import type { UserName } from '../core/named-user';
import type { MaybePromise } from '../core/userstore';

/** Whose factors are meant. Those of another `userId` are of a former user of the name. */
export interface FactorOwner extends UserName {
  /** The user's `id`, as text; absent for users without one. */
  readonly userId?: string | undefined;
}

/** A kind of second factor that the logins of an app ask for. */
export interface SecondFactorInterface {
  /** Which one: one-time codes, or passkeys. */
  readonly kind: 'otp' | 'passkey';
  /** True where the user has one, so that a password alone is no login. */
  isEnrolled(user: FactorOwner): MaybePromise<boolean>;
}
