import type { Throttle } from '../throttle/throttle';
import type { Challenges } from './challenges';
import type { PasskeySettings } from './passkey-options';
import type { StoredPasskeys } from './stored-passkeys';

/** What passkeys work with. */
export interface PasskeyParts {
  readonly settings: PasskeySettings;
  readonly stored: StoredPasskeys;
  readonly challenges: Challenges;
  readonly handleKey: Buffer;
  /** Of failures by address: of a passkey that was used from there only its own count. */
  readonly throttle: Throttle;
  readonly rpName: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
