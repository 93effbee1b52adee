import type { Jwk } from '../util/jwk';
import type { Clock } from '../util/clock';
import { callable, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { JwsKey, JwsKeys } from './jws';
import { KeyRing } from './key-ring';
import type { TokenKey } from './token-key';
import type { AcceptedKeys } from './verified-tokens';

/** What a token service asks of its keys, whichever there are at the time. */
export interface PresentKeys extends JwsKeys, AcceptedKeys {
  signing(): JwsKey;
}

const OPTIONS = { clock: optional(callable<Clock>()) } satisfies Record<'clock', Kind<unknown>>;

/** The keys of a set as a token service sees them: nobody else can sign with them. */
export let keysOf: (set: KeySet) => PresentKeys;

/**
 * The keys that tokens are signed and verified with. Of those that may sign now, the one with the latest `signFrom`
 * signs, of two with the same the first. Times count at each use.
 * @example
 * new KeySet([
 *   { algorithm: 'EdDSA', key: process.env.NEXT_KEY, signFrom: new Date('2027-01-01T00:00:00Z') },
 *   { algorithm: 'EdDSA', key: process.env.KEY, signFrom: new Date(0) },
 * ]);
 */
export class KeySet {
  readonly #clock: Clock;
  #ring: KeyRing;
  readonly #present: PresentKeys = {
    named: (kid) => this.#ring.named(kid),
    accepts: (key) => this.#ring.accepts(key),
    signing: () => this.#ring.signing(),
  };

  static {
    keysOf = (set) => set.#present;
  }

  /**
   * @throws ConfigurationError when a key does not fit its algorithm or is too weak, when two have one kid, and when none
   * may sign now. It names the key by its place and shows nothing of it.
   */
  constructor(keys: readonly TokenKey[], options: { clock?: Clock | undefined } = {}) {
    this.#clock = parseOptions('KeySet', options, OPTIONS).clock ?? Date.now;
    this.#ring = new KeyRing(keys, { component: 'KeySet', clock: this.#clock });
  }

  /**
   * Puts other keys in place of all that there were, in one step. Tokens of a key that is gone are refused from then on.
   * @throws ConfigurationError as the constructor does; then the old keys stay
   */
  replace(keys: readonly TokenKey[]): void {
    this.#ring = new KeyRing(keys, { component: 'KeySet', clock: this.#clock, before: this.#ring });
  }

  /**
   * The public halves of the keys that are accepted now, those that will sign later included. Never a secret.
   * @see RFC 7517 section 5
   */
  jwks(): { keys: readonly Jwk[] } {
    return this.#ring.jwks();
  }
}
