import type { User } from '../core/user';
import type { GuardRule } from '../rules/guard-rule';
import { kind, optional, unchecked } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';

/** The options that all kinds of sockets share. */
export interface SocketOptions<U extends User = User, R extends string = string> {
  /** The rule to open a socket, as `@Authorized` takes it; an array is "any of". @default any authenticated user */
  rule?: GuardRule<U, R>;
  /**
   * How old a login may become, in milliseconds, before it is checked again: from 1000 to 3600000, or 0 for checks at
   * `expiresAt` and `forget()` only. Each check is earlier by up to a tenth, so that checks are spread. @default 30000
   */
  recheckMs?: number;
}

const MAX_RECHECK_MS = 3_600_000;

/** The kinds of the shared options; each kind of socket adds its own. */
export const SOCKET_OPTIONS = {
  rule: unchecked<GuardRule | undefined>(),
  recheckMs: optional(
    kind<number>(
      'must be 0, or a whole number from 1000 to 3600000',
      (value) =>
        value === 0 || (Number.isInteger(value) && Number(value) >= 1000 && Number(value) <= MAX_RECHECK_MS),
    ),
    30_000,
  ),
} satisfies Record<keyof SocketOptions, Kind<unknown>>;
