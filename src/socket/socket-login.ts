import type { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import type { GuardRule } from '../rules/guard-rule';

/**
 * Why the login of a socket has ended: its credential has, its user may not log in any more, it was revoked (a token, key
 * or session has ended, a password was changed, a user is gone), or the user may not use the socket any more.
 */
export type SocketEnd = 'expired' | 'inactive' | 'revoked' | 'denied';

/** The login of one socket, for as long as the socket is open. */
export interface SocketLogin<U extends User = User> {
  /** Of the last check, so that its user is not older than `recheckMs`. */
  readonly login: Authentication<U>;
  /**
   * Whether the user may do something now, by a rule as `@Authorized` takes it; groups and roles are looked up anew. False
   * also where that cannot be decided, which the log says, and once the login has ended.
   * @throws ConfigurationError for a rule that is none, and for names that the app does not have
   */
  may(rule: GuardRule<U>): Promise<boolean>;
  /**
   * Runs the work of one message. With the option `context: true`, `currentLogin()` in it is this login, and undefined once
   * this has ended.
   */
  run<T>(work: () => T): T;
  /**
   * Hears once that the login has ended, and then ends the connection. Where nobody listens, or a listener throws, the
   * connection is cut.
   * @returns a function that ends the listening
   */
  onEnd(listener: (why: SocketEnd) => void): () => void;
  /** Forgets the socket, whose connection is closed: nobody is told of an end any more. */
  close(): void;
}
