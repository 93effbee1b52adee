import type { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import type { GuardRule } from '../rules/guard-rule';

/**
 * Why the login of a socket has ended: its credential expired, its user may no longer log in, it was revoked (a token,
 * key or session has ended, a password was changed, a user is gone), or the user may no longer use the socket.
 */
export type SocketEnd = 'expired' | 'inactive' | 'revoked' | 'denied';

/** The login of a socket, for as long as the socket is open. */
export interface SocketLogin<U extends User = User> {
  /** The login as of the last check, so its user is not older than `recheckMs`. */
  readonly login: Authentication<U>;
  /**
   * Whether a rule, as `@Authorized` takes it, holds for the user now; groups and roles are looked up again. Also false
   * if this cannot be decided, which is logged, and once the login has ended.
   * @throws ConfigurationError for an invalid rule, and for unknown names in it
   */
  may(rule: GuardRule<U>): Promise<boolean>;
  /**
   * Runs the work of a message. With the option `context: true`, `currentLogin()` returns this login inside it, and
   * undefined once the login has ended.
   */
  run<T>(work: () => T): T;
  /**
   * Adds a listener, which is called once when the login has ended, and must then end the connection. Without a
   * listener, or if a listener throws, the connection is cut.
   * @returns a function that removes the listener
   */
  onEnd(listener: (why: SocketEnd) => void): () => void;
  /** Call it when the connection is closed: no listener is called after that. */
  close(): void;
}
