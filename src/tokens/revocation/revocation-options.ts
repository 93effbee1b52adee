import type { RevocationLogInterface } from '../../state/revocation-log';
import { oneOf, optional, wholeNumber, withMethods } from '../../util/option-kinds';
import type { Kind } from '../../util/parse-options';

/** How processes tell each other what was revoked, and what they do when they cannot. */
export interface RevocationOptions {
  /** Where it is told. @default the `revocationLog` of the state */
  readonly log?: RevocationLogInterface | undefined;
  /**
   * How old the last look at the log may be, in milliseconds from 200 to 60000: so long a revoked token may still pass in
   * another process. The log is read each quarter of it.
   * @default 1000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * While the log cannot be read: `refuse` answers 503, `accept` lets tokens through that are not known to be revoked.
   * @default 'refuse'
   */
  readonly whenUnreachable?: 'refuse' | 'accept' | undefined;
  /**
   * After the log has been emptied: `refuseOlder` refuses tokens that are older than the log (401, their holders refresh),
   * `accept` lets those through that are not known to be revoked.
   * @default 'refuseOlder'
   */
  readonly whenLost?: 'refuseOlder' | 'accept' | undefined;
  /** How many ids are kept. Where there are more, tokens that were issued before then are refused. @default 1000000 */
  readonly maxEntries?: number | undefined;
}

/** The same, with every default filled in. */
export interface RevocationSettings {
  readonly maxDelayMs: number;
  readonly whenUnreachable: 'refuse' | 'accept';
  readonly whenLost: 'refuseOlder' | 'accept';
  readonly maxEntries: number;
}

/** For the shape of TokenService's option `revocation`. */
export const REVOCATION_OPTIONS = {
  log: optional(withMethods<RevocationLogInterface>('append', 'read')),
  maxDelayMs: optional(wholeNumber({ min: 200, max: 60_000 }), 1000),
  whenUnreachable: optional(oneOf('refuse', 'accept'), 'refuse'),
  whenLost: optional(oneOf('refuseOlder', 'accept'), 'refuseOlder'),
  maxEntries: optional(wholeNumber({ min: 1, max: 10_000_000 }), 1_000_000),
} satisfies Record<keyof RevocationOptions, Kind<unknown>>;
