import type { RevocationLogInterface } from '../../state/revocation-log';
import { oneOf, optional, wholeNumber, withMethods } from '../../util/option-kinds';
import type { Kind } from '../../util/parse-options';

/** How processes share revocations, and what they do when they cannot. */
export interface RevocationOptions {
  /** The log that the processes share. @default the `revocationLog` of the state */
  readonly log?: RevocationLogInterface | undefined;
  /**
   * The maximum age of the last read of the log, in milliseconds from 200 to 60000. A revoked token may still pass in
   * another process for this long. The log is read four times in this period.
   * @default 1000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * The behaviour while the log cannot be read: `refuse` answers 503, `accept` accepts tokens that are not known to be
   * revoked.
   * @default 'refuse'
   */
  readonly whenUnreachable?: 'refuse' | 'accept' | undefined;
  /**
   * The behaviour after the log has been emptied: `refuseOlder` refuses tokens that are older than the log (401, and
   * their clients refresh), `accept` accepts tokens that are not known to be revoked.
   * @default 'refuseOlder'
   */
  readonly whenLost?: 'refuseOlder' | 'accept' | undefined;
  /**
   * The maximum number of ids that are kept. When it is exceeded, all tokens that were issued before that moment are
   * refused.
   * @default 1000000
   */
  readonly maxEntries?: number | undefined;
}

/** The options with their defaults. */
export interface RevocationSettings {
  readonly maxDelayMs: number;
  readonly whenUnreachable: 'refuse' | 'accept';
  readonly whenLost: 'refuseOlder' | 'accept';
  readonly maxEntries: number;
}

/** The shape of TokenService's option `revocation`. */
export const REVOCATION_OPTIONS = {
  log: optional(withMethods<RevocationLogInterface>('append', 'read')),
  maxDelayMs: optional(wholeNumber({ min: 200, max: 60_000 }), 1000),
  whenUnreachable: optional(oneOf('refuse', 'accept'), 'refuse'),
  whenLost: optional(oneOf('refuseOlder', 'accept'), 'refuseOlder'),
  maxEntries: optional(wholeNumber({ min: 1, max: 10_000_000 }), 1_000_000),
} satisfies Record<keyof RevocationOptions, Kind<unknown>>;
