import type { Authentication } from './authentication';
import type { Challenge } from './challenge';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise, UserstoreInterface } from './userstore';

/** A user, or an Authentication that says more about the login; null and undefined are "not mine". */
export type AuthenticationResult<U extends User = User> = U | Authentication<U> | null | undefined;

/**
 * Authenticates requests. Providers are asked in ascending order until one returns a user.
 *
 * It returns null or undefined when the request has no credentials for it, and throws
 * {@link BadCredentialsError} when they are its own and wrong, {@link MalformedCredentialsError} when they
 * cannot be read, {@link ServiceUnavailableError} when what it needs is down. Any other throw or return
 * is taken as a bug in the provider and answers 500.
 */
export interface AuthProviderInterface<U extends User = User> {
  /**
   * What it reads: `authorization`, another header's name, `cookie` or `tls`. A provider that grants without having
   * found that header by `request.header()` counts as one that reads a cookie: see the cross-site check.
   * @default 'authorization'
   */
  readonly credential?: string;
  /** For logs and events. @default the class name */
  readonly name?: string;
  authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): MaybePromise<AuthenticationResult<U>>;
  /** This provider's `WWW-Authenticate` challenge, sent with every 401; undefined for none. */
  challenge?(request: SecurityRequest): Challenge | undefined;
  /** Drops what it remembers of a user's credentials. Called by `Security.forget`. */
  forget?(username: string): void;
}
