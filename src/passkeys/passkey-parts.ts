import type { Throttle } from '../throttle/throttle';
import type { Challenges } from './challenges';
import type { PasskeySettings } from './passkey-options';
import type { StoredPasskeys } from './stored-passkeys';

/** The services that passkeys use. */
export interface PasskeyParts {
  readonly settings: PasskeySettings;
  readonly stored: StoredPasskeys;
  readonly challenges: Challenges;
  readonly handleKey: Buffer;
  /** Limits failures by address; for a passkey that has succeeded from an address, only its own failures count. */
  readonly throttle: Throttle;
  readonly rpName: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
