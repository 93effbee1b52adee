import type { Jwk } from '../util/jwk';
import type { Clock } from '../util/clock';
import { callable, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { JwsKey, JwsKeys } from './jws';
import { KeyRing } from './key-ring';
import type { TokenKey } from './token-key';
import type { AcceptedKeys } from './verified-tokens';

/** The functions of a key set that a token service uses; they always use the present keys. */
export interface PresentKeys extends JwsKeys, AcceptedKeys {
  signing(): JwsKey;
}

const OPTIONS = { clock: optional(callable<Clock>()) } satisfies Record<'clock', Kind<unknown>>;

/** The keys of a set for a token service. Only this function gives access to signing. */
export let keysOf: (set: KeySet) => PresentKeys;

/**
 * The keys that tokens are signed and verified with. Of the keys that may sign now, the key with the latest `signFrom`
 * signs; of two with the same `signFrom`, the first. Times are checked at each use.
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
   * @throws ConfigurationError when a key does not fit its algorithm or is too weak, when two keys have the same kid,
   * and when no key may sign now. It names the key by its position and shows nothing of it.
   */
  constructor(keys: readonly TokenKey[], options: { clock?: Clock | undefined } = {}) {
    this.#clock = parseOptions('KeySet', options, OPTIONS).clock ?? Date.now;
    this.#ring = new KeyRing(keys, { component: 'KeySet', clock: this.#clock });
  }

  /**
   * Replaces all keys in one step. From then on, tokens of a removed key are refused.
   * @throws ConfigurationError as the constructor does; the old keys stay then
   */
  replace(keys: readonly TokenKey[]): void {
    this.#ring = new KeyRing(keys, { component: 'KeySet', clock: this.#clock, before: this.#ring });
  }

  /**
   * The public halves of the keys that are accepted now, including the keys that will sign later. Never a secret.
   * @see RFC 7517 section 5
   */
  jwks(): { keys: readonly Jwk[] } {
    return this.#ring.jwks();
  }
}
