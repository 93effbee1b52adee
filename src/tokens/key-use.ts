import { InUse } from '../components/in-use';
import type { ProblemListener } from '../core/events';
import { hs256Key, type JwsKey, type JwsKeys } from './jws';
import { keysOf, KeySet } from './key-set';
import type { AcceptedKeys } from './verified-tokens';
import type { Jwk } from '../util/jwk';

/** The keys of one token service: a secret, or a set that may change. */
export class KeyUse implements AcceptedKeys {
  /** The key or keys that tokens are verified with. */
  readonly verifying: JwsKey | JwsKeys;
  readonly #set: KeySet | undefined;
  readonly #accepts: (key: object) => boolean;
  readonly #signing: () => JwsKey;
  /** By the listener for problems: one for each app. */
  readonly #apps = new Map<ProblemListener, InUse>();

  constructor(given: Uint8Array | KeySet) {
    if (given instanceof KeySet) {
      const keys = keysOf(given);
      this.#set = given;
      this.verifying = keys;
      this.#accepts = (key) => keys.accepts(key);
      this.#signing = () => keys.signing();
    } else {
      const secret = hs256Key(given);
      this.verifying = secret;
      this.#accepts = (key) => key === secret;
      this.#signing = () => secret;
    }
  }

  accepts(key: object): boolean {
    return this.#accepts(key);
  }

  /** @throws ConfigurationError when no key of the set may sign now */
  signing(): JwsKey {
    return this.#signing();
  }

  jwks(): { keys: readonly Jwk[] } {
    return this.#set?.jwks() ?? { keys: [] };
  }

  /** Reports problems with the keys to an app. */
  start(report: ProblemListener): void {
    if (this.#set === undefined || this.#apps.has(report)) return;
    const use = new InUse(report);
    use.add(this.#set);
    this.#apps.set(report, use);
  }

  /** Closes a watched key file if nothing else uses it. */
  async close(): Promise<void> {
    const apps = [...this.#apps.values()];
    this.#apps.clear();
    await Promise.all(apps.map((use) => use.close()));
  }
}
