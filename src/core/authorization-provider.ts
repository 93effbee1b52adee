import type { Access } from './access';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise } from './userstore';

/** An answer with a reason, which is told to listeners and never to the client. */
export interface Decision {
  readonly granted: boolean;
  readonly reason?: string | undefined;
}

/**
 * A rule of the app for every guarded action, asked after authentication and after the action's own guard.
 * All of an app's authorization providers must grant. Only a literal true, or a decision whose `granted` is
 * a literal true, grants; a ServiceUnavailableError answers 503, any other throw 500.
 */
export interface AuthorizationProviderInterface<U extends User = User> {
  /** For logs and events. @default the class name */
  readonly name?: string;
  authorize(request: SecurityRequest, user: U, access: Access): MaybePromise<boolean | Decision>;
}
